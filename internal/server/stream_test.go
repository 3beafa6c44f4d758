package server_test

import (
	"bufio"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entgraph/entgraph/internal/apitest"
)

const asStream = "Accept: text/event-stream"

func readAll(t *testing.T, resp *http.Response) string {
	t.Helper()
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func send(t *testing.T, r *http.Request) *http.Response {
	t.Helper()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

const complete = "event: complete\ndata:\n\n"

func TestStream(t *testing.T) {
	t.Parallel()
	api, _ := newScripted(t, func(o *apitest.Options) { o.Server.RequestTimeout = time.Hour })
	subscription := `subscription { count(to: 2) }`
	counted := ":\n\nevent: next\ndata: {\"data\":{\"count\":1}}\n\nevent: next\ndata: {\"data\":{\"count\":2}}\n\n" + complete
	tests := map[string]struct {
		request *http.Request
		want    string
	}{
		"subscription": {request(t, api, "POST", "", body(t, subscription), isJSON, asStream), counted},
		"by GET":       {request(t, api, "GET", "?query="+url.QueryEscape(subscription), "", asStream), counted},
		"also accepted": {request(t, api, "POST", "", body(t, subscription), isJSON,
			"Accept: application/graphql-response+json, application/json, text/event-stream"), counted},
		"query": {request(t, api, "POST", "", body(t, `{ fine }`), isJSON, asStream),
			":\n\nevent: next\ndata: {\"data\":{\"fine\":true}}\n\n" + complete},
		"not valid": {request(t, api, "POST", "", body(t, `subscription { a }`), isJSON, asStream),
			":\n\nevent: next\ndata: {\"errors\":[{\"message\":\"Cannot query field \\\"a\\\" on type \\\"Subscription\\\".\",\"locations\":[{\"line\":1,\"column\":16}]," +
				"\"extensions\":{\"code\":\"GRAPHQL_VALIDATION_FAILED\"}}]}\n\n" + complete},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resp := send(t, test.request)
			if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream; charset=utf-8" ||
				resp.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("status %d, header %v", resp.StatusCode, resp.Header)
			}
			if diff := cmp.Diff(test.want, readAll(t, resp)); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}

// A client that goes ends its subscription, which then makes its line.
func TestStreamEndsWithItsClient(t *testing.T) {
	t.Parallel()
	api, fake := newScripted(t)
	resp := send(t, request(t, api, "POST", "", body(t, `subscription S { endless }`), isJSON, asStream))
	if line, err := bufio.NewReader(resp.Body).ReadString('\n'); err != nil || line != ":\n" {
		t.Fatalf("first line %q, %v", line, err)
	}
	<-fake.started
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the subscription's line", func() bool { return len(api.Log.Lines("operation")) == 1 })
	if l := api.Log.Lines("operation")[0]; l["operation"] != "S" || l["type"] != "subscription" || l["code"] != "OK" {
		t.Errorf("line: %v", l)
	}
}

// eventually polls until done says so; it fails the test after 20 seconds.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for start := time.Now(); !done(); time.Sleep(2 * time.Millisecond) {
		if time.Since(start) > 20*time.Second {
			t.Fatalf("waited in vain for: %s", what)
		}
	}
}

func TestStreamOfRealData(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	resp := send(t, request(t, api, "POST", "", body(t, countPosts), isJSON, asStream))
	if got := readAll(t, resp); !strings.Contains(got, `data: {"data":{"posts":{"totalCount":0}}}`) {
		t.Errorf("got %s", got)
	}
}
