package server

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/entgraph/entgraph/api"
	"github.com/entgraph/entgraph/internal/auth"
	"github.com/entgraph/entgraph/internal/request"
)

const requestIDHeader = "X-Request-Id"

// maxRequestID bounds a request id of a client, in bytes.
const maxRequestID = 64

// isRequestID says what is taken from a client or proxy: letters, digits and
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
		ctx, id := s.identify(r)
		w.Header().Set(requestIDHeader, id)
		w.Header()["X-Content-Type-Options"] = noSniff
		// What an earlier request left on the connection; not every writer has deadlines.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Time{})
		body, finish := s.receive(w, r)
		defer finish()
		r = r.WithContext(context.WithValue(s.withServer(ctx), transferKey{}, body))
		rec := &recorder{ResponseWriter: w}
		defer s.finish(rec, r)
		next.ServeHTTP(rec, r)
	})
}

type sentIDKey struct{}

// identify gives a request its id and its client. The id goes into the log and into the
// audit log, so that it is not a client that chooses it: one that a proxy has set is taken
// over where there is a proxy, another only stands beside ours in the log.
func (s *Server) identify(r *http.Request) (context.Context, string) {
	ctx := withClient(r.Context(), "address "+auth.Client(r, s.o.Proxies))
	id, sent := newRequestID(), r.Header.Get(requestIDHeader)
	switch {
	case !isRequestID(sent):
	case s.o.TrustRequestID:
		id = sent
	default:
		ctx = context.WithValue(ctx, sentIDKey{}, sent)
	}
	return request.WithID(ctx, id), id
}

// idAttrs are the ids of a request for its lines in the log.
func idAttrs(ctx context.Context) []any {
	attrs := []any{slog.String("request_id", request.ID(ctx))}
	if sent, ok := ctx.Value(sentIDKey{}).(string); ok {
		attrs = append(attrs, slog.String("client_request_id", sent))
	}
	return attrs
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
	log := s.o.Log.With(idAttrs(r.Context())...).With("method", r.Method, "path", r.URL.Path)
	switch {
	case v != nil:
		log.ErrorContext(r.Context(), "panic", "value", v, "stack", string(debug.Stack()))
		if w.status != 0 {
			// Too late for an error: a cut connection tells the client at least.
			panic(http.ErrAbortHandler)
		}
		e := codedError(api.CodeInternal, "internal error")
		e.Extensions["requestId"] = request.ID(r.Context())
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
