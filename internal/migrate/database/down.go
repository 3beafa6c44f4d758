package database

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	atlas "ariga.io/atlas/sql/migrate"

	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
)

// DownOptions says what [Down] takes back. The zero value means the newest migration.
type DownOptions struct {
	// Count is how many migrations to take back. Default 1, unless To is set; more than
	// there are is an error.
	Count int
	// To is the version that is the newest applied one afterwards, or [folder.Base].
	To string
	// AllowLoss lets the down files lose data. Without it Down fails with
	// [migrate.ErrDestructive] and changes nothing.
	AllowLoss bool
	// LockTimeout, StatementLockTimeout and Progress are as in [UpOptions].
	LockTimeout          time.Duration
	StatementLockTimeout time.Duration
	Progress             func(Event)
}

func (o DownOptions) up() UpOptions {
	return UpOptions{LockTimeout: o.LockTimeout, StatementLockTimeout: o.StatementLockTimeout, Progress: o.Progress}.withDefaults()
}

// DownPlan is what [Down] would do.
type DownPlan struct {
	Files  []folder.File // newest first
	SQL    []string      // the down file of each
	Losses []Loss        // data that would be gone
}

// Down takes the newest migrations back by their down files, newest first, and gives
// those that ran to their end. A down file and the removal of its revision are one
// transaction; one with "-- atlas:txmode none" runs statement by statement and is
// resumed by the next Down after a crash. As with [Up], many callers may try at once.
//
// Before anything is changed, the files run in a transaction that is rolled back, to
// see what data would be lost. Down fails with [migrate.ErrIrreversible] when a down file is
// missing, with [migrate.ErrDestructive] when data would be lost and AllowLoss is not set,
// and with a [migrate.StatementError] when a statement fails.
func Down(ctx context.Context, url string, dir fs.FS, o DownOptions) (reverted []folder.File, err error) {
	b, err := openBoth(dir)
	if err != nil {
		return nil, err
	}
	err = withLock(ctx, url, o.up(), func(s *session) error {
		var err error
		reverted, err = s.down(ctx, b, o)
		return err
	})
	return reverted, err
}

// down takes migrations back while the session holds the lock.
func (s *session) down(ctx context.Context, b bothWays, o DownOptions) (reverted []folder.File, err error) {
	st, targets, err := s.targets(ctx, b, o)
	if err != nil {
		return nil, err
	}
	if !o.AllowLoss {
		losses, err := s.trial(ctx, targets)
		if err != nil {
			return nil, err
		}
		if len(losses) > 0 {
			return nil, migrate.Refuse(migrate.ErrDestructive, describeLosses(losses), "to lose it, add: --allow-loss")
		}
	}
	if err := s.saveMerged(ctx, st); err != nil {
		return nil, err
	}
	up := o.up()
	for i, t := range targets {
		event := Event{File: t.file(), Index: i + 1, Count: len(targets)}
		up.Progress(event)
		start := time.Now()
		stop := s.watch(ctx, event.File.Statements, up.notice(event))
		event.Err = s.revert(ctx, t, up)
		stop()
		event.File.Elapsed, event.Done = time.Since(start), true
		up.Progress(event)
		if event.Err != nil {
			return reverted, event.Err
		}
		reverted = append(reverted, event.File)
	}
	return reverted, nil
}

// PlanDown says what [Down] would do, and changes nothing. AllowLoss has no meaning.
func PlanDown(ctx context.Context, url string, dir fs.FS, o DownOptions) (plan DownPlan, err error) {
	b, err := openBoth(dir)
	if err != nil {
		return DownPlan{}, err
	}
	err = withLock(ctx, url, o.up(), func(s *session) error {
		_, targets, err := s.targets(ctx, b, o)
		if err != nil {
			return err
		}
		for _, t := range targets {
			plan.Files = append(plan.Files, t.file())
			plan.SQL = append(plan.SQL, string(t.back.Bytes()))
		}
		plan.Losses, err = s.trial(ctx, targets)
		return err
	})
	return plan, err
}

// backStep is one migration to take back.
type backStep struct {
	rev   *Revision
	back  *atlas.LocalFile
	stmts []*atlas.Stmt // of back
	done  int           // how many of them an earlier run has applied
}

func (t backStep) file() folder.File {
	return folder.File{Name: t.back.Name(), Version: t.back.Version(), Description: t.back.Desc(),
		Statements: len(t.stmts), Resumed: t.done, Down: true}
}

// bothWays is a directory with its down files by version.
type bothWays struct {
	*folder.Directory
	down map[string]*atlas.LocalFile
}

func openBoth(dir fs.FS) (bothWays, error) {
	d, err := folder.Open(dir)
	if err != nil {
		return bothWays{}, err
	}
	down, err := folder.OpenDown(dir)
	return bothWays{d, down}, err
}

// targets finds the migrations that are to be taken back.
func (s *session) targets(ctx context.Context, b bothWays, o DownOptions) (Status, []backStep, error) {
	st, err := statusOf(ctx, s.conn, b.Directory)
	if err != nil {
		return Status{}, nil, err
	}
	targets, err := st.targets(b.Directory, b.down, o)
	return st, targets, err
}

// withLock runs f on a session that holds the migration lock.
func withLock(ctx context.Context, url string, o UpOptions, f func(*session) error) error {
	s, err := openLocked(ctx, url, o, nil)
	if err != nil {
		return err
	}
	err = f(s)
	// The connection is already gone when the context ended; that is no news.
	if cerr := s.close(); err == nil && cerr != nil {
		err = fmt.Errorf("close connection: %w", cerr)
	}
	return err
}

// targets chooses the revisions to take back and finds their down files.
func (s Status) targets(d *folder.Directory, down map[string]*atlas.LocalFile, o DownOptions) ([]backStep, error) {
	if len(s.Half) > 0 {
		return nil, s.blocked()
	}
	if s.Partial != nil {
		return nil, migrate.Refuse(migrate.ErrPartial, s.partialDetail(), "finish it first with: migrate up")
	}
	revs, err := s.newest(o)
	if err != nil {
		return nil, err
	}
	var all []backStep
	for _, r := range revs {
		t, err := newBackStep(d, down, r)
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

// newest gives the revisions that the options mean, newest first.
func (s Status) newest(o DownOptions) ([]*Revision, error) {
	n := max(o.Count, 1)
	switch {
	case o.To == folder.Base:
		n = len(s.Applied)
	case o.To != "":
		i := slices.IndexFunc(s.Applied, func(r *Revision) bool { return r.Version == o.To })
		if i < 0 {
			return nil, fmt.Errorf("take migrations back to %s: this version is not applied", o.To)
		}
		n = len(s.Applied) - 1 - i
	case n > len(s.Applied) && (o.Count > 0 || len(s.Applied) > 0):
		return nil, fmt.Errorf("take %s back: only %d applied", migrate.Count(n, "migration"), len(s.Applied))
	}
	n = min(n, len(s.Applied))
	revs := slices.Clone(s.Applied[len(s.Applied)-n:])
	slices.Reverse(revs)
	return revs, nil
}

func newBackStep(d *folder.Directory, down map[string]*atlas.LocalFile, r *Revision) (backStep, error) {
	name := r.Version + "_" + r.Description + ".sql"
	if f := d.ByVersion(r.Version); f != nil {
		name = f.Name()
	}
	t := backStep{rev: r, back: down[r.Version]}
	switch {
	case d.ByVersion(r.Version) == nil:
		return t, migrate.Refuse(migrate.ErrDiverged, name, "run the release that has this migration: it knows the way back")
	case r.Type.Has(atlas.RevisionTypeBaseline):
		return t, migrate.Refuse(migrate.ErrIrreversible, r.Version+" is the baseline, with which the history begins",
			"what was there before it can only be restored from a backup")
	case t.back == nil:
		return t, migrate.Refuse(migrate.ErrIrreversible, name+" has no down file",
			"write down/"+name+" and run: migrate hash; or undo the change by a new migration")
	}
	if err := folder.CheckFile(t.back); err != nil {
		return t, err
	}
	var err error
	if t.stmts, err = folder.Statements(t.back); err != nil {
		return t, err
	}
	if len(t.stmts) == 0 && strings.HasSuffix(string(t.back.Bytes()), folder.DownTemplate) {
		return t, migrate.Refuse(migrate.ErrIrreversible, "down/"+name+" was never written",
			"write the way back there, or replace the comment by another one when there is nothing to take back, and run: migrate hash")
	}
	t.done, err = t.counted()
	return t, err
}

// counted says how many statements of the down file a broken off run has applied.
func (t backStep) counted() (int, error) {
	if !reverting(t.rev) {
		return 0, nil
	}
	sums, counted := t.sums(), t.rev.PartialHashes[1:]
	for i, sum := range counted {
		if i >= len(sums) || sums[i] != sum {
			return 0, migrate.Refuse(migrate.ErrEdited, fmt.Sprintf("%s/%s, statement %d was already applied", sqlfile.Down, t.back.Name(), i+1),
				"restore the statements that were applied; later ones may change")
		}
	}
	return len(counted), nil
}
