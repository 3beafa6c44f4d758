package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/bench/load"
	"github.com/entgraph/entgraph/bench/proc"
	"github.com/entgraph/entgraph/bench/report"
	"github.com/entgraph/entgraph/bench/workload"
)

// contestant is a server while it is measured.
type contestant struct {
	*server
	app string // its name in pg_stat_activity
}

// measure runs the workloads one after the other. In every round each server has its
// turn, so that what else happens on the machine hits all alike.
func (b *bench) measure(ctx context.Context, starts map[workload.Server]starts) (r report.Report, err error) {
	var list []contestant
	defer func() {
		for _, c := range list {
			c.stop()
		}
	}()
	for _, kind := range b.kinds() {
		c := contestant{app: "bench_" + string(kind)}
		address, err := b.db.url(c.app)
		if err != nil {
			return r, err
		}
		if c.server, err = b.start(ctx, kind, address); err != nil {
			return r, err
		}
		list = append(list, c)
	}
	for _, w := range b.only {
		b.say(w.Name + "  " + w.Title)
		out, err := b.workload(ctx, w, list)
		if err != nil {
			return r, fmt.Errorf("%s: %w", w.Name, err)
		}
		r.Workloads = append(r.Workloads, out)
		if w.Name == workload.FirstPage.Name {
			note, err := b.depth(ctx, list)
			if err != nil {
				return r, err
			}
			r.Notes = append(r.Notes, note)
		}
	}
	r.Servers, err = servers(list, starts)
	if b.rls {
		r.Notes = append(r.Notes, securityCost(r.Workloads))
	}
	r.Notes = append(r.Notes, b.conditions())
	return r, err
}

// securityCost compares entgraph with and without row-level security.
func securityCost(all []report.Workload) string {
	text := "With row-level security against without, CPU (requests per second):"
	for _, w := range all {
		var with, without report.Row
		for _, row := range w.Rows {
			switch row.Server {
			case string(workload.Entgraph):
				without = row
			case string(workload.Secured):
				with = row
			}
		}
		text += fmt.Sprintf(" %s ×%.2f (×%.2f)", w.Name, float64(with.CPU())/float64(without.CPU()),
			with.Rate[report.Headline]/without.Rate[report.Headline])
	}
	return text
}

func servers(list []contestant, starts map[workload.Server]starts) ([]report.Server, error) {
	var out []report.Server
	for _, c := range list {
		rss, err := proc.PeakRSS(c.cmd.Process.Pid)
		if err != nil {
			return nil, c.explain(err)
		}
		times := starts[c.kind]
		out = append(out, report.Server{
			Name: string(c.kind), PeakRSS: rss, FirstAnswer: times[len(times)/2], FastestAnswer: times[0],
		})
	}
	return out, nil
}

// conditions says under which conditions the figures were taken.
func (b *bench) conditions() string {
	drafts := "drafts are visible"
	if b.published {
		drafts = "drafts are hidden"
	}
	return fmt.Sprintf("Closed loop, %d connections unless said otherwise, pools of %d, GOGC=%s, %s. Compare CPU, not req/s:\n"+
		"load, servers and Postgres share the machine.", report.Headline, b.pool, b.gogc, drafts)
}

// workload measures one workload on every server that takes part.
func (b *bench) workload(ctx context.Context, w workload.Workload, all []contestant) (report.Workload, error) {
	out := report.Workload{Name: w.Name, Title: w.Title}
	var list []contestant
	for _, c := range all {
		if w.In(c.kind) {
			list = append(list, c)
		}
	}
	rounds := map[workload.Server]map[int][]turn{}
	for _, c := range list {
		rounds[c.kind] = map[int][]turn{}
	}
	for _, connections := range report.Connections {
		n := b.rounds
		if connections != report.Headline {
			n = 1
		}
		for round := range n {
			for i := range list {
				c := list[(i+round)%len(list)] // nobody is always the first
				t, err := b.turn(ctx, w, c, connections, uint64(round))
				if err != nil {
					return out, err
				}
				rounds[c.kind][connections] = append(rounds[c.kind][connections], t)
			}
		}
	}
	for _, c := range list {
		row := summary(rounds[c.kind])
		row.Server = string(c.kind)
		count := b.counts[w.Name][c.kind]
		row.Statements, row.Control = float64(count.Statements)/counted, float64(count.Control)/counted
		out.Rows = append(out.Rows, row)
	}
	return out, nil
}

// turn is what one run of one server saw.
type turn struct {
	load.Result
	api, db time.Duration // processor time
}

// turn runs a workload on a server, a moment to warm up and then for the duration.
func (b *bench) turn(ctx context.Context, w workload.Workload, c contestant, connections int, seed uint64) (turn, error) {
	o := load.Options{
		Addr: c.addr, Requests: w.Requests(c.kind, b.sample), Connections: connections,
		Duration: b.duration / 6, Seed: seed + 1<<32,
	}
	if _, err := load.Run(ctx, o); err != nil {
		return turn{}, c.explain(err)
	}
	before, err := b.used(ctx, c)
	if err != nil {
		return turn{}, err
	}
	o.Duration, o.Seed = b.duration, seed
	result, err := load.Run(ctx, o)
	if err != nil {
		return turn{}, c.explain(err)
	}
	after, err := b.used(ctx, c)
	if err != nil {
		return turn{}, err
	}
	if len(result.Latencies) == 0 {
		return turn{}, fmt.Errorf("%s answered nothing", c.kind)
	}
	t := turn{Result: result, api: after.api - before.api}
	for pid, d := range before.backends {
		if _, ok := after.backends[pid]; !ok {
			return turn{}, fmt.Errorf("%s closed a connection to Postgres, whose processor time (%v) is unknown now", c.kind, d)
		}
	}
	for pid, d := range after.backends {
		t.db += d - before.backends[pid]
	}
	return t, nil
}

// used is the processor time that a server and its Postgres backends have used.
type used struct {
	api      time.Duration
	backends map[int]time.Duration
}

func (b *bench) used(ctx context.Context, c contestant) (used, error) {
	u := used{backends: map[int]time.Duration{}}
	var err error
	if u.api, err = proc.CPU(c.cmd.Process.Pid); err != nil {
		return u, c.explain(err)
	}
	rows, err := b.db.conn.Query(ctx, "SELECT pid FROM pg_stat_activity WHERE application_name = $1", c.app)
	if err != nil {
		return u, fmt.Errorf("list Postgres backends: %w", err)
	}
	pids, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		return u, fmt.Errorf("list Postgres backends: %w", err)
	}
	for _, pid := range pids {
		name, err := proc.Command(pid)
		if err != nil || name != "postgres" {
			return u, fmt.Errorf("process %d is no Postgres backend of this machine (%q): the benchmark needs one that is installed here", pid, name)
		}
		if u.backends[pid], err = proc.CPU(pid); err != nil {
			return u, err
		}
	}
	return u, nil
}

// summary puts the turns of a server together: processor time and latencies of all
// requests at the headline number of connections, and median rates.
func summary(turns map[int][]turn) report.Row {
	row := report.Row{Rate: map[int]float64{}}
	for connections, list := range turns {
		var rates []float64
		for _, t := range list {
			rates = append(rates, t.Rate())
		}
		slices.Sort(rates)
		row.Rate[connections] = rates[len(rates)/2]
	}
	var all []load.Result
	for _, t := range turns[report.Headline] {
		all = append(all, t.Result)
		row.API += t.api
		row.DB += t.db
	}
	joined := load.Join(all...)
	n := time.Duration(len(joined.Latencies))
	row.API, row.DB = row.API/n, row.DB/n
	row.P50, row.P99 = joined.Quantile(0.5), joined.Quantile(0.99)
	return row
}

// depth compares a deep page with the first one.
func (b *bench) depth(ctx context.Context, list []contestant) (string, error) {
	deep, err := workloadNamed(workload.FirstPage.Name)
	if err != nil {
		return "", err
	}
	text := "W4 against the first page, CPU:"
	for _, c := range list {
		if !deep.In(c.kind) {
			continue
		}
		var turns [2][]turn
		for round := range b.rounds {
			for i, w := range []workload.Workload{workload.FirstPage, deep} {
				t, err := b.turn(ctx, w, c, report.Headline, uint64(round))
				if err != nil {
					return "", err
				}
				turns[i] = append(turns[i], t)
			}
		}
		one := summary(map[int][]turn{report.Headline: turns[0]})
		other := summary(map[int][]turn{report.Headline: turns[1]})
		text += fmt.Sprintf(" %s ×%.2f", c.kind, float64(other.CPU())/float64(one.CPU()))
	}
	return text, nil
}

func workloadNamed(name string) (workload.Workload, error) {
	list, err := choose(name)
	if err != nil {
		return workload.Workload{}, err
	}
	return list[0], nil
}
