package server_test

import (
	"context"
	"testing"
)

// Shutdown may be called again while it waits, as by two handlers of a signal: each call
// waits for the same WebSockets, and the first learns that they have ended.
func TestShutdownTwice(t *testing.T) {
	t.Parallel()
	api, s := newScripted(t)
	conn := dial(t, api, initialise, subscribe("1", "{ wait }"))
	expect(t, conn, `{"type":"connection_ack"}`)
	<-s.started
	ended := make(chan error)
	for range 2 {
		go func() { ended <- api.Server.Shutdown(context.WithoutCancel(t.Context())) }()
	}
	eventually(t, "no new WebSocket", func() bool {
		status, _ := get(t, api.URL+"/readyz")
		return status == 503
	})
	close(s.release)
	expect(t, conn, `{"type":"next","id":"1","payload":{"data":{"wait":true}}}`, `{"type":"complete","id":"1"}`)
	_, _, _ = conn.Read(t.Context()) // the goodbye
	for range 2 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}
