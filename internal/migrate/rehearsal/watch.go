package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// relationLock is a lock of pg_locks on a table or an index.
type relationLock struct {
	relation uint32
	lock     Lock
}

// readLocks gives the locks on relations that a backend holds or waits for.
func readLocks(ctx context.Context, conn *pgx.Conn, pid uint32) ([]relationLock, error) {
	rows, err := conn.Query(ctx, `SELECT relation, mode FROM pg_locks
WHERE pid = $1 AND locktype = 'relation' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`, int64(pid))
	if err != nil {
		return nil, fmt.Errorf("read locks: %w", err)
	}
	var (
		all  []relationLock
		oid  uint32
		mode string
	)
	_, err = pgx.ForEachRow(rows, []any{&oid, &mode}, func() error {
		all = append(all, relationLock{oid, parseLock(mode)})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read locks: %w", err)
	}
	return all, nil
}

// bare runs a statement that refuses a transaction. Its locks are gone when it has
// ended, so a second connection looks on; and because a small table may be done
// between two looks, a third is a writer at work, for which statements that lock a
// table or build an index concurrently have to wait.
func (o *observer) bare(ctx context.Context, s *Statement) (err error) {
	for _, conn := range []**pgx.Conn{&o.db.watcher, &o.db.writer} {
		if *conn != nil {
			continue
		}
		if *conn, err = o.db.connect(ctx); err != nil {
			return err
		}
	}
	if err := o.startWriter(ctx); err != nil {
		return err
	}
	done := make(chan error, 1)
	start := time.Now()
	go func() { done <- o.db.exec(ctx, s.SQL) }()
	w := &watch{watcher: o.db.watcher, writer: o.db.writer, pid: o.db.conn.PgConn().PID(), released: start}
	if err := w.follow(ctx, done); err != nil {
		return err
	}
	s.Elapsed = Duration(time.Since(w.released))
	if !w.waited {
		if err := w.release(ctx); err != nil {
			return err
		}
	}
	o.addLocks(s, w.locks)
	if !o.became {
		return o.askState(ctx, s, nil)
	}
	return pgx.BeginFunc(ctx, o.db.conn, func(pgx.Tx) error {
		if err := o.db.exec(ctx, becomeSelf); err != nil {
			return err
		}
		return o.askState(ctx, s, nil)
	})
}

// startWriter begins a transaction that has written every table.
func (o *observer) startWriter(ctx context.Context) error {
	q := []string{"BEGIN"}
	for _, t := range o.last.Tables {
		if t.Kind != "m" {
			q = append(q, "LOCK TABLE "+t.Ident+" IN ROW EXCLUSIVE MODE")
		}
	}
	_, err := o.db.writer.PgConn().Exec(ctx, strings.Join(q, ";")).ReadAll()
	return wrap("start writer", err)
}

type watch struct {
	watcher, writer *pgx.Conn
	pid             uint32
	locks           []relationLock
	waited          bool
	released        time.Time // when the writer got out of the way
}

// follow looks at the locks until the statement is done. On an error of its own it
// still waits for the statement, whose connection is not free before that.
func (w *watch) follow(ctx context.Context, done <-chan error) error {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	var broken error
	for {
		select {
		case err := <-done:
			return errors.Join(err, broken)
		case <-tick.C:
			if broken != nil {
				continue
			}
			if broken = w.look(ctx); broken != nil {
				broken = errors.Join(broken, w.release(ctx)) // or the statement waits for ever
			}
		}
	}
}

// look adds the locks of the moment, and ends the writer once the statement waits.
func (w *watch) look(ctx context.Context) error {
	locks, err := readLocks(ctx, w.watcher, w.pid)
	if err != nil {
		return err
	}
	w.locks = append(w.locks, locks...)
	if w.waited {
		return nil
	}
	var waits bool
	err = w.watcher.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_locks WHERE pid = $1 AND NOT granted)`, int64(w.pid)).Scan(&waits)
	if err != nil {
		return fmt.Errorf("read locks: %w", err)
	}
	if !waits {
		return nil
	}
	w.waited = true
	// Once more: what it has locked meanwhile is still locked while it waits.
	if locks, err = readLocks(ctx, w.watcher, w.pid); err != nil {
		return err
	}
	w.locks = append(w.locks, locks...)
	return w.release(ctx)
}

func (w *watch) release(ctx context.Context) error {
	w.released = time.Now()
	if _, err := w.writer.Exec(ctx, "ROLLBACK"); err != nil {
		return fmt.Errorf("end writer: %w", err)
	}
	return nil
}
