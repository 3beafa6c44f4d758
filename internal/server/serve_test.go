package server_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/server"
)

func TestHealth(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	check(t, api.URL+"/livez", 200, `{"status":"ok"}`)
	checkReady(t, api, 200, `{"database":"ok","schema":"ok","status":"ok"}`)

	api.DB.Close()
	check(t, api.URL+"/livez", 200, `{"status":"ok"}`)
	check(t, api.URL+"/readyz", 503, `{"database":"cannot be reached","schema":"unknown","status":"unavailable"}`)
	if lines := api.Log.Lines("request"); len(lines) == 0 || lines[0]["status"] != 503.0 || lines[0]["path"] != "/readyz" {
		t.Errorf("lines of 5xx: %v", lines)
	}
}

func check(t *testing.T, url string, status int, want string) {
	t.Helper()
	code, text := get(t, url)
	if diff := cmp.Diff(want, strings.TrimSpace(text)); diff != "" || code != status {
		t.Errorf("%s: status %d, want %d, body (-want +got):\n%s", url, code, status, diff)
	}
}

// checkReady asks again while the database does not answer within the second that it
// has: on a busy machine the first connection may take longer.
func checkReady(t *testing.T, api *apitest.API, status int, want string) {
	t.Helper()
	eventually(t, "an answer of the database", func() bool {
		_, text := get(t, api.URL+"/readyz")
		return !strings.Contains(text, "cannot be reached")
	})
	check(t, api.URL+"/readyz", status, want)
}

func TestReadyNeedsFittingSchema(t *testing.T) {
	t.Parallel()
	pending := apitest.New(t, func(o *apitest.Options) { o.Database = devpg.Empty(t) })
	checkReady(t, pending, 503, `{"database":"ok","schema":"migrations are pending","status":"unavailable"}`)

	var none fs.FS = fstest.MapFS{"atlas.sum": {Data: []byte("h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")}}
	newer := apitest.New(t, func(o *apitest.Options) { o.Server.Migrations = none })
	checkReady(t, newer, 503, `{"database":"ok","schema":"the database is newer than this program","status":"unavailable"}`)
}

func TestPanicOutsideOfOperation(t *testing.T) {
	t.Parallel()
	api := apitest.New(t, func(o *apitest.Options) { o.Server.Migrations = brokenFS{} })
	status, text := get(t, api.URL+"/readyz")
	if status != 500 || strings.Contains(text, "secret") || !strings.Contains(text, `"code":"INTERNAL"`) {
		t.Errorf("status %d: %s", status, text)
	}
	lines := api.Log.Lines("panic")
	if len(lines) != 1 || lines[0]["value"] != "secret detail" || !strings.Contains(lines[0]["stack"].(string), "serve_test.go") {
		t.Errorf("lines: %v", lines)
	}
	check(t, api.URL+"/livez", 200, `{"status":"ok"}`)
}

type brokenFS struct{}

func (brokenFS) Open(string) (fs.File, error) { panic("secret detail") }

// serving runs Serve on the server of an API.
type serving struct {
	api  *apitest.API
	stop context.CancelFunc
	done chan error
}

// serve starts Serve on a free port and points the API's addresses there.
func serve(t *testing.T, api *apitest.API) *serving {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &serving{api: api, stop: stop, done: make(chan error, 1)}
	api.URL = "http://" + ln.Addr().String()
	api.Endpoint = api.URL + api.Server.Endpoint()
	go func() { s.done <- api.Server.Serve(ctx, ln) }()
	t.Cleanup(stop)
	return s
}

// draining waits until the server refuses new connections.
func (s *serving) draining(t *testing.T) {
	t.Helper()
	eventually(t, "the listener's end", func() bool {
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.api.URL, "http://"))
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	})
}

func (s *serving) wait(t *testing.T) error {
	t.Helper()
	select {
	case err := <-s.done:
		return err
	case <-time.After(20 * time.Second):
		t.Fatal("Serve does not return")
		return nil
	}
}

func patient(o *apitest.Options) { o.Server.ShutdownTimeout = time.Minute }

func TestDrain(t *testing.T) {
	t.Parallel()
	api, fake := newScripted(t, patient)
	s := serve(t, api)
	answers := make(chan string, 1)
	resp := make(chan *http.Response, 1)
	go func() {
		r, err := http.DefaultClient.Do(request(t, api, "POST", "", body(t, `mutation { wait }`), isJSON))
		if err != nil {
			answers <- err.Error()
			return
		}
		resp <- r
	}()
	<-fake.started
	s.stop()
	s.draining(t)
	// The listener is closed, so the handler is asked itself.
	w := newRecorder(t, api.Server, "/readyz")
	if w.Code != 503 || !strings.Contains(w.Body.String(), "stopping") {
		t.Errorf("readyz while stopping: %d %s", w.Code, w.Body)
	}
	if w := newRecorder(t, api.Server, "/livez"); w.Code != 200 {
		t.Errorf("livez while stopping: %d", w.Code)
	}
	close(fake.release)
	select {
	case text := <-answers:
		t.Errorf("request under way: %s", text)
	case r := <-resp:
		if got := readAll(t, r); got != `{"data":{"wait":true}}` {
			t.Errorf("request under way: %s", got)
		}
	}
	if err := s.wait(t); err != nil {
		t.Errorf("Serve: %v", err)
	}
}

func TestDrainCutsWhatTakesTooLong(t *testing.T) {
	t.Parallel()
	api, fake := newScripted(t, func(o *apitest.Options) { o.Server.ShutdownTimeout = 20 * time.Millisecond })
	s := serve(t, api)
	failed := make(chan error, 1)
	go func() {
		r, err := http.DefaultClient.Do(request(t, api, "POST", "", body(t, `{ wait }`), isJSON))
		if err == nil {
			_ = r.Body.Close()
			err = errors.New(r.Status)
		}
		failed <- err
	}()
	<-fake.started
	s.stop()
	if err := s.wait(t); err == nil || !strings.Contains(err.Error(), "requests were still under way after 20ms") {
		t.Errorf("Serve: %v", err)
	}
	if err := <-failed; err == nil {
		t.Error("the request was not cut")
	}
}

func TestDrainSockets(t *testing.T) {
	t.Parallel()
	api, fake := newScripted(t, patient)
	s := serve(t, api)
	idle := dial(t, api, initialise)
	expect(t, idle, ack)
	streaming := dial(t, api, initialise, subscribe("s", `subscription { endless }`))
	expect(t, streaming, ack)
	<-fake.started
	busy := dial(t, api, initialise, subscribe("b", `mutation { wait }`))
	expect(t, busy, ack)
	<-fake.started

	s.stop()
	expectClose(t, idle, 1001)
	expectClose(t, streaming, 1001)
	close(fake.release)
	expect(t, busy, `{"type":"next","id":"b","payload":{"data":{"wait":true}}}`, `{"type":"complete","id":"b"}`)
	expectClose(t, busy, 1001)
	if err := s.wait(t); err != nil {
		t.Errorf("Serve: %v", err)
	}
}

// A subscription by events ends without "complete", so that its client comes again.
func TestDrainStreams(t *testing.T) {
	t.Parallel()
	api, fake := newScripted(t, patient)
	s := serve(t, api)
	resp := send(t, request(t, api, "POST", "", body(t, `subscription { endless }`), isJSON, asStream))
	<-fake.started
	s.stop()
	if got := readAll(t, resp); got != ":\n\n" {
		t.Errorf("got %q", got)
	}
	if err := s.wait(t); err != nil {
		t.Errorf("Serve: %v", err)
	}
}

// TestStopTellsBefore stays open for a while after it was told to stop, with /readyz at
// 503, so that a balancer notices.
func TestStopTellsBefore(t *testing.T) {
	t.Parallel()
	api := apitest.New(t, patient, func(o *apitest.Options) { o.Server.ShutdownDelay = 5 * time.Second })
	s := serve(t, api)
	checkReady(t, api, 200, `{"database":"ok","schema":"ok","status":"ok"}`)
	s.stop()
	eventually(t, "a server that is not ready", func() bool {
		status, text := get(t, api.URL+"/readyz") // by the network: a closed listener fails the test
		return status == 503 && strings.Contains(text, "stopping")
	})
	if lines := api.Log.Lines("stopping: /readyz answers 503, requests are still served for SHUTDOWN_DELAY"); len(lines) != 1 || lines[0]["shutdown_delay"] != "5s" {
		t.Errorf("lines: %v", lines)
	}
	api.Query(t, countPosts, nil).OK(t)
	expect(t, dial(t, api, initialise), ack) // and sockets are still taken
	if err := s.wait(t); err != nil {
		t.Errorf("Serve: %v", err)
	}
}

// TestStalledTransfersDoNotHoldAStop leaves bodies half sent and answers unread.
func TestStalledTransfersDoNotHoldAStop(t *testing.T) {
	t.Parallel()
	api := apitest.New(t, func(o *apitest.Options) { o.Server.ShutdownTimeout = 10 * time.Second })
	s := serve(t, api)
	longPosts(t, api)
	api = api.SignedIn(t, "ada", "MEMBER")
	signed := &http.Request{Header: http.Header{}}
	api.Sign(signed)
	open := func(text string) net.Conn {
		conn, err := net.Dial("tcp", strings.TrimPrefix(api.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		if _, err := conn.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		return conn
	}
	const head = " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "
	stalled := open("POST /graphql" + head + "1000\r\n\r\n{")
	open("POST /livez" + head + "1000\r\n\r\n{")
	open("POST /graphql HTTP/1.1\r\nHost: x\r\nCont")
	var aliases strings.Builder
	for i := range 15 { // more than all buffers on the way hold
		fmt.Fprintf(&aliases, "a%d: posts { nodes { body } } ", i)
	}
	unread := body(t, "{ "+aliases.String()+" }")
	open(fmt.Sprintf("POST /graphql%s%d\r\nCookie: %s\r\n\r\n%s", head, len(unread), signed.Header.Get("Cookie"), unread))
	socket := dial(t, api, initialise)
	expect(t, socket, ack)
	for i := range 15 {
		write(t, socket, subscribe(fmt.Sprint(i), "{ posts { nodes { body } } }"))
	}
	eventually(t, "answers", func() bool { return len(api.Log.Lines("operation")) >= 16 })
	s.stop()
	if err := s.wait(t); err != nil {
		t.Errorf("Serve: %v", err)
	}
	answer, err := io.ReadAll(stalled)
	if err != nil || !strings.Contains(string(answer), " 408 ") || !strings.Contains(string(answer), `"code":"TIMEOUT"`) {
		t.Errorf("stalled: %q, %v", answer, err)
	}
}

func TestServeReportsFailure(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	other, err := server.New(api.DB, api.Schema, server.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Serve(t.Context(), ln); err == nil || !strings.Contains(err.Error(), ln.Addr().String()) {
		t.Errorf("got %v", err)
	}
}

// TestReadyIsShared asks much and often: one look at the database serves all.
func TestReadyIsShared(t *testing.T) {
	t.Parallel()
	var api *apitest.API
	eventually(t, "a first look that does not take a second", func() bool {
		api = apitest.New(t, func(o *apitest.Options) { o.Server.ReadyAge = time.Hour })
		status, _ := get(t, api.URL+"/readyz")
		return status == 200
	})
	api.DB.Close()
	for range 100 {
		check(t, api.URL+"/readyz", 200, `{"database":"ok","schema":"ok","status":"ok"}`)
	}
	each := apitest.New(t)
	each.DB.Close()
	for range 10 {
		check(t, each.URL+"/readyz", 503, `{"database":"cannot be reached","schema":"unknown","status":"unavailable"}`)
	}
	if lines := each.Log.Lines("not ready"); len(lines) != 1 {
		t.Errorf("%d lines about the same", len(lines))
	}
}

// A client with an open connection finds the server that takes over, and no request fails.
func TestHandover(t *testing.T) {
	t.Parallel()
	api := apitest.New(t, patient, func(o *apitest.Options) { o.Server.Handover = true })
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	file, err := ln.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	other, err := net.FileListener(file)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- api.Server.Serve(ctx, ln) }()
	client := &http.Client{Transport: &http.Transport{}}
	ask := func() string {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+ln.Addr().String()+"/livez", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(text))
	}
	if got := ask(); got != `{"status":"ok"}` {
		t.Errorf("before: %s", got)
	}
	next := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "next") }), ReadHeaderTimeout: time.Minute}
	stop()
	go func() { _ = next.Serve(other) }()
	defer next.Close()
	eventually(t, "the next server", func() bool { return ask() == "next" })
	if err := <-ended; err != nil {
		t.Errorf("Serve: %v", err)
	}
}
