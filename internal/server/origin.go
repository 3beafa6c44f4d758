package server

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/rs/cors"

	"github.com/entgraph/entgraph/api"
)

// guard refuses what a page of another site may make a browser send, but for the origins
// that are allowed, and sets the headers of the API. Requests without a browser's
// headers pass.
func (s *Server) guard(next http.Handler) http.Handler {
	deny := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		refuse(http.StatusForbidden, api.CodeForbidden, "cross-origin requests are not allowed").write(w, typeJSON)
	})
	csrf := http.NewCrossOriginProtection()
	csrf.SetDenyHandler(deny)
	checked := s.allowOrigins(csrf, csrf.Handler(next))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h["Cache-Control"], h["Vary"] = noStore, varyAccept
		if crossSite(r) && !s.allowed(r) {
			deny(w, r)
			return
		}
		checked.ServeHTTP(w, s.markLocal(r))
	})
}

// allowOrigins turns CORS on when there are origins. Credentials stay off, so that no
// browser sends the cookie.
func (s *Server) allowOrigins(csrf *http.CrossOriginProtection, next http.Handler) http.Handler {
	if len(s.o.Origins) == 0 {
		return next
	}
	for _, origin := range s.o.Origins {
		if err := csrf.AddTrustedOrigin(origin); err != nil {
			panic(err) // config has checked it
		}
	}
	const preflightAge = 2 * time.Hour // the longest that browsers keep
	return cors.New(cors.Options{
		AllowedOrigins: s.o.Origins,
		AllowedMethods: []string{http.MethodGet, http.MethodHead, http.MethodPost},
		AllowedHeaders: []string{"*"},
		ExposedHeaders: []string{requestIDHeader},
		MaxAge:         int(preflightAge.Seconds()),
	}).Handler(next)
}

// allowed reports whether a request comes from a page of an origin that is allowed.
func (s *Server) allowed(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	return origin != "" && slices.Contains(s.o.Origins, origin)
}

// crossSite covers GET, which CrossOriginProtection lets through: a query costs work
// although the other site cannot read its answer.
func crossSite(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "cross-site", "same-site":
		return true
	}
	return false
}

// sameOrigin reports whether a browser's page comes from this host. Programs send no
// Origin.
func sameOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && strings.EqualFold(u.Host, r.Host)
}
