package server_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entgraph/entgraph/internal/apitest"
)

const countPosts = `query CountPosts { posts { totalCount } }`

// request makes a request to the API; each header is "Name: value".
func request(t *testing.T, api *apitest.API, method, query, body string, headers ...string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, api.Endpoint+query, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	return r
}

func body(t *testing.T, query string) string {
	t.Helper()
	data, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

const isJSON = "Content-Type: application/json"

func TestPost(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	answer := api.Query(t, countPosts, nil)
	if diff := cmp.Diff(`{"data":{"posts":{"totalCount":0}}}`, string(answer.Body)); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
	for name, want := range map[string]string{
		"Content-Type":           "application/json; charset=utf-8",
		"Cache-Control":          "no-store",
		"Vary":                   "Accept",
		"X-Content-Type-Options": "nosniff",
	} {
		if got := answer.Header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestWriteAndRead(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	const create = `mutation($input: CreateUserInput!) { createUser(input: $input) { user { id username } } }`
	input := map[string]any{"input": map[string]any{"username": "ada", "email": "ada@example.com"}}
	answer := api.Query(t, create, input)
	if got := answer.At(t, "createUser.user.username"); got != "ada" {
		t.Errorf("username %v", got)
	}
	again := api.Query(t, create, input)
	if diff := cmp.Diff([]string{"CONFLICT"}, again.Codes()); diff != "" {
		t.Errorf("codes of a second user of that name (-want +got):\n%s\n%s", diff, again.Body)
	}
}

func TestGet(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	query := "?" + url.Values{
		"query":         {`query A($n: Int) { posts(first: $n) { totalCount } } query B { tags { totalCount } }`},
		"operationName": {"A"},
		"variables":     {`{"n": 3}`},
	}.Encode()
	api.Do(t, request(t, api, "GET", query, "")).OK(t)

	head, err := http.DefaultClient.Do(request(t, api, "HEAD", query, ""))
	if err != nil {
		t.Fatal(err)
	}
	defer head.Body.Close()
	if head.StatusCode != 200 || head.ContentLength == 0 {
		t.Errorf("HEAD: status %d, length %d", head.StatusCode, head.ContentLength)
	}
}

func TestMutationNeedsPost(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	query := "?query=" + url.QueryEscape(`mutation { createTag(input: {name: "go"}) { tag { id } } }`)
	answer := api.Do(t, request(t, api, "GET", query, ""))
	if answer.Status != 405 || answer.Header.Get("Allow") != "POST" || answer.Codes()[0] != "BAD_USER_INPUT" {
		t.Errorf("status %d, Allow %q: %s", answer.Status, answer.Header.Get("Allow"), answer.Body)
	}
	if n := api.Query(t, `{ tags { totalCount } }`, nil).At(t, "tags.totalCount"); n != 0.0 {
		t.Errorf("%v tags after a mutation by GET", n)
	}
}

func TestRefusedRequests(t *testing.T) {
	t.Parallel()
	api := apitest.New(t, func(o *apitest.Options) { o.Server.MaxBodyBytes = 8000 })
	good := body(t, countPosts)
	tests := map[string]struct {
		request *http.Request
		status  int
		code    string
	}{
		"form":                 {request(t, api, "POST", "", "query=x", "Content-Type: application/x-www-form-urlencoded"), 415, "BAD_USER_INPUT"},
		"text":                 {request(t, api, "POST", "", good, "Content-Type: text/plain"), 415, "BAD_USER_INPUT"},
		"multipart":            {request(t, api, "POST", "", good, "Content-Type: multipart/form-data; boundary=x"), 415, "BAD_USER_INPUT"},
		"no content type":      {request(t, api, "POST", "", good), 415, "BAD_USER_INPUT"},
		"latin-1":              {request(t, api, "POST", "", good, "Content-Type: application/json; charset=latin1"), 415, "BAD_USER_INPUT"},
		"put":                  {request(t, api, "PUT", "", good, isJSON), 405, "BAD_USER_INPUT"},
		"delete":               {request(t, api, "DELETE", "", ""), 405, "BAD_USER_INPUT"},
		"no body":              {request(t, api, "POST", "", "", isJSON), 400, "BAD_USER_INPUT"},
		"no json":              {request(t, api, "POST", "", "{", isJSON), 400, "BAD_USER_INPUT"},
		"array":                {request(t, api, "POST", "", "["+good+"]", isJSON), 400, "BAD_USER_INPUT"},
		"null":                 {request(t, api, "POST", "", "null", isJSON), 400, "BAD_USER_INPUT"},
		"trailing":             {request(t, api, "POST", "", good+"{}", isJSON), 400, "BAD_USER_INPUT"},
		"no query":             {request(t, api, "POST", "", "{}", isJSON), 400, "BAD_USER_INPUT"},
		"query is a number":    {request(t, api, "POST", "", `{"query": 1}`, isJSON), 400, "BAD_USER_INPUT"},
		"variables is a list":  {request(t, api, "POST", "", `{"query": "{a}", "variables": []}`, isJSON), 400, "BAD_USER_INPUT"},
		"get without query":    {request(t, api, "GET", "", ""), 400, "BAD_USER_INPUT"},
		"get with variables 1": {request(t, api, "GET", "?query={a}&variables=1", ""), 400, "BAD_USER_INPUT"},
		"long query string":    {request(t, api, "GET", "?query="+strings.Repeat("a", 33<<10), ""), 414, "LIMIT_EXCEEDED"},
		"large body":           {request(t, api, "POST", "", body(t, countPosts+strings.Repeat(" ", 8000)), isJSON), 413, "LIMIT_EXCEEDED"},
		"many objects":         {request(t, api, "POST", "", `{"query": "query($v: JSON) { __typename }", "variables": {"v": [`+strings.Repeat("{},", 2000)+`{}]}}`, isJSON), 413, "LIMIT_EXCEEDED"},
		"large chunked body":   {chunked(request(t, api, "POST", "", body(t, countPosts+strings.Repeat(" ", 8000)), isJSON)), 413, "LIMIT_EXCEEDED"},
		"large stream request": {request(t, api, "POST", "", body(t, countPosts+strings.Repeat(" ", 8000)), isJSON, "Accept: text/event-stream"), 413, "LIMIT_EXCEEDED"},
		"nothing acceptable":   {request(t, api, "POST", "", good, isJSON, "Accept: text/html"), 406, "BAD_USER_INPUT"},
		"refused by weight":    {request(t, api, "POST", "", good, isJSON, "Accept: application/json;q=0"), 406, "BAD_USER_INPUT"},
		"half a pair":          {request(t, api, "POST", "", `{"query": "query($v: String) { __typename }", "variables": {"v": "\ud800"}}`, isJSON), 400, "BAD_USER_INPUT"},
		"half a pair in query": {request(t, api, "POST", "", body(t, `{ post(id: "\ud800") { id } }`), isJSON), 400, "GRAPHQL_PARSE_FAILED"},
		"half a pair by get":   {request(t, api, "GET", "?variables="+url.QueryEscape(`{"v":"\udc00"}`)+"&query={__typename}", ""), 400, "BAD_USER_INPUT"},
		"no utf-8":             {request(t, api, "POST", "", "{\"query\": \"{ __typename } # \xff\"}", isJSON), 400, "BAD_USER_INPUT"},
		"no utf-8 by get":      {request(t, api, "GET", "?query={__typename}%23%ff", ""), 400, "GRAPHQL_PARSE_FAILED"},
		"no utf-8 in a name":   {request(t, api, "GET", "?query={__typename}&operationName=%ff", ""), 400, "BAD_USER_INPUT"},
		"unknown path":         {request(t, api, "GET", "/x", ""), 404, "NOT_FOUND"},
		"foreign origin":       {request(t, api, "POST", "", good, isJSON, "Origin: https://example.com"), 403, "FORBIDDEN"},
		"other site":           {request(t, api, "POST", "", good, isJSON, "Sec-Fetch-Site: cross-site"), 403, "FORBIDDEN"},
		"get from other site":  {request(t, api, "GET", "?query={__typename}", "", "Sec-Fetch-Site: cross-site"), 403, "FORBIDDEN"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := api.Do(t, test.request)
			if answer.Status != test.status || len(answer.Errors) != 1 || answer.Codes()[0] != test.code || answer.Data != nil {
				t.Errorf("status %d, want %d with %s: %s", answer.Status, test.status, test.code, answer.Body)
			}
			if got := answer.Header.Get("Content-Type"); got != "application/json; charset=utf-8" {
				t.Errorf("content type %q", got)
			}
		})
	}
}

func chunked(r *http.Request) *http.Request {
	r.ContentLength = -1
	return r
}

func TestOptions(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	resp, err := http.DefaultClient.Do(request(t, api, "OPTIONS", "", ""))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 204 || resp.Header.Get("Allow") != "GET, HEAD, POST, OPTIONS" {
		t.Errorf("status %d, Allow %q", resp.StatusCode, resp.Header.Get("Allow"))
	}
	if resp.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("another origin is allowed")
	}
}

// What is not executed is 200 in plain JSON and 400 in the newer type.
func TestRequestErrors(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	const graphql = "application/graphql-response+json"
	tests := map[string]struct{ body, accept, contentType, code string }{
		"parse":           {body(t, "{"), "", "application/json", "GRAPHQL_PARSE_FAILED"},
		"parse, new type": {body(t, "{"), graphql, graphql, "GRAPHQL_PARSE_FAILED"},
		"validation":      {body(t, "{ nothing }"), "*/*", "application/json", "GRAPHQL_VALIDATION_FAILED"},
		"validation, new": {body(t, "{ nothing }"), graphql + ", application/json;q=0.9", graphql, "GRAPHQL_VALIDATION_FAILED"},
		"json preferred":  {body(t, "{ nothing }"), graphql + ";q=0.5, application/json", "application/json", "GRAPHQL_VALIDATION_FAILED"},
		"variables":       {`{"query": "query($n: Int!) { posts(first: $n) { totalCount } }"}`, graphql, graphql, "GRAPHQL_VALIDATION_FAILED"},
		"operation":       {`{"query": "query A { __typename }", "operationName": "B"}`, graphql, graphql, "GRAPHQL_VALIDATION_FAILED"},
		"tokens":          {body(t, "{"+strings.Repeat(" a:__typename", 2000)+"}"), graphql, graphql, "LIMIT_EXCEEDED"},
		"persisted": {`{"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "00"}}}`,
			graphql, graphql, "PERSISTED_QUERY_NOT_FOUND"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := api.Do(t, request(t, api, "POST", "", test.body, isJSON, "Accept: "+test.accept))
			status := 200
			if test.contentType == graphql {
				status = 400
			}
			if answer.Status != status || len(answer.Errors) == 0 || answer.Codes()[0] != test.code || answer.Data != nil {
				t.Errorf("status %d, want %d with %s: %s", answer.Status, status, test.code, answer.Body)
			}
			if got := answer.Header.Get("Content-Type"); got != test.contentType+"; charset=utf-8" {
				t.Errorf("content type %q", got)
			}
		})
	}
}

func TestIntrospectionAndSuggestions(t *testing.T) {
	t.Parallel()
	const schema, typo = `{ __schema { queryType { name } } }`, `{ postz { totalCount } }`
	on := apitest.New(t)
	if got := on.Query(t, schema, nil).At(t, "__schema.queryType.name"); got != "Query" {
		t.Errorf("query type %v", got)
	}
	if answer := on.Query(t, typo, nil); !strings.Contains(string(answer.Body), "Did you mean") {
		t.Errorf("no suggestion: %s", answer.Body)
	}
	off := apitest.New(t, func(o *apitest.Options) { o.Server.Introspection, o.Server.Document.Suggestions = false, false })
	if answer := off.Query(t, schema, nil); len(answer.Errors) == 0 || strings.Contains(string(answer.Body), `"Query"`) {
		t.Errorf("introspection is not off: %s", answer.Body)
	}
	if answer := off.Query(t, typo, nil); strings.Contains(string(answer.Body), "Did you mean") {
		t.Errorf("suggestion: %s", answer.Body)
	}
}

func TestPersistedQuery(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	const hash = "ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38" // of {__typename}
	extension := `"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "` + hash + `"}}`
	api.Do(t, request(t, api, "POST", "", `{"query": "{__typename}", `+extension+`}`, isJSON)).OK(t)
	api.Do(t, request(t, api, "POST", "", `{`+extension+`}`, isJSON)).OK(t)
	wrong := api.Do(t, request(t, api, "POST", "", `{"query": "{ __typename }", `+extension+`}`, isJSON))
	if wrong.Data != nil || wrong.Codes()[0] != "BAD_USER_INPUT" {
		t.Errorf("a wrong hash: %s", wrong.Body)
	}
}

func TestPrefix(t *testing.T) {
	t.Parallel()
	api := apitest.New(t, func(o *apitest.Options) { o.Server.APIPrefix = "/api/v1" })
	if want := api.URL + "/api/v1/graphql"; api.Endpoint != want {
		t.Errorf("endpoint %s, want %s", api.Endpoint, want)
	}
	api.Query(t, countPosts, nil).OK(t)
	for _, path := range []string{"/api/v1/x", "/api/v1/", "/api/v1/graphql/x"} {
		r, err := http.NewRequestWithContext(t.Context(), "GET", api.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if answer := api.Do(t, r); answer.Status != 404 || answer.Codes()[0] != "NOT_FOUND" {
			t.Errorf("%s: status %d: %s", path, answer.Status, answer.Body)
		}
	}
}
