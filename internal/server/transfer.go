package server

import (
	"net/http"
	"sync"
	"time"
)

// drainRead is how long a stop waits for the rest of a body: a client that sends one at
// all is done by then.
const drainRead = time.Second

// transfers are the bodies and answers under way. A stop of the server does not wait for
// slow ones as long as it does for work.
type transfers struct {
	mu     sync.Mutex
	open   map[*transfer]bool
	hurry  bool
	writes time.Duration // for the rest of an answer, once in a hurry
}

// transfer is one of them.
type transfer struct {
	control *http.ResponseController
	reading bool
}

// begin notes a transfer. Call end before the request does.
func (t *transfers) begin(w http.ResponseWriter, reading bool) *transfer {
	one := &transfer{http.NewResponseController(w), reading}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open == nil {
		t.open = map[*transfer]bool{}
	}
	t.open[one] = true
	if t.hurry {
		t.shorten(one)
	}
	return one
}

// end forgets a transfer. It reports whether it was under way.
func (t *transfers) end(one *transfer) bool {
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
	t.hurry, t.writes = true, writes
	for one := range t.open {
		t.shorten(one)
	}
}

func (t *transfers) shorten(one *transfer) {
	// Not every writer has deadlines.
	if one.reading {
		_ = one.control.SetReadDeadline(time.Now().Add(drainRead))
	} else {
		_ = one.control.SetWriteDeadline(time.Now().Add(t.writes))
	}
}

type transferKey struct{}

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
		if s.transfers.end(body) {
			_ = control.SetReadDeadline(time.Now().Add(drainRead))
		}
	}
}

// received tells that the body of a request was read.
func (s *Server) received(w http.ResponseWriter, r *http.Request) {
	if body, _ := r.Context().Value(transferKey{}).(*transfer); body != nil {
		s.transfers.end(body)
	}
	// From here on reading only tells whether the client is still there.
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
}
