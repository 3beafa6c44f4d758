package fair

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// from is the context of a client at a place.
func from(ctx context.Context, place, client string) context.Context {
	return WithClient(WithClient(ctx, place), client)
}

// Whoever comes from a new place finds a slot free, however many clients another place has.
func TestLastSlotsAreForNewPlaces(t *testing.T) {
	t.Parallel()
	q := New(10, Options{Timeout: time.Hour})
	gone, cancel := context.WithCancel(t.Context())
	cancel() // who has to wait does not
	taken := 0
	for i := range 20 {
		if _, err := q.Acquire(from(gone, "a", fmt.Sprint("user ", i))); err == nil {
			taken++
		}
	}
	if taken != 8 {
		t.Errorf("one place has %d of 10 slots", taken)
	}
	for _, place := range []string{"b", "c"} {
		release, err := q.Acquire(from(gone, place, place))
		if err != nil {
			t.Fatalf("%s: %v", place, err)
		}
		defer release()
	}
	if _, err := q.Acquire(from(gone, "d", "d")); err == nil {
		t.Error("there were 11 slots")
	}
}

// A place that gives its last slot back may have one of the last ones again, and whoever
// waits is told.
func TestPlaceWithoutSlotsIsNewAgain(t *testing.T) {
	t.Parallel()
	l := newLines(t, 5, Options{PerClient: 5})
	var releases []func()
	for i := range 4 {
		releases = append(releases, l.take(fmt.Sprint("place ", i)))
	}
	second := l.take("b") // the last one
	l.wait(t.Context(), "place 0", "again")
	second()
	l.wait(t.Context(), "place 1", "one more")
	releases[0]() // place 0 has none now
	if g := l.next(); g.name != "again" || g.err != nil {
		t.Errorf("got %+v", g)
	}
}

// Long work gives way to another place that has waited for half of the time-out, and says
// so; work of the same place, and of the program, does not.
func TestLongWorkGivesWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, longWorkGivesWay) // where time passes when all wait
}

func longWorkGivesWay(t *testing.T) {
	t.Helper()
	q := New(1, Options{Timeout: 40 * time.Millisecond})
	held, release, err := q.Hold(from(t.Context(), "a", "a"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := q.Acquire(from(t.Context(), "a", "other")); err == nil || held.Err() != nil {
		t.Fatalf("the same place: %v, %v", err, held.Err())
	}
	go func() {
		<-held.Done()
		release()
	}()
	free, err := q.Acquire(from(t.Context(), "b", "b"))
	if err != nil {
		t.Fatal(err)
	}
	free()
	var busy *BusyError
	if cause := context.Cause(held); !errors.As(cause, &busy) || !busy.Own || busy.Held < 20*time.Millisecond {
		t.Errorf("cause %v", cause)
	}
	if n := len(q.holders); n != 0 {
		t.Errorf("%d holders are left", n)
	}
	if len(q.places) != 0 || len(q.clients) != 0 || q.running != 0 {
		t.Errorf("left: %v %v %d", q.places, q.clients, q.running)
	}
}

// A place that waits for its own work stops nobody else's.
func TestOwnWorkStopsNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, ownWorkStopsNobody) // where time passes when all wait
}

func ownWorkStopsNobody(t *testing.T) {
	t.Helper()
	q := New(2, Options{PerClient: 1, Timeout: 40 * time.Millisecond})
	held, release, err := q.Hold(from(t.Context(), "a", "a"))
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	own, done, err := q.Hold(from(t.Context(), "b", "b"))
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	if _, err := q.Acquire(from(t.Context(), "b", "b")); err == nil || held.Err() != nil || own.Err() != nil {
		t.Errorf("%v, %v, %v", err, held.Err(), own.Err())
	}
}
