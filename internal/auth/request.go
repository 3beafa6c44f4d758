package auth

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/entgraph/entgraph/internal/viewer"
)

// Request is what sign-in knows of an HTTP request: what it carries, and the cookie
// that is to go back. It serves one request, or one WebSocket, at a time.
type Request struct {
	auth  *Auth
	http  *http.Request
	token string // "" without a session
	// answers tells that a cookie can go back.
	answers bool
	cookie  *http.Cookie
}

type requestKey struct{}

// Begin reads what a request carries and puts it into the context. With answers the
// caller will call [Request.SetCookie] before it writes the answer's header. On nil it
// does nothing.
func (a *Auth) Begin(r *http.Request, answers bool) (context.Context, *Request) {
	if a == nil {
		return r.Context(), nil
	}
	req := &Request{auth: a, http: r, answers: answers}
	if c, err := r.Cookie(a.cookieName()); err == nil {
		req.token = c.Value
	}
	return context.WithValue(r.Context(), requestKey{}, req), req
}

// FromContext returns the request that a context belongs to, nil without one.
func FromContext(ctx context.Context) *Request {
	req, _ := ctx.Value(requestKey{}).(*Request)
	return req
}

// Resolve finds out who asks and returns a context of that viewer. A request without a
// session keeps the viewer it has. It fails with [ErrEnded] when the session does not
// hold; the cookie is then taken away.
func (req *Request) Resolve(ctx context.Context) (context.Context, error) {
	if !req.HasSession() {
		return viewer.NewContext(ctx, viewer.FromContext(ctx)), nil
	}
	f, err := req.auth.find(ctx, req.token)
	if err != nil {
		if req.answers && errors.Is(err, ErrEnded) {
			req.cookie = req.auth.newCookie("")
		}
		return viewer.NewContext(ctx, viewer.Viewer{}), err
	}
	return viewer.NewContext(ctx, f.viewer), nil
}

// HasSession reports whether the request carries a session, whatever it is worth.
func (req *Request) HasSession() bool { return req != nil && req.token != "" }

// SetCookie writes the cookie that is to go back, if any.
func (req *Request) SetCookie(w http.ResponseWriter) {
	if req != nil && req.cookie != nil {
		http.SetCookie(w, req.cookie)
	}
}

// Drop forgets the cookie that was to go back, since what it stands for did not happen.
func (req *Request) Drop() {
	if req != nil {
		req.cookie = nil
	}
}

const cookieName = "entgraph_session"

// cookieName has the prefix that binds a cookie to its host. Source: RFC 6265bis,
// section 4.1.3.
func (a *Auth) cookieName() string {
	if a.o.Secure {
		return "__Host-" + cookieName
	}
	return cookieName
}

// newCookie carries a token, or takes the cookie away.
func (a *Auth) newCookie(token string) *http.Cookie {
	c := &http.Cookie{
		Name: a.cookieName(), Value: token, Path: "/", HttpOnly: true, Secure: a.o.Secure, SameSite: http.SameSiteLaxMode,
		MaxAge: int(a.o.Lifetime.Seconds()),
	}
	if token == "" {
		c.MaxAge = -1
	}
	return c
}

// address is that of the client: of the connection, or what the outermost trusted proxy
// saw. The zero value stands for one that cannot be read.
func (a *Auth) address(r *http.Request) netip.Addr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if a.o.Proxies > 0 {
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		if n := len(hops) - a.o.Proxies; n >= 0 {
			host = strings.TrimSpace(hops[n])
		}
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}
	}
	return addr.WithZone("")
}
