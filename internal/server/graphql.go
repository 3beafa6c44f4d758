package server

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/entgraph/entgraph/api"
)

const allowedMethods = "GET, HEAD, POST, OPTIONS"

// writeTimeout bounds sending one answer or event to a slow reader.
const writeTimeout = time.Minute

// graphql serves the API's path.
func (s *Server) graphql(w http.ResponseWriter, r *http.Request) {
	if strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		s.socket(w, r)
		return
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost:
		s.single(w, r)
	case http.MethodOptions:
		w.Header().Set("Allow", allowedMethods)
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("Allow", allowedMethods)
		refuse(http.StatusMethodNotAllowed, api.CodeBadUserInput, "use GET or POST").write(w, typeJSON)
	}
}

// single serves one operation of a GET or POST.
func (s *Server) single(w http.ResponseWriter, r *http.Request) {
	accept := negotiate(r.Header)
	if accept.best == "" {
		refuse(http.StatusNotAcceptable, api.CodeBadUserInput,
			"the answer can be "+typeJSON+", "+typeGraphQL+" or "+typeStream).write(w, typeJSON)
		return
	}
	ctx, who := s.o.Auth.Begin(r, r.Method == http.MethodPost && accept.best != typeStream)
	ctx = graphql.StartOperationTrace(ctx)
	body := s.body(ctx)
	defer body.release() // what was decoded from it lives as long as the operation
	params, bad := s.readRequest(w, r, body)
	if bad != nil {
		bad.write(w, accept.errorType())
		return
	}
	params.ReadTime = graphql.TraceTiming{Start: graphql.GetStartTime(ctx), End: graphql.Now()}
	ctx = s.withDeadline(ctx)
	oc, errs := s.operation(ctx, params)
	ctx = graphql.WithOperationContext(ctx, oc)
	if len(errs) == 0 {
		if bad := allowed(r.Method, oc.Operation.Operation, accept); bad != nil {
			s.notAllowed(ctx, w, accept, bad)
			return
		}
	}
	if len(errs) == 0 {
		if ctx, errs = s.authenticate(ctx, oc); len(errs) == 0 {
			ctx, errs = s.admit(ctx)
		}
	}
	if accept.best == typeStream || len(errs) == 0 && !isFinite(oc) {
		s.stream(ctx, w, oc, errs)
		return
	}
	contentType := accept.errorType()
	if len(errs) > 0 {
		resp := s.exec.DispatchError(ctx, errs)
		who.SetCookie(w)
		s.answer(w, contentType, resp)
		return
	}
	next, ctx := s.exec.DispatchOperation(ctx, oc)
	resp := next(ctx)
	defer s.delivered(ctx)
	who.SetCookie(w)
	s.answer(w, contentType, resp)
}

// answer writes the response of an operation. A stop of the server waits for its reader,
// but not long.
func (s *Server) answer(w http.ResponseWriter, contentType string, resp *graphql.Response) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeTimeout))
	defer s.transfers.finish(s.transfers.begin(w, false))
	sendResponse(w, contentType, statusOf(resp, contentType), resp)
}

// allowed refuses operations that the way they came by cannot carry.
func allowed(method string, kind ast.Operation, accept accepted) *refusal {
	switch {
	case method != http.MethodPost && kind == ast.Mutation:
		return refuse(http.StatusMethodNotAllowed, api.CodeBadUserInput, "a mutation must be sent by POST")
	case kind == ast.Subscription && !accept.stream:
		return refuse(0, api.CodeBadUserInput, "a subscription needs a WebSocket, or "+typeStream+" in the Accept header")
	}
	return nil
}

func (s *Server) notAllowed(ctx context.Context, w http.ResponseWriter, accept accepted, bad *refusal) {
	resp := s.exec.DispatchError(ctx, gqlerror.List{bad.gqlError()})
	contentType, status := accept.errorType(), bad.status
	if status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", http.MethodPost)
	}
	if status == 0 {
		status = statusOf(resp, contentType)
	}
	writeResponse(w, contentType, status, resp)
}

// statusOf follows GraphQL over HTTP: plain JSON tells errors in the body only, so
// that old clients read it; the newer type tells with 400 that nothing was executed.
// What broke on our side is 500 in both, and 503 where the same request may succeed later:
// in the newer type also when the execution had to give up and there is no data.
func statusOf(resp *graphql.Response, contentType string) int {
	code := codeOf(resp.Errors)
	switch {
	case code == api.CodeUnavailable && (resp.Data == nil || contentType == typeGraphQL && isNothing(resp.Data)):
		return http.StatusServiceUnavailable
	case code == api.CodeRateLimited && resp.Data == nil && contentType == typeGraphQL:
		return http.StatusTooManyRequests
	case resp.Data != nil:
		return http.StatusOK
	case code == api.CodeInternal:
		return http.StatusInternalServerError
	case contentType == typeGraphQL:
		return http.StatusBadRequest
	}
	return http.StatusOK
}

// isNothing reports whether data has no value: null, or an object of nulls.
func isNothing(data json.RawMessage) bool {
	var fields map[string]json.RawMessage
	if json.Unmarshal(data, &fields) != nil {
		return false
	}
	for _, value := range fields {
		if string(value) != "null" {
			return false
		}
	}
	return true
}

// retryAfter is the longest time that an error asks to wait, in seconds; 0 without one.
func retryAfter(errs gqlerror.List) (seconds int) {
	for _, e := range errs {
		if n, ok := e.Extensions["retryAfter"].(int); ok {
			seconds = max(seconds, n)
		}
	}
	return seconds
}

func writeResponse(w http.ResponseWriter, contentType string, status int, resp *graphql.Response) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeTimeout))
	sendResponse(w, contentType, status, resp)
}

func sendResponse(w http.ResponseWriter, contentType string, status int, resp *graphql.Response) {
	buf := buffers.Get().(*bytes.Buffer)
	defer release(buf)
	encode(buf, resp)
	h := w.Header()
	h["Content-Type"] = utf8Types[contentType]
	if seconds := retryAfter(resp.Errors); seconds > 0 {
		h.Set("Retry-After", strconv.Itoa(seconds))
	}
	// Without a length net/http would send what is longer than its buffer in chunks.
	h["Content-Length"] = []string{strconv.Itoa(buf.Len())}
	w.WriteHeader(status)
	// The client may have gone; nobody is left to tell.
	_, _ = w.Write(buf.Bytes())
}

// utf8Types are the Content-Type headers of answers.
var utf8Types = map[string][]string{
	typeJSON:    {typeJSON + "; charset=utf-8"},
	typeGraphQL: {typeGraphQL + "; charset=utf-8"},
}

func writeErrors(w http.ResponseWriter, status int, errs ...*gqlerror.Error) {
	writeResponse(w, typeJSON, status, &graphql.Response{Errors: errs})
}

// encode writes a response. Data is JSON already and is not read again, and absent
// when nothing was executed.
func encode(out *bytes.Buffer, resp *graphql.Response) {
	out.Grow(len(resp.Data) + 64)
	out.WriteByte('{')
	comma := ""
	part := func(name string, value []byte) {
		out.WriteString(comma + `"` + name + `":`)
		out.Write(value)
		comma = ","
	}
	if len(resp.Errors) > 0 {
		part("errors", mustMarshal(resp.Errors))
	}
	if resp.Data != nil {
		part("data", resp.Data)
	}
	if len(resp.Extensions) > 0 {
		part("extensions", mustMarshal(resp.Extensions))
	}
	out.WriteByte('}')
}

// mustMarshal encodes what is made of strings, numbers and maps only.
func mustMarshal(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // masked by wrap
	}
	return data
}
