package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/plan"
	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

// drafts are the changes of the private database that no migration holds yet: files of SQL
// below .dev, in the order in which they were applied. They are kept to be read, and to know
// that the database is ahead of the migrations; nothing runs them again.
type drafts struct{ dir string }

func draftsOf(root string) drafts { return drafts{filepath.Join(root, ".dev", "drafts")} }

// list gives the files, the oldest first.
func (d drafts) list() ([]string, error) {
	entries, err := os.ReadDir(d.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for drafts: %w", err)
	}
	var all []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".sql") {
			all = append(all, filepath.Join(d.dir, e.Name()))
		}
	}
	return all, nil
}

const draftHeader = "-- Applied to the private database by dev, and not a migration yet.\n\n"

// during keeps a draft, which leads to a state, while f applies it, and for good unless nothing
// of it was applied: f says how many steps were. A crash in between leaves one too many and
// never one too few.
func (d drafts) during(sql string, want *schemadiff.State, now time.Time, f func() (done int, err error)) error {
	if err := os.MkdirAll(d.dir, 0o755); err != nil {
		return fmt.Errorf("keep the draft: %w", err)
	}
	if err := d.makes(want); err != nil {
		return err
	}
	file := filepath.Join(d.dir, now.UTC().Format("20060102150405.000")+".sql")
	if err := os.WriteFile(file, []byte(draftHeader+sql), 0o600); err != nil {
		return fmt.Errorf("keep the draft: %w", err)
	}
	done, err := f()
	if err != nil && done == 0 {
		return errors.Join(err, os.Remove(file))
	}
	return err
}

// made gives all that drafts have made or kept; nil when that is not known.
func (d drafts) made() (map[schemadiff.Key]bool, error) {
	text, err := os.ReadFile(filepath.Join(d.dir, "made.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var keys []schemadiff.Key
	if err == nil {
		err = json.Unmarshal(text, &keys)
	}
	if err != nil {
		return nil, fmt.Errorf("read what drafts have made: %w", err)
	}
	all := map[schemadiff.Key]bool{}
	for _, k := range keys {
		all[k] = true
	}
	return all, nil
}

// makes adds the objects of a state to what drafts have made.
func (d drafts) makes(want *schemadiff.State) error {
	all, err := d.made()
	if err != nil {
		return err
	}
	keys := slices.AppendSeq(slices.Collect(maps.Keys(all)), func(yield func(schemadiff.Key) bool) {
		for k := range want.Objects {
			if !all[k] && !yield(k) {
				return
			}
		}
	})
	text, err := json.Marshal(keys)
	if err == nil {
		err = os.WriteFile(filepath.Join(d.dir, "made.json"), text, 0o600)
	}
	if err != nil {
		return fmt.Errorf("keep what the draft makes: %w", err)
	}
	return nil
}

func (d drafts) clear() error { return os.RemoveAll(d.dir) }

// wanted is the schema that was generated last in a checkout, whatever this program was built
// from.
func wanted(root string) (plan.Desired, error) {
	var d plan.Desired
	text, err := os.ReadFile(filepath.Join(root, migrateDir, "schema.sql"))
	if err != nil {
		return d, fmt.Errorf("read the schema: %w", err)
	}
	d.Schema = string(text)
	if dir := filepath.Join(root, objectsDir); isDir(dir) {
		d.Objects = os.DirFS(dir)
	}
	if d.Hints, err = hints(filepath.Join(root, migrateDir, "hints.go")); err != nil {
		return d, err
	}
	d.Hints.Enums, err = enums(filepath.Join(root, migrateDir, "schema.go"))
	return d, err
}

// enums reads the values of columns that are enums for the program from the tables that Ent
// generates: a list of columns is the value of a variable, and a table names its list. No file is
// no enum.
func enums(file string) (map[string][]string, error) {
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the enums of the schema: %w", err)
	}
	columns, all := map[string]map[string][]string{}, map[string][]string{}
	ast.Inspect(f, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || len(v.Names) != 1 || len(v.Values) != 1 {
			return true
		}
		value := v.Values[0]
		if u, ok := value.(*ast.UnaryExpr); ok {
			value = u.X
		}
		lit, ok := value.(*ast.CompositeLit)
		if !ok {
			return false
		}
		if list, ok := keyed(lit)["Columns"].(*ast.Ident); ok {
			table := literalText(keyed(lit)["Name"])
			for column, values := range columns[list.Name] {
				all[table+"."+column] = values
			}
			return false
		}
		of := map[string][]string{}
		for _, e := range lit.Elts {
			column, ok := e.(*ast.CompositeLit)
			if !ok {
				continue
			}
			if values, ok := keyed(column)["Enums"].(*ast.CompositeLit); ok {
				for _, e := range values.Elts {
					name := literalText(keyed(column)["Name"])
					of[name] = append(of[name], literalText(e))
				}
			}
		}
		columns[v.Names[0].Name] = of
		return false
	})
	return all, nil
}

// keyed gives the fields of a literal of a struct.
func keyed(lit *ast.CompositeLit) map[string]ast.Expr {
	all := map[string]ast.Expr{}
	for _, e := range lit.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if name, ok := kv.Key.(*ast.Ident); ok {
				all[name.Name] = kv.Value
			}
		}
	}
	return all
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// hints reads what is generated of entity.RenamedFrom and entity.Backfill: assignments of texts
// to Renamed, Backfill and Offer. No file is no hint.
func hints(file string) (a schemadiff.Answers, err error) {
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return a, nil
	}
	if err != nil {
		return a, fmt.Errorf("read the hints of the schema: %w", err)
	}
	a.Rename, a.Backfill, a.Offer = map[string]string{}, map[string]string{}, map[string]string{}
	by := map[string]map[string]string{"Renamed": a.Rename, "Backfill": a.Backfill, "Offer": a.Offer}
	ast.Inspect(f, func(n ast.Node) bool {
		assign, ok := n.(*ast.AssignStmt)
		if !ok {
			return true
		}
		at, ok := assign.Lhs[0].(*ast.IndexExpr)
		if !ok {
			return true
		}
		if of, ok := at.X.(*ast.Ident); ok && by[of.Name] != nil {
			by[of.Name][literalText(at.Index)] = literalText(assign.Rhs[0])
		}
		return true
	})
	return a, nil
}

func literalText(e ast.Expr) string {
	lit, ok := e.(*ast.BasicLit)
	if !ok {
		return ""
	}
	text, _ := strconv.Unquote(lit.Value) // of a file that Go has compiled
	return text
}

// asker asks somebody; nil functions when there is nobody.
type asker struct {
	confirm func(ctx context.Context, question string) (bool, error)
	choose  func(ctx context.Context, q schemadiff.Question) (string, error)
}

// lead brings the private database to a state, and keeps the statements as a draft. It shows
// them, and asks before rows are lost. It reports whether there was something to do.
func (s settling) lead(ctx context.Context, want *schemadiff.State, hints schemadiff.Answers) (did bool, err error) {
	steps, err := s.plan(ctx, want, hints)
	if err != nil || len(steps) == 0 {
		return false, unanswered(err)
	}
	sql := ""
	for _, step := range steps {
		sql += step.String()
	}
	fmt.Fprint(s.stdout, indented(sql))
	return true, s.drafts.during(sql, want, time.Now(), func() (int, error) { return s.draft(ctx, steps) })
}

// plan gives the statements that lead to a state, and asks what it leaves open.
func (s settling) plan(ctx context.Context, want *schemadiff.State, hints schemadiff.Answers) ([]database.Step, error) {
	o := plan.DraftOptions{Scratch: s.scratch, Hints: hints, Ours: s.ours, Kept: s.kept}
	for {
		written := false // an answer is none of those that are proposed
		if s.ask.choose != nil {
			o.Ask = func(q schemadiff.Question) (string, error) {
				answer, err := s.ask.choose(ctx, q)
				written = written || err == nil && !slices.Contains(q.Choices, answer)
				return answer, err
			}
		}
		steps, err := plan.Draft(ctx, s.url, want, o)
		if err == nil || !written || ctx.Err() != nil || errors.Is(err, errSaved) || errors.Is(err, io.EOF) {
			return steps, err
		}
		fmt.Fprintf(s.stdout, "  %v\n", err) // and asked again
	}
}

// draft applies statements, and asks before rows are lost. It gives the number of steps that
// are applied, as [database.Draft] does.
func (s settling) draft(ctx context.Context, steps []database.Step) (done int, err error) {
	o := database.DraftOptions{Operator: s.Name}
	done, err = database.Draft(ctx, s.url, steps, o)
	var state *migrate.StateError
	if !errors.As(err, &state) || !errors.Is(err, migrate.ErrDestructive) {
		return done, err
	}
	if s.ask.confirm == nil {
		return done, &problem{Kind: problemSchema, Text: fmt.Sprintf(
			"this would lose rows: %s\nnobody is there to be asked: take the change back, or start %s in a terminal, which asks", state.Detail, s.rebuilt("dev"))}
	}
	yes, err := s.ask.confirm(ctx, fmt.Sprintf("This loses rows: %s.\nDo it?", state.Detail))
	if err != nil {
		return done, err
	}
	if !yes {
		return done, &problem{Kind: problemSchema, Text: fmt.Sprintf(
			"not applied, because it would lose rows: %s\ntake the change back, or save it again to be asked again", state.Detail)}
	}
	o.AllowLoss = true
	more, err := database.Draft(ctx, s.url, steps[done:], o)
	return done + more, err
}

// unanswered says what helps against questions that nobody was there to answer.
func unanswered(err error) error {
	if !errors.Is(err, schemadiff.ErrUndecided) {
		return err
	}
	return &problem{Kind: problemSchema, Text: err.Error() +
		"\nsay it in the schema, with entity.RenamedFrom, entity.Backfill or a default, or start this in a terminal, which asks"}
}

// shown is how many lines of SQL the terminal gets.
const shown = 30

// indented is SQL below the line that says why it is there.
func indented(sql string) string {
	lines := slices.Collect(strings.Lines(sql))
	more := ""
	if len(lines) > shown {
		more = fmt.Sprintf("  ... and %d lines more\n", len(lines)-shown)
		lines = lines[:shown]
	}
	return "  " + strings.Join(lines, "  ") + more
}
