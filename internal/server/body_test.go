package server_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/coder/websocket"

	"github.com/entgraph/entgraph/internal/apitest"
)

// stalling are connections that sent a part of a body and wait.
type stalling struct {
	conns   []net.Conn
	refused atomic.Int64
	answers sync.Map // texts of refusals
}

// stall opens n connections of an address, each of which sends 100,000 bytes of 400,000.
func (s *stalling) stall(t *testing.T, api *apitest.API, address string, n int) {
	t.Helper()
	for range n {
		conn, err := net.Dial("tcp", strings.TrimPrefix(api.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		s.conns = append(s.conns, conn)
		go func() {
			_, _ = fmt.Fprintf(conn, "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-Forwarded-For: %s\r\nContent-Length: 400000\r\n\r\n{%s", address, strings.Repeat(" ", 99_999))
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				return
			}
			s.answers.Store(fmt.Sprint(resp.StatusCode, resp.Header["Retry-After"], readAll(t, resp)), true)
			s.refused.Add(1)
		}()
	}
}

// by is a request by an address.
func by(t *testing.T, api *apitest.API, address string, spaces int) apitest.Response {
	t.Helper()
	return api.Do(t, request(t, api, "POST", "", body(t, countPosts)+strings.Repeat(" ", spaces), isJSON, "X-Forwarded-For: "+address))
}

// TestStalledBodies sends many bodies without their ends: what they hold is bounded, for
// each address and in all, and everybody else is served.
func TestStalledBodies(t *testing.T) {
	t.Parallel()
	api := apitest.New(t, func(o *apitest.Options) {
		o.Auth.Proxies = 1
		o.Server.MaxBodyBytes, o.Server.MaxBodyBytesPerClient, o.Server.MaxBodyBytesTotal = 512<<10, 1<<20, 3<<20
	})
	var one stalling
	one.stall(t, api, "192.0.2.1", 40)
	eventually(t, "refused bodies", func() bool { return one.refused.Load() >= 40-8 }) // of 128 KiB each
	one.answers.Range(func(text, _ any) bool {
		if s := text.(string); !strings.HasPrefix(s, "429 [1]") || !strings.Contains(s, `"code":"RATE_LIMITED","limit":"MAX_BODY_BYTES_PER_CLIENT","max":1048576`) {
			t.Errorf("answer %s", s)
		}
		return true
	})
	if answer := by(t, api, "192.0.2.2", 500_000); answer.Status != 200 {
		t.Errorf("another address: status %d, %s", answer.Status, answer.Body)
	}

	var more stalling
	for i := range 6 {
		more.stall(t, api, fmt.Sprint("198.51.100.", i), 8)
	}
	eventually(t, "refused bodies", func() bool { return more.refused.Load() >= 6*8-3*8 })
	// Whoever has nothing under way is still served, with an ordinary request.
	if answer := by(t, api, "192.0.2.2", 1000); answer.Status != 200 {
		t.Errorf("another address: status %d, %s", answer.Status, answer.Body)
	}
	answer := by(t, api, "192.0.2.2", 500_000)
	if answer.Status != 503 || !slices.Equal(answer.Codes(), []string{"UNAVAILABLE"}) || answer.Header.Get("Retry-After") != "1" || answer.Errors[0].Extensions["limit"] != "MAX_BODY_BYTES_TOTAL" {
		t.Errorf("a large body: status %d, %s", answer.Status, answer.Body)
	}
	for _, conn := range append(one.conns, more.conns...) {
		_ = conn.Close()
	}
	eventually(t, "room for a large body", func() bool { return by(t, api, "192.0.2.2", 500_000).Status == 200 })
}

// TestStalledMessages is about those of WebSockets.
func TestStalledMessages(t *testing.T) {
	t.Parallel()
	api := apitest.New(t, func(o *apitest.Options) { o.Server.MaxBodyBytesPerClient = 1 << 20 })
	refused := make(chan error, 12)
	var conns []*websocket.Conn
	for range cap(refused) {
		conns = append(conns, dial(t, api, initialise))
		expect(t, conns[len(conns)-1], ack)
	}
	for _, conn := range conns {
		message, err := conn.Writer(t.Context(), websocket.MessageText)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			_, _ = message.Write([]byte("{" + strings.Repeat(" ", 200_000)))
			_, _, err := conn.Read(t.Context())
			refused <- err
		}()
	}
	for range cap(refused) - 4 { // of 256 KiB or nearly each
		if err := <-refused; websocket.CloseStatus(err) != websocket.StatusTryAgainLater {
			t.Errorf("got %v", err)
		}
	}
}
