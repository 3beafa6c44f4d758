package planner_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/entgraph/entgraph/ent"
	_ "github.com/entgraph/entgraph/ent/runtime" // the policies
	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/limit"
	"github.com/entgraph/entgraph/internal/planner"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/viewer"
)

var planning = flag.Bool("planning", false, "print what planning the largest statements takes")

// TestPlanning lets Postgres plan the largest statements that the limits allow, of every
// entity, and checks that the work is in proportion to what was asked: how many sub-plans
// it plans and how long the text is. With -planning -v it prints the processor time of the
// backend too, the figures of doc.go.
func TestPlanning(t *testing.T) {
	t.Parallel()
	w := newPlanning(t, planner.Options{})
	var worst planned
	for _, e := range w.graph.Entities() {
		for _, shape := range filterShapes {
			for _, size := range []struct{ wide, deep int }{{4, 5}, {20, 1}} {
				where := w.largestFilter(t, e, shape, size.wide, size.deep)
				if where == "" {
					continue
				}
				for _, query := range w.queries(t, e, where) {
					for _, got := range w.plan(t, query, viewer.Viewer{UserID: key.UUID(uuid.UUID{1}), Role: "MEMBER"}) {
						got.what = fmt.Sprintf("%s, %s, %d paths of %d edges, %s", e.Name, shape.name, size.wide, size.deep, got.what)
						// Twice for two ranges, twice for the first sub-plan of each path.
						if most := 4*20 + 10*3; got.subPlans > most {
							t.Errorf("%s: %d sub-plans are planned, at most %d are allowed\n%s", got.what, got.subPlans, most, query)
						}
						if most := 32 << 10; got.bytes > most {
							t.Errorf("%s: a statement of %d bytes\n%s", got.what, got.bytes, query)
						}
						if got.time > worst.time {
							worst = got
						}
					}
				}
			}
		}
	}
	if *planning {
		t.Logf("the longest: %s, %d sub-plans, %d bytes, %v", worst.what, worst.subPlans, worst.bytes, worst.time)
	}
}

// TestPlanningGrowsWithTheFilter plans filters nested ever deeper, beyond the limits, where
// each edge is an alternative to something else, and where each asks for all: sub-plans
// must not double with each.
func TestPlanningGrowsWithTheFilter(t *testing.T) {
	t.Parallel()
	w := newPlanning(t, planner.Options{MaxFilterDepth: 100, MaxFilterEdges: 500})
	for _, shape := range filterShapes {
		for deep := 1; deep <= 8; deep++ {
			where := shape.filter(w.graph.Entity("Post"), deep, new(int))
			for _, got := range w.plan(t, "{ posts(where: "+where+") { totalCount } }", viewer.Viewer{}) {
				if got.subPlans > 4*deep {
					t.Errorf("%s, %d deep: %d sub-plans are planned", shape.name, deep, got.subPlans)
				}
				if *planning {
					t.Logf("%-10s %d deep: %2d sub-plans, %5d bytes, %v", shape.name, deep, got.subPlans, got.bytes, got.time)
				}
			}
		}
	}
}

// filterShape makes a filter that follows edges from an entity, one after another.
type filterShape struct {
	name  string
	level func(f *entity.Filter, id, inner string) string
	end   func(id string) string
}

var filterShapes = []filterShape{
	{"joined", func(f *entity.Filter, _, inner string) string { return "{" + f.Name + ": " + inner + "}" }, func(string) string { return "{}" }},
	{"unique", func(f *entity.Filter, _, inner string) string { return "{" + f.Name + ": " + inner + "}" }, func(id string) string { return "{id: " + id + "}" }},
	{"apart", func(f *entity.Filter, id, inner string) string {
		return "{or: [{id: " + id + "}, {" + f.Name + ": " + inner + "}]}"
	}, func(id string) string { return "{id: " + id + "}" }},
	{"counted", func(f *entity.Filter, id, inner string) string {
		if !f.Edge.ToMany() {
			return "{" + f.Name + ": " + inner + "}"
		}
		return "{or: [{id: " + id + "}, {" + f.Edge.Name + "Count: {where: " + inner + ", gt: 2}}]}"
	}, func(id string) string { return "{id: " + id + "}" }},
	{"beside", func(f *entity.Filter, id, inner string) string {
		return "{not: {idNEQ: " + id + ", " + f.Name + ": " + inner + "}}"
	}, func(id string) string { return "{id: " + id + "}" }},
}

// filter follows so many edges from an entity. The counter makes each path another one.
func (s filterShape) filter(e *entity.Entity, deep int, n *int) string {
	edges := edgeFilters(e)
	id := strconv.Quote(e.FormatID(key.UUID(uuid.UUID{7})))
	if deep == 0 || len(edges) == 0 {
		return s.end(id)
	}
	f := edges[*n%len(edges)]
	*n++
	return s.level(f, id, s.filter(f.Edge.Target, deep-1, n))
}

// edgeFilters are the filters of an entity by a filter at an edge.
func edgeFilters(e *entity.Entity) []*entity.Filter {
	var out []*entity.Filter
	for _, f := range e.Filters() {
		if f.Edge != nil && (f.With || f.Quantifier != "") {
			out = append(out, f)
		}
	}
	// Those to many first, and All before what is easier.
	slices.SortStableFunc(out, func(a, b *entity.Filter) int {
		return rank(a) - rank(b)
	})
	return out
}

func rank(f *entity.Filter) int {
	switch {
	case f.Quantifier == entity.Every:
		return 0
	case f.Quantifier != "":
		return 1
	}
	return 2
}

// planningWorld makes statements without sending them and lets Postgres plan them.
type planningWorld struct {
	api     *apitest.API
	graph   *entity.Graph
	schema  *ast.Schema
	planner *planner.Planner
	conn    *pgx.Conn
	last    time.Duration // of the processor, for the last planning
}

func newPlanning(t *testing.T, o planner.Options) *planningWorld {
	t.Helper()
	text, err := os.ReadFile("../../graph/ent.graphql")
	if err != nil {
		t.Fatal(err)
	}
	w := &planningWorld{api: newSized(t, bigSize)}
	if w.schema, err = gqlparser.LoadSchema(&ast.Source{Name: "ent.graphql", Input: string(text)}); err != nil {
		t.Fatal(err)
	}
	if w.graph, err = entity.New(ent.Engine.Entities, nil, entity.Store{}); err != nil {
		t.Fatal(err)
	}
	o.Computed = map[string]planner.ComputedFunc{"User.displayName": func([]any) (any, error) { return "", nil }}
	if w.planner, err = planner.New(w.graph, o); err != nil {
		t.Fatal(err)
	}
	w.connect(t)
	return w
}

// largestFilter is the largest filter of a shape that the limits let through: as many paths
// as possible beside each other. "" for an entity without edges.
func (w *planningWorld) largestFilter(t *testing.T, e *entity.Entity, shape filterShape, wide, deep int) string {
	t.Helper()
	if len(edgeFilters(e)) == 0 {
		return ""
	}
	for ; wide > 0; wide-- {
		n := 0
		paths := make([]string, wide)
		for i := range paths {
			paths[i] = shape.filter(e, deep, &n)
		}
		where := "{and: [" + strings.Join(paths, ", ") + "]}"
		if w.allowed(t, "{ "+e.Plural+"(where: "+where+") { totalCount } }") {
			return where
		}
	}
	t.Fatalf("no filter of %s is within the limits", e.Name)
	return ""
}

func (w *planningWorld) allowed(t *testing.T, query string) bool {
	t.Helper()
	_, err := w.planner.Unsent(t, w.schema, query, nil, viewer.Viewer{UserID: key.UUID(uuid.UUID{1}), Role: "MEMBER"})
	var tooLarge *limit.Error
	if err != nil && !errors.As(err, &tooLarge) {
		t.Fatalf("%s: %v", query, err)
	}
	return err == nil
}

// queries are lists with a filter, at the root and below parents: with as many joins, keys
// of the ordering and keys of a grouping as the limits let through.
func (w *planningWorld) queries(t *testing.T, e *entity.Entity, where string) []string {
	t.Helper()
	orders := largestOrder(e)
	list := func(joins int) string {
		return fmt.Sprintf("(where: %s, orderBy: [%s]) { totalCount edges { cursor node { %s } } groupBy(keys: [%s], orderBy: [{field: COUNT, direction: DESC}]) { count } }",
			where, strings.Join(orders, ", "), toOne(e, joins), largestGrouping(e))
	}
	joins := 0
	for joins < 40 && w.allowed(t, "{ "+e.Plural+list(joins+1)+" }") {
		joins++
	}
	out := []string{"{ " + e.Plural + list(joins) + " }"}
	for _, parent := range w.graph.Entities() {
		for i := range parent.Edges {
			if edge := &parent.Edges[i]; edge.ToMany() && edge.Target == e {
				out = append(out, fmt.Sprintf("{ %s { nodes { %s%s } } }", parent.Plural, edge.Name, list(joins)))
			}
		}
	}
	return out
}

// largestOrder is an ordering that begins with a nullable field if there is one, so that
// the list is read in two ranges, and has as many keys over edges as allowed.
func largestOrder(e *entity.Entity) []string {
	var first, counts, edges []string
	for i := range e.Orders() {
		switch o := e.Orders()[i]; {
		case o.Relevance:
		case o.Count():
			counts = append(counts, o.Name)
		case o.Edge != nil:
			edges = append(edges, o.Name)
		case o.Nullable():
			first = append(first, o.Name)
		}
	}
	keys := append(first[:min(1, len(first))], counts[:min(3, len(counts))]...)
	keys = append(keys, edges...)
	keys = keys[:min(8, len(keys))]
	for i, k := range keys {
		keys[i] = "{field: " + k + ", direction: " + []string{"ASC", "DESC"}[i%2] + "}"
	}
	return keys
}

// largestGrouping is the keys of a grouping, those over edges first.
func largestGrouping(e *entity.Entity) string {
	var edges, own []string
	for i := range e.GroupKeys() {
		if k := e.GroupKeys()[i]; k.Edge != nil {
			edges = append(edges, "{field: "+k.Name+"}")
		} else {
			own = append(own, "{field: "+k.Name+"}")
		}
	}
	keys := append(edges, own...)
	return strings.Join(keys[:min(8, len(keys))], ", ")
}

// toOne selects along to-one edges, so many of them one after another.
func toOne(e *entity.Entity, n int) string {
	if n > 0 {
		for i := range e.Edges {
			if edge := &e.Edges[i]; !edge.ToMany() {
				return "id " + edge.Name + " { " + toOne(edge.Target, n-1) + " }"
			}
		}
	}
	return "id"
}

// planned is what Postgres made of a statement.
type planned struct {
	what            string
	bytes, subPlans int
	time            time.Duration // of the processor, the shortest of some attempts; 0 unless asked for
}

// plan lets Postgres plan the statements of an operation.
func (w *planningWorld) plan(t *testing.T, query string, who viewer.Viewer) []planned {
	t.Helper()
	statements, err := w.planner.Unsent(t, w.schema, query, nil, who)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	var out []planned
	for _, o := range statements {
		got := planned{bytes: len(o.SQL), what: string(o.Kind)}
		attempts := 1
		if *planning {
			attempts = 5
		}
		for range attempts {
			lines, err := o.Explain(t.Context(), w.conn, "COSTS OFF")
			if err != nil {
				t.Fatalf("%s: %v", query, err)
			}
			got.subPlans = subPlans(lines)
			if got.time == 0 || w.last < got.time {
				got.time = w.last
			}
		}
		out = append(out, got)
	}
	return out
}

var subPlan = regexp.MustCompile(`(?:SubPlan|InitPlan) (\d+)`)

// subPlans is how many sub-plans were planned: they are numbered, those too of which
// Postgres then took the alternative.
func subPlans(lines []string) int {
	most := 0
	for _, m := range subPlan.FindAllStringSubmatch(strings.Join(lines, "\n"), -1) {
		if n, err := strconv.Atoi(m[1]); err == nil {
			most = max(most, n)
		}
	}
	return most
}

// connect opens a session as those of the server, which tells what each planning takes.
func (w *planningWorld) connect(t *testing.T) {
	t.Helper()
	config, err := pgx.ParseConfig(w.api.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	config.RuntimeParams = map[string]string{"jit": "off", "search_path": "", "statement_timeout": "10000"}
	config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
		if strings.HasPrefix(n.Message, "PLANNER STATISTICS") {
			w.last = plannerTime(n.Detail)
		}
	}
	if w.conn, err = pgx.ConnectConfig(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.conn.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	if *planning {
		if _, err := w.conn.Exec(t.Context(), "SET log_planner_stats = on; SET client_min_messages = log"); err != nil {
			t.Fatal(err)
		}
	}
}

// plannerTime reads the processor time of planner statistics.
func plannerTime(detail string) time.Duration {
	var user, system float64
	_, rest, _ := strings.Cut(detail, "!\t")
	if _, err := fmt.Sscanf(rest, "%f s user, %f s system", &user, &system); err != nil {
		return 0
	}
	return time.Duration((user + system) * float64(time.Second))
}
