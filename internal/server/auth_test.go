package server_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/viewer"
)

// newSession signs ada in and returns the header that says so.
func newSession(t *testing.T, api *apitest.API) http.Header {
	t.Helper()
	r := &http.Request{Header: http.Header{}}
	api.SignedIn(t, "ada", "MEMBER").Sign(r)
	return r.Header
}

func dialAs(t *testing.T, api *apitest.API, header http.Header, messages ...string) *websocket.Conn {
	t.Helper()
	conn, resp, err := websocket.Dial(t.Context(), api.Endpoint, &websocket.DialOptions{Subprotocols: []string{subprotocol}, HTTPHeader: header})
	if err != nil {
		t.Fatalf("dial: %v, %v", err, resp)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	write(t, conn, messages...)
	return conn
}

const (
	asksWho       = `{ viewer { username email } }`
	unauthorised1 = `{"type":"error","id":"1","payload":[{"message":"the session has ended; sign in again","extensions":{"code":"UNAUTHENTICATED"}}]}`
)

// TestSocketChecksItsSession revokes the session of a WebSocket that lives on.
func TestSocketChecksItsSession(t *testing.T) {
	t.Parallel()
	api := apitest.New(t).As(viewer.Viewer{})
	conn := dialAs(t, api, newSession(t, api), initialise, subscribe("1", asksWho))
	expect(t, conn, ack, `{"type":"next","id":"1","payload":{"data":{"viewer":{"username":"ada","email":"ada@example.com"}}}}`, `{"type":"complete","id":"1"}`)
	write(t, conn, subscribe("1", `mutation { signIn(input: {username: "ada", password: "correct horse"}) { user { id } } }`))
	expect(t, conn, `{"type":"next","id":"1","payload":{"errors":[{"message":"sign-in sets a cookie: send it by POST, not on a WebSocket or as a stream",`+
		`"path":["signIn"],"extensions":{"code":"BAD_USER_INPUT"}}],"data":null}}`, `{"type":"complete","id":"1"}`)
	if _, err := api.DB.Write.Exec(t.Context(), "DELETE FROM sessions"); err != nil {
		t.Fatal(err)
	}
	write(t, conn, subscribe("1", asksWho))
	expect(t, conn, unauthorised1)
}

// TestSubscriptionEndsWithItsSession does the same to a subscription under way.
func TestSubscriptionEndsWithItsSession(t *testing.T) {
	t.Parallel()
	api, fake := newScripted(t, func(o *apitest.Options) { o.Server.SessionCheck = 10 * time.Millisecond })
	for name, sql := range map[string]string{
		"changed": "UPDATE users SET role = 'ADMIN'",
		"revoked": "DELETE FROM sessions",
	} {
		header := newSession(t, api)
		conn := dialAs(t, api, header, initialise, subscribe("1", `subscription { endless }`))
		expect(t, conn, ack)
		<-fake.started
		if _, err := api.DB.Write.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
		if expect(t, conn, unauthorised1); t.Failed() {
			t.Log(name)
		}
		if _, err := api.DB.Write.Exec(t.Context(), "DELETE FROM users"); err != nil {
			t.Fatal(err)
		}
	}
}

// TestForeignPagesCannotUseTheCookie sends a signed-in browser's cookie from pages of
// others, in every form that needs no consent of ours.
func TestForeignPagesCannotUseTheCookie(t *testing.T) {
	t.Parallel()
	api := apitest.New(t).As(viewer.Viewer{})
	header := newSession(t, api)
	const change = `{"query":"mutation { signOut(everywhere: true) { signedOut } }"}`
	query := "?query=" + strings.ReplaceAll("mutation{signOut(everywhere:true){signedOut}}", " ", "+")
	for name, send := range map[string]struct {
		method, url, contentType, body, site string
	}{
		"fetch":               {http.MethodPost, "", "application/json", change, "cross-site"},
		"form as text":        {http.MethodPost, "", "text/plain", change, "cross-site"},
		"form":                {http.MethodPost, "", "application/x-www-form-urlencoded", "query=mutation", "cross-site"},
		"multipart":           {http.MethodPost, "", "multipart/form-data; boundary=x", "--x--", "cross-site"},
		"image":               {http.MethodGet, query, "", "", "cross-site"},
		"link":                {http.MethodGet, query, "", "", "none"},
		"sub-domain":          {http.MethodPost, "", "application/json", change, "same-site"},
		"old browser":         {http.MethodPost, "", "application/json", change, ""},
		"old browser's form":  {http.MethodPost, "", "text/plain", change, ""},
		"old browser's image": {http.MethodGet, query, "", "", ""},
	} {
		r, err := http.NewRequestWithContext(t.Context(), send.method, api.Endpoint+send.url, strings.NewReader(send.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header = header.Clone()
		if send.contentType != "" {
			r.Header.Set("Content-Type", send.contentType)
		}
		if send.site != "" {
			r.Header.Set("Sec-Fetch-Site", send.site)
		}
		if send.site != "none" {
			r.Header.Set("Origin", "https://evil.example")
		}
		if answer := api.Do(t, r); len(answer.Errors) == 0 {
			t.Errorf("%s: %s", name, answer.Body)
		} else if answer.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: CORS is on", name)
		}
	}
	header = header.Clone()
	header.Set("Origin", "https://evil.example")
	if _, resp, err := websocket.Dial(t.Context(), api.Endpoint, &websocket.DialOptions{Subprotocols: []string{subprotocol}, HTTPHeader: header}); err == nil || resp.StatusCode != http.StatusForbidden {
		t.Errorf("a WebSocket of a foreign page: %v", err)
	}
	var sessions int
	if err := api.DB.Read.QueryRow(t.Context(), "SELECT count(*) FROM public.sessions").Scan(&sessions); err != nil || sessions != 1 {
		t.Errorf("%d sessions are left: a foreign page signed out, %v", sessions, err)
	}
}
