package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"

	"github.com/entgraph/entgraph/api"
)

const (
	// maxQueryString bounds the query string of a GET, in bytes. Longer documents go
	// by POST or by their hash.
	maxQueryString = 32 << 10
	// bodyTimeout bounds reading a body, so that a slow sender does not hold a
	// connection for ever.
	bodyTimeout = 30 * time.Second
	// maxObjects bounds the objects in variables. Each is compared with every key of its
	// input type, which takes seconds for a body full of them.
	maxObjects = 2000
)

// readRequest reads the GraphQL parameters of a GET, HEAD or POST.
func (s *Server) readRequest(w http.ResponseWriter, r *http.Request, body *load) (*graphql.RawParams, *refusal) {
	var params *graphql.RawParams
	var bad *refusal
	if r.Method == http.MethodPost {
		params, bad = s.readPost(w, r, body)
	} else {
		params, bad = readGet(r)
	}
	if bad != nil {
		return nil, bad
	}
	if params.Query == "" && params.Extensions["persistedQuery"] == nil {
		return nil, badRequest("query is missing")
	}
	params.Headers = r.Header
	return params, nil
}

func readGet(r *http.Request) (*graphql.RawParams, *refusal) {
	if len(r.URL.RawQuery) > maxQueryString {
		return nil, refuse(http.StatusRequestURITooLong, api.CodeLimitExceeded,
			"the query string is longer than "+strconv.Itoa(maxQueryString)+" bytes; send it by POST")
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	switch {
	case err != nil:
		return nil, badRequest("the query string cannot be read")
	case !utf8.ValidString(values.Get("operationName")):
		return nil, badText(api.CodeBadUserInput, "operationName", errEncoding)
	}
	params := &graphql.RawParams{Query: values.Get("query"), OperationName: values.Get("operationName")}
	for _, part := range []struct {
		name string
		into *map[string]any
	}{{"variables", &params.Variables}, {"extensions", &params.Extensions}} {
		text := values.Get(part.name)
		if text == "" {
			continue
		}
		if err := checkJSON([]byte(text)); err != nil {
			return nil, badText(api.CodeBadUserInput, part.name, err)
		}
		if err := decode([]byte(text), part.into); err != nil {
			return nil, badRequest(part.name + " must be a JSON object")
		}
	}
	return params, badDocument(params.Query)
}

func (s *Server) readPost(w http.ResponseWriter, r *http.Request, body *load) (*graphql.RawParams, *refusal) {
	if !isJSON(r.Header.Get("Content-Type")) {
		return nil, refuse(http.StatusUnsupportedMediaType, api.CodeBadUserInput, "the content type must be application/json in UTF-8")
	}
	buf := buffers.Get().(*bytes.Buffer)
	defer release(buf) // decoding copies
	if bad := s.readBody(w, r, buf, body); bad != nil {
		return nil, bad
	}
	return s.decodeParams(r.Context(), buf.Bytes())
}

// isJSON accepts application/json without or with charset=utf-8.
func isJSON(contentType string) bool {
	if contentType == typeJSON {
		return true
	}
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil || media != "application/json" {
		return false
	}
	charset, given := params["charset"]
	return !given || strings.EqualFold(charset, "utf-8")
}

func (s *Server) readBody(w http.ResponseWriter, r *http.Request, into *bytes.Buffer, body *load) *refusal {
	if r.ContentLength > s.o.MaxBodyBytes {
		w.Header().Set("Connection", "close") // else the server would read it all
		return s.tooLarge()
	}
	err := fill(into, http.MaxBytesReader(w, r.Body, s.o.MaxBodyBytes), r.ContentLength, body)
	if err == nil {
		s.received(w, r)
		return nil
	}
	var limit *http.MaxBytesError
	var timeout net.Error
	var full *refusal
	switch {
	case errors.As(err, &full):
		w.Header().Set("Connection", "close")
		return full
	case errors.As(err, &limit):
		return s.tooLarge()
	case errors.As(err, &timeout) && timeout.Timeout():
		return refuse(http.StatusRequestTimeout, api.CodeTimeout, "the body did not arrive in time")
	}
	return badRequest("the body cannot be read")
}

// fill reads all of a body of the given length, -1 when it is not known. What has not
// arrived counts little: the parts that are taken grow with what has.
func fill(into *bytes.Buffer, from io.Reader, length int64, body *load) error {
	const least, most = 4 << 10, 64 << 10
	for paid := int64(0); ; {
		part := min(max(paid, least), most)
		if length >= 0 {
			part = min(part, length-paid+1) // one more finds the end
		}
		if bad := body.take(part); bad != nil {
			return bad
		}
		paid += part
		switch _, err := io.CopyN(into, from, part); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

func (s *Server) tooLarge() *refusal {
	message := "the body is larger than " + strconv.FormatInt(s.o.MaxBodyBytes, 10) + " bytes (MAX_BODY_BYTES)"
	e := codedError(api.CodeLimitExceeded, message)
	e.Extensions["limit"], e.Extensions["max"] = "MAX_BODY_BYTES", s.o.MaxBodyBytes
	return &refusal{status: http.StatusRequestEntityTooLarge, code: api.CodeLimitExceeded, message: message, full: e}
}

// largeBody is decoded in turn: it takes a processor a millisecond or more.
const largeBody = 32 << 10

func (s *Server) decodeParams(ctx context.Context, data []byte) (*graphql.RawParams, *refusal) {
	if len(data) > largeBody {
		end, err := s.work.Acquire(ctx)
		if err != nil {
			return nil, busy(s.schema.Present(ctx, err))
		}
		defer end()
	}
	return decodeParams(data)
}

// decodeParams reads the JSON form of a request. Unknown keys are ignored, as the
// GraphQL over HTTP specification wants; null is the same as absent.
func decodeParams(data []byte) (*graphql.RawParams, *refusal) {
	if trimmed := bytes.TrimLeft(data, " \t\r\n"); len(trimmed) == 0 || trimmed[0] != '{' {
		return nil, badRequest("the body must be one JSON object")
	}
	if err := checkJSON(data); err != nil {
		return nil, badText(api.CodeBadUserInput, "the body", err)
	}
	params := &graphql.RawParams{}
	err := decode(data, params)
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong) && wrong.Field != "":
		return nil, badRequest(wrong.Field + " must not be a JSON " + wrong.Value)
	case err != nil:
		return nil, badRequest("the body must be one JSON object")
	case objects(params.Variables) > maxObjects:
		return nil, refuse(http.StatusRequestEntityTooLarge, api.CodeLimitExceeded, "variables: at most "+strconv.Itoa(maxObjects)+" objects are allowed")
	}
	return params, badDocument(params.Query)
}

// badDocument refuses a document whose texts the parser would change.
func badDocument(query string) *refusal {
	if err := checkDocument(query); err != nil {
		return badText(errcode.ParseFailed, "the query", err)
	}
	return nil
}

// objects counts the objects in a value.
func objects(v any) int {
	n := 0
	switch v := v.(type) {
	case map[string]any:
		n = 1
		for _, value := range v {
			n += objects(value)
		}
	case []any:
		for _, value := range v {
			n += objects(value)
		}
	}
	return n
}

// decode reads one JSON value and nothing behind it. Numbers keep their digits.
func decode(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one JSON value")
	}
	return nil
}
