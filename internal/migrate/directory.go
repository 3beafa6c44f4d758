package migrate

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"time"

	atlas "ariga.io/atlas/sql/migrate"
)

// File is one file of a migration directory.
type File struct {
	Name        string // such as "20260102150405_add_post_published.sql"
	Version     string // the part before the first underscore
	Description string // the part between that and ".sql"
	Statements  int    // how many the file has
	// Resumed counts the statements that an earlier run had applied. Only set by Up.
	Resumed int
	// Elapsed is how long applying took. Only set by Up and Down.
	Elapsed time.Duration
	// Down says that this is the way back. Only set by Down and PlanDown.
	Down bool
}

var fileName = regexp.MustCompile(`^[0-9A-Za-z.-]+_[^/]*\.sql$`)

// directory is a validated migration directory, read once into memory.
type directory struct {
	atlas *atlas.MemDir
	files []*atlas.LocalFile // in version order
	sums  map[string]string  // by version
	funcs func(name string) Func
}

// openDirectory reads the files at the root of fsys. Sub-folders are ignored, as
// atlas does. It fails when atlas.sum does not match, when a name is malformed and
// when two files have one version.
func openDirectory(fsys fs.FS) (*directory, error) {
	d, err := readDirectory(fsys)
	if err != nil {
		return nil, err
	}
	if err := atlas.Validate(d.atlas); err != nil {
		return nil, checksumError(err)
	}
	return d, nil
}

// readDirectory is openDirectory without a look at atlas.sum.
func readDirectory(fsys fs.FS) (*directory, error) {
	d := &directory{atlas: &atlas.MemDir{}, funcs: funcsOf(fsys)}
	if err := d.read(fsys); err != nil {
		return nil, err
	}
	if err := d.index(); err != nil {
		return nil, err
	}
	return d, nil
}

// index lists the files that were read.
func (d *directory) index() error {
	d.sums = make(map[string]string)
	files, err := d.atlas.Files()
	if err != nil {
		return fmt.Errorf("list migrations: %w", err)
	}
	sum, err := d.atlas.Checksum()
	if err != nil {
		return fmt.Errorf("hash migrations: %w", err)
	}
	for _, f := range files {
		local, ok := f.(*atlas.LocalFile)
		if !ok || !fileName.MatchString(f.Name()) {
			return fmt.Errorf("read migration %s: want a name such as 20260102150405_add_post.sql", f.Name())
		}
		if _, twice := d.sums[f.Version()]; twice {
			return fmt.Errorf("read migration %s: another file has version %s too; run: migrate rebase", f.Name(), f.Version())
		}
		if d.sums[f.Version()], err = sum.SumByName(f.Name()); err != nil {
			return fmt.Errorf("hash migration %s: %w", f.Name(), err)
		}
		d.files = append(d.files, local)
	}
	return nil
}

func (d *directory) read(fsys fs.FS) error {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return fmt.Errorf("read migration directory: %w", err)
	}
	for _, e := range entries {
		if e.IsDir() || !(strings.HasSuffix(e.Name(), ".sql") || e.Name() == atlas.HashFileName) {
			continue
		}
		data, err := fs.ReadFile(fsys, e.Name())
		if err != nil {
			return fmt.Errorf("read migration %s: %w", e.Name(), err)
		}
		if e.Name() == atlas.HashFileName && len(data) == 0 {
			continue // a folder that is about to get its first file
		}
		if err := d.atlas.WriteFile(e.Name(), data); err != nil {
			return fmt.Errorf("keep migration %s: %w", e.Name(), err)
		}
	}
	return nil
}

// file describes f.
func (d *directory) file(f atlas.File) (File, error) {
	stmts, err := statements(f)
	if err != nil {
		return File{}, err
	}
	return File{Name: f.Name(), Version: f.Version(), Description: f.Desc(), Statements: len(stmts)}, nil
}

// last gives the newest version, "" without files.
func (d *directory) last() string {
	if len(d.files) == 0 {
		return ""
	}
	return d.files[len(d.files)-1].Version()
}

// transactional says whether a file wants a transaction around it.
func transactional(f *atlas.LocalFile) (bool, error) {
	switch modes := f.Directive("txmode"); {
	case len(modes) == 0:
		return true, nil
	case len(modes) > 1:
		return false, fmt.Errorf("read %s: several txmode directives", f.Name())
	case modes[0] == "file", modes[0] == "none":
		return modes[0] == "file", nil
	default:
		return false, fmt.Errorf("read %s: txmode %q: want file or none", f.Name(), modes[0])
	}
}

var transactionControl = regexp.MustCompile(`(?i)^\s*(BEGIN|START\s+TRANSACTION|COMMIT|END|ROLLBACK|ABORT|SAVEPOINT|RELEASE|PREPARE\s+TRANSACTION)\b`)

var unnamedIndex = regexp.MustCompile(`(?i)^\s*CREATE\s+(UNIQUE\s+)?INDEX\s+CONCURRENTLY\s+ON\b`)

// checkStatements refuses statements that would end the transaction that holds the
// revision row, because a crash could then repeat what was done, and indexes that
// could not be cleaned up.
func checkStatements(f atlas.File) error {
	stmts, err := statements(f)
	if err != nil {
		return err
	}
	for i, s := range stmts {
		if unnamedIndex.MatchString(s.Text) {
			return &StatementError{
				File: f.Name(), Statement: i + 1, Line: line(f, s), SQL: s.Text,
				Err:    errors.New("an index built concurrently must have a name"),
				Advice: "without one it is not found again after a failure",
			}
		}
		if !transactionControl.MatchString(s.Text) {
			continue
		}
		return &StatementError{
			File: f.Name(), Statement: i + 1, Line: line(f, s), SQL: s.Text,
			Err:    errors.New("a migration must not control transactions"),
			Advice: "each file is one transaction already, unless it says txmode none",
		}
	}
	return nil
}

// line gives the line on which a statement begins, counted from 1.
func line(f atlas.File, s *atlas.Stmt) int {
	return 1 + strings.Count(string(f.Bytes()[:min(s.Pos, len(f.Bytes()))]), "\n")
}

// Hash identifies the content of a migration directory by 16 hexadecimal digits,
// for example to name a template database. It fails as [Up] does for a directory
// whose atlas.sum does not match.
func Hash(dir fs.FS) (string, error) {
	d, err := openDirectory(dir)
	if err != nil {
		return "", err
	}
	sum, err := d.atlas.Checksum()
	if err != nil {
		return "", fmt.Errorf("hash migrations: %w", err)
	}
	digest := sha256.Sum256([]byte(sum.Sum()))
	return hex.EncodeToString(digest[:8]), nil
}
