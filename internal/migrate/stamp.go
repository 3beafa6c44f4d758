package migrate

import (
	"context"
	"fmt"
	"io/fs"
	"time"

	atlas "ariga.io/atlas/sql/migrate"
)

// StampOptions tunes [Stamp].
type StampOptions struct {
	// DryRun only says what would change.
	DryRun bool
	// LockTimeout, Operator and Progress are as in [UpOptions].
	LockTimeout time.Duration
	Operator    string
	Progress    func(Event)
}

// Stamped says what [Stamp] has recorded.
type Stamped struct {
	Set     []string // versions that now count as applied
	Removed []string // versions that do not any more
}

// Stamp records that the database at url is at the given version, without running a
// file: all files up to it count as applied, and no later one. [Base] means none. A
// file applied in part then counts as applied. It does what "atlas migrate set" does.
func Stamp(ctx context.Context, url string, dir fs.FS, version string, o StampOptions) (out Stamped, err error) {
	d, err := openDirectory(dir)
	if err != nil {
		return Stamped{}, err
	}
	if version != Base && d.byVersion(version) == nil {
		return Stamped{}, noVersion("stamp", version)
	}
	up := UpOptions{LockTimeout: o.LockTimeout, Operator: o.Operator, Progress: o.Progress}.withDefaults()
	err = withLock(ctx, url, up, func(s *session) error {
		revs, err := readRevisions(ctx, s.conn)
		if err != nil {
			return err
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
