package auth

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/entgraph/entgraph/viewer"
)

// Request is what sign-in knows of an HTTP request: what it carries, and the cookie
// that is to go back. It serves one request, or one WebSocket, at a time.
type Request struct {
	auth *Auth
	http *http.Request
	// bearer is an access token and decides alone when there is one; token is that of
	// the session in the cookie.
	bearer, token string
	// answers tells that a cookie can go back.
	answers bool
	// cookie and known go back: that of the session, and that of the device.
	cookie, known *http.Cookie
}

type requestKey struct{}

// Begin reads what a request carries and puts it into the context. With answers the
// caller will call [Request.SetCookie] before it writes the answer's header. On nil it
// does nothing.
func (a *Auth) Begin(r *http.Request, answers bool) (context.Context, *Request) {
	if a == nil {
		return r.Context(), nil
	}
	own := !Foreign(r)
	req := &Request{auth: a, http: r, answers: answers && own, bearer: bearer(r.Header.Get("Authorization"))}
	if c, err := r.Cookie(a.hostCookie("session")); err == nil && own && req.bearer == "" {
		req.token = c.Value
	}
	return context.WithValue(r.Context(), requestKey{}, req), req
}

var crossOrigin = http.NewCrossOriginProtection()

// Foreign reports whether a browser sends the request for a page of another origin, by
// whatever method. No cookie works there, also not where the server lets such pages use the
// API. Programs, which do not say where they come from, are not foreign.
func Foreign(r *http.Request) bool {
	writing := *r // the protection lets every GET through
	writing.Method = http.MethodPost
	return crossOrigin.Check(&writing) != nil
}

// FromContext returns the request that a context belongs to, nil without one.
func FromContext(ctx context.Context) *Request {
	req, _ := ctx.Value(requestKey{}).(*Request)
	return req
}

// SetBearer gives the request an access token that came by another way, as the text of
// an Authorization header. It replaces a session.
func (req *Request) SetBearer(authorization string) {
	if text := bearer(authorization); req != nil && text != "" {
		req.bearer, req.token = text, ""
	}
}

// Resolve finds out who asks and returns a context of that viewer. A request that
// carries nothing keeps the viewer it has. It fails with [ErrToken], and with [ErrEnded]
// when the session does not hold; the cookie is then taken away.
func (req *Request) Resolve(ctx context.Context) (context.Context, error) {
	if !req.Carries() {
		return viewer.NewContext(ctx, viewer.FromContext(ctx)), nil
	}
	v, err := req.find(ctx)
	if req.answers && errors.Is(err, ErrEnded) {
		req.cookie = req.auth.newCookie("session", "", 0)
	}
	return viewer.NewContext(ctx, v), err
}

func (req *Request) find(ctx context.Context) (viewer.Viewer, error) {
	a := req.auth
	switch {
	case req.bearer == "":
		return a.findSession(ctx, req.token)
	case a.o.Provider != nil && !strings.HasPrefix(req.bearer, a.tokenPrefix()):
		return a.findIdentity(ctx, a.address(req.http), req.bearer)
	}
	return a.findAccessToken(ctx, req.bearer)
}

// Carries reports whether the request carries a session or an access token, whatever it
// is worth.
func (req *Request) Carries() bool { return req != nil && req.token+req.bearer != "" }

// SetCookie writes the cookies that are to go back, if any.
func (req *Request) SetCookie(w http.ResponseWriter) {
	if req == nil {
		return
	}
	for _, c := range []*http.Cookie{req.cookie, req.known} {
		if c != nil {
			http.SetCookie(w, c)
		}
	}
}

// Drop forgets the cookies that were to go back, since what they stand for did not happen.
func (req *Request) Drop() {
	if req != nil {
		req.cookie, req.known = nil, nil
	}
}

// Save returns a function that takes back what an operation makes of the request, such as
// the session that it begins, when that did not happen.
func (req *Request) Save() (restore func()) {
	if req == nil || !req.answers { // without an answer to carry it nothing changes
		return func() {}
	}
	token, cookie, known := req.token, req.cookie, req.known
	return func() { req.token, req.cookie, req.known = token, cookie, known }
}

// hostCookie is the whole name of a cookie, with the prefix that binds it to its host.
// Source: RFC 6265bis, section 4.1.3.
func (a *Auth) hostCookie(name string) string {
	name = a.o.Name + "_" + name
	if a.o.Secure {
		return "__Host-" + name
	}
	return name
}

// newCookie carries a value, or removes the cookie.
func (a *Auth) newCookie(name, value string, age time.Duration) *http.Cookie {
	c := &http.Cookie{
		Name: a.hostCookie(name), Value: value, Path: "/", HttpOnly: true, Secure: a.o.Secure, SameSite: http.SameSiteLaxMode,
		MaxAge: int(age.Seconds()),
	}
	if value == "" {
		c.MaxAge = -1
	}
	return c
}

// Client names whom a request comes from before it is known who asks: the address, of
// IPv6 its network of 64 bits. Proxies is as in [Options].
func Client(r *http.Request, proxies int) string { return place(address(r, proxies)) }

// address is that of the client as [Options].Proxies has it.
func (a *Auth) address(r *http.Request) netip.Addr { return address(r, a.o.Proxies) }

// address is that of the client: of the connection, or what the outermost trusted proxy
// saw. The zero value stands for one that cannot be read.
func address(r *http.Request, proxies int) netip.Addr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if proxies > 0 {
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		if n := len(hops) - proxies; n >= 0 {
			host = strings.TrimSpace(hops[n])
		}
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	if err != nil { // some proxies add the port
		withPort, err := netip.ParseAddrPort(host)
		if err != nil {
			return netip.Addr{}
		}
		addr = withPort.Addr()
	}
	return addr.WithZone("")
}
