package entgraphtest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph"
	"github.com/entgraph/entgraph/internal/apptest"
	"github.com/entgraph/entgraph/internal/document"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/executor"
	"github.com/entgraph/entgraph/internal/planner"
	"github.com/entgraph/entgraph/viewer"
)

// Option adds to what [Matrix] knows of an app.
type Option func(*additions)

type additions struct {
	rows    []func(context.Context, *entgraph.Seeder) error
	viewers []viewer.Viewer
	values  map[string]map[string]any
}

// Rows adds rows that believable ones do not show: a row for each case of a rule. The function
// is called on empty tables, and those that it leaves empty are filled; see [entgraph.Seeder]. Of
// users there must be two for each role: which role they have is decided later.
func Rows(add func(context.Context, *entgraph.Seeder) error) Option {
	return func(a *additions) { a.rows = append(a.rows, add) }
}

// Viewers adds those who ask: such as one of an app without kit.Account, or whose access token
// only reads.
func Viewers(who ...viewer.Viewer) Option {
	return func(a *additions) { a.viewers = append(a.viewers, who...) }
}

// Values gives keys of the input with which an entity, named as in the API, is created, for those
// that cannot be copied from another row. Given again for the same entity it adds keys; of a key
// that is there already the later value counts.
func Values(entity string, input map[string]any) Option {
	return func(a *additions) {
		if a.values[entity] == nil {
			a.values[entity] = map[string]any{}
		}
		maps.Copy(a.values[entity], input)
	}
}

// Matrix proves the access rules of every entity of an app. It fills a database with believable
// rows, of each owner and each value that a rule names, and asks for them over HTTP as viewers
// of every kind: nobody, two users of each role, the system. What each of them sees of every
// list, every row and every field with a rule must be what the policy says in plain words. Then
// each of them changes, deletes and makes rows, one that belongs to them and one that does not,
// in mutations that are undone; the answer must be UNAUTHENTICATED, FORBIDDEN or none as the
// policy says, and for a hidden row the same as for one that is missing.
//
// It fails as well when a rule is not proven: where no row shows a part of it, or no viewer
// passes. The message names the entity and the option to add: [Rows], [Viewers] or [Values].
// Links without an id are read and written along the edges that lead over them, from both ends.
// Handwritten fields are not tried; nor are look-ups by other unique fields than the id, filters,
// groups, aggregates and other edges, which read from the same visible tables. Lists of ids are
// written where a rule on creating looks at them, or where their links have an entity without an id;
// first neighbours that a hook makes are not foreseen.
//
// Cost: a few milliseconds for each attempt, some ten seconds for ten entities.
func Matrix(t testing.TB, app entgraph.App, options ...Option) {
	t.Helper()
	m := newMatrix(t, app, options...)
	fail := func(format string, args ...any) bool { t.Errorf(format, args...); return false }
	m.shows(fail)
	m.reads(t, fail)
	m.writes(t, fail)
	t.Logf("the matrix: %d viewers, %d reads, %d writes passed and %d refused", len(m.viewers), m.asked, m.passed, m.refused)
}

// reportFunc takes what differs; it says whether to stop.
type reportFunc func(format string, args ...any) (stop bool)

// matrix is an app with rows and viewers.
type matrix struct {
	app       entgraph.App
	additions additions
	graph     *entity.Graph
	api       *apptest.API

	viewers []viewer.Viewer
	rows    map[string][]row            // by table
	index   map[string]map[string][]row // by table.column and value
	chosen  map[*entity.Entity][]row    // one of each kind
	undo    string                      // a field of Mutation that fails

	types    map[string]string // of columns in Postgres, by table.column
	compared map[string]bool   // what Postgres says of values
	filling  pgx.Tx            // in which rows are made

	asked   int // reads
	passed  int // writes
	refused int
}

// mostRows is more than the matrix makes of an entity.
const mostRows = 10_000

func newMatrix(t testing.TB, app entgraph.App, options ...Option) *matrix {
	t.Helper()
	m := &matrix{app: app, additions: additions{values: map[string]map[string]any{}}}
	for _, o := range options {
		o(&m.additions)
	}
	m.api = start(t, app, lavish)
	var err error
	if m.graph, err = entity.New(app.Ent.Entities, app.Ent.Tables, entity.Store{}); err != nil {
		t.Fatalf("join the entities: %v", err)
	}
	for name := range m.additions.values {
		if m.graph.Entity(name) == nil {
			t.Fatalf("entgraphtest.Values: there is no entity %s", name)
		}
	}
	if err := m.loadTypes(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := m.fill(t.Context()); err != nil {
		t.Fatalf("%v: add rows by entgraphtest.Rows", err)
	}
	if err := m.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	m.choose()
	m.undo = m.failing()
	return m
}

// lavish lets lists be as long as the matrix makes them.
func lavish(o *apptest.Options) {
	o.Graph = executor.Options{Read: planner.Options{DefaultPage: 20, MaxPage: mostRows}}
	o.Server.Document = document.Options{Suggestions: true, MaxFields: 100_000, MaxRootFields: 1_000}
}

// failing is a field that always fails and so undoes the others, "" without one.
func (m *matrix) failing() string {
	for _, e := range m.graph.Entities() {
		switch {
		case e.Has(entity.Delete):
			return fmt.Sprintf("undo: delete%s(id: \"nothing\") { __typename }", e.Name)
		case e.Has(entity.Update):
			return fmt.Sprintf("undo: update%s(id: \"nothing\", input: {}) { __typename }", e.Name)
		}
	}
	return ""
}

// choose takes one row of each kind: rows count as one kind when no part of any rule tells them
// apart for any viewer.
func (m *matrix) choose() {
	m.chosen = map[*entity.Entity][]row{}
	for _, e := range m.graph.All() {
		seen := map[string]bool{}
		for _, r := range m.rows[e.Table] {
			var kind []byte
			for _, c := range leaves(e.Rules()) {
				for _, v := range m.viewers {
					kind = fmt.Append(kind, m.holds(e, c, v, r))
				}
			}
			if !seen[string(kind)] {
				seen[string(kind)] = true
				m.chosen[e] = append(m.chosen[e], r)
			}
		}
	}
}

// shows reports parts of rules that no row decides in one of both ways.
func (m *matrix) shows(report reportFunc) {
	for _, e := range m.graph.All() {
		if len(m.chosen[e]) == 0 {
			report("%s has no rows: add some by entgraphtest.Rows", e.Name)
			continue
		}
		for _, c := range leaves(e.Rules()) {
			var yes, no bool
			for _, r := range m.chosen[e] {
				for _, v := range m.viewers {
					holds := m.holds(e, c, v, r)
					yes, no = yes || holds, no || !holds
				}
			}
			if !yes {
				report("%s: no row shows where %s holds: add one by entgraphtest.Rows, or who it holds for by entgraphtest.Viewers", e.Name, words(c))
			}
			if !no && !m.always(e, c) {
				report("%s: no row shows where %s does not hold: add one by entgraphtest.Rows", e.Name, words(c))
			}
		}
	}
}

// users lists the viewers that rules apply to.
func (m *matrix) users() []viewer.Viewer {
	return slices.DeleteFunc(slices.Clone(m.viewers), func(v viewer.Viewer) bool { return !v.SignedIn() })
}
