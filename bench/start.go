package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/entgraph/entgraph/bench/answer"
	"github.com/entgraph/entgraph/bench/workload"
)

// starts are the times of a server's starts, in rising order.
type starts []time.Duration

// timeStarts measures how long each server takes from the start of its process to its
// first answer, which must be right.
func (b *bench) timeStarts(ctx context.Context) (map[workload.Server]starts, error) {
	times := map[workload.Server]starts{}
	for range b.starts {
		for _, kind := range b.kinds() {
			d, err := b.timeStart(ctx, kind)
			if err != nil {
				return nil, err
			}
			times[kind] = append(times[kind], d)
		}
	}
	for _, list := range times {
		slices.Sort(list)
	}
	return times, nil
}

func (b *bench) timeStart(ctx context.Context, kind workload.Server) (time.Duration, error) {
	address, err := b.db.url("bench_start")
	if err != nil {
		return 0, err
	}
	w := workload.All[0]
	request := w.Requests(kind, b.sample)[0]
	begin := time.Now()
	s, err := b.start(ctx, kind, address)
	if err != nil {
		return 0, err
	}
	defer s.stop()
	bodies, err := s.ask(request)
	d := time.Since(begin)
	if err != nil {
		return 0, err
	}
	v, err := answer.Parse(bodies[0])
	if err != nil {
		return 0, s.explain(err)
	}
	id := b.sample.Users[0].String()
	if user, ok := v.(map[string]any)["user"].(map[string]any); !ok || user["id"] != id {
		return 0, fmt.Errorf("%s: the first answer is wrong: %s", kind, bodies[0])
	}
	return d, nil
}
