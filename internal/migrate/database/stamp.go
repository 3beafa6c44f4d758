package database

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	atlas "ariga.io/atlas/sql/migrate"

	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

// StampOptions tunes [Stamp].
type StampOptions struct {
	// DryRun only says what would change.
	DryRun bool
	// Scratch gives the database in which the files up to the version are replayed, to
	// compare with; required without Force, except for [folder.Base].
	Scratch Scratch
	// Others are tables that are not looked at.
	Others schemadiff.Others
	// Force records the version without a comparison, when the caller knows better.
	Force bool
	// LockTimeout, Operator and Progress are as in [UpOptions].
	LockTimeout time.Duration
	Operator    string
	Progress    func(Event)
}

// Stamped says what [Stamp] has recorded.
type Stamped struct {
	Set     []string // versions that now count as applied
	Removed []string // versions that do not any more
	// Extra is what the database has besides what the versions make. It may belong to
	// others, or to later versions, which then cannot be applied.
	Extra []schemadiff.Difference
}

// Stamp records that the database at url is at the given version, without running a
// file: all files up to it count as applied, and no later one. [folder.Base] means none. A
// file applied in part then counts as applied. It does what "atlas migrate set" does, and
// unlike that fails with [migrate.ErrDiffers] when the database lacks something that the files make,
// or has it otherwise.
func Stamp(ctx context.Context, url string, dir fs.FS, version string, o StampOptions) (out Stamped, err error) {
	d, err := folder.Open(dir)
	if err != nil {
		return Stamped{}, err
	}
	if err := checkVersion(d, version); err != nil {
		return Stamped{}, err
	}
	up := UpOptions{LockTimeout: o.LockTimeout, Operator: o.Operator, Progress: o.Progress}.withDefaults()
	var want *schemadiff.State
	if version != folder.Base && !o.Force {
		if want, err = stateAt(ctx, d, version, o.Scratch); err != nil {
			return Stamped{}, err
		}
	}
	err = withLock(ctx, url, up, func(s *session) error {
		revs, err := readRevisions(ctx, s.conn)
		if err != nil {
			return err
		}
		if want != nil {
			if out.Extra, err = s.differs(ctx, version, want, o.Others); err != nil {
				return err
			}
		}
		set, removed := stamps(d, revs, version, up.Operator)
		for _, r := range set {
			out.Set = append(out.Set, r.Version)
		}
		out.Removed = removed
		if o.DryRun || len(set)+len(removed) == 0 {
			return nil
		}
		return s.stamp(ctx, d, set, removed)
	})
	return out, err
}

// stateAt replays the files up to a version.
func stateAt(ctx context.Context, d *folder.Directory, version string, scratch Scratch) (state *schemadiff.State, err error) {
	if scratch == nil {
		return nil, errors.New("record a version: there is no server to replay the migrations on, to compare with")
	}
	err = withScratch(ctx, scratch, func(s *session) error {
		if _, err := s.up(ctx, d.WithoutData(), UpOptions{To: version}.withDefaults()); err != nil {
			return fmt.Errorf("replay migrations: %w", err)
		}
		if err := s.prepare(ctx, 0); err != nil {
			return err
		}
		state, err = s.read(ctx)
		return err
	})
	return state, err
}

// differs fails when the database lacks something, and gives what it has besides.
func (s *session) differs(ctx context.Context, version string, want *schemadiff.State, others schemadiff.Others) (extra []schemadiff.Difference, err error) {
	if err := s.prepare(ctx, 0); err != nil {
		return nil, err
	}
	have, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	var wrong []string
	for _, d := range schemadiff.Differences(have.Apart(others), want) {
		if d.Is == "extra" {
			extra = append(extra, d)
			continue
		}
		wrong = append(wrong, d.String())
	}
	if len(wrong) > 0 {
		return nil, migrate.Refuse(migrate.ErrDiffers, oneALine(wrong), "record the last version that it really has, from which up goes on; if you are sure that it is at "+version+", add --force")
	}
	return extra, nil
}

// stamps lists the rows to write and the versions of those to remove.
func stamps(d *folder.Directory, revs []*Revision, version, operator string) (set []*Revision, removed []string) {
	for _, r := range revs {
		if version == folder.Base || r.Version > version {
			removed = append(removed, r.Version)
		}
	}
	if version == folder.Base {
		return nil, removed
	}
	for _, f := range d.Files {
		r := byVersion(revs, f.Version())
		switch {
		case f.Version() > version, r != nil && !partial(r) && !reverting(r):
			continue
		case r != nil:
			fixed := *r
			fixed.Type = atlas.RevisionTypeExecute | atlas.RevisionTypeResolved
			fixed.Applied, fixed.PartialHashes, fixed.Error, fixed.ErrorStmt = r.Total, nil, "", ""
			set = append(set, &fixed)
		case f.IsCheckpoint() && f.Version() != version, len(revs) > 0 && f.Version() < beginning(revs, d.Files):
			// The history begins later, or the checkpoint stands for files that are set.
		default:
			set = append(set, &Revision{Version: f.Version(), Description: f.Desc(), Type: atlas.RevisionTypeResolved,
				ExecutedAt: time.Now(), Hash: d.Sums[f.Version()], OperatorVersion: operator})
		}
	}
	return set, removed
}

// stamp writes and removes rows in one transaction.
func (s *session) stamp(ctx context.Context, d *folder.Directory, set []*Revision, removed []string) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	if err := s.stampRows(ctx, d, set, removed); err != nil {
		_ = s.rollback(ctx) // the first cause is what matters
		return err
	}
	return s.commit(ctx)
}

func (s *session) stampRows(ctx context.Context, d *folder.Directory, set []*Revision, removed []string) error {
	if err := ensureRevisions(ctx, s.conn); err != nil {
		return err
	}
	st := &store{s, d.Sums}
	for _, r := range set {
		if err := st.WriteRevision(ctx, r); err != nil {
			return fmt.Errorf("record %s: %w", r.Version, err)
		}
	}
	for _, version := range removed {
		if err := st.DeleteRevision(ctx, version); err != nil {
			return err
		}
	}
	return nil
}

// CheckVersion fails when no file of dir has the version that is to be stamped; [folder.Base] needs none.
func CheckVersion(dir fs.FS, version string) error {
	d, err := folder.Open(dir)
	if err != nil {
		return err
	}
	return checkVersion(d, version)
}

func checkVersion(d *folder.Directory, version string) error {
	if version != folder.Base && d.ByVersion(version) == nil {
		return migrate.NoVersion("stamp", version)
	}
	return nil
}
