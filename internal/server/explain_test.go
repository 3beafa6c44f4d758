package server_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/server"
	"github.com/entgraph/entgraph/viewer"
)

// explained asks for what a query costs, with headers in pairs; Host is one of them.
func explained(t *testing.T, api *apitest.API, value, query string, headers ...string) map[string]any {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, api.Endpoint, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Entgraph-Explain", value)
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	var parsed struct{ Extensions map[string]any }
	if err := json.Unmarshal(api.Do(t, r).Body, &parsed); err != nil {
		t.Fatal(err)
	}
	explain, _ := parsed.Extensions["explain"].(map[string]any)
	return explain
}

const guess = `{ posts(where: {titleHasPrefix: "s"}) { totalCount } }`

// TestExplainTellsNobodyElse compares two databases that differ in a draft alone. Somebody
// at the machine sees by the plan that there is one; nobody else sees a difference.
func TestExplainTellsNobodyElse(t *testing.T) {
	t.Parallel()
	var apis [2]*apitest.API
	for i, title := range []string{"secret", ""} {
		apis[i] = apitest.New(t)
		user := apis[i].Query(t, `mutation { createUser(input: {username: "ada", email: "ada@example.com"}) { user { id } } }`, nil).At(t, "createUser.user.id")
		if title != "" {
			apis[i].Query(t, `mutation($author: ID!, $title: String!) { createPost(input: {authorID: $author, title: $title}) { post { id } } }`,
				map[string]any{"author": user, "title": title}).OK(t)
		}
		apis[i] = apis[i].As(viewer.Viewer{})
	}
	removed := func(api *apitest.API) (all []float64) {
		statements, _ := explained(t, api, "analyze", guess)["statements"].([]any)
		for _, s := range statements {
			for _, n := range s.(map[string]any)["cost"].(map[string]any)["nodes"].([]any) {
				n := n.(map[string]any)
				all = append(all, n["rows"].(float64), n["removed"].(float64))
			}
		}
		return all
	}
	if one, two := removed(apis[0]), removed(apis[1]); len(one) == 0 || slices.Equal(one, two) {
		t.Errorf("on the machine itself: %v and %v", one, two)
	}
	for _, value := range []string{"1", "analyze"} {
		for _, headers := range [][]string{
			{"X-Forwarded-Proto", "https"}, {"X-Forwarded-Port", "443"}, {"X-Client-IP", "192.0.2.1"}, {"True-Client-IP", "192.0.2.1"}, {"CF-Connecting-IP", "192.0.2.1"},
			{"X-Forwarded-For", "192.0.2.1"}, {"Forwarded", "for=127.0.0.1"}, {"Via", "1.1 proxy"}, {"X-Real-Ip", "127.0.0.1"},
			{"X-Forwarded-Host", "localhost"}, {"Host", "rebound.example:8080"}, {"Host", "10.0.0.7"},
		} {
			var texts [2]string
			for i, api := range apis {
				text, err := json.Marshal(explained(t, api, value, guess, headers...))
				if err != nil {
					t.Fatal(err)
				}
				texts[i] = string(text)
			}
			const want = `{"error":"only for requests from the machine itself, without a proxy","statements":[]}`
			if texts[0] != texts[1] || texts[0] != want {
				t.Errorf("%v: %s and %s", headers, texts[0], texts[1])
			}
		}
	}
}

// TestExplainFromThisMachine names it in each way.
func TestExplainFromThisMachine(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	port := api.URL[strings.LastIndexByte(api.URL, ':'):]
	for _, host := range []string{"127.0.0.1" + port, "localhost" + port, "LOCALHOST", "[::1]" + port, "[::1]"} {
		if e := explained(t, api, "1", guess, "Host", host); e["error"] != nil || len(e["statements"].([]any)) != 1 {
			t.Errorf("%s: %v", host, e)
		}
	}
}

// TestExplainIsOff checks that the header does nothing where it is not wanted.
func TestExplainIsOff(t *testing.T) {
	t.Parallel()
	api := apitest.New(t, func(o *apitest.Options) { o.Server = server.Options{Migrations: o.Server.Migrations} })
	if e := explained(t, api, "analyze", guess); e != nil {
		t.Errorf("explained %v", e)
	}
}
