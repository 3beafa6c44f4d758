package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"

	"github.com/entgraph/entgraph/api"
	"github.com/entgraph/entgraph/internal/auth"
)

// subprotocol is the only one that is spoken. Its text, which the close codes below
// are from: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
const subprotocol = "graphql-transport-ws"

// Close codes of the protocol.
const (
	closeBadMessage   websocket.StatusCode = 4400
	closeNotInit      websocket.StatusCode = 4401
	closeForbidden    websocket.StatusCode = 4403
	closeInitTimeout  websocket.StatusCode = 4408
	closeIDInUse      websocket.StatusCode = 4409
	closeTooManyInits websocket.StatusCode = 4429
)

// initTimeout is how long a client may wait with connection_init.
const initTimeout = 10 * time.Second

// socket serves a WebSocket until either side closes it.
func (s *Server) socket(w http.ResponseWriter, r *http.Request) {
	if bad := s.checkUpgrade(r); bad != nil {
		bad.write(w, typeJSON)
		return
	}
	address := auth.Client(r, s.o.Proxies)
	if !s.perhost.add(address, 1, s.o.MaxSockets) {
		e := tooMuch(api.CodeRateLimited, "MAX_SOCKETS_PER_CLIENT", s.o.MaxSockets, "at most %d WebSockets from one address are allowed", s.o.MaxSockets)
		writeErrors(w, http.StatusTooManyRequests, e)
		return
	}
	defer s.perhost.force(address, -1)
	// checkUpgrade has looked at the origin.
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{subprotocol}, InsecureSkipVerify: true})
	if err != nil {
		// Accept has answered: the handshake was not one.
		s.o.Log.DebugContext(r.Context(), "accept websocket", "error", err)
		return
	}
	conn.SetReadLimit(s.o.MaxBodyBytes)
	ctx, who := s.begin(r, false)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	k := &socket{server: s, conn: conn, ctx: ctx, who: who, header: r.Header, running: map[string]*socketOperation{}}
	if !s.sockets.add(k) {
		k.close(websocket.StatusGoingAway, stopping)
		return
	}
	defer s.sockets.remove(k)
	k.serve()
}

const stopping = "the server is stopping"

func (s *Server) checkUpgrade(r *http.Request) *refusal {
	var offered []string
	for part := range strings.SplitSeq(strings.Join(r.Header.Values("Sec-WebSocket-Protocol"), ","), ",") {
		offered = append(offered, strings.TrimSpace(part))
	}
	switch {
	case s.draining.Err() != nil:
		return refuse(http.StatusServiceUnavailable, api.CodeUnavailable, stopping)
	case !slices.Contains(offered, subprotocol):
		return badRequest("the WebSocket subprotocol must be " + subprotocol)
	}
	return nil
}

// socket is one WebSocket connection.
type socket struct {
	server *Server
	conn   *websocket.Conn
	ctx    context.Context // ends with the connection
	who    *auth.Request
	header http.Header

	mu       sync.Mutex
	ready    bool // connection_init was acknowledged
	running  map[string]*socketOperation
	draining bool
	sending  atomic.Int32 // messages

	operations sync.WaitGroup
}

// message is a frame of the protocol.
type message struct {
	ID      string          `json:"id"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload"`
}

// serve reads messages until the connection ends.
func (k *socket) serve() {
	ctx, cancel := context.WithCancel(k.ctx)
	k.ctx = ctx
	defer k.operations.Wait()
	defer cancel()
	late := time.AfterFunc(initTimeout, func() {
		if !k.isReady() {
			k.close(closeInitTimeout, "Connection initialisation timeout")
		}
	})
	defer late.Stop()
	go k.keepAlive(ctx)
	for {
		bad, err := k.next(ctx)
		if err != nil {
			_ = k.conn.CloseNow()
			return
		}
		if bad != nil {
			k.close(bad.Code, bad.Reason)
			return
		}
	}
}

// next reads a message, however long until it begins, and does what it asks for.
func (k *socket) next(ctx context.Context) (*websocket.CloseError, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	kind, from, err := k.conn.Reader(ctx)
	if err != nil {
		return nil, err
	}
	late := time.AfterFunc(bodyTimeout, cancel)
	defer late.Stop()
	buf := buffers.Get().(*bytes.Buffer)
	defer release(buf) // decoding copies
	body := k.server.body(ctx)
	defer body.release()
	err = fill(buf, from, -1, body)
	var full *refusal
	switch {
	case errors.As(err, &full):
		return violation(websocket.StatusTryAgainLater, full.message), nil
	case err != nil:
		return nil, err
	}
	return k.handle(kind, buf.Bytes(), body), nil
}

// keepAlive pings, and closes a connection whose client does not answer.
func (k *socket) keepAlive(ctx context.Context) {
	tick := time.NewTicker(keepAlive)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		limited, cancel := context.WithTimeout(ctx, keepAlive)
		err := k.conn.Ping(limited)
		cancel()
		if err != nil {
			_ = k.conn.CloseNow()
			return
		}
	}
}

// handle does what a message asks for. An error closes the connection.
func (k *socket) handle(kind websocket.MessageType, data []byte, body *load) *websocket.CloseError {
	var m message
	if !utf8.Valid(data) {
		return violation(websocket.StatusInvalidFramePayloadData, "Invalid UTF-8")
	}
	if kind != websocket.MessageText || decode(data, &m) != nil {
		return violation(closeBadMessage, "Invalid message received")
	}
	switch m.Type {
	case "connection_init":
		return k.init(m)
	case "ping":
		k.send("pong", "", nil)
	case "pong":
	case "subscribe":
		return k.subscribe(m, body)
	case "complete":
		k.stop(m.ID)
	default:
		return violation(closeBadMessage, "Invalid message type")
	}
	return nil
}

func violation(code websocket.StatusCode, reason string) *websocket.CloseError {
	return &websocket.CloseError{Code: code, Reason: reason}
}

func (k *socket) init(m message) *websocket.CloseError {
	var payload map[string]any
	if len(m.Payload) > 0 && decode(m.Payload, &payload) != nil {
		return violation(closeBadMessage, "Invalid connection_init payload")
	}
	if k.isReady() {
		return violation(closeTooManyInits, "Too many initialisation requests")
	}
	if !k.signIn(payload) {
		return violation(closeForbidden, "Forbidden")
	}
	k.mu.Lock()
	k.ready = true
	k.mu.Unlock()
	k.send("connection_ack", "", nil)
	return nil
}

// signIn takes an access token from the payload of connection_init, where browsers put
// it: they send no header with a WebSocket. It reports whether the token holds. Each
// operation looks again.
func (k *socket) signIn(payload map[string]any) bool {
	values := []map[string]any{payload}
	if headers, ok := payload["headers"].(map[string]any); ok {
		values = append(values, headers)
	}
	given, authorization := false, ""
	for _, m := range values {
		for key, v := range m {
			if text, ok := v.(string); ok && strings.EqualFold(key, "Authorization") {
				k.who.SetBearer(text)
				given, authorization = true, text
			}
		}
	}
	switch {
	case !given:
		return true
	case k.server.o.Authenticate != nil:
		return k.introduce(authorization)
	}
	ctx, cancel := context.WithTimeout(k.ctx, initTimeout)
	defer cancel()
	_, err := k.who.Resolve(ctx)
	return !errors.Is(err, auth.ErrToken)
}

func (k *socket) isReady() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.ready
}

// send writes a message. When that fails the connection is closed, which the reader
// notices.
func (k *socket) send(kind, id string, payload []byte) {
	out := append([]byte(`{"type":"`), kind...)
	out = append(out, '"')
	if id != "" {
		out = append(append(out, `,"id":`...), mustMarshal(id)...)
	}
	if payload != nil {
		out = append(append(out, `,"payload":`...), payload...)
	}
	ctx, cancel := context.WithTimeout(k.ctx, k.server.transfers.writeTime())
	defer cancel()
	k.sending.Add(1)
	defer k.sending.Add(-1)
	_ = k.conn.Write(ctx, websocket.MessageText, append(out, '}'))
}

// close says goodbye and waits a few seconds for the client's answer.
func (k *socket) close(code websocket.StatusCode, reason string) {
	_ = k.conn.Close(code, reason)
}

// drain closes the connection as soon as no query or mutation runs on it.
func (k *socket) drain() {
	k.mu.Lock()
	k.draining = true
	idle := !k.busy()
	k.mu.Unlock()
	if idle {
		k.close(websocket.StatusGoingAway, stopping)
	}
}

// sockets is the set of open connections, which http.Server does not know.
type sockets struct {
	mu    sync.Mutex
	open  map[*socket]bool
	ended chan struct{} // made by the first drain; closed when open is empty
}

// add reports false once the server is stopping.
func (s *sockets) add(k *socket) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended != nil {
		return false
	}
	if s.open == nil {
		s.open = map[*socket]bool{}
	}
	s.open[k] = true
	return true
}

func (s *sockets) remove(k *socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, k)
	if s.ended != nil && len(s.open) == 0 {
		close(s.ended)
	}
}

// drain asks every socket to end and waits for them until ctx ends, then cuts them. Those
// whose client does not read are cut after the time for writes. It may be called again, at
// the same time too.
func (s *sockets) drain(ctx context.Context, writes time.Duration) error {
	s.mu.Lock()
	if s.ended == nil {
		s.ended = make(chan struct{})
	}
	ended := s.ended
	all := make([]*socket, 0, len(s.open))
	for k := range s.open {
		all = append(all, k)
	}
	s.mu.Unlock()
	if len(all) == 0 {
		return nil
	}
	for _, k := range all {
		go k.drain()
	}
	stalled := time.AfterFunc(writes, func() {
		for _, k := range all {
			if k.sending.Load() > 0 {
				_ = k.conn.CloseNow()
			}
		}
	})
	defer stalled.Stop()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
	}
	for _, k := range all {
		_ = k.conn.CloseNow()
	}
	return errors.New("WebSockets were still in use")
}
