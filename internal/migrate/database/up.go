package database

import (
	"context"
	"fmt"
	"io/fs"
	"sync"
	"time"

	atlas "ariga.io/atlas/sql/migrate"

	"github.com/entgraph/entgraph/internal/migrate/folder"
)

// UpOptions tunes [Up]. The zero value applies every pending file.
type UpOptions struct {
	// To is the last version to apply. Default: all.
	To string
	// Limit is the largest number of files to apply. Default 0: no limit.
	Limit int
	// LockTimeout is how long to wait for another process that migrates. Default 60s.
	LockTimeout time.Duration
	// Operator is the program that migrates: it is kept with each revision, and is the
	// application_name of its servers' connections. Default "entgraph".
	Operator string
	// StatementLockTimeout is how long a statement waits for a lock before it fails and
	// lets whoever waits behind it go on. Default 0: the server's lock_timeout.
	StatementLockTimeout time.Duration
	// StandIns makes roles that migrations name and the server lacks, without a login, and
	// leaves out what concerns the whole server; see [ServerWide]. It is for servers of
	// tests and development.
	StandIns bool
	// External are tables that others make: with no others a database counts as empty. With
	// StandIns those that are missing are made first.
	External External
	// Progress is told when a file begins and ends, and meanwhile what is waited for.
	// Calls do not overlap. [Print] makes one that writes text.
	Progress func(Event)
}

// Event is the begin or the end of one file, or a notice.
type Event struct {
	File  folder.File // the zero value before the first file
	Index int         // counted from 1
	Count int         // how many files this call applies
	Done  bool        // false at the begin
	Err   error
	// Notice says what is waited for, or how far a long statement is. When it is not
	// empty, the file neither begins nor ends.
	Notice string
}

// Up applies the pending files of dir to the database at url, in order, and gives
// those that ran to their end. It is safe to call from many processes at once and
// again after a crash or a failure; see the package comment for what it promises.
//
// On a database that is newer by compatible migrations there is nothing to do: a server of
// the release before may start again. It fails with a [migrate.StateError] when the database does not fit the directory and
// with a [migrate.StatementError] when a statement fails.
func Up(ctx context.Context, url string, dir fs.FS, o UpOptions) (applied []folder.File, err error) {
	d, err := folder.Open(dir)
	if err != nil {
		return nil, err
	}
	o = o.withDefaults()
	var w upWork
	s, err := openLocked(ctx, url, o, func(s *session) (err error) {
		w, err = s.prepareUp(ctx, d, o)
		return err
	})
	if err != nil {
		return nil, err
	}
	defer func() {
		// The connection is already gone when the context ended; that is no news.
		if cerr := s.close(); err == nil && cerr != nil {
			err = fmt.Errorf("close connection: %w", cerr)
		}
	}()
	if o.StandIns {
		s.roles = &standIns{url: url}
		if err := s.provide(ctx, o.External); err != nil {
			return nil, err
		}
	}
	tries := 0
	err = s.roles.withRoles(ctx, func() error {
		if tries++; tries > 1 { // some of it may have run
			var err error
			if w, err = s.prepareUp(ctx, d, o); err != nil {
				return err
			}
		}
		w.before = len(applied)
		more, err := s.applyAll(ctx, d, w, o)
		applied = append(applied, more...)
		return err
	})
	s.roles.tell(o)
	return applied, err
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
		return o
	}
	progress, mu := o.Progress, new(sync.Mutex)
	o.Progress = func(e Event) {
		mu.Lock()
		defer mu.Unlock()
		progress(e)
	}
	return o
}

// notice gives a function that tells Progress a notice during the given event.
func (o UpOptions) notice(during Event) func(string) {
	return func(text string) {
		during.Notice = text
		o.Progress(during)
	}
}

// upWork is what there is to apply.
type upWork struct {
	status  Status
	pending []folder.File
	before  int // files that this call has applied already, before it tries again
}

// up takes the lock and applies the pending files of d.
func (s *session) up(ctx context.Context, d *folder.Directory, o UpOptions) ([]folder.File, error) {
	if err := s.lock(ctx, o.LockTimeout, o.notice(Event{})); err != nil {
		return nil, err
	}
	w, err := s.prepareUp(ctx, d, o)
	if err != nil {
		return nil, err
	}
	return s.applyAll(ctx, d, w, o)
}

// prepareUp finds what there is to apply, while it holds the lock. It may be repeated.
func (s *session) prepareUp(ctx context.Context, d *folder.Directory, o UpOptions) (w upWork, err error) {
	if err := ensureRevisions(ctx, s.conn); err != nil {
		return w, err
	}
	if w.status, err = statusOf(ctx, s.conn, d); err != nil {
		return w, err
	}
	if err := w.status.besides(ctx, s.conn, o.External.Tables); err != nil {
		return w, err
	}
	if err := w.status.upBlocked(); err != nil {
		return w, err
	}
	if w.status.compatible() {
		return w, nil // the history is that of a newer release
	}
	if err := s.saveMerged(ctx, w.status); err != nil {
		return w, err
	}
	if err := s.tidy(ctx, w.status); err != nil {
		return w, err
	}
	if w.pending, err = selectPending(w.status, d, o); err != nil {
		return w, err
	}
	return w, s.tellServers(ctx, w, o)
}

// applyAll applies files while it holds the lock.
func (s *session) applyAll(ctx context.Context, d *folder.Directory, w upWork, o UpOptions) ([]folder.File, error) {
	st, pending := w.status, w.pending
	var applied []folder.File
	for i, f := range pending {
		resumed := st.Partial != nil && st.Partial.Version == f.Version
		if resumed {
			f.Resumed = st.Partial.Applied
		}
		event := Event{File: f, Index: w.before + i + 1, Count: w.before + len(pending)}
		if !s.roles.again(f) {
			o.Progress(event)
		}
		start := time.Now()
		stop := s.watch(ctx, f.Statements, o.notice(event))
		event.Err = s.apply(ctx, d, f, resumed, o)
		stop()
		f.Elapsed = time.Since(start)
		event.File, event.Done = f, true
		if !s.roles.holds(event) {
			o.Progress(event)
		}
		if event.Err != nil {
			return applied, event.Err
		}
		applied = append(applied, f)
	}
	return applied, nil
}

// selectPending cuts the pending files at the version and the number wanted.
func selectPending(st Status, d *folder.Directory, o UpOptions) ([]folder.File, error) {
	pending := st.Pending
	if o.To != "" {
		if d.ByVersion(o.To) == nil {
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
func (s *session) apply(ctx context.Context, d *folder.Directory, f folder.File, resumed bool, o UpOptions) error {
	file := d.ByVersion(f.Version)
	tx, err := folder.Transactional(file)
	if err != nil {
		return err
	}
	if err := folder.CheckFile(file); err != nil {
		return err
	}
	if err := s.prepare(ctx, o.StatementLockTimeout); err != nil {
		return err
	}
	if fn := d.Function(file); fn != nil {
		return s.applyFunc(ctx, d, f, fn, o.Operator)
	}
	if err := s.resume(ctx, file, f.Resumed); err != nil {
		return err
	}
	ex, err := atlas.NewExecutor(&stmtDriver{s.drv, s}, d.Atlas, &store{s, d.Sums}, atlas.WithOperatorVersion(o.Operator))
	if err != nil {
		return fmt.Errorf("prepare executor: %w", err)
	}
	s.perStatement, s.resuming = !tx, resumed
	if !tx {
		return s.explain(ex.Execute(ctx, file), file)
	}
	if err := s.begin(ctx); err != nil {
		return err
	}
	if err := ex.Execute(ctx, file); err != nil {
		// The first cause is what matters; after a lost connection this fails too, and
		// the server rolls back by itself.
		_ = s.rollback(ctx)
		return s.explain(err, file)
	}
	if err := s.commit(ctx); err != nil {
		return fmt.Errorf("apply %s: %w", f.Name, err)
	}
	return nil
}

// resume prepares the session to go on after the applied statements of a file.
func (s *session) resume(ctx context.Context, file *atlas.LocalFile, applied int) error {
	stmts, err := folder.Statements(file)
	if err != nil {
		return err
	}
	s.step.Store(int64(applied))
	texts := make([]string, 0, len(stmts))
	for _, stmt := range stmts[:min(applied, len(stmts))] {
		texts = append(texts, stmt.Text)
	}
	return s.replaySettings(ctx, texts)
}

// tidy removes the partial hashes of files that are applied: their last write is missing
// when a client has died after the last statement.
func (s *session) tidy(ctx context.Context, st Status) error {
	for _, r := range st.Applied {
		if partial(r) || reverting(r) || r.PartialHashes == nil {
			continue
		}
		r.PartialHashes = nil
		if err := (&store{s: s}).WriteRevision(ctx, r); err != nil {
			return fmt.Errorf("tidy revision %s: %w", r.Version, err)
		}
	}
	return nil
}
