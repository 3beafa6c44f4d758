package database

import (
	"context"
	"io/fs"
	"slices"
	"strings"

	atlas "ariga.io/atlas/sql/migrate"

	"github.com/entgraph/entgraph/internal/migrate/folder"
)

// The states of an [Entry].
const (
	StateApplied   = "applied"
	StatePending   = "pending"
	StatePartial   = "applied in part"
	StateReverting = "taken back in part"
	StateBaseline  = "baseline"
	StateStamped   = "stamped" // recorded as applied, and not run
	StateMissing   = "file missing"
	StateBefore    = "before the history" // older than a baseline or a checkpoint
)

// Entry is one version of the directory or of the database.
type Entry struct {
	Version     string
	Description string
	State       string    // one of the State constants
	Edited      bool      // the file was changed after it had been applied
	OutOfOrder  bool      // pending, and older than the newest applied one
	Reversible  bool      // has a down file
	Revision    *Revision // nil when the database does not know the version
}

// ReadHistory lists all versions that the directory or the database at url knows, in
// order. It changes nothing.
func ReadHistory(ctx context.Context, url string, dir fs.FS) ([]Entry, error) {
	st, err := ReadStatus(ctx, url, dir)
	if err != nil {
		return nil, err
	}
	d, err := folder.Open(dir)
	if err != nil {
		return nil, err
	}
	down, err := folder.OpenDown(dir)
	if err != nil {
		return nil, err
	}
	var all []Entry
	for _, r := range st.Unknown {
		all = append(all, Entry{Version: r.Version, Description: r.Description, State: StateMissing, Revision: r})
	}
	for _, f := range d.Files {
		r := byVersion(st.Applied, f.Version())
		e := Entry{Version: f.Version(), Description: f.Desc(), Revision: r, Reversible: down[f.Version()] != nil, State: StateBefore}
		if is := func(p folder.File) bool { return p.Version == f.Version() }; r == nil && slices.ContainsFunc(st.Pending, is) {
			e.State, e.OutOfOrder = StatePending, slices.ContainsFunc(st.OutOfOrder, is)
		}
		if r != nil {
			e.State = stateOf(r)
			e.Edited = e.State == StateApplied && !sumFits(d, st.Applied, r)
		}
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b Entry) int { return strings.Compare(a.Version, b.Version) })
	return all, nil
}

func stateOf(r *Revision) string {
	switch {
	case partial(r):
		return StatePartial
	case reverting(r):
		return StateReverting
	case r.Type.Has(atlas.RevisionTypeBaseline):
		return StateBaseline
	case r.Type.Has(atlas.RevisionTypeResolved) && !r.Type.Has(atlas.RevisionTypeExecute):
		return StateStamped
	}
	return StateApplied
}
