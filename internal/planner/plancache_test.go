package planner

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"weak"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/viewer"
)

// operations are texts whose plans are of very different make.
var operations = []string{
	`{ posts { nodes { id } } }`,
	`{ posts { nodes { id title body status createdAt updatedAt publishedAt author { id username email profile { firstName lastName bio user { username } } } } } }`,
	`{ users(first: 5) { totalCount nodes { posts(first: 5) { totalCount edges { cursor node { title tags(first: 5) { totalCount nodes { name posts { totalCount } } } } } pageInfo { hasNextPage endCursor } } } } }`,
	`{ posts { aggregate { count min { createdAt updatedAt } max { createdAt publishedAt } } groupBy(keys: [{field: STATUS}, {field: CREATED_AT, truncate: DAY}], first: 7) { count key { status createdAt } } } }`,
	`query($n: Int = 3, $where: PostWhereInput) { posts(first: $n, where: $where, orderBy: [{field: TITLE, direction: DESC}]) { nodes { tags(first: $n) { nodes { name } } } } }`,
	`{ posts(where: {or: [{title: "a"}, {titleIn: ["a", "b", "c"]}, {hasTagsWith: [{nameContains: "x", not: {id: "tag_01h455vb4pex5vsknk084sn02q"}}]}]}) { nodes { id } } }`,
	`{ posts { nodes { ` + aliases("title", 300) + ` } } }`,
	`{ users { nodes { displayName ` + aliases("posts { totalCount }", 50) + ` } } }`,
}

func aliases(field string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "a%d: %s ", i, field)
	}
	return b.String()
}

// planOf compiles the first field of an operation.
func planOf(t testing.TB, p *Planner, schema *ast.Schema, text string) *plan {
	t.Helper()
	doc := document(t, schema, text)
	oc := &graphql.OperationContext{Doc: doc, Operation: doc.Operations[0]}
	field := graphql.CollectFields(oc, doc.Operations[0].SelectionSet, []string{"Query"})[0]
	b := p.binder(oc, viewer.Viewer{}, &budget{ctx: t.Context(), opts: &p.opts, spent: &spent{}})
	pl, err := b.compiler().list(p.graph.Query(field.Name).Entity, field)
	if err != nil {
		t.Fatal(err)
	}
	return pl
}

func document(t testing.TB, schema *ast.Schema, text string) *ast.QueryDocument {
	t.Helper()
	doc, errs := gqlparser.LoadQueryWithRules(schema, text, nil)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return doc
}

// TestSizeOfPlans compares the estimate with what plans really take once their documents
// are gone. It is not parallel: other tests allocate too.
func TestSizeOfPlans(t *testing.T) { //nolint:paralleltest // measures the heap
	schema, g := fuzzSchema(t)
	p := fuzzPlanner(t, g)
	const copies = 200
	for _, text := range operations {
		// A long comment, of which nothing may stay.
		text += " # " + strings.Repeat("x", 10_000)
		planOf(t, p, schema, text) // what is made once
		plans := make([]*plan, copies)
		before := heap()
		for i := range plans {
			plans[i] = planOf(t, p, schema, text)
		}
		real, estimate := float64(heap()-before)/copies, float64(plans[0].size())
		runtime.KeepAlive(plans)
		t.Logf("%6.0f bytes, estimated %6.0f: %.60s", real, estimate, text)
		if estimate < real*0.75 || estimate > real*1.4 {
			t.Errorf("a plan takes %.0f bytes and is taken for %.0f: %.100s", real, estimate, text)
		}
	}
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestPlanCacheIsBounded sends many operations and checks that the cache counts all that it
// keeps, keeps the last ones, and no large plan.
func TestPlanCacheIsBounded(t *testing.T) {
	t.Parallel()
	schema, g := fuzzSchema(t)
	p, err := New(g, Options{PlanCacheBytes: 256 << 10, Computed: map[string]ComputedFunc{"User.displayName": func([]any) (any, error) { return "", nil }}})
	if err != nil {
		t.Fatal(err)
	}
	var docs []*ast.QueryDocument // so that the operations stay alive
	for i := range 400 {
		doc := document(t, schema, strings.Replace(operations[i%len(operations)], "{", "{ # "+fmt.Sprint(i)+"\n", 1))
		docs = append(docs, doc)
		p.statements(t, schema, doc, nil, viewer.Viewer{})
		if p.plans.size > p.plans.max {
			t.Fatalf("%d bytes are kept, %d are allowed", p.plans.size, p.plans.max)
		}
	}
	var size int64
	kept := map[operationKey]bool{}
	for _, key := range p.plans.operations.Keys() {
		shared, _ := p.plans.operations.Peek(key)
		size += shared.own()
		for k, pl := range shared.plans {
			n := pl.size() + int64(len(k.selection)) + entrySize
			if size += n; n > p.plans.max/planShare {
				t.Errorf("a plan of %d bytes is kept", n)
			}
			kept[key] = true
		}
	}
	if size != p.plans.size || size < p.plans.max/4 {
		t.Errorf("%d bytes are kept, %d are counted", size, p.plans.size)
	}
	last := docs[len(docs)-len(operations) : len(docs)-2] // the last two are large
	for _, doc := range last {
		if !kept[weak.Make(doc.Operations[0])] {
			t.Errorf("the plan of an operation that was used last is gone: %.60s", doc.Operations[0].Position.Src.Input)
		}
	}
}

// TestPlansKeepNoDocument checks that a document may go while its plans are kept.
func TestPlansKeepNoDocument(t *testing.T) { //nolint:paralleltest // waits for the garbage collector
	schema, g := fuzzSchema(t)
	p := fuzzPlanner(t, g)
	for _, text := range append(operations, keyed) {
		source, operation := usePlans(t, p, schema, text)
		runtime.GC()
		runtime.GC()
		if source.Value() != nil || operation.Value() != nil {
			t.Errorf("the document is still there: %.80s", text)
		}
	}
	if p.plans.operations.Len() == 0 {
		t.Error("no plan is kept")
	}
}

func usePlans(t *testing.T, p *Planner, schema *ast.Schema, text string) (weak.Pointer[ast.Source], operationKey) {
	t.Helper()
	doc := document(t, schema, text)
	vars := map[string]any{}
	if text == keyed {
		vars, _ = fuzzRequest(nil)
	}
	p.statements(t, schema, doc, vars, viewer.Viewer{})
	return weak.Make(doc.Operations[0].Position.Src), weak.Make(doc.Operations[0])
}

// TestCompilingIsBounded compiles fragments whose aliases double with each, and many that
// stand in one selection set.
func TestCompilingIsBounded(t *testing.T) {
	t.Parallel()
	schema, g := fuzzSchema(t)
	p, err := New(g, Options{MaxLevels: 100, MaxStatements: 1e9, MaxJoins: 1e9, Computed: map[string]ComputedFunc{"User.displayName": func([]any) (any, error) { return "", nil }}})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"one":  doubling(30, "profile { user { ", " } }"),
		"many": doubling(30, "posts(first: 1) { nodes { author { ", " } } }"),
		"wide": "{ users { nodes { " + aliases("profile { ...F }", 300) + " } } } fragment F on Profile { " + strings.Repeat("id ", 300) + " }",
	} {
		doc := document(t, schema, text)
		oc := &graphql.OperationContext{Doc: doc, Operation: doc.Operations[0]}
		field := graphql.CollectFields(oc, doc.Operations[0].SelectionSet, []string{"Query"})[0]
		run := func(ctx context.Context) (*budget, error) {
			costs := &budget{ctx: ctx, opts: &p.opts, spent: &spent{}}
			_, err := p.binder(oc, viewer.Viewer{}, costs).selection(Selection{Field: field, Root: p.graph.Query("users"), Key: "users"})
			return costs, err
		}
		costs, err := run(t.Context())
		if err == nil || !strings.Contains(err.Error(), "more than 50000 steps") || costs.steps > maxSteps+1000 {
			t.Errorf("%s: %d steps, %v", name, costs.steps, err)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if costs, err := run(gone); !errors.Is(err, context.Canceled) || costs.steps > 2*checkEvery+1000 {
			t.Errorf("%s for a client that is gone: %d steps, %v", name, costs.steps, err)
		}
	}
}

// doubling is a chain of fragments, each of which spreads the next twice.
func doubling(n int, open, end string) string {
	var b strings.Builder
	b.WriteString("{ users { nodes { ...F0 } } }")
	for i := range n {
		next := fmt.Sprintf("...F%d", i+1)
		fmt.Fprintf(&b, " fragment F%d on User { a: %s%s%s b: %s%s%s }", i, open, next, end, open, next, end)
	}
	fmt.Fprintf(&b, " fragment F%d on User { id }", n)
	return b.String()
}

// TestWritingEndsWithTheRequest checks that nobody writes for a client that is gone.
func TestWritingEndsWithTheRequest(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := &writer{budget: &budget{ctx: ctx, opts: &Options{MaxRows: 1e9, MaxAnswerBytes: 1e9}, spent: &spent{}}}
	written := 0
	w.list(group{n: 1e6}, func(int) bool { written++; return true })
	if written >= checkEvery || !errors.Is(w.budget.err, context.Canceled) {
		t.Errorf("%d rows were written, %v", written, w.budget.err)
	}
}

// TestRolesOfNoRule checks that viewers whose roles no rule names share what is kept: an app's
// own sign-in may give each of them another one.
func TestRolesOfNoRule(t *testing.T) {
	t.Parallel()
	schema, g := fuzzSchema(t)
	p := fuzzPlanner(t, g)
	doc := document(t, schema, `{ posts { nodes { author { email } } } }`)
	oc := &graphql.OperationContext{Doc: doc, Operation: doc.Operations[0]}
	as := func(role string) string {
		field := graphql.CollectFields(oc, doc.Operations[0].SelectionSet, []string{"Query"})[0]
		b := p.binder(oc, viewer.Viewer{UserID: key.UUID(uuid.UUID{1}), Role: role}, &budget{ctx: t.Context(), opts: &p.opts, spent: &spent{}})
		if _, err := b.selection(Selection{Field: field, Root: p.graph.Query(field.Name), Key: field.Alias}); err != nil {
			t.Fatal(err)
		}
		text := b.visible.tables[tableVia{table: "users"}].text
		return text.For("")
	}
	plain, admin := as(""), as("ADMIN")
	if plain == admin {
		t.Error("an admin sees what others see")
	}
	for i := range 100 {
		if as(fmt.Sprint("tenant:", i)) != plain {
			t.Fatal("a role that no rule names sees something else")
		}
	}
	classes := 0
	p.visibility.classes.Range(func(any, any) bool { classes++; return true })
	if plans := len(p.plans.of(oc, viewer.Class{}).plans); classes != 2 || plans != 2 {
		t.Errorf("%d classes and %d plans are kept, want 2 of each", classes, plans)
	}
}
