package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

const (
	readHeaderTimeout = 5 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 64 << 10
)

// Serve answers requests on ln until ctx ends. Then /readyz turns to 503, and after
// ShutdownDelay the listener closes and what is under way may finish for ShutdownTimeout:
// requests are answered and idle WebSockets closed with 1001. Bodies that do not arrive
// within a second are refused, and answers that nobody reads are cut after half of the
// time. It returns nil after an orderly stop and an error when work had to be cut. It
// closes ln. A server serves once.
//
// With Handover ln is closed at once, and connections that are open are answered for a moment
// with a "Connection: close", so that no client sends a request on one that ends.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	requests, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	// There is no WriteTimeout: it would end streams. Each write has its own limit.
	srv := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: readHeaderTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		BaseContext:       func(net.Listener) context.Context { return requests },
		ErrorLog:          slog.NewLogLogger(s.o.Log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(ln) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve %s: %w", ln.Addr(), err)
	case <-ctx.Done():
	}
	s.leaving.Store(true)
	if s.o.Handover {
		return s.handOver(context.WithoutCancel(ctx), srv, ln, cut)
	}
	s.o.Log.InfoContext(ctx, "stopping: /readyz answers 503, requests are still served for SHUTDOWN_DELAY",
		"shutdown_delay", s.o.ShutdownDelay.String(), "shutdown_timeout", s.o.ShutdownTimeout.String())
	select {
	case err := <-failed:
		return fmt.Errorf("serve %s: %w", ln.Addr(), err)
	case <-time.After(s.o.ShutdownDelay):
	}
	return s.drain(context.WithoutCancel(ctx), srv, cut)
}

// handOver leaves new connections to the process that accepts at the same address. Who has
// one to this process uses it again within this time, and is told to take another, or finds
// it closed before they send anything.
func (s *Server) handOver(ctx context.Context, srv *http.Server, ln net.Listener, cut context.CancelFunc) error {
	const grace = 300 * time.Millisecond
	err := ln.Close()
	time.Sleep(grace)
	return errors.Join(err, s.drain(ctx, srv, cut))
}

// Shutdown ends what a stop of an http.Server does not know of, for a server that is mounted
// in one: /readyz answers 503, subscriptions end, WebSockets are closed with 1001 as soon as
// they are idle, and answers that nobody reads are cut after half of ShutdownTimeout. It waits
// for the WebSockets until ctx ends, and then cuts them, which is an error. Requests are still
// served.
func (s *Server) Shutdown(ctx context.Context) error {
	s.leaving.Store(true)
	s.startDrain()
	s.transfers.drain(s.o.ShutdownTimeout / 2)
	return s.sockets.drain(ctx, s.o.ShutdownTimeout/2)
}

func (s *Server) drain(ctx context.Context, srv *http.Server, cut context.CancelFunc) error {
	ctx, cancel := context.WithTimeout(ctx, s.o.ShutdownTimeout)
	defer cancel()
	sockets := make(chan error, 1)
	go func() { sockets <- s.Shutdown(ctx) }()
	err := errors.Join(srv.Shutdown(ctx), <-sockets)
	if err == nil {
		return nil
	}
	cut()
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("requests were still under way after %s", s.o.ShutdownTimeout)
	}
	return errors.Join(fmt.Errorf("stop serving: %w", err), srv.Close())
}
