package server_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/uuid"

	"github.com/entgraph/entgraph/api"
	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/server"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/viewer"
)

// badge is sign-in of an app's own: a header says who asks.
func badge(r *http.Request) (viewer.Viewer, error) {
	switch text := strings.TrimPrefix(r.Header.Get("Authorization"), "Badge ") + r.Header.Get("Cookie"); text {
	case "":
		return viewer.Viewer{}, nil
	case "panic":
		panic("badge of the secret service")
	case "late":
		return viewer.Viewer{}, api.Problem(api.CodeForbidden, "", "come back on Monday")
	default:
		id, err := uuid.Parse(text)
		if err != nil {
			return viewer.Viewer{}, errors.New("forged badge of the secret service")
		}
		return viewer.Viewer{UserID: key.UUID(id), Role: "MEMBER"}, nil
	}
}

func withBadges(o *apitest.Options) { o.Server.Authenticate = badge }

const drafts = `{"query": "{ posts(where: {status: DRAFT}) { totalCount } }"}`

// newBadges starts an API with an author of one draft, who is given.
func newBadges(t *testing.T) (*apitest.API, string) {
	t.Helper()
	a := apitest.New(t, withBadges)
	var id uuid.UUID
	err := a.DB.Write.QueryRow(t.Context(), `WITH u AS (INSERT INTO users (username, email) VALUES ('ada', 'ada@example.com') RETURNING id)
		INSERT INTO posts (title, body, status, author_id) SELECT 't', 'c', 'DRAFT', id FROM u RETURNING author_id`).Scan(&id)
	if err != nil {
		t.Fatal(err)
	}
	return a, id.String()
}

// An app that signs its users in itself says who asks, and nothing of why it does not know.
func TestAuthenticate(t *testing.T) {
	t.Parallel()
	a, ada := newBadges(t)
	for name, test := range map[string]struct {
		header http.Header
		want   string
		code   string
	}{
		"nobody":         {http.Header{}, `"totalCount":0`, ""},
		"the author":     {http.Header{"Authorization": {"Badge " + ada}}, `"totalCount":1`, ""},
		"the cookie":     {http.Header{"Cookie": {ada}}, `"totalCount":1`, ""},
		"another":        {http.Header{"Authorization": {"Badge " + uuid.NewString()}}, `"totalCount":0`, ""},
		"forged":         {http.Header{"Authorization": {"Badge x"}}, "sign in first", api.CodeUnauthenticated},
		"for the client": {http.Header{"Authorization": {"Badge late"}}, "come back on Monday", api.CodeForbidden},
		"a panic":        {http.Header{"Authorization": {"Badge panic"}}, "internal error", api.CodeInternal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.Endpoint, strings.NewReader(drafts))
			if err != nil {
				t.Fatal(err)
			}
			r.Header = test.header
			r.Header.Set("Content-Type", "application/json")
			answer := a.Do(t, r)
			if !strings.Contains(string(answer.Body), test.want) || strings.Contains(string(answer.Body), "secret") {
				t.Errorf("%d %s, want %s", answer.Status, answer.Body, test.want)
			}
			if codes := strings.Join(answer.Codes(), " "); codes != test.code {
				t.Errorf("codes %q, want %q", codes, test.code)
			}
		})
	}
	t.Cleanup(func() {
		if lines := a.Log.Lines("not authenticated"); len(lines) != 1 || lines[0]["error"] != "forged badge of the secret service" {
			t.Errorf("the cause is not in the log: %v", lines)
		}
	})
}

// A WebSocket is its request's, or that of the Authorization in its first message.
func TestAuthenticateSocket(t *testing.T) {
	t.Parallel()
	a, ada := newBadges(t)
	ask := subscribe("1", "{ posts(where: {status: DRAFT}) { totalCount } }")
	one := `{"type":"next","id":"1","payload":{"data":{"posts":{"totalCount":1}}}}`
	conn := dialAs(t, a, http.Header{"Authorization": {"Badge " + ada}}, initialise, ask)
	expect(t, conn, `{"type":"connection_ack"}`, one)
	conn = dialAs(t, a, http.Header{}, `{"type":"connection_init","payload":{"Authorization":"Badge `+ada+`"}}`, ask)
	expect(t, conn, `{"type":"connection_ack"}`, one)
	conn = dialAs(t, a, http.Header{}, `{"type":"connection_init","payload":{"Authorization":"Badge x"}}`)
	expectClose(t, conn, websocket.StatusCode(4403))
	conn = dialAs(t, a, http.Header{}, `{"type":"connection_init","payload":{"Authorization":"Badge late"}}`)
	expectClose(t, conn, websocket.StatusCode(4403))
	conn = dialAs(t, a, http.Header{}, `{"type":"connection_init","payload":{"Authorization":"Badge panic"}}`)
	expect(t, conn, `{"type":"connection_ack"}`)
}

// A subscription ends when the app refuses its viewer, whatever error it has for that; not when
// it cannot say who asks.
func TestSubscriptionEndsWithItsBadge(t *testing.T) {
	t.Parallel()
	for name, refusal := range map[string]error{
		"an error":        errors.New("revoked"),
		"for the client":  api.Problem(api.CodeUnauthenticated, "", "the token has expired"),
		"of its own code": fmt.Errorf("sso: %w", api.Problem("EXPIRED", "", "the token has expired")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var revoked atomic.Bool
			var asked atomic.Int32
			a, s := newScripted(t, func(o *apitest.Options) {
				o.Server.SessionCheck = 5 * time.Millisecond
				o.Server.Authenticate = func(*http.Request) (viewer.Viewer, error) {
					switch n := asked.Add(1); {
					case revoked.Load():
						return viewer.Viewer{}, refusal
					case n == 3:
						return viewer.Viewer{}, fmt.Errorf("sso: %w", context.DeadlineExceeded)
					case n == 4:
						panic("sso")
					}
					return viewer.Viewer{UserID: key.UUID(uuid.Max)}, nil
				}
			})
			conn := dialAs(t, a, http.Header{}, initialise, subscribe("1", "subscription { endless }"))
			expect(t, conn, `{"type":"connection_ack"}`)
			<-s.started
			for asked.Load() < 6 { // past what says nothing
				time.Sleep(time.Millisecond)
			}
			revoked.Store(true)
			expect(t, conn, `{"type":"error","id":"1","payload":[{"message":"the session has ended; sign in again","extensions":{"code":"UNAUTHENTICATED"}}]}`)
		})
	}
}

// greets is a route that says whom it sees.
func greets(o *apitest.Options) {
	o.Server.Routes = func(mux *http.ServeMux) {
		mux.Handle("/who", server.WithViewer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte(viewer.FromContext(r.Context()).Role))
		})))
	}
}

// A route has the viewer whom an operation has: of a session or a token, or the app's own. What
// does not hold is refused, and so is what a page of another site makes a browser send.
func TestRouteWithViewer(t *testing.T) {
	t.Parallel()
	signed := apitest.New(t, greets)
	session := newSession(t, signed)
	foreign := http.Header{"Cookie": session["Cookie"], "Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://evil.example"}}
	badges, ada := apitest.New(t, greets, withBadges), uuid.NewString()
	for name, test := range map[string]struct {
		api    *apitest.API
		method string
		header http.Header
		status int
		want   string
	}{
		"nobody":            {signed, http.MethodGet, http.Header{}, 200, ""},
		"a session":         {signed, http.MethodPost, session, 200, "MEMBER"},
		"no session":        {signed, http.MethodGet, http.Header{"Cookie": {"entgraph_session=x"}}, 401, "UNAUTHENTICATED"},
		"no token":          {signed, http.MethodGet, http.Header{"Authorization": {"Bearer entgraph_x"}}, 401, "UNAUTHENTICATED"},
		"foreign, to read":  {signed, http.MethodGet, foreign, 200, ""},
		"foreign, to write": {signed, http.MethodPost, foreign, 403, "FORBIDDEN"},
		"no badge":          {badges, http.MethodGet, http.Header{}, 200, ""},
		"a badge":           {badges, http.MethodPost, http.Header{"Authorization": {"Badge " + ada}}, 200, "MEMBER"},
		"a forged badge":    {badges, http.MethodGet, http.Header{"Authorization": {"Badge x"}}, 401, "sign in first"},
		"a late badge":      {badges, http.MethodGet, http.Header{"Authorization": {"Badge late"}}, 403, "come back on Monday"},
		"a broken reader":   {badges, http.MethodGet, http.Header{"Authorization": {"Badge panic"}}, 500, "INTERNAL"},
		"a foreign badge":   {badges, http.MethodPost, http.Header{"Cookie": {ada}, "Sec-Fetch-Site": {"cross-site"}}, 403, "FORBIDDEN"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := http.NewRequestWithContext(t.Context(), test.method, test.api.URL+"/who", http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			r.Header = test.header.Clone()
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != test.status || test.status == 200 && string(body) != test.want || !strings.Contains(string(body), test.want) {
				t.Errorf("%d %s, want %d %s", resp.StatusCode, body, test.status, test.want)
			}
		})
	}
}
