package postgres

import (
	"context"
	"sync/atomic"
	"time"
)

// Stats counts the statements of one operation. The zero value is ready; all
// methods may be called at any time from any goroutine, and on nil.
type Stats struct {
	statements  atomic.Int64
	nanoseconds atomic.Int64
}

type statsKey struct{}

// WithStats gives a context whose statements are counted in the Stats. A context
// that had one before counts in the new one only.
func WithStats(ctx context.Context) (context.Context, *Stats) {
	s := new(Stats)
	return context.WithValue(ctx, statsKey{}, s), s
}

func statsOf(ctx context.Context) *Stats {
	s, _ := ctx.Value(statsKey{}).(*Stats)
	return s
}

// Statements is the number of statements that were finished, failed ones included.
// BEGIN, COMMIT and ROLLBACK count, as does each statement of a batch.
func (s *Stats) Statements() int {
	if s == nil {
		return 0
	}
	return int(s.statements.Load())
}

// Duration is the time spent on them, from sending each until its last row was read.
// Statements that run at the same time add up; a batch counts once from its start to
// its end.
func (s *Stats) Duration() time.Duration {
	if s == nil {
		return 0
	}
	return time.Duration(s.nanoseconds.Load())
}

func (s *Stats) add(statements int, d time.Duration) {
	if s == nil {
		return
	}
	s.statements.Add(int64(statements))
	s.nanoseconds.Add(int64(d))
}
