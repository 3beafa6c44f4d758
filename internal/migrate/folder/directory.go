package folder

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

	"github.com/entgraph/entgraph/internal/migrate"
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

// Directory is a validated migration directory, read once into memory.
type Directory struct {
	Atlas *atlas.MemDir
	Files []*atlas.LocalFile // in version order
	Sums  map[string]string  // by version
	funcs func(name string) Func
}

// Open reads the files at the root of fsys. Sub-folders are ignored, as
// atlas does. It fails when atlas.sum does not match, when a name is malformed and
// when two files have one version.
func Open(fsys fs.FS) (*Directory, error) {
	d, err := OpenUnchecked(fsys)
	if err != nil {
		return nil, err
	}
	if err := atlas.Validate(d.Atlas); err != nil {
		return nil, checksumError(err)
	}
	return d, nil
}

// OpenUnchecked is Open without a look at atlas.sum.
func OpenUnchecked(fsys fs.FS) (*Directory, error) {
	d := &Directory{Atlas: &atlas.MemDir{}, funcs: funcsOf(fsys)}
	if err := d.read(fsys); err != nil {
		return nil, err
	}
	if err := d.index(); err != nil {
		return nil, err
	}
	return d, nil
}

// Single is a directory of one file.
func Single(name, text string) (*Directory, error) {
	d := &Directory{Atlas: &atlas.MemDir{}}
	if err := d.Atlas.WriteFile(name, []byte(text)); err != nil {
		return nil, fmt.Errorf("keep migration %s: %w", name, err)
	}
	return d, d.index()
}

// IsName says whether a migration may be called so.
func IsName(name string) bool { return fileName.MatchString(name) }

// index lists the files that were read.
func (d *Directory) index() error {
	d.Sums = make(map[string]string)
	files, err := d.Atlas.Files()
	if err != nil {
		return fmt.Errorf("list migrations: %w", err)
	}
	sum, err := d.Atlas.Checksum()
	if err != nil {
		return fmt.Errorf("hash migrations: %w", err)
	}
	for _, f := range files {
		local, ok := f.(*atlas.LocalFile)
		if !ok || !IsName(f.Name()) {
			return fmt.Errorf("read migration %s: want a name such as 20260102150405_add_post.sql", f.Name())
		}
		if _, twice := d.Sums[f.Version()]; twice {
			return fmt.Errorf("read migration %s: another file has version %s too; run: migrate rebase", f.Name(), f.Version())
		}
		if d.Sums[f.Version()], err = sum.SumByName(f.Name()); err != nil {
			return fmt.Errorf("hash migration %s: %w", f.Name(), err)
		}
		d.Files = append(d.Files, local)
	}
	return nil
}

func (d *Directory) read(fsys fs.FS) error {
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
		if err := d.Atlas.WriteFile(e.Name(), data); err != nil {
			return fmt.Errorf("keep migration %s: %w", e.Name(), err)
		}
	}
	return nil
}

// Describe describes f.
func (d *Directory) Describe(f atlas.File) (File, error) {
	stmts, err := Statements(f)
	if err != nil {
		return File{}, err
	}
	return File{Name: f.Name(), Version: f.Version(), Description: f.Desc(), Statements: len(stmts)}, nil
}

// Last gives the newest version, "" without files.
func (d *Directory) Last() string {
	if len(d.Files) == 0 {
		return ""
	}
	return d.Files[len(d.Files)-1].Version()
}

// Transactional says whether a file wants a transaction around it.
func Transactional(f *atlas.LocalFile) (bool, error) {
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
	stmts, err := Statements(f)
	if err != nil {
		return err
	}
	for i, s := range stmts {
		if unnamedIndex.MatchString(s.Text) {
			return &migrate.StatementError{
				File: f.Name(), Statement: i + 1, Line: Line(f, s), SQL: s.Text,
				Err:    errors.New("an index built concurrently must have a name"),
				Advice: "without one it is not found again after a failure",
			}
		}
		if !transactionControl.MatchString(s.Text) {
			continue
		}
		return &migrate.StatementError{
			File: f.Name(), Statement: i + 1, Line: Line(f, s), SQL: s.Text,
			Err:    errors.New("a migration must not control transactions"),
			Advice: "each file is one transaction already, unless it says txmode none",
		}
	}
	return nil
}

// Line gives the line on which a statement begins, counted from 1.
func Line(f atlas.File, s *atlas.Stmt) int {
	return 1 + strings.Count(string(f.Bytes()[:min(s.Pos, len(f.Bytes()))]), "\n")
}

// Hash identifies the content of a migration directory by 16 hexadecimal digits,
// for example to name a template database. It fails as [database.Up] does for a directory
// whose atlas.sum does not match.
func Hash(dir fs.FS) (string, error) {
	d, err := Open(dir)
	if err != nil {
		return "", err
	}
	sum, err := d.Atlas.Checksum()
	if err != nil {
		return "", fmt.Errorf("hash migrations: %w", err)
	}
	digest := sha256.Sum256([]byte(sum.Sum()))
	return hex.EncodeToString(digest[:8]), nil
}

// checksumError explains what is wrong between atlas.sum and the files.
func checksumError(err error) error {
	const advice = "restore the file, or after a deliberate change to a file that is applied nowhere run: migrate hash"
	var sum *atlas.ChecksumError
	switch {
	case errors.As(err, &sum):
		return migrate.Refuse(migrate.ErrChecksum, fmt.Sprintf("%s was %s", sum.File, sum.Reason), advice)
	case errors.Is(err, atlas.ErrChecksumNotFound):
		return migrate.Refuse(migrate.ErrChecksum, "atlas.sum is missing", advice)
	case errors.Is(err, atlas.ErrChecksumMismatch), errors.Is(err, atlas.ErrChecksumFormat):
		return migrate.Refuse(migrate.ErrChecksum, "atlas.sum itself was edited", advice)
	}
	return fmt.Errorf("validate migration directory: %w", err)
}

// LastCheckpoint gives the index of the newest checkpoint, -1 for none.
func LastCheckpoint(files []*atlas.LocalFile) int {
	for i := len(files) - 1; i >= 0; i-- {
		if files[i].IsCheckpoint() {
			return i
		}
	}
	return -1
}

// ByVersion finds the file of a version, nil without one.
func (d *Directory) ByVersion(version string) *atlas.LocalFile {
	for _, f := range d.Files {
		if f.Version() == version {
			return f
		}
	}
	return nil
}
