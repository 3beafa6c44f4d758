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

	"github.com/entgraph/entgraph/graph"
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
		refuse(http.StatusMethodNotAllowed, graph.CodeBadUserInput, "use GET or POST").write(w, typeJSON)
	}
}

// single serves one operation of a GET or POST.
func (s *Server) single(w http.ResponseWriter, r *http.Request) {
	accept := negotiate(r.Header)
	if accept.best == "" {
		refuse(http.StatusNotAcceptable, graph.CodeBadUserInput,
			"the answer can be "+typeJSON+", "+typeGraphQL+" or "+typeStream).write(w, typeJSON)
		return
	}
	ctx, who := s.o.Auth.Begin(r, r.Method == http.MethodPost && accept.best != typeStream)
	ctx = graphql.StartOperationTrace(ctx)
	params, bad := s.readRequest(w, r)
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
		ctx, errs = s.authenticate(ctx, oc)
	}
	if accept.best == typeStream || len(errs) == 0 && !isFinite(oc) {
		s.stream(ctx, w, oc, errs)
		return
	}
	contentType := accept.errorType()
	if len(errs) > 0 {
		resp := s.exec.DispatchError(ctx, errs)
		who.SetCookie(w)
		writeResponse(w, contentType, statusOf(resp, contentType), resp)
		return
	}
	next, ctx := s.exec.DispatchOperation(ctx, oc)
	resp := next(ctx)
	who.SetCookie(w)
	writeResponse(w, contentType, statusOf(resp, contentType), resp)
}

// allowed refuses operations that the way they came by cannot carry.
func allowed(method string, kind ast.Operation, accept accepted) *refusal {
	switch {
	case method != http.MethodPost && kind == ast.Mutation:
		return refuse(http.StatusMethodNotAllowed, graph.CodeBadUserInput, "a mutation must be sent by POST")
	case kind == ast.Subscription && !accept.stream:
		return refuse(0, graph.CodeBadUserInput, "a subscription needs a WebSocket, or "+typeStream+" in the Accept header")
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
// What broke on our side is 500 in both.
func statusOf(resp *graphql.Response, contentType string) int {
	switch {
	case resp.Data != nil:
		return http.StatusOK
	case codeOf(resp.Errors) == graph.CodeInternal:
		return http.StatusInternalServerError
	case contentType == typeGraphQL:
		return http.StatusBadRequest
	}
	return http.StatusOK
}

func writeResponse(w http.ResponseWriter, contentType string, status int, resp *graphql.Response) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeTimeout))
	buf := buffers.Get().(*bytes.Buffer)
	defer release(buf)
	encode(buf, resp)
	h := w.Header()
	h["Content-Type"] = utf8Types[contentType]
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
