package server

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// keepAlive is how often a quiet stream or socket gets a sign of life. Proxies close
// connections that are silent for 30 to 60 seconds.
const keepAlive = 15 * time.Second

// stream answers by server-sent events, in the "distinct connections" mode of the
// graphql-sse protocol: an event "next" for each response, then "complete".
func (s *Server) stream(ctx context.Context, w http.ResponseWriter, oc *graphql.OperationContext, errs gqlerror.List) {
	w.Header().Set("Content-Type", typeStream+"; charset=utf-8")
	w.Header().Set("X-Accel-Buffering", "no") // nginx would hold events back
	e := &events{server: s, w: w, control: http.NewResponseController(w)}
	e.write(":\n\n") // sends the header
	defer e.keepAlive()()

	if len(errs) > 0 {
		e.next(s.exec.DispatchError(ctx, errs))
	} else {
		next, ctx := s.exec.DispatchOperation(ctx, oc)
		for resp := next(ctx); resp != nil; resp = next(ctx) {
			e.next(resp)
			s.delivered(ctx)
		}
		if s.draining.Err() != nil && !isFinite(oc) {
			return // without "complete" the client connects again
		}
	}
	// The empty data line is needed: an event without data is not delivered.
	e.write("event: complete\ndata:\n\n")
}

// events writes server-sent events.
type events struct {
	server  *Server
	mu      sync.Mutex
	w       http.ResponseWriter
	control *http.ResponseController
}

func (e *events) next(resp *graphql.Response) {
	var b bytes.Buffer
	b.WriteString("event: next\ndata: ")
	encode(&b, resp) // JSON of ours has no line breaks
	b.WriteString("\n\n")
	e.write(b.String())
}

// write sends text at once. When the client is gone its context ends, and with it
// the stream.
func (e *events) write(text string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	_ = e.control.SetWriteDeadline(time.Now().Add(writeTimeout))
	defer e.server.transfers.finish(e.server.transfers.begin(e.w, false))
	_, _ = io.WriteString(e.w, text)
	_ = e.control.Flush()
}

// keepAlive sends comments until the returned function is called.
func (e *events) keepAlive() (stop func()) {
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(keepAlive)
		defer tick.Stop()
		for {
			select {
			case <-quit:
				return
			case <-tick.C:
				e.write(":\n\n")
			}
		}
	}()
	return func() { close(quit); <-ended }
}
