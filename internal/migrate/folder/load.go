package folder

import (
	"fmt"
	"io/fs"

	atlas "ariga.io/atlas/sql/migrate"
)

// Contents is what a migration file says, its text and its statements, for callers that want to
// look at each.
type Contents struct {
	Name          string // such as "20260102150405_add_post_published.sql"
	Version       string
	Text          string // the whole file
	Transactional bool   // false: txmode none
	Statements    []Statement
	// Func is the Go function that runs in place of the statements, when dir is a
	// [Funcs] that knows it, else nil. [Contents.Statements] then has one that names it.
	Func Func
	// Down is the way back, down/<Name> beside the file: nil when there is none.
	// It has no Down of its own.
	Down *Contents
}

// Statement is one statement of a file, without the semicolon.
type Statement struct {
	SQL  string
	Line int // where it begins, counted from 1
}

// Load reads a migration directory, in version order. It fails as [database.Up] does for a
// directory whose atlas.sum does not match; down.sum is checked by [Validate].
func Load(dir fs.FS) ([]Contents, error) {
	d, err := Open(dir)
	if err != nil {
		return nil, err
	}
	files, _, err := readDown(dir)
	if err != nil {
		return nil, err
	}
	down := map[string]*atlas.LocalFile{}
	for _, f := range files {
		down[f.Version()] = f
	}
	all := make([]Contents, 0, len(d.Files))
	for _, f := range d.Files {
		s, err := contentsOf(f)
		if err != nil {
			return nil, err
		}
		if s.Func = d.Function(f); s.Func != nil {
			s.Statements = []Statement{{SQL: fmt.Sprintf("-- Go function %q", f.Desc()), Line: 1}}
		}
		if back := down[f.Version()]; back != nil {
			if s.Down, err = contentsOf(back); err != nil {
				return nil, err
			}
		}
		all = append(all, *s)
	}
	return all, nil
}

func contentsOf(f *atlas.LocalFile) (*Contents, error) {
	tx, err := Transactional(f)
	if err != nil {
		return nil, err
	}
	if err := checkStatements(f); err != nil {
		return nil, err
	}
	stmts, err := Statements(f)
	if err != nil {
		return nil, err
	}
	s := &Contents{Name: f.Name(), Version: f.Version(), Text: string(f.Bytes()), Transactional: tx}
	for _, stmt := range stmts {
		s.Statements = append(s.Statements, Statement{SQL: stmt.Text, Line: Line(f, stmt)})
	}
	return s, nil
}
