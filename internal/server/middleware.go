package server

import (
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/entgraph/entgraph/graph"
)

const requestIDHeader = "X-Request-Id"

// maxRequestID bounds a request id of a client, in bytes.
const maxRequestID = 64

// isRequestID says what is taken over from a client or proxy: letters, digits and
// ._- only, as it goes into logs and headers as it is.
func isRequestID(id string) bool {
	const others = "._-"
	for i := range len(id) {
		c := id[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && strings.IndexByte(others, c) < 0 {
			return false
		}
	}
	return id != "" && len(id) <= maxRequestID
}

// The values of headers that every answer has. Nobody changes them in place.
var (
	noSniff    = []string{"nosniff"}
	noStore    = []string{"no-store"}
	varyAccept = []string{"Accept"}
)

// wrap gives every request an id, masks panics and logs answers of 5xx.
func (s *Server) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(requestIDHeader)
		if !isRequestID(id) {
			id = newRequestID()
		}
		w.Header().Set(requestIDHeader, id)
		w.Header()["X-Content-Type-Options"] = noSniff
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
	v := recover()
	if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(v) // net/http's own way to end a connection without a word
	}
	if v == nil && w.status < http.StatusInternalServerError {
		return
	}
	log := s.o.Log.With("request_id", graph.RequestID(r.Context()), "method", r.Method, "path", r.URL.Path)
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
	default:
		log.WarnContext(r.Context(), "request", slog.Int("status", w.status))
	}
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
