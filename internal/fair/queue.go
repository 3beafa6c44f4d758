// Package fair hands out slots of something scarce, such as connections or processors, to
// clients in turn: each has its share, queues are bounded, and whoever waits for long makes
// somebody who has held a slot for long give way. The package imports none of ours.
package fair

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// BusyError tells that no connection could be had in time, or that too many wait for one
// already. Nothing was done; the same work may succeed later.
type BusyError struct {
	// Setting is the environment variable of the bound, Max its value.
	Setting string
	Max     string
	// Own tells that the client waits for its own requests: others are served.
	Own bool
	// Held is for how long the work had a slot that others waited for, when it was stopped.
	Held time.Duration
}

// RetryAfter is when to try again. Queues move within a second or so.
const RetryAfter = time.Second

// Error is for the client.
func (e *BusyError) Error() string {
	if e.Held > 0 {
		return fmt.Sprintf("stopped after %s, since others wait (%s is %s)", e.Held.Round(time.Second), e.Setting, e.Max)
	}
	if e.Own {
		return fmt.Sprintf("too many of your requests are under way (%s is %s)", e.Setting, e.Max)
	}
	return fmt.Sprintf("the server is busy (%s is %s)", e.Setting, e.Max)
}

// Options bound how clients share slots. Zero values are defaults.
type Options struct {
	// PerClient is how many connections of a pool one client has at a time. Default: half
	// of them, at least one.
	PerClient int
	// MaxPerClient is how many statements or transactions of one client wait. Default 100.
	MaxPerClient int
	// Max is how many wait in all. When so many do, a newcomer takes the place of one of
	// the client that waits with most. Default 1,000.
	Max int
	// Timeout is how long one waits, and how long a database that cannot be reached is
	// tried. Default 10 seconds.
	Timeout time.Duration
}

func (q Options) withDefaults(slots int) Options {
	if q.PerClient == 0 {
		q.PerClient = max(1, slots/2)
	}
	q.PerClient = min(q.PerClient, slots)
	if q.MaxPerClient == 0 {
		q.MaxPerClient = 100
	}
	if q.Max == 0 {
		q.Max = 1000
	}
	if q.Timeout == 0 {
		q.Timeout = 10 * time.Second
	}
	return q
}

type clientKey struct{}

// client is who asks, and from where.
type client struct{ name, place string }

// WithClient returns a context whose work is that of a client, such as a user or an
// address. The first one that a context names is the place of all that follow: the users
// of one address share what an address may have. Without a client it is the program itself
// that asks, which may have all slots.
func WithClient(ctx context.Context, name string) context.Context {
	place := clientOf(ctx).place
	if place == "" {
		place = name
	}
	return context.WithValue(ctx, clientKey{}, client{name, place})
}

// Place is where the client of a context comes from: its first name, "" without one.
func Place(ctx context.Context) string { return clientOf(ctx).place }

func clientOf(ctx context.Context) client {
	c, _ := ctx.Value(clientKey{}).(client)
	return c
}

// Queue hands out slots to clients in turn, and to the requests of one client in their
// order. Get one from [New]; it may be used by several goroutines.
type Queue struct {
	o     Options
	slots int
	spare int // slots that only a place without any may take

	mu      sync.Mutex
	running int
	waiting int
	clients map[client]*share
	places  map[string]int // slots that each place has
	holders map[*holder]struct{}
	turns   []*share // those with waiters; the next one first
}

// share is what one client has and waits for.
type share struct {
	client  client
	most    int
	running int
	waiters []*waiter
}

type waiter struct {
	ready   chan struct{} // closed when the waiter has a slot or is refused
	refused error
}

// New makes a queue for so many slots.
func New(slots int, o Options) *Queue {
	return &Queue{
		o: o.withDefaults(slots), slots: slots, spare: slots / 5,
		clients: map[client]*share{}, places: map[string]int{}, holders: map[*holder]struct{}{},
	}
}

// Acquire waits for a slot of the client of ctx. The slot must be given back once. It
// fails with a [BusyError] and with the error of the context.
func (q *Queue) Acquire(ctx context.Context) (release func(), err error) {
	s, w, err := q.enter(clientOf(ctx))
	if err != nil {
		return nil, err
	}
	release = func() { q.release(s) }
	if w == nil {
		return release, nil
	}
	patience := time.AfterFunc(q.o.Timeout/2, func() { q.ask(s.client.place) })
	defer patience.Stop()
	timer := time.NewTimer(q.o.Timeout)
	defer timer.Stop()
	select {
	case <-w.ready:
	case <-ctx.Done():
		err = ctx.Err()
	case <-timer.C:
		err = &BusyError{Setting: "DB_ACQUIRE_TIMEOUT", Max: q.o.Timeout.String(), Own: q.full(s)}
	}
	if err != nil && q.leave(s, w) {
		return nil, err
	}
	<-w.ready // it came in the same moment
	switch {
	case w.refused != nil:
		return nil, w.refused
	case err != nil:
		release()
		return nil, err
	}
	return release, nil
}

// full reports whether a client has its whole share: it waits for itself alone.
func (q *Queue) full(s *share) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return s.running >= s.most && s.client.name != ""
}

// Timeout is how long one waits.
func (q *Queue) Timeout() time.Duration { return q.o.Timeout }

// enter takes a slot, for which it returns no waiter, or a place in the queue.
func (q *Queue) enter(c client) (*share, *waiter, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	s := q.clients[c]
	if s == nil {
		s = &share{client: c, most: q.o.PerClient}
		if c.name == "" {
			s.most = q.slots
		}
	}
	// A free slot is one that nobody who waits may have: see next.
	if q.may(s) {
		q.clients[c] = s
		q.start(s)
		return s, nil, nil
	}
	if len(s.waiters) >= q.o.MaxPerClient {
		return nil, nil, &BusyError{Setting: "MAX_QUEUE_PER_CLIENT", Max: fmt.Sprint(q.o.MaxPerClient), Own: true}
	}
	if q.waiting >= q.o.Max {
		full := &BusyError{Setting: "MAX_QUEUE", Max: fmt.Sprint(q.o.Max)}
		if !q.giveWay(s, full) {
			return nil, nil, full
		}
	}
	q.clients[c] = s
	w := &waiter{ready: make(chan struct{})}
	if len(s.waiters) == 0 {
		q.turns = append(q.turns, s)
	}
	s.waiters = append(s.waiters, w)
	q.waiting++
	return s, w, nil
}

// may reports whether a client may take a slot now. The last ones are for places that have
// none: whoever is new need not wait for those who have long work.
func (q *Queue) may(s *share) bool {
	free := q.slots - q.running
	if s.client.name != "" && q.places[s.client.place] > 0 {
		free -= q.spare
	}
	return free > 0 && s.running < s.most
}

func (q *Queue) start(s *share) {
	q.running++
	s.running++
	q.places[s.client.place]++
}

// giveWay refuses the newest waiter of the client that has most, for one that has fewer.
func (q *Queue) giveWay(to *share, full error) bool {
	longest := to
	for _, s := range q.turns {
		if len(s.waiters) > len(longest.waiters) {
			longest = s
		}
	}
	if len(longest.waiters) <= len(to.waiters)+1 {
		return false
	}
	w := longest.waiters[len(longest.waiters)-1]
	q.remove(longest, len(longest.waiters)-1)
	w.refused = full
	close(w.ready)
	return true
}

// leave gives up a place in the queue. It reports false when the waiter has its answer.
func (q *Queue) leave(s *share, w *waiter) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, other := range s.waiters {
		if other == w {
			q.remove(s, i)
			q.forget(s)
			return true
		}
	}
	return false
}

// remove takes a waiter out of its queue.
func (q *Queue) remove(s *share, i int) {
	s.waiters = append(s.waiters[:i:i], s.waiters[i+1:]...)
	q.waiting--
	if len(s.waiters) > 0 {
		return
	}
	for i, other := range q.turns {
		if other == s {
			q.turns = append(q.turns[:i:i], q.turns[i+1:]...)
			return
		}
	}
}

func (q *Queue) release(s *share) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.running--
	s.running--
	if q.places[s.client.place]--; q.places[s.client.place] == 0 {
		delete(q.places, s.client.place)
	}
	for q.next() {
	}
	q.forget(s)
}

// next gives a free slot to the first client in turn that may have one more.
func (q *Queue) next() bool {
	for i, s := range q.turns {
		if !q.may(s) {
			continue
		}
		w := s.waiters[0]
		q.turns = append(q.turns[:i:i], q.turns[i+1:]...)
		s.waiters = s.waiters[1:]
		q.waiting--
		if len(s.waiters) > 0 {
			q.turns = append(q.turns, s) // after all others
		}
		q.start(s)
		close(w.ready)
		return true
	}
	return false
}

// forget drops a client without anything.
func (q *Queue) forget(s *share) {
	if s.running == 0 && len(s.waiters) == 0 {
		delete(q.clients, s.client)
	}
}
