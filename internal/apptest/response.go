package apptest

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// Error is one error of an answer.
type Error struct {
	Message    string         `json:"message"`
	Path       []any          `json:"path"`
	Extensions map[string]any `json:"extensions"`
}

// Code is the error's code, "" without one.
func (e Error) Code() string {
	code, _ := e.Extensions["code"].(string)
	return code
}

// Response is an answer of the API.
type Response struct {
	Status int
	Header http.Header
	// Body is the answer as it came.
	Body   []byte
	Data   json.RawMessage
	Errors []Error
	// Statements is how many SQL statements it took.
	Statements int
}

// OK fails the test unless the answer has data and no errors. It returns the data.
func (r Response) OK(t testing.TB) json.RawMessage {
	t.Helper()
	if len(r.Errors) > 0 || r.Data == nil || r.Status != http.StatusOK {
		t.Fatalf("status %d: %s", r.Status, r.Body)
	}
	return r.Data
}

// Into decodes the data of an answer without errors.
func (r Response) Into(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal(r.OK(t), v); err != nil {
		t.Fatalf("decode the data: %v\n%s", err, r.Data)
	}
}

// At returns the value below a path such as "posts.nodes.0.title" in the data of an
// answer without errors: string, float64, bool, nil, map or slice.
func (r Response) At(t testing.TB, path string) any {
	t.Helper()
	var v any
	r.Into(t, &v)
	for step := range strings.SplitSeq(path, ".") {
		v = child(t, v, step, r.Data)
	}
	return v
}

// Codes lists the codes of the errors.
func (r Response) Codes() []string {
	codes := make([]string, len(r.Errors))
	for i, e := range r.Errors {
		codes[i] = e.Code()
	}
	return codes
}

// child takes one step into a decoded JSON value.
func child(t testing.TB, v any, step string, data []byte) any {
	t.Helper()
	switch v := v.(type) {
	case map[string]any:
		if got, ok := v[step]; ok {
			return got
		}
	case []any:
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(v) {
			return v[i]
		}
	}
	t.Fatalf("no %q in the data: %s", step, data)
	return nil
}
