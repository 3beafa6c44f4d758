package entgraphtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"testing"

	"github.com/entgraph/entgraph/internal/apptest"
)

// Response is an answer of the API.
type Response struct{ answer apptest.Response }

// Status is the status of the HTTP answer.
func (r Response) Status() int { return r.answer.Status }

// Header is that of the HTTP answer.
func (r Response) Header() http.Header { return r.answer.Header }

// Body is the answer as it came.
func (r Response) Body() []byte { return r.answer.Body }

// Statements is how many SQL statements it took.
func (r Response) Statements() int { return r.answer.Statements }

// OK fails the test unless the answer has data and no errors. It returns the data.
func (r Response) OK(t testing.TB) json.RawMessage {
	t.Helper()
	return r.answer.OK(t)
}

// Decode puts the data of an answer without errors into v, as json.Unmarshal does.
func (r Response) Decode(t testing.TB, v any) {
	t.Helper()
	r.answer.Into(t, v)
}

// At returns the value below a path such as "products.nodes.0.name" in the data of an answer
// without errors: string, float64, bool, nil, map[string]any or []any.
func (r Response) At(t testing.TB, path string) any {
	t.Helper()
	return r.answer.At(t, path)
}

// String returns the text below a path; see [Response.At].
func (r Response) String(t testing.TB, path string) string {
	t.Helper()
	text, ok := r.At(t, path).(string)
	if !ok {
		t.Fatalf("%s is no text: %s", path, r.answer.Data)
	}
	return text
}

// WantData fails the test unless the answer has no errors and this data. White space and the
// order of keys do not count.
func (r Response) WantData(t testing.TB, want string) {
	t.Helper()
	var got, wanted any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatalf("the data that is wanted is no JSON: %v", err)
	}
	if r.Decode(t, &got); !reflect.DeepEqual(got, wanted) {
		t.Errorf("got data  %s\nwant data %s", r.answer.Data, want)
	}
}

// WantCode fails the test unless the answer has just one error, of this code; see package api.
func (r Response) WantCode(t testing.TB, code string) {
	t.Helper()
	if codes := r.Codes(); len(codes) != 1 || codes[0] != code {
		t.Errorf("got the codes %s, want %s: %s", fmt.Sprintf("%q", codes), code, r.answer.Body)
	}
}

// Codes lists the codes of the errors, of each in turn.
func (r Response) Codes() []string { return r.answer.Codes() }
