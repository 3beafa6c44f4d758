package server

import (
	"context"
	"errors"
	"net/http"

	"github.com/99designs/gqlgen/graphql"

	"github.com/entgraph/entgraph/internal/explain"
	"github.com/entgraph/entgraph/internal/postgres"
)

// explainHeader asks for extensions.explain, in development only. "analyze" also runs
// EXPLAIN ANALYZE for each statement; any other value but "" and "0" lists them.
const explainHeader = "X-Entgraph-Explain"

// explained wraps a query or mutation whose request asks what it costs.
func (s *Server) explained(ctx context.Context, header http.Header) (context.Context, *explaining) {
	value := header.Get(explainHeader)
	if !s.o.Explain || value == "" || value == "0" {
		return ctx, nil
	}
	e := &explaining{server: s, analyze: value == "analyze"}
	return e.Context(ctx), e
}

type explaining struct {
	explain.Recorder
	server  *Server
	analyze bool
}

// add puts the report into the response; a nil receiver adds nothing.
func (e *explaining) add(ctx context.Context, resp *graphql.Response) {
	if e == nil || resp == nil {
		return
	}
	report := e.Report()
	if e.analyze {
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
