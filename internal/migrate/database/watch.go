package database

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Blocker is a session of the database that another waits for.
type Blocker struct {
	PID         int
	Application string
	User        string
	State       string        // "active", "idle in transaction" …
	For         time.Duration // how long it has been in this state
	Query       string        // its newest statement, in one line, cut to 200 characters
}

// String describes the session for people.
func (b Blocker) String() string {
	who := []string{fmt.Sprintf("pid %d", b.PID)}
	if b.PID == 0 {
		who[0] = "a prepared transaction"
	}
	for _, part := range []string{b.User, b.Application} {
		if part != "" {
			who = append(who, part)
		}
	}
	text := strings.Join(who, ", ")
	if b.State != "" {
		text += fmt.Sprintf(" (%s for %v)", b.State, b.For.Round(time.Second))
	}
	if b.Query != "" {
		text += ": " + b.Query
	}
	return text
}

const selectActivity = `SELECT b.pid, coalesce(a.application_name, ''), coalesce(a.usename, ''), coalesce(a.state, ''),
  coalesce(extract(epoch FROM clock_timestamp() - a.state_change), 0)::float8,
  left(regexp_replace(coalesce(a.query, ''), '\s+', ' ', 'g'), 200)
FROM (%s) AS b (pid) LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = b.pid ORDER BY 1`

var (
	selectBlockers = fmt.Sprintf(selectActivity, `SELECT DISTINCT unnest(pg_blocking_pids($1))`)
	selectHolder   = fmt.Sprintf(selectActivity, `SELECT l.pid FROM pg_catalog.pg_locks l
  WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 0 AND l.objid = ($1::bigint)::oid AND l.objsubid = 1
    AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())`)
)

func blockers(ctx context.Context, q Querier, query string, arg int64) ([]Blocker, error) {
	rows, err := q.QueryContext(ctx, query, arg)
	if err != nil {
		return nil, fmt.Errorf("find the holder of a lock: %w", err)
	}
	defer rows.Close()
	var all []Blocker
	for rows.Next() {
		var (
			b       Blocker
			seconds float64
		)
		if err := rows.Scan(&b.PID, &b.Application, &b.User, &b.State, &seconds, &b.Query); err != nil {
			return nil, fmt.Errorf("find the holder of a lock: %w", err)
		}
		b.For = time.Duration(seconds * float64(time.Second))
		all = append(all, b)
	}
	return all, rows.Err()
}

func describeBlockers(all []Blocker) string {
	if len(all) == 0 {
		return "a session that cannot be seen"
	}
	text := make([]string, len(all))
	for i, b := range all {
		text[i] = b.String()
	}
	return strings.Join(text, "; ")
}

func samePIDs(a, b []Blocker) bool {
	return slices.EqualFunc(a, b, func(x, y Blocker) bool { return x.PID == y.PID })
}

// watchEvery is how often a running statement is looked at: soon enough for somebody
// who waits, and no load. longStep is the time after which one counts as long; what is
// told of it after that comes at growing pauses.
const (
	watchEvery = 200 * time.Millisecond
	longStep   = 5 * time.Second
)

// watch tells, from a second connection, what the session's statement waits for and
// how far a long one is, until stop is called. Without a second connection it is
// silent.
func (s *session) watch(ctx context.Context, total int, tell func(string)) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	s.step.Store(0)
	go func() {
		defer close(done)
		w := watcher{s: s, total: total, tell: tell}
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(watchEvery):
				w.look(ctx)
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// watcher remembers what was told.
type watcher struct {
	s       *session
	total   int // statements of the file
	tell    func(string)
	waiting []Blocker
	step    int64
	since   time.Time
	next    time.Duration
}

func (w *watcher) look(ctx context.Context) {
	now, err := blockers(ctx, w.s.db, selectBlockers, int64(w.s.pid))
	if err != nil {
		return
	}
	if !samePIDs(now, w.waiting) {
		w.waiting = now
		if len(now) > 0 {
			w.s.blocker.Store(&now)
			w.tell("waits for " + describeBlockers(now))
		} else {
			w.tell("goes on")
		}
	}
	if step := w.s.step.Load(); step != w.step {
		w.step, w.since, w.next = step, time.Now(), longStep
	}
	if took := time.Since(w.since); w.step > 0 && took >= w.next && len(now) == 0 {
		w.next = min(2*w.next, w.next+time.Minute)
		w.tell(fmt.Sprintf("statement %d of %d has run for %v%s", w.step, w.total, took.Round(time.Second), w.s.indexProgress(ctx)))
	}
}

const selectIndexProgress = `SELECT format(': %s, %s%%', phase, coalesce(
  100 * coalesce(nullif(blocks_done, 0), tuples_done) / nullif(coalesce(nullif(blocks_total, 0), tuples_total), 0), 0))
FROM pg_catalog.pg_stat_progress_create_index WHERE pid = $1`

// indexProgress says how far building an index is, "" for other statements.
func (s *session) indexProgress(ctx context.Context) string {
	var text string
	if err := scanOne(ctx, s.db, &text, selectIndexProgress, int64(s.pid)); err != nil {
		return ""
	}
	return text
}
