package load_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/entgraph/entgraph/bench/load"
)

func TestQuantile(t *testing.T) {
	t.Parallel()
	var r load.Result
	for i := range 200 {
		r.Latencies = append(r.Latencies, time.Duration(i+1))
	}
	for q, want := range map[float64]time.Duration{0: 1, 0.5: 100, 0.99: 198, 1: 200} {
		if got := r.Quantile(q); got != want {
			t.Errorf("Quantile(%v) = %d, want %d", q, got, want)
		}
	}
	if got := (load.Result{}).Quantile(0.5); got != 0 {
		t.Errorf("Quantile without requests = %d", got)
	}
}

func TestJoin(t *testing.T) {
	t.Parallel()
	r := load.Join(
		load.Result{Elapsed: time.Second, Latencies: []time.Duration{1, 5}},
		load.Result{Elapsed: time.Second, Latencies: []time.Duration{2, 3}},
	)
	if fmt.Sprint(r.Latencies) != "[1ns 2ns 3ns 5ns]" || r.Rate() != 2 {
		t.Errorf("Join = %v, %v per second", r.Latencies, r.Rate())
	}
}

func TestRunCountsRequests(t *testing.T) {
	t.Parallel()
	var served atomic.Int64
	addr := serve(t, func(w http.ResponseWriter, r *http.Request) {
		served.Add(1)
		body, _ := io.ReadAll(r.Body)
		_, _ = fmt.Fprintf(w, `{"data":{"got":%q}}`, body)
	})
	r, err := load.Run(t.Context(), load.Options{
		Addr: addr, Connections: 3, Duration: 50 * time.Millisecond,
		Requests: []load.Request{{Method: "GET", Target: "/"}, {Method: "POST", Target: "/", Body: []byte("{}")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := int64(len(r.Latencies)); n == 0 || n != served.Load() {
		t.Errorf("counted %d requests, served %d", n, served.Load())
	}
}

func TestRunReportsFailures(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"no data": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"errors":[]}`) },
		"status":  func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusTeapot) },
		"gone":    func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := load.Run(t.Context(), load.Options{
				Addr: serve(t, handler), Connections: 1, Duration: time.Minute,
				Requests: []load.Request{{Method: "GET", Target: "/"}},
			})
			if err == nil {
				t.Error("no error")
			}
		})
	}
}

// TestDoReadsEveryBody reads bodies with a length and in chunks, on one connection.
func TestDoReadsEveryBody(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789", 50_000)
	addr := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/chunks":
			_, _ = io.WriteString(w, long[:10])
			w.(http.Flusher).Flush()
			_, _ = io.WriteString(w, long[10:])
		case "/length":
			w.Header().Set("Content-Length", fmt.Sprint(len(long)))
			_, _ = io.WriteString(w, long)
		}
	})
	c, err := load.Dial(addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	for _, test := range []struct{ target, want string }{{"/chunks", long}, {"/length", long}, {"/empty", ""}, {"/chunks", long}} {
		body, err := c.Do(load.Request{Method: "GET", Target: test.target})
		if err != nil {
			t.Fatalf("%s: %v", test.target, err)
		}
		if string(body) != test.want {
			t.Errorf("%s: %d bytes, want %d", test.target, len(body), len(test.want))
		}
	}
}

func serve(t *testing.T, handler http.HandlerFunc) (addr string) {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}
