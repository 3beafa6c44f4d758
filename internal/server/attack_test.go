package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/introspection"
)

// answered is an answer, by whatever way it came.
type answered struct {
	Data   json.RawMessage
	Errors []apitest.Error
	bytes  int
}

// everyWay asks by POST, GET, events and WebSocket.
func everyWay(t *testing.T, api *apitest.API, query, vars string) map[string]answered {
	t.Helper()
	if vars == "" {
		vars = "{}"
	}
	params, err := json.Marshal(map[string]any{"query": query, "variables": json.RawMessage(vars)})
	if err != nil {
		t.Fatal(err)
	}
	answers := map[string]answered{}
	keep := func(way string, text []byte) {
		a := answered{bytes: len(text)}
		if err := json.Unmarshal(text, &a); err != nil {
			t.Fatalf("%s: %v: %.300s", way, err, text)
		}
		answers[way] = a
	}
	keep("POST", api.Do(t, request(t, api, "POST", "", string(params), isJSON)).Body)
	if !strings.HasPrefix(query, "mutation") {
		values := url.Values{"query": {query}, "variables": {vars}}.Encode()
		if len(values) < 32<<10 {
			keep("GET", api.Do(t, request(t, api, "GET", "?"+values, "")).Body)
		}
	}
	r := request(t, api, "POST", "", string(params), isJSON, asStream)
	api.Sign(r)
	events := readAll(t, send(t, r))
	_, event, _ := strings.Cut(events, "data: ")
	event, _, _ = strings.Cut(event, "\n")
	keep("events", []byte(event))

	conn := dial(t, api, initialise)
	conn.SetReadLimit(64 << 20)
	expect(t, conn, ack)
	write(t, conn, fmt.Sprintf(`{"id":"1","type":"subscribe","payload":%s}`, params))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, message, err := conn.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		Type    string
		Payload json.RawMessage
	}
	if err := json.Unmarshal(message, &m); err != nil {
		t.Fatal(err)
	}
	if m.Type == "error" {
		m.Payload = []byte(`{"errors":` + string(m.Payload) + `}`)
	}
	keep("WebSocket", m.Payload)
	_ = conn.Close(websocket.StatusNormalClosure, "")
	return answers
}

// doubling is fragments that each take the next one twice.
func doubling(links int) string {
	var b strings.Builder
	b.WriteString("{users{nodes{...F0}}}")
	for i := range links {
		fmt.Fprintf(&b, " fragment F%d on User{a:profile{user{...F%d}} b:profile{user{...F%d}}}", i, i+1, i+1)
	}
	fmt.Fprintf(&b, " fragment F%d on User{id}", links)
	return b.String()
}

func conflicting(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "a:posts(first:%d){totalCount} ", i)
	}
	return b.String()
}

// What costs too much, or has errors without end, is refused in few words by every way
// that it may come.
func TestRefusedDocuments(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	tests := map[string]struct{ query, vars, code, limit string }{
		"fragments that double":  {doubling(18), "", "LIMIT_EXCEEDED", "MAX_DOCUMENT_FIELDS"},
		"fragments that loop":    {"{users{nodes{...A}}} fragment A on User{profile{user{...A}}}", "", "GRAPHQL_VALIDATION_FAILED", ""},
		"too deep":               {"{users{nodes{" + strings.Repeat("profile{user{", 40) + "id" + strings.Repeat("}}", 40) + "}}}", "", "LIMIT_EXCEEDED", "MAX_DOCUMENT_DEPTH"},
		"directives of no name":  {"{users" + strings.Repeat("@a", 2400) + "{totalCount}}", "", "LIMIT_EXCEEDED", "MAX_DOCUMENT_DIRECTIVES"},
		"fewer of them":          {"{users" + strings.Repeat("@a", 190) + "{totalCount}}", "", "GRAPHQL_VALIDATION_FAILED", ""},
		"conflicts at the root":  {"{" + conflicting(400) + "}", "", "LIMIT_EXCEEDED", "MAX_ROOT_FIELDS"},
		"conflicts below":        {"{tags{nodes{" + conflicting(400) + "}}}", "", "GRAPHQL_VALIDATION_FAILED", ""},
		"fields of no name":      {"{users{nodes{" + strings.Repeat("x ", 4900) + "}}}", "", "GRAPHQL_VALIDATION_FAILED", ""},
		"a long name":            {"{" + strings.Repeat("x", 20_000) + "}", "", "LIMIT_EXCEEDED", ""},
		"tokens":                 {"{" + strings.Repeat("x ", 5001) + "}", "", "LIMIT_EXCEEDED", "MAX_DOCUMENT_TOKENS"},
		"introspection by alias": {"{" + introspections(40) + "} fragment T on __Type{name description fields{name description args{name description}} inputFields{name description type{name description}}}", "", "LIMIT_EXCEEDED", ""},
		"a long text":            {`{users(where:{username:["` + strings.Repeat("x", 20_000) + `"]}){totalCount}}`, "", "GRAPHQL_VALIDATION_FAILED", ""},
		"variables":              {"query($ids:[ID!]!){nodes(ids:$ids){id}}", `{"ids":[` + strings.Repeat("true,", 3000) + `true]}`, "GRAPHQL_VALIDATION_FAILED", ""},
		"defer":                  {"{...@defer{users{totalCount}}}", "", "GRAPHQL_VALIDATION_FAILED", ""},
		"stream":                 {"{users{nodes@stream{id}}}", "", "GRAPHQL_VALIDATION_FAILED", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for way, a := range everyWay(t, api, test.query, test.vars) {
				if len(a.Errors) == 0 || len(a.Errors) > 21 || a.Errors[0].Code() != test.code || a.bytes > 12_000 {
					t.Errorf("%s: %d bytes, %d errors, want %s: %.300v", way, a.bytes, len(a.Errors), test.code, a.Errors)
					continue
				}
				if limit, _ := a.Errors[0].Extensions["limit"].(string); limit != test.limit {
					t.Errorf("%s: by %q, want %q", way, limit, test.limit)
				}
			}
		})
	}
}

func introspections(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "a%d:__schema{types{...T}} ", i)
	}
	return b.String()
}

// What is not a value of its type is refused as a literal is, wherever it comes from.
func TestRefusedValues(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	tests := map[string]struct{ query, vars string }{
		"include by null":          {"query($b:Boolean=true){posts(first:1){totalCount@include(if:$b)}}", `{"b":null}`},
		"skip by null":             {"query($b:Boolean=true){posts(first:1)@skip(if:$b){totalCount}}", `{"b":null}`},
		"include of a fragment":    {"query($b:Boolean=true){...@include(if:$b){__typename}}", `{"b":null}`},
		"first":                    {`query($n:Int=1){relatedPosts(id:"x",first:$n){id}}`, `{"n":null}`},
		"order of groups":          {"query($o:OrderDirection){posts{groupBy(keys:[{field:STATUS}],orderBy:{field:COUNT,direction:$o}){count}}}", `{"o":null}`},
		"direction":                {"query($d:OrderDirection){posts(orderBy:{field:TITLE,direction:$d}){totalCount}}", `{"d":null}`},
		"direction in an object":   {"query($o:[PostOrder!]){posts(orderBy:$o){totalCount}}", `{"o":[{"field":"TITLE","direction":null}]}`},
		"everywhere":               {"mutation($e:Boolean){signOut(everywhere:$e){signedOut}}", `{"e":null}`},
		"unit in another case":     {"query($k:[PostGroupKeyInput!]!){posts{groupBy(keys:$k){count}}}", `{"k":[{"field":"CREATED_AT","truncate":"month"}]}`},
		"unit by its own variable": {"query($u:TimeUnit){posts{groupBy(keys:[{field:CREATED_AT,truncate:$u}]){count}}}", `{"u":"month"}`},
		"order in another case":    {"query($o:PostGroupOrderField!){posts{groupBy(keys:[{field:STATUS}],orderBy:{field:$o}){count}}}", `{"o":"key_status"}`},
		"status in a list":         {"query($s:[PostStatus!]){posts(where:{statusIn:$s}){totalCount}}", `{"s":["DRAFT","draft"]}`},
		"status deep inside":       {"query($w:PostWhereInput){posts(where:$w){totalCount}}", `{"w":{"not":{"or":[{"status":"Draft"}]}}}`},
		"status of a new post":     {"mutation($i:CreatePostInput!){createPost(input:$i){post{id}}}", `{"i":{"title":"x","body":"x","authorID":"x","status":"draft"}}`},
		"a number for an enum":     {"query($s:PostStatus){posts(where:{status:$s}){totalCount}}", `{"s":1}`},
		"text for a number":        {"query($n:Int){posts(first:$n){totalCount}}", `{"n":"1"}`},
		"beyond 32 bits":           {"{posts(first:99999999999){totalCount}}", ""},
		"an object for a number":   {"{posts(first:{}){totalCount}}", ""},
		"typename in an object":    {"query($w:PostWhereInput){posts(where:$w){totalCount}}", `{"w":{"__typename":"x"}}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for way, a := range everyWay(t, api, test.query, test.vars) {
				if len(a.Errors) != 1 || a.Errors[0].Code() != "GRAPHQL_VALIDATION_FAILED" || a.Data != nil {
					t.Errorf("%s: %s %v", way, a.Data, a.Errors)
				}
			}
		})
	}
}

// A request's time is over also while its document is looked at.
func TestTimeOfRequestHoldsForItsDocument(t *testing.T) {
	t.Parallel()
	api := apitest.New(t, func(o *apitest.Options) { o.Server.RequestTimeout = time.Nanosecond })
	for way, a := range everyWay(t, api, "{users{nodes{"+strings.Repeat("x ", 4900)+"}}}", "") {
		if len(a.Errors) != 1 || a.Errors[0].Code() != "TIMEOUT" {
			t.Errorf("%s: %v", way, a.Errors)
		}
	}
}

// What looks like the above and is right is answered.
func TestAcceptedDocuments(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	tests := map[string]struct{ query, vars, want string }{
		"one field 4,900 times": {"{posts(first:1){nodes{" + strings.Repeat("id ", 4900) + "}}}", "", `{"posts":{"nodes":[]}}`},
		"not given":             {"query($b:Boolean=true){posts(first:1){totalCount@include(if:$b)}}", "", `{"posts":{"totalCount":0}}`},
		"null in what is left out": {"query($b:Boolean=false,$o:OrderDirection){posts{totalCount groupBy(keys:[{field:STATUS}],orderBy:{field:COUNT,direction:$o})@include(if:$b){count}}}", `{"o":null}`,
			`{"posts":{"totalCount":0}}`},
		"introspection of tools": {introspection.Query, "", ""},
		"null where it may be":   {"query($n:Int){posts(first:$n){totalCount}}", `{"n":null}`, `{"posts":{"totalCount":0}}`},
		"an empty list":          {"{posts(where:{titleIn:[]}){totalCount}}", "", `{"posts":{"totalCount":0}}`},
		"exact enums":            {"query($o:PostGroupOrderField!){posts{groupBy(keys:{field:CREATED_AT,truncate:MONTH},orderBy:{field:$o,direction:DESC}){count}}}", `{"o":"KEY_CREATED_AT"}`, `{"posts":{"groupBy":[]}}`},
		"one operation of two fragments": {"query A($x:Int){posts(first:$x){...F}} fragment F on PostConnection{...G} fragment G on PostConnection{totalCount}", `{"x":1.0}`,
			`{"posts":{"totalCount":0}}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for way, a := range everyWay(t, api, test.query, test.vars) {
				if len(a.Errors) > 0 || test.want != "" && string(a.Data) != test.want || a.Data == nil {
					t.Errorf("%s: %s %v, want %s", way, a.Data, a.Errors, test.want)
				}
			}
		})
	}
}
