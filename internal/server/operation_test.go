package server_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/viewer"
)

// line is what a log line says, without what changes from run to run.
func line(t *testing.T, line map[string]any) map[string]any {
	t.Helper()
	got := map[string]any{}
	for key, value := range line {
		got[key] = value
	}
	if d, ok := got["duration_ms"].(float64); !ok || d <= 0 {
		t.Errorf("duration_ms is %v", got["duration_ms"])
	}
	delete(got, "duration_ms")
	delete(got, "time")
	return got
}

func TestOperationLine(t *testing.T) {
	t.Parallel()
	api := apitest.New(t).As(viewer.Viewer{})
	tests := map[string]struct {
		query, name, kind, code string
		sql                     float64
	}{
		"named":     {countPosts, "CountPosts", "query", "OK", 1},
		"anonymous": {`{ tags { totalCount } }`, "anonymous", "query", "OK", 1},
		"no sql":    {`{ __typename }`, "anonymous", "query", "OK", 0},
		"not valid": {`query Wrong { secretName }`, "anonymous", "unknown", "GRAPHQL_VALIDATION_FAILED", 0},
		"no query":  {`{ secretName`, "anonymous", "unknown", "GRAPHQL_PARSE_FAILED", 0},
		"failing":   {`query Far { posts(first: 101) { totalCount } }`, "Far", "query", "LIMIT_EXCEEDED", 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := api.Query(t, test.query, nil)
			id := answer.Header.Get("X-Request-Id")
			want := map[string]any{
				"level": "INFO", "msg": "operation", "operation": test.name, "type": test.kind,
				"sql": test.sql, "code": test.code, "viewer": "anonymous", "request_id": id,
			}
			if diff := cmp.Diff(want, line(t, api.Log.Operation(id))); diff != "" {
				t.Errorf("line (-want +got):\n%s", diff)
			}
		})
	}
}

// A mutation takes BEGIN, the writes, the payload's read and COMMIT; the answer's
// Statements are those of the line.
func TestStatementsOfMutation(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	answer := api.Query(t, `mutation { createTag(input: {name: "go"}) { tag { id name } } }`, nil)
	answer.OK(t)
	if answer.Statements < 4 || answer.Statements > 6 {
		t.Errorf("%d statements", answer.Statements)
	}
}

func TestLogHidesInput(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	api.Query(t, `mutation($u: String!) { createUser(input: {username: $u, email: "private@example.com"}) { user { id } } }`,
		map[string]string{"u": "verysecret"}).OK(t)
	api.Query(t, `{ posts(where: {titleContains: "inlinesecret"}) { totalCount } }`, nil).OK(t)
	for _, l := range api.Log.Lines("") {
		for _, value := range l {
			text, _ := value.(string)
			for _, secret := range []string{"verysecret", "private@", "inlinesecret"} {
				if strings.Contains(text, secret) {
					t.Errorf("the log holds %s: %v", secret, l)
				}
			}
		}
	}
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	api := apitest.New(t, func(o *apitest.Options) { o.Server.TrustRequestID = true })
	open := apitest.New(t)
	tests := map[string]struct {
		sent string
		kept bool
	}{
		"sane":      {"Trace-1.a_B", true},
		"longest":   {strings.Repeat("a", 64), true},
		"too long":  {strings.Repeat("a", 65), false},
		"none":      {"", false},
		"space":     {"a b", false},
		"injection": {"a\tlevel=ERROR", false},
		"not ascii": {"é", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := request(t, api, "POST", "", body(t, countPosts), isJSON)
			r.Header["X-Request-Id"] = []string{test.sent}
			got := api.Do(t, r).Header.Get("X-Request-Id")
			if (got == test.sent) != test.kept || got == "" {
				t.Errorf("sent %q, got %q", test.sent, got)
			}
			if api.Log.Operation(got) == nil {
				t.Errorf("no line of %q", got)
			}
			// Without a proxy it is the client that chooses: never the id, which is in the audit
			// log as well.
			r = request(t, open, "POST", "", body(t, countPosts), isJSON)
			r.Header["X-Request-Id"] = []string{test.sent}
			got = open.Do(t, r).Header.Get("X-Request-Id")
			line := open.Log.Operation(got)
			if got == test.sent || line == nil || (line["client_request_id"] == any(test.sent)) != test.kept {
				t.Errorf("sent %q, got %q, line %v", test.sent, got, line)
			}
		})
	}
}

// Requests that are no operation make no line.
func TestQuietRequests(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	checkReady(t, api, 200, `{"database":"ok","schema":"ok","status":"ok"}`)
	before := len(api.Log.Lines("")) // a busy machine may not have been ready at once
	for _, path := range []string{"/livez", "/readyz", "/nothing", "/graphql/nothing"} {
		get(t, api.URL+path)
	}
	if lines := api.Log.Lines(""); len(lines) > before {
		t.Errorf("logged: %v", lines[before:])
	}
}

func TestPanicInOperation(t *testing.T) {
	t.Parallel()
	api, _ := newScripted(t)
	answer := api.Query(t, `query Broken { panic }`, nil)
	id := answer.Header.Get("X-Request-Id")
	if answer.Status != 500 || strings.Contains(string(answer.Body), "secret") || answer.Codes()[0] != "INTERNAL" {
		t.Errorf("status %d: %s", answer.Status, answer.Body)
	}
	if got := answer.Errors[0].Extensions["requestId"]; got != id {
		t.Errorf("request id %v, want %s", got, id)
	}
	causes := api.Log.Lines("internal error")
	if len(causes) != 1 {
		t.Fatalf("%d lines about the cause", len(causes))
	}
	text, _ := causes[0]["error"].(string)
	if !strings.Contains(text, "secret detail") || !strings.Contains(text, "fake_test.go") {
		t.Errorf("cause without message or stack: %s", text)
	}
	if l := api.Log.Operation(id); l == nil || l["code"] != "INTERNAL" || l["operation"] != "Broken" {
		t.Errorf("operation's line: %v", l)
	}
	api.Query(t, `{ fine }`, nil).OK(t)
}

func TestRequestTimeout(t *testing.T) {
	t.Parallel()
	api, _ := newScripted(t, func(o *apitest.Options) { o.Server.RequestTimeout = 20 * time.Millisecond })
	answer := api.Query(t, `{ wait }`, nil)
	if answer.Status != 200 || answer.Codes()[0] != "TIMEOUT" || string(answer.Data) != `{"wait":null}` {
		t.Errorf("status %d: %s", answer.Status, answer.Body)
	}
	if l := api.Log.Operation(answer.Header.Get("X-Request-Id")); l["code"] != "TIMEOUT" {
		t.Errorf("line: %v", l)
	}
}

func TestSubscriptionNeedsStream(t *testing.T) {
	t.Parallel()
	api, _ := newScripted(t)
	answer := api.Query(t, `subscription { count(to: 2) }`, nil)
	if answer.Status != 200 || answer.Data != nil || answer.Codes()[0] != "BAD_USER_INPUT" {
		t.Errorf("status %d: %s", answer.Status, answer.Body)
	}
}

// get returns status and body of a GET.
func get(t *testing.T, url string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, readAll(t, resp)
}

// newRecorder asks a handler without a connection.
func newRecorder(t *testing.T, h http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", path, nil))
	return w
}
