package migrate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	atlas "ariga.io/atlas/sql/migrate"

	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

// StampOptions tunes [Stamp].
type StampOptions struct {
	// DryRun only says what would change.
	DryRun bool
	// Scratch gives the database in which the files up to the version are replayed, to
	// compare with; required without Force, except for [Base].
	Scratch Scratch
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
	Extra []Difference
}

// Stamp records that the database at url is at the given version, without running a
// file: all files up to it count as applied, and no later one. [Base] means none. A
// file applied in part then counts as applied. It does what "atlas migrate set" does, and
// unlike that fails with [ErrDiffers] when the database lacks something that the files make,
// or has it otherwise.
func Stamp(ctx context.Context, url string, dir fs.FS, version string, o StampOptions) (out Stamped, err error) {
	d, err := openDirectory(dir)
	if err != nil {
		return Stamped{}, err
	}
	if err := d.checkVersion(version); err != nil {
		return Stamped{}, err
	}
	up := UpOptions{LockTimeout: o.LockTimeout, Operator: o.Operator, Progress: o.Progress}.withDefaults()
	var want *schemadiff.State
	if version != Base && !o.Force {
		if want, err = d.stateAt(ctx, version, o.Scratch); err != nil {
			return Stamped{}, err
		}
	}
	err = withLock(ctx, url, up, func(s *session) error {
		revs, err := readRevisions(ctx, s.conn)
		if err != nil {
			return err
		}
		if want != nil {
			if out.Extra, err = s.differs(ctx, version, want); err != nil {
				return err
			}
		}
		set, removed := d.stamps(revs, version, up.Operator)
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

// CheckVersion fails when no file of dir has the version that is to be stamped; [Base] needs none.
func CheckVersion(dir fs.FS, version string) error {
	d, err := openDirectory(dir)
	if err != nil {
		return err
	}
	return d.checkVersion(version)
}

func (d *directory) checkVersion(version string) error {
	if version != Base && d.byVersion(version) == nil {
		return noVersion("stamp", version)
	}
	return nil
}

// stateAt replays the files up to a version.
func (d *directory) stateAt(ctx context.Context, version string, scratch Scratch) (state *schemadiff.State, err error) {
	if scratch == nil {
		return nil, errors.New("record a version: there is no server to replay the migrations on, to compare with")
	}
	err = withScratch(ctx, scratch, func(s *session) error {
		if _, err := s.up(ctx, d.withoutData(), UpOptions{To: version}.withDefaults()); err != nil {
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
func (s *session) differs(ctx context.Context, version string, want *schemadiff.State) (extra []Difference, err error) {
	if err := s.prepare(ctx, 0); err != nil {
		return nil, err
	}
	have, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	var wrong []string
	for _, d := range Differences(have, want) {
		if d.Is == "extra" {
			extra = append(extra, d)
			continue
		}
		wrong = append(wrong, d.String())
	}
	if len(wrong) > 0 {
		return nil, &StateError{ErrDiffers, oneALine(wrong), "record the last version that it really has, from which up goes on; if you are sure that it is at " + version + ", add --force"}
	}
	return extra, nil
}

// stamps lists the rows to write and the versions of those to remove.
func (d *directory) stamps(revs []*Revision, version, operator string) (set []*Revision, removed []string) {
	for _, r := range revs {
		if version == Base || r.Version > version {
			removed = append(removed, r.Version)
		}
	}
	if version == Base {
		return nil, removed
	}
	for _, f := range d.files {
		r := byVersion(revs, f.Version())
		switch {
		case f.Version() > version, r != nil && !partial(r) && !reverting(r):
			continue
		case r != nil:
			fixed := *r
			fixed.Type = atlas.RevisionTypeExecute | atlas.RevisionTypeResolved
			fixed.Applied, fixed.PartialHashes, fixed.Error, fixed.ErrorStmt = r.Total, nil, "", ""
			set = append(set, &fixed)
		case f.IsCheckpoint() && f.Version() != version, len(revs) > 0 && f.Version() < beginning(revs, d.files):
			// The history begins later, or the checkpoint stands for files that are set.
		default:
			set = append(set, &Revision{Version: f.Version(), Description: f.Desc(), Type: atlas.RevisionTypeResolved,
				ExecutedAt: time.Now(), Hash: d.sums[f.Version()], OperatorVersion: operator})
		}
	}
	return set, removed
}

// stamp writes and removes rows in one transaction.
func (s *session) stamp(ctx context.Context, d *directory, set []*Revision, removed []string) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	if err := s.stampRows(ctx, d, set, removed); err != nil {
		_ = s.rollback(ctx) // the first cause is what matters
		return err
	}
	return s.commit(ctx)
}

func (s *session) stampRows(ctx context.Context, d *directory, set []*Revision, removed []string) error {
	if err := ensureRevisions(ctx, s.conn); err != nil {
		return err
	}
	st := &store{s, d.sums}
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
