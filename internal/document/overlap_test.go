package document

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// overlaps gives the verdict of our rule and of gqlparser's.
func overlaps(t *testing.T, set *Set, text string) (ours gqlerror.List, theirs gqlerror.List) {
	t.Helper()
	doc, err := parser.ParseQuery(&ast.Source{Input: text})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	theirs = validator.ValidateWithRules(set.schema, doc, rules.NewRules(rules.OverlappingFieldsCanBeMergedRule))
	core.Walk(set.schema, doc, &core.Events{})
	v := &validation{ctx: t.Context(), max: 20}
	o := &overlap{validation: v, schema: set.schema, budget: 1 << 30}
	if err := v.run(func() { o.document(doc) }); err != nil {
		t.Fatal(err)
	}
	return v.errs, theirs
}

func TestOverlappingFields(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		document string
		conflict string
	}{
		"same":                          {`{cat{id id name name}}`, ""},
		"same arguments in any order":   {`{pets(first:1,where:{min:2,name:"a"}){id} pets(where:{name:"a",min:2},first:1){name}}`, ""},
		"arguments":                     {`{pets(first:1){id} pets(first:2){id}}`, "differing arguments"},
		"one without arguments":         {`{pets(first:1){id} pets{id}}`, "differing arguments"},
		"kinds of values":               {`{echo(j:"1") echo(j:1)}`, "differing arguments"},
		"lists in another order":        {`{echo(j:[1,2]) echo(j:[2,1])}`, "differing arguments"},
		"deep values":                   {`{echo(j:{a:{b:1}}) echo(j:{a:{b:2}})}`, "differing arguments"},
		"variables":                     {`query($a:Int,$b:Int){cat(n:$a){id} cat(n:$b){id}}`, "differing arguments"},
		"alias of another field":        {`{cat{name:id name}}`, `"id" and "name" are different fields`},
		"below an alias":                {`{a:cat{n:name} a:cat{n:id}}`, `different fields`},
		"through fragments":             {`{cat{...A ...B}} fragment A on Cat{n:name} fragment B on Cat{n:id}`, "different fields"},
		"between objects":               {`{pet{...on Cat{n:name} ...on Dog{n:id}}}`, "conflicting types"},
		"other fields of other objects": {`{pet{...on Cat{n:lives} ...on Dog{n:size}}}`, ""},
		"types of other objects":        {`{pet{...on Cat{lives} ...on Dog{lives}}}`, "conflicting types"},
		"lists of other objects":        {`{pet{...on Cat{toys{id}} ...on Dog{toys{id}}}}`, "conflicting types"},
		"object and interface":          {`{pet{...on Cat{x:name} x:id}}`, "different fields"},
		"interface between":             {`{pet{...on Cat{friend(near:true){id}} ...on Dog{friend(near:false){id}}}}`, ""},
		"interface with both":           {`{pet{friend{id} ...on Cat{friend(near:true){id}} ...on Dog{friend(near:false){id}}}}`, "differing arguments"},
		"below other objects":           {`{pet{...on Cat{mother{x:lives}} ...on Dog{mother{x:size}}}}`, ""},
		"below interface":               {`{pet{mother{x:id} ...on Cat{mother{...on Cat{x:name}}}}}`, "different fields"},
		"typename and text":             {`{pet{...on Cat{x:__typename} ...on Dog{x:name}}}`, "conflicting types"}, // in graphql-js too
		"each operation":                {`query A{cat{id}} query B{cat{n:id n:name}}`, "different fields"},
		"leaf and object":               {`{pet{...on Cat{x:size} ...on Dog{x:mother{id}}}}`, "conflicting types"},
	}
	set := New(newSchema(t, zoo), Options{})
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ours, theirs := overlaps(t, set, test.document)
			switch {
			case name != "typename and text" && (len(ours) > 0) != (len(theirs) > 0):
				t.Errorf("ours %v\ntheirs %v", ours, theirs)
			case test.conflict == "" && len(ours) > 0, test.conflict != "" && (len(ours) == 0 || !strings.Contains(ours[0].Message, test.conflict)):
				t.Errorf("%v, want %q", ours, test.conflict)
			}
		})
	}
}

// The verdict is that of gqlparser's rule for any document.
func TestOverlapAgreesWithGqlparser(t *testing.T) {
	t.Parallel()
	set := New(newSchema(t, zoo), Options{})
	conflicts, documents := 0, 2000
	for seed := range documents {
		text := randomDocument(rand.New(rand.NewPCG(uint64(seed), 7)), set.schema)
		ours, theirs := overlaps(t, set, text)
		if (len(ours) > 0) != (len(theirs) > 0) {
			t.Fatalf("seed %d\n%s\nours %v\ntheirs %v", seed, text, ours, theirs)
		}
		if len(ours) > 0 {
			conflicts++
		}
	}
	if conflicts < documents/5 || conflicts > documents*4/5 {
		t.Errorf("%d of %d documents have conflicts: too few of one kind to compare", conflicts, documents)
	}
}

// randomDocument writes a document whose names are few, so that fields meet.
func randomDocument(r *rand.Rand, schema *ast.Schema) string {
	g := &documentWriter{Rand: r, schema: schema}
	g.WriteString("{")
	for range 1 + r.IntN(3) {
		g.field(schema.Query, 0)
	}
	g.WriteString(" pet{...F0 ...F1 ...F2}}") // a fragment that nothing spreads is an error of another rule
	for i := range 3 {
		on := []string{"Pet", "Cat", "Dog"}[i]
		fmt.Fprintf(g, " fragment F%d on %s", i, on)
		g.used = i // only later ones: no cycles
		g.set(schema.Types[on], 1)
	}
	return g.String()
}

type documentWriter struct {
	strings.Builder
	*rand.Rand
	schema *ast.Schema
	used   int
}

func (g *documentWriter) set(def *ast.Definition, depth int) {
	g.WriteString("{")
	for range 1 + g.IntN(2) {
		switch n := g.IntN(8); {
		case n == 0 && g.used < 2 && def.Name != "Query":
			fmt.Fprintf(g, "...F%d ", g.used+1+g.IntN(2-g.used))
		case n < 3 && def.Name != "Query":
			on := []string{"Pet", "Cat", "Dog"}[g.IntN(3)]
			g.WriteString("...on " + on)
			g.set(g.schema.Types[on], depth)
		default:
			g.field(def, depth)
		}
	}
	g.WriteString("}")
}

func (g *documentWriter) field(def *ast.Definition, depth int) {
	var fields []*ast.FieldDefinition
	for _, f := range def.Fields {
		leaf := g.schema.Types[f.Type.Name()].IsLeafType()
		if !strings.HasPrefix(f.Name, "__") && (depth < 2 || leaf) {
			fields = append(fields, f)
		}
	}
	if len(fields) == 0 { // a union
		g.WriteString("__typename ")
		return
	}
	f := fields[g.IntN(len(fields))]
	if g.IntN(40) == 0 {
		g.WriteString([]string{"x:", "y:", "name:"}[g.IntN(3)])
	}
	g.WriteString(f.Name)
	if len(f.Arguments) > 0 && g.IntN(12) == 0 {
		fmt.Fprintf(g, "(%s:%d)", f.Arguments[0].Name, g.IntN(2))
	}
	if inner := g.schema.Types[f.Type.Name()]; !inner.IsLeafType() {
		g.set(inner, depth+1)
	}
	g.WriteString(" ")
}

// Each field is looked at a fixed number of times, however many there are of one name.
func TestOverlapIsLinear(t *testing.T) {
	t.Parallel()
	set := New(newSchema(t, zoo), Options{})
	steps := func(text string) int {
		doc, err := parser.ParseQuery(&ast.Source{Input: text})
		if err != nil {
			t.Fatal(err)
		}
		core.Walk(set.schema, doc, &core.Events{})
		v := &validation{ctx: t.Context(), max: 20}
		o := &overlap{validation: v, schema: set.schema, budget: 1 << 30}
		if err := v.run(func() { o.document(doc) }); err != nil {
			t.Fatal(err)
		}
		return v.steps
	}
	for name, write := range map[string]func(n int) string{
		"equal leaves":   func(n int) string { return "{cat{" + strings.Repeat("id ", n) + "}}" },
		"equal objects":  func(n int) string { return "{" + strings.Repeat("cat{id}", n) + "}" },
		"with arguments": func(n int) string { return "{" + strings.Repeat("cat(n:1){id}", n) + "}" },
		"objects":        func(n int) string { return "{pet{" + strings.Repeat("...on Cat{id}...on Dog{id}", n) + "}}" },
		"deep": func(n int) string {
			return "{" + strings.Repeat("cat{mother{mother{mother{id}}}}", n) + "}"
		},
		"spreads": func(n int) string {
			return "{cat{" + strings.Repeat("...A ", n) + "}} fragment A on Cat{id mother{id}}"
		},
	} {
		small, large := steps(write(100)), steps(write(1000))
		if large > 11*small {
			t.Errorf("%s: %d steps for 100, %d for 1000", name, small, large)
		}
	}
}
