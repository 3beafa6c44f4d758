package server_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/viewer"
)

// newToken makes ada an access token for writing.
func newToken(t *testing.T, api *apitest.API) string {
	t.Helper()
	ada := api.SignedIn(t, "ada", "MEMBER")
	return ada.Query(t, `mutation { createAccessToken(input: {name: "x", scope: WRITE}) { token } }`, nil).At(t, "createAccessToken.token").(string)
}

const unauthorisedToken = `{"type":"error","id":"1","payload":[{"message":"the access token is not valid: it has expired, was revoked, or is meant for another API","extensions":{"code":"UNAUTHENTICATED"}}]}`

// TestTokenInConnectionInit signs a WebSocket in as browsers can, which send no headers
// with one; and revokes the token while the socket lives.
func TestTokenInConnectionInit(t *testing.T) {
	t.Parallel()
	api := apitest.New(t).As(viewer.Viewer{})
	token := newToken(t, api)
	isAda := []string{ack, `{"type":"next","id":"1","payload":{"data":{"viewer":{"username":"ada","email":"ada@example.com"}}}}`, `{"type":"complete","id":"1"}`}
	for _, payload := range []string{
		`{"Authorization":"Bearer ` + token + `"}`,
		`{"authorization":"bearer ` + token + `","other":{"authorization":1}}`,
		`{"headers":{"Authorization":"Bearer ` + token + `"}}`,
	} {
		conn := dialAs(t, api, http.Header{}, `{"type":"connection_init","payload":`+payload+`}`, subscribe("1", asksWho))
		expect(t, conn, isAda...)
	}
	conn := dialAs(t, api, http.Header{"Authorization": {"Bearer " + token}}, initialise, subscribe("1", asksWho))
	expect(t, conn, isAda...)
	anonymous := dialAs(t, api, http.Header{}, `{"type":"connection_init","payload":{"Authorization":"Basic YTpi"}}`, subscribe("1", asksWho))
	expect(t, anonymous, ack, `{"type":"next","id":"1","payload":{"data":{"viewer":null}}}`)
	if _, err := api.DB.Write.Exec(t.Context(), "DELETE FROM access_tokens"); err != nil {
		t.Fatal(err)
	}
	write(t, conn, subscribe("1", asksWho))
	expect(t, conn, unauthorisedToken)
	refused := dialAs(t, api, http.Header{}, `{"type":"connection_init","payload":{"Authorization":"Bearer `+token+`"}}`)
	expectClose(t, refused, 4403)
}

// TestSubscriptionEndsWithItsToken revokes the token of a subscription under way.
func TestSubscriptionEndsWithItsToken(t *testing.T) {
	t.Parallel()
	token := newToken(t, apitest.New(t).As(viewer.Viewer{}))
	api, fake := newScripted(t, func(o *apitest.Options) { o.Server.SessionCheck = 10 * time.Millisecond })
	if _, err := api.DB.Write.Exec(t.Context(), `WITH u AS (INSERT INTO users (username, email, role) VALUES ('ada', 'ada@example.com', 'MEMBER') RETURNING id)
		INSERT INTO access_tokens (user_id, name, scope, token_hash, expires_at) SELECT id, 'x', 'READ', sha256($1::text::bytea), now() + interval '1 day' FROM u`, token); err != nil {
		t.Fatal(err)
	}
	conn := dialAs(t, api, http.Header{}, `{"type":"connection_init","payload":{"Authorization":"Bearer `+token+`"}}`, subscribe("1", `subscription { endless }`))
	expect(t, conn, ack)
	<-fake.started
	if _, err := api.DB.Write.Exec(t.Context(), "DELETE FROM access_tokens"); err != nil {
		t.Fatal(err)
	}
	expect(t, conn, unauthorisedToken)
}

// TestTokenOnAStream asks by server-sent events.
func TestTokenOnAStream(t *testing.T) {
	t.Parallel()
	api := apitest.New(t).As(viewer.Viewer{})
	token := newToken(t, api)
	for text, want := range map[string]string{token: `{"data":{"viewer":{"username":"ada"}}}`, token[1:]: `"code":"UNAUTHENTICATED"`} {
		r := request(t, api, http.MethodPost, "", body(t, `{ viewer { username } }`), isJSON, "Accept: text/event-stream", "Authorization: Bearer "+text)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if got := readAll(t, resp); !strings.Contains(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

const friend, stranger = "https://app.example.com", "https://evil.example"

// TestCORS lets the pages of one origin in: with an access token, never with the cookie.
func TestCORS(t *testing.T) {
	t.Parallel()
	api := apitest.New(t, func(o *apitest.Options) { o.Server.Origins = []string{friend} }).As(viewer.Viewer{})
	token := newToken(t, api)
	eve := &http.Request{Header: http.Header{}}
	api.SignedIn(t, "eve", "MEMBER").Sign(eve)
	cookie := eve.Header
	ask := func(method, origin, site string, with ...string) *http.Response {
		query, text := "", body(t, `{ viewer { username } }`)
		if method != http.MethodPost {
			query, text = "?query={viewer{username}}", ""
		}
		r := request(t, api, method, query, text, append([]string{isJSON, "Origin: " + origin}, with...)...)
		if site != "" {
			r.Header.Set("Sec-Fetch-Site", site)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		return resp
	}
	for _, method := range []string{http.MethodPost, http.MethodGet} {
		for _, site := range []string{"cross-site", "same-site", ""} {
			resp := ask(method, friend, site, "Authorization: Bearer "+token)
			got := readAll(t, resp)
			if got != `{"data":{"viewer":{"username":"ada"}}}` || resp.Header.Get("Access-Control-Allow-Origin") != friend || resp.Header.Get("Access-Control-Allow-Credentials") != "" ||
				!slices.Contains(resp.Header.Values("Vary"), "Origin") || !slices.Contains(resp.Header.Values("Vary"), "Accept") {
				t.Errorf("%s, %q: %s, %v", method, site, got, resp.Header)
			}
			resp = ask(method, friend, site, "Cookie: "+cookie.Get("Cookie"))
			if got := readAll(t, resp); got != `{"data":{"viewer":null}}` {
				t.Errorf("%s, %q: the cookie works: %s", method, site, got)
			}
			if resp := ask(method, stranger, site, "Authorization: Bearer "+token); site != "" && (resp.StatusCode != http.StatusForbidden || resp.Header.Get("Access-Control-Allow-Origin") != "") {
				t.Errorf("%s, %q: a stranger gets %d, %v", method, site, resp.StatusCode, resp.Header)
			} else if origin := resp.Header.Get("Access-Control-Allow-Origin"); origin != "" {
				t.Errorf("a stranger may read: %s", origin)
			}
		}
	}
	preflight := ask(http.MethodOptions, friend, "cross-site", "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization,content-type")
	if h := preflight.Header; preflight.StatusCode != http.StatusNoContent || h.Get("Access-Control-Allow-Origin") != friend || h.Get("Access-Control-Allow-Headers") == "" || h.Get("Access-Control-Max-Age") == "" {
		t.Errorf("preflight %d, %v", preflight.StatusCode, h)
	}
	if got := ask(http.MethodOptions, stranger, "cross-site", "Access-Control-Request-Method: POST"); got.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("a stranger's preflight: %v", got.Header)
	}
	signIn := request(t, api, http.MethodPost, "", body(t, `mutation { signUp(input: {username: "zoe", email: "zoe@example.com", password: "correct horse"}) { user { id } } }`), isJSON, "Origin: "+friend, "Sec-Fetch-Site: same-site")
	if answer := api.Do(t, signIn); !slices.Equal(answer.Codes(), []string{"BAD_USER_INPUT"}) || answer.Header.Get("Set-Cookie") != "" {
		t.Errorf("sign-up from another origin: %s, %v", answer.Body, answer.Header)
	}
}

// TestForeignSocket opens a WebSocket from pages of other origins.
func TestForeignSocket(t *testing.T) {
	t.Parallel()
	api := apitest.New(t, func(o *apitest.Options) { o.Server.Origins = []string{friend} }).As(viewer.Viewer{})
	header := newSession(t, api)
	header.Set("Origin", friend)
	conn := dialAs(t, api, header, initialise, subscribe("1", asksWho))
	expect(t, conn, ack, `{"type":"next","id":"1","payload":{"data":{"viewer":null}}}`)
	header.Set("Origin", stranger)
	if _, resp, err := websocket.Dial(t.Context(), api.Endpoint, &websocket.DialOptions{Subprotocols: []string{subprotocol}, HTTPHeader: header}); err == nil || resp.StatusCode != http.StatusForbidden {
		t.Errorf("a stranger's WebSocket: %v", err)
	}
}
