package main

import (
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/entgraph/entgraph/bench/answer"
	"github.com/entgraph/entgraph/bench/load"
	"github.com/entgraph/entgraph/bench/workload"
)

var (
	differential = flag.Int("differential", 400, "random queries that are compared with the stock server")
	seed         = flag.Uint64("seed", 1, "seed of the random queries")
)

// TestAnswersOfStock compares random queries with the stock server, where that is
// right. Left out is what it gets wrong or has not: an empty list or object in a
// filter, nulls in an ordering, pages of nested lists (which are asked for whole and
// compared without their order), ids, and what a rule hides.
func TestAnswersOfStock(t *testing.T) {
	t.Parallel()
	bin := t.TempDir()
	build(t, ".", bin, "./stock")
	build(t, "..", bin, "./cmd/entgraph")
	o, err := parse([]string{"-small", "-pool", "4", "-bin", bin, "-root", ".."}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{options: o, progress: io.Discard}
	if b.db, err = b.openDatabase(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := b.db.close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	// A third of the posts was never published in fact, so that there are nulls.
	if _, err := b.db.conn.Exec(t.Context(), `UPDATE posts SET status = 'PUBLISHED'`); err != nil {
		t.Fatal(err)
	}
	g := newPairs(t)
	ours, stock := b.serve(t, workload.Entgraph), b.serve(t, workload.Stock)
	some := 0
	for range *differential {
		query := g.query()
		want, got := ask(t, stock, query), ask(t, ours, query)
		for _, key := range []string{"tags", "posts"} {
			want, got = answer.Unordered(want, key), answer.Unordered(got, key)
		}
		if d := answer.Difference(got, want); d != "" {
			t.Fatalf("entgraph and stock answer differently: %s\n%s", d, query)
		}
		if strings.Contains(fmt.Sprint(got), "node:") {
			some++
		}
	}
	t.Logf("%d queries compared, %d of them found something", *differential, some)
	if some < *differential/4 {
		t.Error("hardly any query found anything, so that little was compared")
	}
}

func (b *bench) serve(t *testing.T, kind workload.Server) *server {
	t.Helper()
	address, err := b.db.url("bench_differential")
	if err != nil {
		t.Fatal(err)
	}
	s, err := b.start(t.Context(), kind, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.stop)
	return s
}

func ask(t *testing.T, s *server, query string) any {
	t.Helper()
	var body strings.Builder
	fmt.Fprintf(&body, `{"query": %q}`, query)
	bodies, err := s.ask(load.Request{Method: "POST", Target: "/graphql", Body: []byte(body.String())})
	if err != nil {
		t.Fatal(err)
	}
	v, err := answer.Parse(bodies[0])
	if err != nil {
		t.Fatalf("%s: %v\n%s", s.kind, err, query)
	}
	return v
}

// pairs makes queries that both schemas allow and that mean the same in both.
type pairs struct {
	*rand.Rand
	ours, stock *ast.Schema
}

func newPairs(t *testing.T) *pairs {
	t.Helper()
	schema := func(files ...string) *ast.Schema {
		var sources []*ast.Source
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			sources = append(sources, &ast.Source{Name: file, Input: string(text)})
		}
		s, err := gqlparser.LoadSchema(sources...)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	return &pairs{rand.New(rand.NewPCG(*seed, 0)), schema("../graph/ent.graphql", "../graph/auth.graphql", "../graph/custom.graphql"), schema("stock/ent.graphql", "stock/custom.graphql")}
}

// common lists the fields of a type that both schemas have in one form.
func (g *pairs) common(typ string, wanted func(*ast.FieldDefinition) bool) []*ast.FieldDefinition {
	var out []*ast.FieldDefinition
	for _, f := range g.ours.Types[typ].Fields {
		if other := g.stock.Types[typ].Fields.ForName(f.Name); other != nil && other.Type.Name() == f.Type.Name() && wanted(f) {
			out = append(out, f)
		}
	}
	return out
}

func (g *pairs) scalar(f *ast.FieldDefinition) bool {
	def := g.ours.Types[f.Type.Name()]
	return def.IsLeafType() && def.Name != "ID" && def.Name != "BigInt"
}

func (g *pairs) query() string {
	root := []string{"posts Post", "posts Post", "users User", "tags Tag"}[g.IntN(4)]
	name, typ, _ := strings.Cut(root, " ")
	args := []string{fmt.Sprintf("first: %d", g.IntN(30))}
	if g.IntN(3) > 0 {
		args = append(args, "where: "+g.filter(typ, 2))
	}
	if fields := g.stock.Types[typ+"OrderField"].EnumValues; g.IntN(3) > 0 {
		direction := []string{"ASC", "DESC"}[g.IntN(2)]
		args = append(args, fmt.Sprintf("orderBy: [{field: %s, direction: %s}]", fields[g.IntN(len(fields))].Name, direction))
	}
	return fmt.Sprintf("{ list: %s(%s) { totalCount pageInfo { hasNextPage } edges { node %s } } }", name, strings.Join(args, ", "), g.selections(typ, 2))
}

func (g *pairs) selections(typ string, depth int) string {
	fields := []string{"__typename"}
	for _, f := range g.common(typ, func(*ast.FieldDefinition) bool { return true }) {
		target := g.ours.Types[f.Type.Name()]
		switch {
		case g.IntN(2) == 0:
		case g.scalar(f):
			fields = append(fields, f.Name)
		case depth > 0 && target.Fields.ForName("edges") != nil:
			node := strings.TrimSuffix(f.Type.Name(), "Connection")
			fields = append(fields, f.Name+"(first: 100) { edges { node "+g.selections(node, depth-1)+" } }")
		case depth > 0 && target.Fields.ForName("id") != nil:
			fields = append(fields, f.Name+" "+g.selections(f.Type.Name(), depth-1))
		}
	}
	return "{ " + strings.Join(fields, " ") + " }"
}

// filter is an input object with at least one key.
func (g *pairs) filter(typ string, depth int) string {
	input := typ + "WhereInput"
	keys := g.common(input, func(f *ast.FieldDefinition) bool {
		return g.scalar(f) || depth > 0 && g.ours.Types[f.Type.Name()].Kind == ast.InputObject
	})
	var members []string
	for range 1 + g.IntN(2) {
		f := keys[g.IntN(len(keys))]
		if !strings.Contains(strings.Join(members, " "), f.Name+":") {
			members = append(members, f.Name+": "+g.value(f, depth))
		}
	}
	return "{" + strings.Join(members, ", ") + "}"
}

func (g *pairs) value(f *ast.FieldDefinition, depth int) string {
	def, one := g.ours.Types[f.Type.Name()], ""
	switch {
	case def.Kind == ast.InputObject:
		one = g.filter(strings.TrimSuffix(def.Name, "WhereInput"), depth-1)
	case def.Kind == ast.Enum:
		one = def.EnumValues[g.IntN(len(def.EnumValues))].Name
	case strings.HasSuffix(f.Name, "IsNil") || strings.HasSuffix(f.Name, "NotNil"):
		one = "true" // stock takes false for no filter
	case def.Name == "Boolean":
		one = fmt.Sprint(g.IntN(2) == 0)
	case def.Name == "Time":
		one = fmt.Sprintf("%q", fmt.Sprintf("202%d-%02d-15T00:00:00Z", 4+g.IntN(3), 1+g.IntN(12)))
	case def.Name == "Int":
		one = fmt.Sprint(g.IntN(5))
	default:
		one = fmt.Sprintf("%q", []string{"a", "e", "go", "the", "ada", "Go", "A%", "_", "PostgreSQL", "zz"}[g.IntN(10)])
	}
	if f.Type.Elem != nil {
		return "[" + one + "]"
	}
	return one
}
