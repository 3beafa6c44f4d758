package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/entgraph/entgraph/bench/report"
	"github.com/entgraph/entgraph/bench/wire"
	"github.com/entgraph/entgraph/bench/workload"
)

// bench is one run of the benchmark.
type bench struct {
	options
	progress io.Writer

	db        *database
	sample    *workload.Sample
	published bool // entgraph hides drafts, so the others do too
	counts    map[string]map[workload.Server]wire.Count
}

func (b *bench) say(text string) { _, _ = fmt.Fprintln(b.progress, text) }

// kinds are the servers that take part.
func (b *bench) kinds() []workload.Server {
	var list []workload.Server
	all := workload.Servers
	if b.rls {
		all = append(all[:len(all):len(all)], workload.Secured)
	}
	for _, s := range all {
		for _, w := range b.only {
			if w.In(s) {
				list = append(list, s)
				break
			}
		}
	}
	return list
}

// run measures everything: first whether the answers are equal, then how fast they
// come.
func (b *bench) run(ctx context.Context) (r report.Report, err error) {
	if b.db, err = b.openDatabase(ctx); err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, b.db.close(context.WithoutCancel(ctx))) }()
	b.say("comparing the answers and counting statements")
	if err := b.check(ctx); err != nil {
		return r, err
	}
	b.say("timing the start of the servers")
	times, err := b.timeStarts(ctx)
	if err != nil {
		return r, err
	}
	return b.measure(ctx, times)
}
