package migrate

import (
	"errors"
	"fmt"
	"io/fs"
	"path"

	atlas "ariga.io/atlas/sql/migrate"
)

// Source is a migration file with its statements, for who wants to look at each.
type Source struct {
	Name          string // such as "20260102150405_add_post_published.sql"
	Version       string
	Text          string // the whole file
	Transactional bool   // false: txmode none
	Statements    []SourceStatement
	// Down is the way back, down/<Name> beside the file: nil when there is none.
	// It has no Down of its own.
	Down *Source
}

// SourceStatement is one statement of a file, without the semicolon.
type SourceStatement struct {
	SQL  string
	Line int // where it begins, counted from 1
}

// Load reads a migration directory, in version order. It fails as [Up] does for a
// directory whose atlas.sum does not match.
func Load(dir fs.FS) ([]Source, error) {
	d, err := openDirectory(dir)
	if err != nil {
		return nil, err
	}
	all := make([]Source, 0, len(d.files))
	for _, f := range d.files {
		s, err := loadSource(f)
		if err != nil {
			return nil, err
		}
		if s.Down, err = loadDown(dir, f.Name()); err != nil {
			return nil, err
		}
		all = append(all, *s)
	}
	return all, nil
}

func loadSource(f *atlas.LocalFile) (*Source, error) {
	tx, err := transactional(f)
	if err != nil {
		return nil, err
	}
	if err := checkStatements(f); err != nil {
		return nil, err
	}
	stmts, err := statements(f)
	if err != nil {
		return nil, err
	}
	s := &Source{Name: f.Name(), Version: f.Version(), Text: string(f.Bytes()), Transactional: tx}
	for _, stmt := range stmts {
		s.Statements = append(s.Statements, SourceStatement{SQL: stmt.Text, Line: line(f, stmt)})
	}
	return s, nil
}

// loadDown reads the way back of a file; nil when there is none.
func loadDown(dir fs.FS, name string) (*Source, error) {
	data, err := fs.ReadFile(dir, path.Join("down", name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read down file %s: %w", name, err)
	}
	return loadSource(atlas.NewLocalFile(name, data))
}
