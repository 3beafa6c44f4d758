package folder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	atlas "ariga.io/atlas/sql/migrate"

	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
)

// ImportOptions says what [Import] reads besides the directory itself.
type ImportOptions struct {
	// UpSQL and DownSQL are what "alembic upgrade head --sql" and "alembic downgrade
	// head:base --sql" print. They are needed when a revision calls more than op.execute.
	UpSQL, DownSQL string
	// Now gives the first version where the source has none that sorts. Default time.Now.
	Now func() time.Time
	// DryRun only says what would be written.
	DryRun bool
}

// Imported is one migration that [Import] has taken over.
type Imported struct {
	From string // name or revision at the source
	Name string // of the new file
	Down bool   // has a way back
}

// foreign is a migration of another tool.
type foreign struct {
	from, version, name string
	up, down            string
	noTx                bool
}

// Import writes the migrations of another tool's directory, which it recognises, into
// dir, which must hold none yet: golang-migrate's NAME.up.sql and NAME.down.sql,
// goose's files with "-- +goose Up", and Alembic's versions with plain SQL in op.execute
// or with the SQL that Alembic prints. Transaction statements around a file are left
// out, as each file is a transaction; one with a statement that refuses that gets
// txmode none.
func Import(src fs.FS, dir string, o ImportOptions) ([]Imported, error) {
	if names, err := Names(dir); err == nil && len(names) > 0 {
		return nil, fmt.Errorf("import into %s: it has %s already", dir, migrate.Count(len(names), "migration"))
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	all, err := readForeign(src, o)
	if err != nil {
		return nil, err
	}
	var out []Imported
	texts := make([][2]string, len(all))
	for i, f := range all {
		name := f.version + "_" + safeName(f.name) + ".sql"
		if texts[i][0], err = convert(f.from, name, f.up, f.noTx); err != nil {
			return nil, err
		}
		if strings.TrimSpace(f.down) != "" {
			if texts[i][1], err = convert(f.from+" (down)", name, f.down, f.noTx); err != nil {
				return nil, err
			}
		}
		out = append(out, Imported{From: f.from, Name: name, Down: texts[i][1] != ""})
	}
	if o.DryRun {
		return out, nil
	}
	return out, writeImported(dir, out, texts)
}

func writeImported(dir string, all []Imported, texts [][2]string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("create migration directory: %w", err)
	}
	for i, f := range all {
		if err := CreateFile(filepath.Join(dir, f.Name), texts[i][0]); err != nil {
			return err
		}
		if f.Down {
			if err := WriteDown(dir, f.Name, []byte(texts[i][1])); err != nil {
				return err
			}
		}
	}
	if err := Rehash(dir); err != nil {
		return err
	}
	return Validate(os.DirFS(dir))
}

func readForeign(src fs.FS, o ImportOptions) ([]foreign, error) {
	if o.UpSQL != "" {
		return readAlembicSQL(src, o)
	}
	if versions, err := fs.Sub(src, "versions"); err == nil {
		if py, _ := fs.Glob(versions, "*.py"); len(py) > 0 {
			return readAlembic(versions, py, o)
		}
	}
	if ups, _ := fs.Glob(src, "*.up.sql"); len(ups) > 0 {
		return readGolangMigrate(src, ups)
	}
	names, err := fs.Glob(src, "*.sql")
	if err != nil || len(names) == 0 {
		return nil, errors.New("import: found neither NAME.up.sql (golang-migrate), nor *.sql (goose), nor versions/*.py (Alembic)")
	}
	return readGoose(src, names)
}

var unsafeName = regexp.MustCompile(`[^a-z0-9]+`)

func safeName(name string) string {
	name = strings.Trim(unsafeName.ReplaceAllString(strings.ToLower(name), "_"), "_")
	if name == "" {
		return "imported"
	}
	return name[:min(len(name), 80)]
}

// noTransaction finds statements that Postgres refuses in a transaction.
var noTransaction = regexp.MustCompile(`(?is)^\s*(CREATE\s+(UNIQUE\s+)?INDEX\s+CONCURRENTLY|DROP\s+INDEX\s+CONCURRENTLY|REINDEX\b.*\bCONCURRENTLY|VACUUM|` +
	`ALTER\s+TABLE\b.*\bDETACH\s+PARTITION\b.*\bCONCURRENTLY|CREATE\s+DATABASE|DROP\s+DATABASE|ALTER\s+SYSTEM)\b`)

// convert makes a file of this package of foreign SQL.
func convert(from, name, text string, noTx bool) (string, error) {
	f := atlas.NewLocalFile(name, []byte(text))
	stmts, err := Statements(f)
	if err != nil {
		return "", fmt.Errorf("import %s: %w", from, err)
	}
	control := func(s *atlas.Stmt, words string) bool {
		return regexp.MustCompile(`(?i)^\s*(` + words + `)\b`).MatchString(s.Text)
	}
	if n := len(stmts); n >= 2 && control(stmts[0], `BEGIN|START\s+TRANSACTION`) && control(stmts[n-1], "COMMIT|END") {
		stmts = stmts[1 : n-1]
	}
	var b strings.Builder
	if noTx || slices.ContainsFunc(stmts, func(s *atlas.Stmt) bool { return noTransaction.MatchString(s.Text) }) {
		b.WriteString(sqlfile.Bare)
	}
	for _, s := range stmts {
		for _, c := range s.Comments {
			b.WriteString(strings.TrimRight(c, "\n") + "\n")
		}
		b.WriteString(strings.TrimSpace(s.Text) + "\n")
	}
	out := atlas.NewLocalFile(name, []byte(b.String()))
	if err := CheckFile(out); err != nil {
		return "", fmt.Errorf("import %s: %w", from, err)
	}
	return b.String(), nil
}

// pad gives numbers of one length, that of a time, so that they sort as texts and
// before the versions of later files.
func pad(all []foreign) {
	width := len(versionLayout)
	for _, f := range all {
		width = max(width, len(f.version))
	}
	for i := range all {
		all[i].version = strings.Repeat("0", width-len(all[i].version)) + all[i].version
	}
	slices.SortFunc(all, func(a, b foreign) int { return strings.Compare(a.version, b.version) })
}

var golangMigrateName = regexp.MustCompile(`^([0-9]+)_(.*)\.up\.sql$`)

func readGolangMigrate(src fs.FS, ups []string) ([]foreign, error) {
	var all []foreign
	for _, name := range ups {
		m := golangMigrateName.FindStringSubmatch(name)
		if m == nil {
			return nil, fmt.Errorf("import %s: want a name such as 000001_add_post.up.sql", name)
		}
		up, err := fs.ReadFile(src, name)
		if err != nil {
			return nil, fmt.Errorf("import %s: %w", name, err)
		}
		down, err := fs.ReadFile(src, strings.TrimSuffix(name, ".up.sql")+".down.sql")
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("import %s: %w", name, err)
		}
		all = append(all, foreign{from: name, version: strings.TrimLeft(m[1], "0"), name: m[2], up: string(up), down: string(down)})
	}
	pad(all)
	return all, nil
}
