package migrate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	atlas "ariga.io/atlas/sql/migrate"
)

// UpOptions tunes [Up]. The zero value applies every pending file.
type UpOptions struct {
	// To is the last version to apply. Default: all.
	To string
	// Limit is the largest number of files to apply. Default 0: no limit.
	Limit int
	// LockTimeout is how long to wait for another process that migrates. Default 60s.
	LockTimeout time.Duration
	// Operator is kept with each revision. Default "entgraph".
	Operator string
	// Progress is told when a file begins and ends. [Print] makes one that writes text.
	Progress func(Event)
}

// Event is the begin or the end of one file.
type Event struct {
	File  File
	Index int  // counted from 1
	Count int  // how many files this call applies
	Done  bool // false at the begin
	Err   error
}

// Up applies the pending files of dir to the database at url, in order, and gives
// those that ran to their end. It is safe to call from many processes at once and
// again after a crash or a failure; see the package comment for what it promises.
//
// It fails with a [StateError] when the database does not fit the directory and
// with a [StatementError] when a statement fails.
func Up(ctx context.Context, url string, dir fs.FS, o UpOptions) (applied []File, err error) {
	d, err := openDirectory(dir)
	if err != nil {
		return nil, err
	}
	s, err := openSession(ctx, url)
	if err != nil {
		return nil, err
	}
	defer func() {
		// The connection is already gone when the context ended; that is no news.
		if cerr := s.close(); err == nil && cerr != nil {
			err = fmt.Errorf("close connection: %w", cerr)
		}
	}()
	return s.up(ctx, d, o.withDefaults())
}

func (o UpOptions) withDefaults() UpOptions {
	if o.LockTimeout == 0 {
		o.LockTimeout = time.Minute
	}
	if o.Operator == "" {
		o.Operator = "entgraph"
	}
	if o.Progress == nil {
		o.Progress = func(Event) {}
	}
	return o
}

// up applies the pending files of d while it holds the lock.
func (s *session) up(ctx context.Context, d *directory, o UpOptions) ([]File, error) {
	if err := s.lock(ctx, o.LockTimeout); err != nil {
		return nil, err
	}
	if err := ensureRevisions(ctx, s.conn); err != nil {
		return nil, err
	}
	st, err := d.status(ctx, s.conn)
	if err != nil {
		return nil, err
	}
	if err := st.blocked(); err != nil {
		return nil, err
	}
	pending, err := selectPending(st, d, o)
	if err != nil {
		return nil, err
	}
	var applied []File
	for i, f := range pending {
		resumed := st.Partial != nil && st.Partial.Version == f.Version
		if resumed {
			f.Resumed = st.Partial.Applied
		}
		event := Event{File: f, Index: i + 1, Count: len(pending)}
		o.Progress(event)
		start := time.Now()
		event.Err = s.apply(ctx, d, f, resumed, o.Operator)
		f.Elapsed = time.Since(start)
		event.File, event.Done = f, true
		o.Progress(event)
		if event.Err != nil {
			return applied, event.Err
		}
		applied = append(applied, f)
	}
	return applied, nil
}

// selectPending cuts the pending files at the version and the number wanted.
func selectPending(st Status, d *directory, o UpOptions) ([]File, error) {
	pending := st.Pending
	if o.To != "" {
		if d.byVersion(o.To) == nil {
			return nil, fmt.Errorf("apply migrations to %s: no file has this version", o.To)
		}
		n := 0
		for n < len(pending) && pending[n].Version <= o.To {
			n++
		}
		pending = pending[:n]
	}
	if o.Limit > 0 && o.Limit < len(pending) {
		pending = pending[:o.Limit]
	}
	return pending, nil
}

// apply runs one file with Atlas' executor.
func (s *session) apply(ctx context.Context, d *directory, f File, resumed bool, operator string) error {
	file := d.byVersion(f.Version)
	tx, err := transactional(file)
	if err != nil {
		return err
	}
	if err := checkStatements(file); err != nil {
		return err
	}
	if err := s.prepare(ctx); err != nil {
		return err
	}
	ex, err := atlas.NewExecutor(&driver{s.drv, s}, d.atlas, &store{s, d.sums}, atlas.WithOperatorVersion(operator))
	if err != nil {
		return fmt.Errorf("prepare executor: %w", err)
	}
	s.perStatement, s.resuming = !tx, resumed
	if !tx {
		return explain(ex.Execute(ctx, file), file)
	}
	if err := s.begin(ctx); err != nil {
		return err
	}
	if err := ex.Execute(ctx, file); err != nil {
		// The first cause is what matters; after a lost connection this fails too, and
		// the server rolls back by itself.
		_ = s.rollback(ctx)
		return explain(err, file)
	}
	if err := s.commit(ctx); err != nil {
		return fmt.Errorf("apply %s: %w", f.Name, err)
	}
	return nil
}

// explain says where in the file an error of the executor happened.
func explain(err error, file *atlas.LocalFile) error {
	var (
		stmt    *atlas.StmtExecError
		changed atlas.HistoryChangedError
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &stmt):
		return statementError(stmt, file)
	case errors.As(err, &changed):
		return &StateError{ErrEdited, fmt.Sprintf("%s, statement %d was already applied", changed.File, changed.Stmt),
			"restore the statements that were applied; later ones may change"}
	}
	return fmt.Errorf("apply %s: %w", file.Name(), err)
}

func statementError(err *atlas.StmtExecError, file *atlas.LocalFile) error {
	out := &StatementError{File: file.Name(), Line: line(file, err.Stmt), SQL: err.Stmt.Text, Err: err.Err}
	if stmts, serr := statements(file); serr == nil {
		for i, s := range stmts {
			if s.Pos == err.Stmt.Pos {
				out.Statement = i + 1
			}
		}
	}
	if sqlState(err.Err) == activeTransaction {
		out.Advice = `begin the file with the line "-- atlas:txmode none" and an empty line`
	}
	return out
}
