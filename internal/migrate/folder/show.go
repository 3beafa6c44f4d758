package folder

import (
	"io/fs"

	"github.com/entgraph/entgraph/internal/migrate"
)

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
	d, err := Open(dir)
	if err != nil {
		return Migration{}, err
	}
	down, err := OpenDown(dir)
	if err != nil {
		return Migration{}, err
	}
	if version == Head {
		version = d.Last()
	}
	f := d.ByVersion(version)
	if f == nil {
		return Migration{}, migrate.NoVersion("show migration", version)
	}
	m := Migration{SQL: string(f.Bytes()), Checkpoint: f.IsCheckpoint()}
	if m.File, err = d.Describe(f); err != nil {
		return Migration{}, err
	}
	if m.InTx, err = Transactional(f); err != nil {
		return Migration{}, err
	}
	if back := down[version]; back != nil {
		m.Down = string(back.Bytes())
	}
	return m, nil
}
