package server

import (
	"errors"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"time"

	"github.com/google/uuid"

	"github.com/entgraph/entgraph/graph"
)

const requestIDHeader = "X-Request-Id"

// requestIDPattern is what is taken over from a client or proxy: it goes into logs
// and headers as it is.
var requestIDPattern = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// wrap gives every request an id, masks panics and logs answers of 5xx.
func (s *Server) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(requestIDHeader)
		if !requestIDPattern.MatchString(id) {
			id = newRequestID()
		}
		w.Header().Set(requestIDHeader, id)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		r = r.WithContext(graph.WithRequestID(r.Context(), id))
		limitIO(w, r)
		rec := &recorder{ResponseWriter: w}
		defer s.finish(rec, r)
		next.ServeHTTP(rec, r)
	})
}

// limitIO bounds reading the body, also one that no handler wants, and takes back what
// an earlier request left on the connection. Not every writer has deadlines.
func limitIO(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Time{})
	if r.ContentLength != 0 {
		_ = control.SetReadDeadline(time.Now().Add(bodyTimeout))
	}
}

// newRequestID sorts by time, which helps to find it in logs.
func newRequestID() string { return uuid.Must(uuid.NewV7()).String() }

// finish masks a panic and logs what went wrong.
func (s *Server) finish(w *recorder, r *http.Request) {
	log := s.o.Log.With("request_id", graph.RequestID(r.Context()), "method", r.Method, "path", r.URL.Path)
	v := recover()
	if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(v) // net/http's own way to end a connection without a word
	}
	switch {
	case v != nil:
		log.ErrorContext(r.Context(), "panic", "value", v, "stack", string(debug.Stack()))
		if w.status != 0 {
			// Too late for an error: a cut connection tells the client at least.
			panic(http.ErrAbortHandler)
		}
		e := codedError(graph.CodeInternal, "internal error")
		e.Extensions["requestId"] = graph.RequestID(r.Context())
		writeErrors(w, http.StatusInternalServerError, e)
	case w.status >= http.StatusInternalServerError:
		log.WarnContext(r.Context(), "request", slog.Int("status", w.status))
	}
}

// guard refuses what a page of another site may make a browser send, and sets the
// headers of the API. Requests without a browser's headers pass.
func (s *Server) guard(next http.Handler) http.Handler {
	deny := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		refuse(http.StatusForbidden, graph.CodeForbidden, "cross-origin requests are not allowed").write(w, typeJSON)
	})
	csrf := http.NewCrossOriginProtection()
	csrf.SetDenyHandler(deny)
	checked := csrf.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Vary", "Accept")
		if crossSite(r) {
			deny(w, r)
			return
		}
		checked.ServeHTTP(w, r)
	})
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

// recorder remembers the status of an answer.
type recorder struct {
	http.ResponseWriter
	status int // 0 before the header was written
}

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController and WebSockets reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
