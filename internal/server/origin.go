package server

import (
	"net/http"
	"slices"
	"time"

	"github.com/rs/cors"

	"github.com/entgraph/entgraph/api"
	"github.com/entgraph/entgraph/internal/auth"
)

// guard refuses what a page of another site may make a browser send, but for the origins
// that are allowed, and sets the headers of the API. Requests without a browser's
// headers pass.
func (s *Server) guard(next http.Handler) http.Handler {
	answer := s.allowOrigins(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h["Cache-Control"], h["Vary"] = noStore, varyAccept
		// GET as well: a query costs work although the other site cannot read its answer.
		if auth.Foreign(r) && !s.allowed(r) {
			refuse(http.StatusForbidden, api.CodeForbidden, "cross-origin requests are not allowed").write(w, typeJSON)
			return
		}
		answer.ServeHTTP(w, s.markLocal(r))
	})
}

// allowOrigins turns CORS on when there are origins. Credentials stay off, so that no
// browser sends the cookie.
func (s *Server) allowOrigins(next http.Handler) http.Handler {
	if len(s.o.Origins) == 0 {
		return next
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
