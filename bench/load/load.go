// Package load sends requests over connections that are kept open, the next when the
// answer to the last has arrived (a closed loop), and notes how long each took.
package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// Result is what a run saw.
type Result struct {
	Elapsed   time.Duration
	Latencies []time.Duration // of every request, in rising order
}

// Rate is the number of requests per second.
func (r Result) Rate() float64 {
	if r.Elapsed == 0 {
		return 0
	}
	return float64(len(r.Latencies)) / r.Elapsed.Seconds()
}

// Quantile gives the latency below which the share q (0 to 1) of the requests lies, by
// the nearest rank; 0 without requests.
func (r Result) Quantile(q float64) time.Duration {
	n := len(r.Latencies)
	if n == 0 {
		return 0
	}
	rank := int(q*float64(n)+0.999999) - 1
	return r.Latencies[max(0, min(rank, n-1))]
}

// Join puts the requests of several runs together.
func Join(runs ...Result) Result {
	var out Result
	for _, r := range runs {
		out.Elapsed += r.Elapsed
		out.Latencies = append(out.Latencies, r.Latencies...)
	}
	slices.Sort(out.Latencies)
	return out
}

// Options describe a run.
type Options struct {
	Addr        string
	Requests    []Request // chosen from at random
	Connections int
	Duration    time.Duration
	// Seed makes the choice of the requests. Runs with the same seed choose the same
	// requests in the same order on each connection.
	Seed uint64
}

// Run sends requests for the duration and waits for the answers under way. Any
// failure, also an answer without data, ends it with an error.
func Run(ctx context.Context, o Options) (Result, error) {
	wires := make([][]byte, len(o.Requests))
	for i, r := range o.Requests {
		wires[i] = r.wire()
	}
	conns, err := dialAll(o.Addr, o.Connections)
	defer func() {
		for _, c := range conns {
			_ = c.Close()
		}
	}()
	if err != nil {
		return Result{}, err
	}
	var wg sync.WaitGroup
	latencies, errs := make([][]time.Duration, len(conns)), make([]error, len(conns))
	start := time.Now()
	for i, c := range conns {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(o.Seed, uint64(i)))
			latencies[i], errs[i] = c.loop(ctx, wires, random, start.Add(o.Duration))
		})
	}
	wg.Wait()
	result := Result{Elapsed: time.Since(start), Latencies: slices.Concat(latencies...)}
	slices.Sort(result.Latencies)
	return result, errors.Join(errs...)
}

func dialAll(addr string, n int) ([]*Conn, error) {
	var conns []*Conn
	for range n {
		c, err := Dial(addr)
		if err != nil {
			return conns, err
		}
		conns = append(conns, c)
	}
	return conns, nil
}

// dataPrefix begins an answer with data and without errors.
var dataPrefix = []byte(`{"data":{`)

func (c *Conn) loop(ctx context.Context, wires [][]byte, random *rand.Rand, end time.Time) ([]time.Duration, error) {
	list := make([]time.Duration, 0, 1<<14)
	for now := time.Now(); now.Before(end) && ctx.Err() == nil; {
		body, err := c.do(wires[random.IntN(len(wires))])
		if err != nil {
			return list, err
		}
		if !bytes.HasPrefix(body, dataPrefix) {
			return list, fmt.Errorf("the answer has no data: %.200s", body)
		}
		done := time.Now()
		list = append(list, done.Sub(now))
		now = done
	}
	return list, ctx.Err()
}
