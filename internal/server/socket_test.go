package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"

	"github.com/entgraph/entgraph/internal/apitest"
)

const (
	subprotocol = "graphql-transport-ws"
	initialise  = `{"type":"connection_init"}`
)

// dial opens a WebSocket to the API.
func dial(t *testing.T, api *apitest.API, messages ...string) *websocket.Conn {
	t.Helper()
	r := &http.Request{Header: http.Header{}}
	api.Sign(r)
	return dialAs(t, api, r.Header, messages...)
}

func write(t *testing.T, conn *websocket.Conn, messages ...string) {
	t.Helper()
	for _, m := range messages {
		if err := conn.Write(t.Context(), websocket.MessageText, []byte(m)); err != nil {
			t.Fatal(err)
		}
	}
}

// expect reads messages and compares them.
func expect(t *testing.T, conn *websocket.Conn, want ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for _, w := range want {
		_, data, err := conn.Read(ctx)
		if err != nil {
			t.Fatalf("want %s, got error %v", w, err)
		}
		if diff := cmp.Diff(w, string(data)); diff != "" {
			t.Fatalf("message (-want +got):\n%s", diff)
		}
	}
}

// expectClose reads on until the server closes, and compares the code.
func expectClose(t *testing.T, conn *websocket.Conn, want websocket.StatusCode) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		_, data, err := conn.Read(ctx)
		if err == nil {
			t.Logf("before the close: %s", data)
			continue
		}
		if got := websocket.CloseStatus(err); got != want {
			t.Errorf("closed with %d, want %d: %v", got, want, err)
		}
		return
	}
}

func subscribe(id, query string) string {
	payload, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf(`{"id":%q,"type":"subscribe","payload":%s}`, id, payload)
}

const ack = `{"type":"connection_ack"}`

func TestSocket(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	conn := dial(t, api, `{"type":"ping"}`, initialise)
	expect(t, conn, `{"type":"pong"}`, ack)
	write(t, conn, subscribe("1", countPosts))
	expect(t, conn, `{"type":"next","id":"1","payload":{"data":{"posts":{"totalCount":0}}}}`, `{"type":"complete","id":"1"}`)
	write(t, conn, subscribe("1", `mutation { createTag(input: {name: "go"}) { tag { name } } }`))
	expect(t, conn, `{"type":"next","id":"1","payload":{"data":{"createTag":{"tag":{"name":"go"}}}}}`, `{"type":"complete","id":"1"}`)
	write(t, conn, subscribe("x", `{ nothing }`))
	expect(t, conn, `{"type":"error","id":"x","payload":[{"message":"Cannot query field \"nothing\" on type \"Query\".",`+
		`"locations":[{"line":1,"column":3}],"extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}`)

	lines := api.Log.Lines("operation")
	if len(lines) != 3 || lines[0]["operation"] != "CountPosts" || lines[0]["sql"] != 1.0 || lines[1]["type"] != "mutation" ||
		lines[2]["code"] != "GRAPHQL_VALIDATION_FAILED" {
		t.Errorf("lines: %v", lines)
	}
	if err := conn.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
}

func TestSocketStreams(t *testing.T) {
	t.Parallel()
	api, fake := newScripted(t)
	conn := dial(t, api, initialise, subscribe("n", `subscription { count(to: 2) }`))
	expect(t, conn, ack, `{"type":"next","id":"n","payload":{"data":{"count":1}}}`,
		`{"type":"next","id":"n","payload":{"data":{"count":2}}}`, `{"type":"complete","id":"n"}`)

	write(t, conn, subscribe("e", `subscription { endless }`))
	<-fake.started
	write(t, conn, `{"id":"e","type":"complete"}`)
	eventually(t, "the end of the subscription", func() bool { return len(api.Log.Lines("operation")) == 2 })
	// Nothing more comes for the ended one: the next message is that of another.
	write(t, conn, subscribe("f", `{ fine }`))
	expect(t, conn, `{"type":"next","id":"f","payload":{"data":{"fine":true}}}`, `{"type":"complete","id":"f"}`)
}

func TestSocketPanic(t *testing.T) {
	t.Parallel()
	api, _ := newScripted(t)
	conn := dial(t, api, initialise, subscribe("p", `{ panic }`))
	expect(t, conn, ack)
	_, data, err := conn.Read(t.Context())
	if err != nil || !strings.Contains(string(data), `"type":"error"`) || !strings.Contains(string(data), "INTERNAL") ||
		strings.Contains(string(data), "secret") {
		t.Fatalf("%s, %v", data, err)
	}
	write(t, conn, subscribe("f", `{ fine }`))
	expect(t, conn, `{"type":"next","id":"f","payload":{"data":{"fine":true}}}`)
}

func TestSocketViolations(t *testing.T) {
	t.Parallel()
	api, _ := newScripted(t, func(o *apitest.Options) { o.Server.MaxBodyBytes = 1024 })
	endless := subscribe("1", `subscription { endless }`)
	tests := map[string]struct {
		messages []string
		code     websocket.StatusCode
	}{
		"subscribe first":   {[]string{subscribe("1", `{ fine }`)}, 4401},
		"two inits":         {[]string{initialise, initialise}, 4429},
		"init with a list":  {[]string{`{"type":"connection_init","payload":[]}`}, 4400},
		"no json":           {[]string{`{`}, 4400},
		"array":             {[]string{`[]`}, 4400},
		"unknown type":      {[]string{`{"type":"hello"}`}, 4400},
		"server's type":     {[]string{initialise, `{"type":"next","id":"1","payload":{}}`}, 4400},
		"no id":             {[]string{initialise, `{"type":"subscribe","payload":{"query":"{ fine }"}}`}, 4400},
		"id is a number":    {[]string{initialise, `{"id":1,"type":"subscribe","payload":{"query":"{ fine }"}}`}, 4400},
		"no payload":        {[]string{initialise, `{"id":"1","type":"subscribe"}`}, 4400},
		"no query":          {[]string{initialise, `{"id":"1","type":"subscribe","payload":{}}`}, 4400},
		"query is a number": {[]string{initialise, `{"id":"1","type":"subscribe","payload":{"query":1}}`}, 4400},
		"id in use":         {[]string{initialise, endless, endless}, 4409},
		"no utf-8":          {[]string{initialise, "{\"type\":\"ping\",\"x\":\"\xff\"}"}, 1007},
		"large message":     {[]string{initialise, subscribe("1", "{ fine "+strings.Repeat(" ", 2000)+"}")}, 1009},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expectClose(t, dial(t, api, test.messages...), test.code)
		})
	}
}

// TestSocketTexts checks that a text that would be changed ends its operation alone.
func TestSocketTexts(t *testing.T) {
	t.Parallel()
	api, _ := newScripted(t)
	conn := dial(t, api, initialise, `{"id":"1","type":"subscribe","payload":{"query":"{ fine }","variables":{"v":"\ud800"}}}`,
		`{"id":"2","type":"subscribe","payload":{"query":"{ fine(x: \"\\ud800\") }"}}`, `{"type":"ping"}`)
	expect(t, conn, `{"type":"connection_ack"}`,
		`{"type":"error","id":"1","payload":[{"message":"the body has half of a pair of surrogates, such as \\ud800 alone","extensions":{"code":"BAD_USER_INPUT"}}]}`,
		`{"type":"error","id":"2","payload":[{"message":"the query has half of a pair of surrogates, such as \\ud800 alone","extensions":{"code":"GRAPHQL_PARSE_FAILED"}}]}`,
		`{"type":"pong"}`)
}

func TestSocketCapsOperations(t *testing.T) {
	t.Parallel()
	api, _ := newScripted(t)
	conn := dial(t, api, initialise)
	expect(t, conn, ack)
	for i := range 100 {
		write(t, conn, subscribe(fmt.Sprint(i), `subscription { endless }`))
	}
	write(t, conn, subscribe("more", `subscription { endless }`))
	expect(t, conn, `{"type":"error","id":"more","payload":[{"message":"at most 100 operations run on one connection at a time (MAX_OPERATIONS_PER_SOCKET)",`+
		`"extensions":{"code":"LIMIT_EXCEEDED","limit":"MAX_OPERATIONS_PER_SOCKET","max":100,"retryAfter":1}}]}`)
}

func TestUpgradeRefused(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	tests := map[string]struct {
		options websocket.DialOptions
		status  int
		code    string
	}{
		"no subprotocol":  {websocket.DialOptions{}, 400, "BAD_USER_INPUT"},
		"old subprotocol": {websocket.DialOptions{Subprotocols: []string{"graphql-ws"}}, 400, "BAD_USER_INPUT"},
		"other origin": {websocket.DialOptions{Subprotocols: []string{subprotocol},
			HTTPHeader: http.Header{"Origin": {"https://example.com"}}}, 403, "FORBIDDEN"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, resp, err := websocket.Dial(t.Context(), api.Endpoint, &test.options)
			if err == nil {
				_ = conn.CloseNow()
				t.Fatal("accepted")
			}
			if resp == nil || resp.StatusCode != test.status {
				t.Fatalf("%v, %v", resp, err)
			}
			if text := readAll(t, resp); !strings.Contains(text, `"code":"`+test.code+`"`) {
				t.Errorf("body %s", text)
			}
		})
	}
}

// Same origin is what a browser's page of this server sends.
func TestUpgradeFromOwnPage(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	conn, _, err := websocket.Dial(t.Context(), api.Endpoint, &websocket.DialOptions{
		Subprotocols: []string{subprotocol}, HTTPHeader: http.Header{"Origin": {api.URL}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(websocket.StatusNormalClosure, ""); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
