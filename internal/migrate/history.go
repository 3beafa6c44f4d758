package migrate

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	atlas "ariga.io/atlas/sql/migrate"
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
	d, err := openDirectory(dir)
	if err != nil {
		return nil, err
	}
	down, err := openDown(dir)
	if err != nil {
		return nil, err
	}
	var all []Entry
	for _, r := range st.Unknown {
		all = append(all, Entry{Version: r.Version, Description: r.Description, State: StateMissing, Revision: r})
	}
	for _, f := range d.files {
		r := byVersion(st.Applied, f.Version())
		e := Entry{Version: f.Version(), Description: f.Desc(), Revision: r, Reversible: down[f.Version()] != nil, State: StateBefore}
		if is := func(p File) bool { return p.Version == f.Version() }; r == nil && slices.ContainsFunc(st.Pending, is) {
			e.State, e.OutOfOrder = StatePending, slices.ContainsFunc(st.OutOfOrder, is)
		}
		if r != nil {
			e.State = stateOf(r)
			e.Edited = e.State == StateApplied && !d.sumFits(st.Applied, r)
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

// Migration is one file of a directory with its way back.
type Migration struct {
	File
	SQL        string
	Down       string // "" without a down file
	Checkpoint bool   // stands for all files before it in a new database
	InTx       bool   // runs in one transaction
}

// Show reads one migration of a directory; [Head] is the newest.
func Show(dir fs.FS, version string) (Migration, error) {
	d, err := openDirectory(dir)
	if err != nil {
		return Migration{}, err
	}
	down, err := openDown(dir)
	if err != nil {
		return Migration{}, err
	}
	if version == Head {
		version = d.last()
	}
	f := d.byVersion(version)
	if f == nil {
		return Migration{}, noVersion("show migration", version)
	}
	m := Migration{SQL: string(f.Bytes()), Checkpoint: f.IsCheckpoint()}
	if m.File, err = d.file(f); err != nil {
		return Migration{}, err
	}
	if m.InTx, err = transactional(f); err != nil {
		return Migration{}, err
	}
	if back := down[version]; back != nil {
		m.Down = string(back.Bytes())
	}
	return m, nil
}

func noVersion(what, version string) error {
	return fmt.Errorf("%s %s: no file has this version", what, version)
}
