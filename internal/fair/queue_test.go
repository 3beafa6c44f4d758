package fair

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// taken is a slot that a test waited for.
type taken struct {
	name    string
	release func()
	err     error
}

// lines is a queue with its waiters, whose slots arrive in order.
type lines struct {
	*Queue
	t    *testing.T
	got  chan taken
	want int // waiters
}

func newLines(t *testing.T, slots int, o Options) *lines {
	t.Helper()
	if o.Timeout == 0 {
		o.Timeout = time.Hour
	}
	return &lines{Queue: New(slots, o), t: t, got: make(chan taken, 1000)}
}

// take gets a slot that is free.
func (l *lines) take(client string) func() {
	l.t.Helper()
	ctx, cancel := context.WithCancel(l.t.Context())
	cancel() // who has to wait does not
	release, err := l.Acquire(WithClient(ctx, client))
	if err != nil {
		l.t.Fatalf("no slot for %s: %v", client, err)
	}
	return release
}

// wait lets a request of the client wait, and returns once it does.
func (l *lines) wait(ctx context.Context, client, name string) {
	l.t.Helper()
	go func() {
		release, err := l.Acquire(WithClient(ctx, client))
		l.got <- taken{name, release, err}
	}()
	l.want++
	l.settle()
}

// settle waits until as many wait as should.
func (l *lines) settle() {
	l.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; runtime.Gosched() {
		l.mu.Lock()
		n := l.waiting
		l.mu.Unlock()
		if n == l.want {
			return
		}
		if time.Now().After(deadline) {
			l.t.Fatalf("%d wait, want %d", n, l.want)
		}
	}
}

// next is the request that gets the next answer.
func (l *lines) next() taken {
	l.t.Helper()
	select {
	case g := <-l.got:
		l.want--
		return g
	case <-time.After(30 * time.Second):
		l.t.Fatal("nobody gets an answer")
		return taken{}
	}
}

func (l *lines) empty() {
	l.t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.running != 0 || l.waiting != 0 || len(l.clients) != 0 || len(l.turns) != 0 {
		l.t.Errorf("left: %d run, %d wait, %d clients, %d turns", l.running, l.waiting, len(l.clients), len(l.turns))
	}
}

// TestQueueTakesTurns lets one client wait with much before others come.
func TestQueueTakesTurns(t *testing.T) {
	t.Parallel()
	l := newLines(t, 1, Options{})
	release := l.take("a")
	for i := range 4 {
		l.wait(t.Context(), "a", fmt.Sprint("a", i))
	}
	for _, name := range []string{"b0", "b1", "c0"} {
		l.wait(t.Context(), name[:1], name)
	}
	var order []string
	for range 7 {
		release()
		g := l.next()
		if g.err != nil {
			t.Fatal(g.err)
		}
		order, release = append(order, g.name), g.release
	}
	release()
	if want := []string{"a0", "b0", "c0", "a1", "b1", "a2", "a3"}; !slices.Equal(order, want) {
		t.Errorf("order %v, want %v", order, want)
	}
	l.empty()
}

// TestQueueKeepsRoomForOthers lets one client want more than its share.
func TestQueueKeepsRoomForOthers(t *testing.T) {
	t.Parallel()
	l := newLines(t, 4, Options{PerClient: 2})
	first, second := l.take("a"), l.take("a")
	l.wait(t.Context(), "a", "a2")
	other, third := l.take("b"), l.take("c") // at once, though a waits
	l.wait(t.Context(), "b", "b1")
	first()
	if g := l.next(); g.name != "a2" || g.err != nil {
		t.Errorf("got %+v", g)
	} else {
		defer g.release()
	}
	// The program itself has no share.
	l.wait(t.Context(), "", "program")
	third()
	if g := l.next(); g.name != "b1" {
		t.Errorf("got %+v", g)
	} else {
		g.release()
	}
	if g := l.next(); g.name != "program" {
		t.Errorf("got %+v", g)
	} else {
		g.release()
	}
	second()
	other()
}

func TestQueueIsBounded(t *testing.T) {
	t.Parallel()
	l := newLines(t, 1, Options{MaxPerClient: 3, Max: 4})
	release := l.take("a")
	for i := range 3 {
		l.wait(t.Context(), "a", fmt.Sprint("a", i))
	}
	var busy *BusyError
	if _, err := l.Acquire(WithClient(t.Context(), "a")); !errors.As(err, &busy) || !busy.Own || busy.Setting != "MAX_QUEUE_PER_CLIENT" || busy.Max != "3" {
		t.Errorf("one more of the client: %v", err)
	}
	l.wait(t.Context(), "b", "b0")
	// All places are taken: the newest of a, who has most, makes room for c, but not for
	// another of a's own or of a client that would then have as many.
	l.want-- // a2 is refused
	l.wait(t.Context(), "c", "c0")
	if g := l.next(); g.name != "a2" || !errors.As(g.err, &busy) || busy.Own || busy.Setting != "MAX_QUEUE" {
		t.Errorf("got %+v", g)
	}
	l.want++
	if _, err := l.Acquire(WithClient(t.Context(), "b")); !errors.As(err, &busy) || busy.Own {
		t.Errorf("one more of b: %v", err)
	}
	for range 4 {
		release()
		g := l.next()
		if g.err != nil {
			t.Fatal(g.err)
		}
		release = g.release
	}
	release()
	l.empty()
}

// TestQueueLeavesNothingBehind cancels one that waits, in the middle of its queue.
func TestQueueLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	l := newLines(t, 1, Options{})
	release := l.take("a")
	ctx, cancel := context.WithCancel(t.Context())
	l.wait(t.Context(), "b", "b0")
	l.wait(ctx, "b", "b1")
	l.wait(ctx, "c", "c0")
	l.wait(t.Context(), "b", "b2")
	cancel()
	for range 2 {
		if g := l.next(); !errors.Is(g.err, context.Canceled) {
			t.Errorf("got %+v", g)
		}
	}
	for _, want := range []string{"b0", "b2"} {
		release()
		g := l.next()
		if g.name != want {
			t.Errorf("got %s, want %s", g.name, want)
		}
		release = g.release
	}
	release()
	l.empty()
}

func TestQueueTimesOut(t *testing.T) {
	t.Parallel()
	l := newLines(t, 2, Options{Timeout: time.Millisecond})
	defer l.take("a")()
	defer l.take("c")()
	var busy *BusyError
	if _, err := l.Acquire(WithClient(t.Context(), "b")); !errors.As(err, &busy) || busy.Own || busy.Setting != "DB_ACQUIRE_TIMEOUT" || busy.Max != "1ms" {
		t.Errorf("got %v", err)
	}
	if _, err := l.Acquire(WithClient(t.Context(), "a")); !errors.As(err, &busy) || !busy.Own {
		t.Errorf("who has its share: %v", err)
	}
}

// TestQueueUnderLoad lets many clients come and go at once, cancelled in any moment.
func TestQueueUnderLoad(t *testing.T) {
	t.Parallel()
	const slots, per = 3, 2
	l := newLines(t, slots, Options{PerClient: per, MaxPerClient: 5, Max: 20})
	var all atomic.Int64
	var each [8]atomic.Int64
	var done sync.WaitGroup
	for i := range 40 {
		done.Go(func() {
			client := i % len(each)
			for range 200 {
				ctx, cancel := context.WithCancel(t.Context())
				go func() {
					for range rand.IntN(20) {
						runtime.Gosched()
					}
					cancel()
				}()
				release, err := l.Acquire(WithClient(ctx, fmt.Sprint(client)))
				if err != nil {
					continue
				}
				if n := all.Add(1); n > slots {
					t.Errorf("%d run at once", n)
				}
				if n := each[client].Add(1); n > per {
					t.Errorf("%d of one client run at once", n)
				}
				runtime.Gosched()
				each[client].Add(-1)
				all.Add(-1)
				release()
			}
		})
	}
	done.Wait()
	l.empty()
}
