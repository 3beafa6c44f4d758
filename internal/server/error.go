package server

import (
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/entgraph/entgraph/api"
)

// refusal is a request that is not executed: the HTTP status and what the client reads.
type refusal struct {
	status  int
	code    string
	message string
	text    bool            // a text would not be decoded as it is; see checkJSON
	full    *gqlerror.Error // instead of a code; see busy
}

// Error gives the message for the client.
func (e *refusal) Error() string { return e.message }

func refuse(status int, code, message string) *refusal {
	return &refusal{status: status, code: code, message: message}
}

func badRequest(message string) *refusal {
	return refuse(http.StatusBadRequest, api.CodeBadUserInput, message)
}

// badText refuses what checkJSON or checkDocument found in a part of the request.
func badText(code, part string, cause error) *refusal {
	return &refusal{status: http.StatusBadRequest, code: code, message: part + " " + cause.Error(), text: true}
}

func (e *refusal) gqlError() *gqlerror.Error {
	if e.full != nil {
		return e.full
	}
	return codedError(e.code, e.message)
}

func codedError(code, message string) *gqlerror.Error {
	return &gqlerror.Error{Message: message, Extensions: map[string]any{"code": code}}
}

// write answers with the refusal in the form of a GraphQL response.
func (e *refusal) write(w http.ResponseWriter, contentType string) {
	writeResponse(w, contentType, e.status, &graphql.Response{Errors: gqlerror.List{e.gqlError()}})
}

func notFound(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	refuse(http.StatusNotFound, api.CodeNotFound, "there is nothing at this path").write(w, typeJSON)
}

// codeOf is the code of the first error, "OK" without any.
func codeOf(errs gqlerror.List) string {
	if len(errs) == 0 {
		return "OK"
	}
	code, _ := errs[0].Extensions["code"].(string)
	return code
}
