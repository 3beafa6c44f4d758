package server

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// drainPause is how long a stop waits for the rest of a body, and late for that of an
// answer: a client that sends or reads at all is done by then.
const drainPause = time.Second

// transfers are the bodies and answers under way. A stop of the server does not wait for
// slow ones as long as it does for work.
type transfers struct {
	mu    sync.Mutex
	open  map[*transfer]bool
	hurry time.Time // when answers must have been read; zero while there is no hurry
}

// transfer is one of them.
type transfer struct {
	control *http.ResponseController
	reading bool
}

// begin notes a transfer. Call finish before the request does.
func (t *transfers) begin(w http.ResponseWriter, reading bool) *transfer {
	one := &transfer{http.NewResponseController(w), reading}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open == nil {
		t.open = map[*transfer]bool{}
	}
	t.open[one] = true
	if !t.hurry.IsZero() {
		t.shorten(one)
	}
	return one
}

// finish forgets a transfer. It reports whether it was under way.
func (t *transfers) finish(one *transfer) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	was := t.open[one]
	delete(t.open, one)
	return was
}

// drain gives answers so much time to be read, and bodies a second to arrive.
func (t *transfers) drain(writes time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.hurry = time.Now().Add(writes)
	for one := range t.open {
		t.shorten(one)
	}
}

func (t *transfers) shorten(one *transfer) {
	// Not every writer has deadlines.
	if one.reading {
		_ = one.control.SetReadDeadline(time.Now().Add(drainPause))
	} else {
		_ = one.control.SetWriteDeadline(t.end())
	}
}

// end is when what is written now must have been read, in a hurry.
func (t *transfers) end() time.Time {
	if soon := time.Now().Add(drainPause); t.hurry.Before(soon) {
		return soon
	}
	return t.hurry
}

// writeTime is how long a message may take.
func (t *transfers) writeTime() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.hurry.IsZero() {
		return writeTimeout
	}
	return min(writeTimeout, time.Until(t.end()))
}

type transferKey struct{}

// timed has a handler of ours work within our own bounds: those of the http.Server that we
// are mounted in end streams.
func (s *Server) timed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, finish := s.bound(r.Context(), w, r, true)
		defer finish()
		if ctx != r.Context() {
			r = r.WithContext(ctx)
		}
		next.ServeHTTP(w, r)
	})
}

// bound puts our bounds on a request where its http.Server has none, or, with instead, where
// it has some: first the one for all requests, then the other for ours alone, so that routes
// of an app have the bounds of its http.Server.
func (s *Server) bound(ctx context.Context, w http.ResponseWriter, r *http.Request, instead bool) (_ context.Context, finish func()) {
	var read, write time.Duration
	if host, ok := ctx.Value(http.ServerContextKey).(*http.Server); ok {
		read, write = host.ReadTimeout, host.WriteTimeout
	}
	if (write > 0) == instead {
		// What an earlier request left on the connection; not every writer has deadlines.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Time{})
	}
	if (read > 0) != instead {
		return ctx, func() {}
	}
	body, finish := s.receive(w, r)
	if body == nil {
		return ctx, finish
	}
	return context.WithValue(ctx, transferKey{}, body), finish
}

// receive bounds reading the body of a request, also of one that no handler wants: then
// net/http reads on for a while after the handler.
func (s *Server) receive(w http.ResponseWriter, r *http.Request) (body *transfer, finish func()) {
	if r.ContentLength == 0 {
		return nil, func() {}
	}
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(bodyTimeout))
	body = s.transfers.begin(w, true)
	return body, func() {
		if s.transfers.finish(body) {
			_ = control.SetReadDeadline(time.Now().Add(drainPause))
		}
	}
}

// received tells that the body of a request was read.
func (s *Server) received(w http.ResponseWriter, r *http.Request) {
	if body, _ := r.Context().Value(transferKey{}).(*transfer); body != nil {
		s.transfers.finish(body)
	}
	// From here on reading only tells whether the client is still there.
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
}
