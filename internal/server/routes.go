package server

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/entgraph/entgraph/web"
)

// reserved are paths that the server answers, each with the pattern that it has for it. The
// last stands for all files of the pages.
func (s *Server) reserved() [][2]string {
	return [][2]string{
		{s.Endpoint(), s.Endpoint()},
		{"/livez", "GET /livez"},
		{"/readyz", "GET /readyz"},
		{"/playground", "GET /playground"},
		{"/playground/examples.json", "GET /playground/examples.json"},
		{"/playground/development.json", "GET /playground/development.json"},
		{"/licenses.md", "GET /licenses.md"},
		{"/assets/", "GET /assets/"},
		{"/assets/0", "GET /assets/"},
	}
}

// routes are those of the server and of the app. It fails when the app's are not such as
// entgraph.App allows.
func (s *Server) routes() (http.Handler, error) {
	pages := s.timed(s.pages())
	mux := http.NewServeMux()
	s.addOwn(mux, pages)
	if s.o.Routes == nil {
		mux.Handle("/", pages)
		return mux, nil
	}
	own := http.NewServeMux()
	s.addOwn(own, pages)
	if err := addRoutes(mux, s.o.Routes); err != nil {
		return nil, err
	}
	if err := s.checkRoutes(mux); err != nil {
		return nil, err
	}
	for _, icon := range []string{"/favicon.svg", "/favicon.ico"} {
		if matched(mux, http.MethodGet, icon) == "" {
			mux.Handle("GET "+icon, pages)
		}
	}
	handleRest(mux, pages)
	return s.ownFirst(own, mux), nil
}

// addOwn adds what the server answers, but for the start page.
func (s *Server) addOwn(mux *http.ServeMux, pages http.Handler) {
	mux.Handle(s.Endpoint(), s.timed(s.guard(http.HandlerFunc(s.graphql))))
	mux.HandleFunc(s.Endpoint()+"/", notFound)
	if s.o.APIPrefix != "" {
		mux.HandleFunc(s.o.APIPrefix+"/", notFound)
	}
	mux.HandleFunc("GET /livez", livez)
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.Handle("GET /playground/development.json", s.timed(http.HandlerFunc(s.development)))
	// By their names, so that they stay beside a "/" of the app's own.
	for _, path := range []string{"/playground", "/playground/examples.json", "/licenses.md", "/assets/"} {
		mux.Handle("GET "+path, pages)
	}
}

// ownFirst has the server answer its own paths whatever the routes of the app are: one with a
// host, such as "example.com/", is more specific than any without, and checkRoutes sees none of
// those.
func (s *Server) ownFirst(own, all http.Handler) http.Handler {
	paths := map[string]bool{}
	for _, r := range s.reserved() {
		paths[r[0]] = true
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if paths[r.URL.Path] || strings.HasPrefix(r.URL.Path, "/assets/") && web.Has(r.URL.Path) {
			own.ServeHTTP(w, r)
			return
		}
		all.ServeHTTP(w, r)
	})
}

// addRoutes has the app add its routes. What a mux does not take, it tells by a panic.
func addRoutes(mux *http.ServeMux, add func(*http.ServeMux)) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("App.Routes: %v\n(a route for all that the server does not answer is \"/\", without a method)", p)
		}
	}()
	add(mux)
	return nil
}

// checkRoutes refuses routes for a path of the server's, which would never be asked, or would
// take the place of the API without a word: the most specific pattern answers. One for many
// paths, such as "/" or "/{page}", is for the others of them.
func (s *Server) checkRoutes(mux *http.ServeMux) error {
	methods := []string{
		http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
		http.MethodConnect, http.MethodTrace,
	}
	for _, r := range s.reserved() {
		path, ours := r[0], r[1]
		for _, method := range methods {
			found := matched(mux, method, path)
			answered := !strings.HasPrefix(ours, http.MethodGet) || slices.Contains(methods[:2], method)
			if found != ours && (answered || found != "" && !general(found)) {
				return fmt.Errorf("App.Routes: the route %q would answer %s, which is the server's own: give it another path", found, path)
			}
		}
	}
	return nil
}

// general reports whether a pattern is for paths with any first segment.
func general(pattern string) bool {
	path := pattern[strings.LastIndexByte(pattern, ' ')+1:]
	return path == "/" || strings.HasPrefix(path, "/{")
}

// matched is the pattern that answers a request, "" when none does.
func matched(mux *http.ServeMux, method, path string) string {
	_, pattern := mux.Handler(&http.Request{Method: method, URL: &url.URL{Path: path}})
	return pattern
}

// handleRest serves what nothing else does, unless that is taken already: then mux panics.
func handleRest(mux *http.ServeMux, rest http.Handler) {
	defer func() { _ = recover() }()
	mux.Handle("/", rest)
}
