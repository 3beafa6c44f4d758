package fair

import (
	"context"
	"time"
)

// holder is work that has a slot and can be asked to give way.
type holder struct {
	place  string
	since  time.Time
	cancel context.CancelCauseFunc
	asked  bool
}

// Hold is [Queue.Acquire] for work that may be stopped: when a place that has no slot has
// waited for half of the time-out, the context of the work that has held its slot for
// longest, and at least as long, ends with a [BusyError] as its cause. Release must be
// called once.
func (q *Queue) Hold(ctx context.Context) (held context.Context, release func(), err error) {
	free, err := q.Acquire(ctx)
	if err != nil {
		return nil, nil, err
	}
	held, cancel := context.WithCancelCause(ctx)
	h := &holder{place: clientOf(ctx).place, since: time.Now(), cancel: cancel}
	q.mu.Lock()
	q.holders[h] = struct{}{}
	q.mu.Unlock()
	return held, func() {
		q.mu.Lock()
		delete(q.holders, h)
		q.mu.Unlock()
		cancel(nil)
		free()
	}, nil
}

// ask lets one who has held a slot for long give way to a place that waits.
func (q *Queue) ask(place string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.places[place] > 0 {
		return // it waits for its own work first, which is no reason to stop that of others
	}
	var longest *holder
	for h := range q.holders {
		if !h.asked && h.place != place && h.place != "" && (longest == nil || h.since.Before(longest.since)) {
			longest = h
		}
	}
	if longest == nil || time.Since(longest.since) < q.o.Timeout/2 {
		return
	}
	longest.asked = true
	longest.cancel(&BusyError{Setting: "DB_ACQUIRE_TIMEOUT", Max: q.o.Timeout.String(), Own: true, Held: time.Since(longest.since)})
}
