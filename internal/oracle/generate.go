package oracle

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/entgraph/entgraph/internal/entity"
)

// Bounds of one operation: below the server's limits, and so that an answer stays
// small enough to read.
const (
	maxDepth  = 4  // entities below each other
	maxFields = 40 // fields of one operation, of all depths
)

// Generator makes random operations that the schema allows and the server answers.
type Generator struct {
	*rand.Rand
	*Evaluator
	values  *World // what values are taken from
	maxPage int    // the server's largest page
	roots   []*ast.FieldDefinition
}

// NewGenerator makes a generator of queries about an evaluator's world, with values
// from the rows of another: the whole world, when the evaluator's is what a viewer sees
// of it, so that queries ask for what is hidden. The same seed gives the same
// operations.
func NewGenerator(e *Evaluator, values *World, maxPage int, seed uint64) *Generator {
	g := &Generator{Rand: rand.New(rand.NewPCG(seed, 0)), Evaluator: e, values: values, maxPage: maxPage}
	for _, f := range e.Schema.Query.Fields {
		root := e.World.Graph.Query(f.Name)
		switch {
		case root == nil:
			continue
		case root.Kind == entity.List:
			g.roots = append(g.roots, f, f, f, f)
		}
		g.roots = append(g.roots, f)
	}
	return g
}

// Operation is one random operation, whose variables can take many values.
type Operation struct {
	query     string
	variables []variable
}

type variable struct {
	name     string
	term     term
	optional bool // it has a default
}

// writer writes one operation.
type writer struct {
	*Generator
	variables   []variable
	definitions []string
	fragments   []string
	aliases     int
	budget      int
	unique      int // above 0: every key is used once
}

// Operation makes the next operation.
func (g *Generator) Operation() *Operation {
	var errs gqlerror.List
	for range 10 { // two fragments may want different things of one key
		o := g.operation()
		if _, errs = gqlparser.LoadQueryWithRules(g.Schema, o.query, nil); len(errs) == 0 {
			return o
		}
	}
	panic(fmt.Sprintf("the generator makes operations that are not valid: %s", errs))
}

func (g *Generator) operation() *Operation {
	w := &writer{Generator: g, budget: maxFields}
	var fields []string
	for i := range 1 + g.IntN(2)*g.IntN(3) {
		fields = append(fields, w.field(pick(g.Rand, g.roots), maxDepth, fmt.Sprint("r", i)))
	}
	if g.chance(10) {
		fields = append(fields, "__typename")
	}
	head := "query"
	if len(w.definitions) > 0 {
		head += "(" + strings.Join(w.definitions, ", ") + ")"
	}
	query := head + " { " + w.disguise("Query", fields) + " }"
	return &Operation{query: strings.Join(append([]string{query}, w.fragments...), "\n"), variables: w.variables}
}

// Roll gives the variables random values.
func (g *Generator) Roll(o *Operation) Case {
	c := Case{Query: o.query, Variables: map[string]any{}}
	for _, v := range o.variables {
		nullable := !strings.HasSuffix(v.term.typ, "!")
		switch {
		case (nullable || v.optional) && g.chance(8):
			continue
		case nullable && g.chance(8):
			c.Variables[v.name] = nil
		default:
			c.Variables[v.name] = jsonValue(v.term.roll())
		}
	}
	return c
}

// chance is true in one of n cases.
func (g *Generator) chance(n int) bool { return g.IntN(n) == 0 }

// field writes a field with its arguments and selections. Without an alias the field's
// own name is its key.
func (w *writer) field(f *ast.FieldDefinition, depth int, alias string) string {
	w.budget--
	text := f.Name
	if alias != "" && alias != f.Name {
		text = alias + ": " + text
	}
	text += w.arguments(f) + w.directives()
	if def := w.Schema.Types[f.Type.Name()]; def.IsCompositeType() {
		text += " " + w.selections(def, depth)
	}
	return text
}

func (w *writer) alias(name string) string {
	w.aliases++
	return fmt.Sprintf("%s%d", name, w.aliases)
}

func (w *writer) directives() string {
	if !w.chance(15) {
		return ""
	}
	on := term{"Boolean!", func() any { return w.chance(2) }}
	text := " @" + pick(w.Rand, []string{"include", "skip"}) + "(if: " + w.emit(on) + ")"
	if w.chance(5) {
		text = " @skip(if: " + w.emit(on) + ") @include(if: " + w.emit(on) + ")"
	}
	return text
}

// selections writes the selections on a type.
func (w *writer) selections(def *ast.Definition, depth int) string {
	if def.IsAbstractType() {
		return w.onAbstract(def, depth)
	}
	if w.World.Graph.Entity(def.Name) != nil {
		depth--
	}
	var fields []string
	add := func(f *ast.FieldDefinition, alias string) { fields = append(fields, w.field(f, depth, alias)) }
	candidates, used := w.candidates(def, depth), map[string]bool{}
	for _, i := range w.Perm(len(candidates))[:min(len(candidates), 1+w.IntN(4))] {
		f := candidates[i]
		alias := f.Name
		if w.chance(5) || used[f.Name] || w.unique > 0 && f.Name != "id" {
			alias = w.alias(f.Name)
		}
		used[f.Name] = true
		add(f, alias)
		if w.chance(6) { // the same once more, with other arguments
			add(f, w.alias(f.Name))
		}
		if w.chance(12) && len(f.Arguments) == 0 { // and under the same key
			add(f, alias)
		}
	}
	if w.chance(12) || len(fields) == 0 {
		fields = append(fields, "__typename")
	}
	return "{ " + w.disguise(def.Name, fields) + " }"
}

// candidates lists the fields that may be selected: without entities when it is deep
// enough.
func (w *writer) candidates(def *ast.Definition, depth int) []*ast.FieldDefinition {
	var out []*ast.FieldDefinition
	for _, f := range def.Fields {
		target := w.Schema.Types[f.Type.Name()]
		if strings.HasPrefix(f.Name, "__") || target.IsCompositeType() && w.budget <= 0 {
			continue
		}
		leads := w.World.Graph.Entity(target.Name) != nil || target.Kind == ast.Union || target.Fields.ForName("pageInfo") != nil
		if leads && depth <= 0 {
			continue
		}
		out = append(out, f)
		if w.World.Graph.Entity(def.Name) != nil && leads {
			out = append(out, f) // relations are what goes wrong
		}
	}
	return out
}

// onAbstract selects on Node or a union, with fragments for its types.
func (w *writer) onAbstract(def *ast.Definition, depth int) string {
	fields := []string{}
	if id := "id"; w.chance(2) {
		if def.Kind == ast.Union {
			id = w.spread("Node", id)
		}
		fields = append(fields, id)
	}
	if w.chance(2) {
		fields = append(fields, "__typename")
	}
	for _, typ := range w.Schema.PossibleTypes[def.Name] {
		if w.World.Graph.Entity(typ.Name) == nil {
			continue // of a schema that has more than the graph
		}
		if w.chance(2) || len(fields) == 0 {
			// Keys of different types must not meet, since their shapes differ.
			w.unique++
			inner := w.selections(typ, depth)
			w.unique--
			fields = append(fields, w.spread(typ.Name, inner[len("{ "):len(inner)-len(" }")]))
		}
	}
	return "{ " + strings.Join(fields, " ") + " }"
}

// disguise puts some of the fields into fragments.
func (w *writer) disguise(typ string, fields []string) string {
	if !w.chance(5) {
		return strings.Join(fields, " ")
	}
	n := w.IntN(len(fields))
	hidden := strings.Join(fields[n:], " ")
	out := append(fields[:n:n], w.spread(typ, hidden))
	if w.chance(4) {
		out = append(out, hidden) // the same twice means the same
	}
	return strings.Join(out, " ")
}

// spread writes a fragment on a type.
func (w *writer) spread(typ, selections string) string {
	switch w.IntN(4) {
	case 0:
		return "..." + w.directives() + " { ... on " + typ + " { " + selections + " } }"
	case 1:
		name := w.alias("F")
		w.fragments = append(w.fragments, fmt.Sprintf("fragment %s on %s { %s }", name, typ, selections))
		return "..." + name + w.directives()
	}
	return "... on " + typ + w.directives() + " { " + selections + " }"
}
