package plan

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	atlas "ariga.io/atlas/sql/migrate"

	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
)

// Source is where a state of a schema is: a file of SQL or a migration directory
// ("file://PATH"), a database ("postgres://...") or this program ("ent://").
type Source string

// self is this program.
const self Source = "ent://"

// SourceOptions are what reading a [Source] takes.
type SourceOptions struct {
	Desired Desired          // what "ent://" means
	Scratch database.Scratch // where SQL is loaded
	// Exclude are patterns for what belongs to others; see [schemadiff.State.Without].
	Exclude []string
}

// ReadSource reads a state. It changes no database but scratch ones.
func ReadSource(ctx context.Context, src Source, o SourceOptions) (state *schemadiff.State, err error) {
	if src.live() {
		state, err = readLive(ctx, string(src))
	} else {
		err = database.WithScratch(ctx, o.Scratch, func(s *database.Session) error {
			if err := src.load(ctx, s, o); err != nil {
				return err
			}
			state, err = s.Read(ctx)
			return err
		})
	}
	if err != nil {
		return nil, err
	}
	return state.Without(o.Exclude)
}

func (src Source) live() bool {
	return strings.HasPrefix(string(src), "postgres://") || strings.HasPrefix(string(src), "postgresql://")
}

func readLive(ctx context.Context, url string) (*schemadiff.State, error) {
	s, err := database.OpenSession(ctx, url, database.SessionOptions{Plain: true})
	if err != nil {
		return nil, err
	}
	state, err := s.Read(ctx)
	if cerr := s.Close(); err == nil {
		err = cerr
	}
	return state, err
}

// copyTo makes the state in the session's empty database, without what is excluded.
func (src Source) copyTo(ctx context.Context, s *database.Session, o SourceOptions) error {
	if !src.live() && len(o.Exclude) == 0 {
		return src.load(ctx, s, o)
	}
	state, err := ReadSource(ctx, src, o)
	if err != nil {
		return err
	}
	if err := s.MakeRoles(ctx, state.Roles()...); err != nil {
		return err
	}
	_, err = schemadiff.Plan(ctx, s.SQL(), state, schemadiff.Options{})
	return err
}

// load runs the SQL of a state, which is not a database, in the session's empty one.
func (src Source) load(ctx context.Context, s *database.Session, o SourceOptions) error {
	path, file := strings.CutPrefix(string(src), "file://")
	switch {
	case src == self:
		return o.Desired.load(ctx, s)
	case !file:
		return fmt.Errorf("read state %q: want file://PATH, a postgres:// address or ent://", src)
	}
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("read state: %w", err)
	}
	if info.IsDir() {
		d, err := folder.Open(os.DirFS(path))
		if err != nil {
			return err
		}
		_, err = s.Replay(ctx, d)
		return err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read state: %w", err)
	}
	if err := loadText(ctx, s, path, data); err != nil {
		return fmt.Errorf("load %s: %w", path, err)
	}
	return nil
}

// loadText runs a file of SQL in one transaction.
func loadText(ctx context.Context, s *database.Session, path string, data []byte) error {
	texts := []string{string(data)}
	if stmts, err := folder.Statements(atlas.NewLocalFile(path, data)); err == nil && slices.ContainsFunc(stmts, func(stmt *atlas.Stmt) bool { return database.ServerWide(stmt.Text) }) {
		texts = nil
		for _, stmt := range stmts {
			texts = append(texts, stmt.Text)
		}
	}
	return s.ExecAll(ctx, texts)
}

// SchemaDiffOptions say what [SchemaDiff] compares.
type SchemaDiffOptions struct {
	SourceOptions
	From, To Source
	Answers  schemadiff.Answers
	Ask      func(schemadiff.Question) (string, error)
	// Online spreads the work over files so that big tables stay in use.
	Online bool
}

// Part is SQL that is committed before the part after it.
type Part struct {
	SQL string `json:"sql"`
	// Transaction: it runs in one, which is not in SQL. Otherwise each statement runs by itself.
	Transaction bool `json:"transaction"`
}

// SchemaDiff gives the SQL that leads from one state to another: nothing when they are
// the same, several parts with Online. It changes neither.
func SchemaDiff(ctx context.Context, o SchemaDiffOptions) (parts []Part, err error) {
	want, err := ReadSource(ctx, o.To, o.SourceOptions)
	if err != nil {
		return nil, err
	}
	if o.To == self && o.From != self {
		have, err := ReadSource(ctx, o.From, o.SourceOptions)
		if err == nil {
			want, err = o.Desired.beside(have, want)
		}
		if err != nil {
			return nil, err
		}
	}
	files, err := o.plan(ctx, want)
	if err != nil {
		return nil, explainPlan(err)
	}
	return partsOf(files), nil
}

// plan plans the way from From to a state, which takes the place of To.
func (o SchemaDiffOptions) plan(ctx context.Context, want *schemadiff.State) (files []schemadiff.File, err error) {
	err = database.WithScratch(ctx, o.Scratch, func(s *database.Session) error {
		if err := o.From.copyTo(ctx, s, o.SourceOptions); err != nil {
			return err
		}
		files, err = o.planOn(ctx, s, want)
		return err
	})
	return files, err
}

// planOn plans the way from what is in the session's database, which then is in the state.
func (o SchemaDiffOptions) planOn(ctx context.Context, s *database.Session, want *schemadiff.State) ([]schemadiff.File, error) {
	if err := s.MakeRoles(ctx, want.Roles()...); err != nil {
		return nil, err
	}
	return schemadiff.Plan(ctx, s.SQL(), want, schemadiff.Options{
		Flags: o.Answers, Hints: o.Desired.Hints, Ask: o.Ask, Online: o.Online, Except: []string{sqlfile.Revisions},
	})
}

func partsOf(files []schemadiff.File) []Part {
	parts := make([]Part, len(files))
	for i, f := range files {
		set := "SET search_path = " + sqlfile.SearchPath + ";\n"
		if f.Tx {
			set = "SET LOCAL search_path = " + sqlfile.SearchPath + ";\n"
		}
		parts[i] = Part{set + boundedText(f.Up, f.Tx), f.Tx}
	}
	return parts
}

// script writes a part as a session runs it, which is as before afterwards.
func (p Part) script() string {
	if p.Transaction {
		return "BEGIN;\n" + p.SQL + "COMMIT;\n"
	}
	return p.SQL + "RESET search_path;\n"
}

// JoinParts makes one text of parts, which means the same in every session that runs it;
// what must be committed between is marked.
func JoinParts(parts []Part) string {
	if len(parts) == 1 {
		if !parts[0].Transaction {
			return sqlfile.Bare + parts[0].script()
		}
		return parts[0].script()
	}
	texts := make([]string, len(parts))
	for i, p := range parts {
		mode := "in one transaction"
		if !p.Transaction {
			mode = "each statement by itself"
		}
		texts[i] = fmt.Sprintf("-- Part %d of %d, %s.\n%s", i+1, len(parts), mode, p.script())
	}
	return strings.Join(texts, "\n")
}

// Inspect gives the SQL that makes a state in an empty database.
func Inspect(ctx context.Context, src Source, o SourceOptions) (text string, err error) {
	state, err := ReadSource(ctx, src, o)
	if err != nil {
		return "", err
	}
	err = database.WithScratch(ctx, o.Scratch, func(s *database.Session) error {
		if err := s.MakeRoles(ctx, state.Roles()...); err != nil {
			return err
		}
		files, err := schemadiff.Plan(ctx, s.SQL(), state, schemadiff.Options{Except: []string{sqlfile.Revisions}})
		if err == nil {
			text = JoinParts(partsOf(files))
		}
		return err
	})
	return text, err
}

// Drift lists what differs in the state have from the state want: nothing when they are
// the same. Of rights it tells what a database lacks of those that SQL gives, and what
// everybody may do though SQL forbids it.
func Drift(ctx context.Context, have, want Source, o SourceOptions) ([]schemadiff.Difference, error) {
	a, err := ReadSource(ctx, have, o)
	if err != nil {
		return nil, err
	}
	b, err := ReadSource(ctx, want, o)
	if err != nil {
		return nil, err
	}
	a, b = a.Apart(o.Desired.Others), b.Apart(o.Desired.Others)
	if want == self {
		if b, err = b.PartitionedAs(a); err != nil {
			return nil, err
		}
		b = b.NamedAs(a)
	}
	b = b.WithPartitions(a) // made as time goes by, by a job
	all := schemadiff.Differences(a, b)
	if have.live() && !want.live() {
		all = withRights(all, schemadiff.MissingRights(a, b))
	}
	return all, nil
}

// withRights adds what is missing of rights to differences.
func withRights(all []schemadiff.Difference, missing map[schemadiff.Key][]schemadiff.Change) []schemadiff.Difference {
	for k, changes := range missing {
		i := slices.IndexFunc(all, func(d schemadiff.Difference) bool { return d.Kind == k.Kind && d.Name == k.String() })
		if i < 0 {
			i, all = len(all), append(all, schemadiff.Difference{Kind: k.Kind, Name: k.String(), Is: "different"})
		}
		all[i].Changes = append(all[i].Changes, changes...)
	}
	slices.SortStableFunc(all, func(a, b schemadiff.Difference) int {
		return cmp.Or(strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.Name, b.Name))
	})
	return all
}
