package server

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/99designs/gqlgen/graphql"

	"github.com/entgraph/entgraph/internal/auth"
	"github.com/entgraph/entgraph/internal/explain"
	"github.com/entgraph/entgraph/internal/postgres"
)

// explainHeader asks for extensions.explain. "analyze" also runs EXPLAIN ANALYZE for each
// statement; any other value but "" and "0" lists them.
//
// What a plan costs tells of rows that the viewer does not see: how many a scan removed,
// how many pages it read, how long it took. With filters that is enough to read them, and
// nothing is left of a plan without these numbers. So it is for people who could ask the database
// as well: somebody at this very machine.
const explainHeader = "X-Entgraph-Explain"

// notLocal answers the header of others.
const notLocal = "only for requests from the machine itself, without a proxy"

type localKey struct{}

// markLocal notes in the context whether a request comes from this machine.
func (s *Server) markLocal(r *http.Request) *http.Request {
	if !s.o.Explain || r.Header.Get(explainHeader) == "" {
		return r
	}
	return r.WithContext(context.WithValue(r.Context(), localKey{}, isLocal(r)))
}

// isLocal reports whether a request was sent on this machine to its own name. A name that
// is somebody else's is a page's that had it point here; headers of proxies tell that the
// client is elsewhere.
func isLocal(r *http.Request) bool {
	for name := range r.Header {
		switch name {
		case "Forwarded", "Via", "X-Real-Ip", "X-Client-Ip", "True-Client-Ip", "Cf-Connecting-Ip", "X-Original-Forwarded-For", "X-Cluster-Client-Ip":
			return false
		}
		if strings.HasPrefix(name, "X-Forwarded-") {
			return false
		}
	}
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && from.Addr().Unmap().IsLoopback() && isLoopback(r.Host) && !auth.Foreign(r)
}

// isLoopback reports whether a Host header names this machine.
func isLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback() || strings.EqualFold(host, "localhost")
}

// explained wraps a query or mutation whose request asks what it costs.
func (s *Server) explained(ctx context.Context, header http.Header) (context.Context, *explaining) {
	value := header.Get(explainHeader)
	if !s.o.Explain || value == "" || value == "0" {
		return ctx, nil
	}
	if local, _ := ctx.Value(localKey{}).(bool); !local {
		return ctx, &explaining{refused: true}
	}
	e := &explaining{server: s, analyze: value == "analyze"}
	return e.Context(ctx), e
}

type explaining struct {
	explain.Recorder
	server  *Server
	analyze bool
	refused bool // records nothing and says why
}

// add puts the report into the response; a nil receiver adds nothing.
func (e *explaining) add(ctx context.Context, resp *graphql.Response) {
	if e == nil || resp == nil {
		return
	}
	report := e.Report()
	switch {
	case e.refused:
		report.Error = notLocal
	case e.analyze:
		analyzed, err := e.Analyze(ctx, e.server.db, explain.Options{})
		if err == nil {
			report = analyzed
		} else {
			e.server.o.Log.WarnContext(ctx, "explain", "error", err)
			report.Error = "the statements could not be explained"
			if postgres.IsTimeout(err) || errors.Is(err, context.DeadlineExceeded) {
				report.Error += " in time"
			}
		}
	}
	if resp.Extensions == nil {
		resp.Extensions = map[string]any{}
	}
	resp.Extensions["explain"] = report
}
