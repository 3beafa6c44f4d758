package document

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/entgraph/entgraph/internal/limit"
)

// chain is fragments each of which spreads the next one twice, by aliases.
func chain(links int) string {
	var b strings.Builder
	b.WriteString("{pet{...F0}}")
	for i := range links {
		fmt.Fprintf(&b, " fragment F%d on Pet{a:friend{...F%d} b:friend{...F%d}}", i, i+1, i+1)
	}
	fmt.Fprintf(&b, " fragment F%d on Pet{id}", links)
	return b.String()
}

// links is a chain of fragments that each spread the next once and select some fields.
func links(n int, fields string) string {
	var b strings.Builder
	b.WriteString("{pet{...F0}}")
	for i := range n {
		fmt.Fprintf(&b, " fragment F%d on Pet{%s...F%d}", i, fields, i+1)
	}
	fmt.Fprintf(&b, " fragment F%d on Pet{id}", n)
	return b.String()
}

// nested selects a friend of a friend.
func nested(levels int) string {
	return "{pet{" + strings.Repeat("friend{", levels-2) + "id" + strings.Repeat("}", levels)
}

func TestLimits(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ document, setting string }{
		"tokens":                  {"{" + strings.Repeat("a:__typename ", 2000) + "}", "MAX_DOCUMENT_TOKENS"},
		"comments are tokens":     {"{__typename}" + strings.Repeat("#\n", 5001), "MAX_DOCUMENT_TOKENS"},
		"50 levels":               {nested(50), "ok"},
		"51 levels":               {nested(51), "MAX_DOCUMENT_DEPTH"},
		"levels through fragment": {"{pet{...A}} fragment A on Pet{friend{...B}} fragment B on Pet" + strings.TrimSuffix(strings.TrimPrefix(nested(50), "{pet"), "}"), "MAX_DOCUMENT_DEPTH"},
		"many levels":             {nested(900), "MAX_DOCUMENT_DEPTH"},
		"deeper than the parser":  {nested(1100), ""},
		"deep list":               {"{echo(j:" + strings.Repeat("[", 1100) + strings.Repeat("]", 1100) + ")}", ""},
		"18 links":                {chain(18), "MAX_DOCUMENT_FIELDS"},
		"200 links":               {chain(200), "MAX_DOCUMENT_DEPTH"},
		"11 links":                {chain(11), "ok"},
		"12 links":                {chain(12), "MAX_DOCUMENT_FIELDS"},
		"50 root fields":          {"{" + aliases(50) + "}", "ok"},
		"51 root fields":          {"{" + aliases(51) + "}", "MAX_ROOT_FIELDS"},
		"root fields by fragment": {"{...A ...on Query{...A}} fragment A on Query{" + aliases(26) + "}", "MAX_ROOT_FIELDS"},
		"one root field often":    {"{" + strings.Repeat("any{__typename} ", 51) + "}", "MAX_ROOT_FIELDS"},
		"200 directives":          {"{any{" + strings.Repeat("__typename@skip(if:true) ", 200) + "}}", "ok"},
		"201 directives":          {"{any{" + strings.Repeat("__typename@skip(if:true) ", 201) + "}}", "MAX_DOCUMENT_DIRECTIVES"},
		"directives of one field": {"{any@a" + strings.Repeat("@a", 2400) + "{__typename}}", "MAX_DOCUMENT_DIRECTIVES"},
		"many operations":         {operations(400), "MAX_DOCUMENT_FIELDS"},
		"fragments in a row":      {links(500, ""), ""},
		"long name":               {"{" + strings.Repeat("a", 300) + "}", ""},
		"long alias":              {"{" + strings.Repeat("a", 300) + ":__typename}", ""},
		"long enum":               {"{pets(where:{kind:" + strings.Repeat("a", 300) + "}){id}}", ""},
		"long variable":           {"query($" + strings.Repeat("a", 300) + ":Int){any{__typename}}", ""},
	}
	set := New(newSchema(t, zoo), Options{})
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := set.check(t.Context(), test.document)
			var refused *limit.Error
			switch {
			case test.setting == "ok":
				if err != nil {
					t.Errorf("refused: %v", err)
				}
			case !errors.As(err, &refused) || refused.Setting != test.setting:
				t.Errorf("%v, want LIMIT_EXCEEDED by %q", err, test.setting)
			case len(refused.Message) > 200:
				t.Errorf("a message of %d bytes", len(refused.Message))
			}
		})
	}
}

func aliases(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "a%d:__typename ", i)
	}
	return b.String()
}

// operations all spread one large fragment.
func operations(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "query O%d{...F} ", i)
	}
	return b.String() + "fragment F on Query{any{" + strings.Repeat("...on Cat{id}", 300) + "}}"
}

// Fragments that contain themselves are one error, found before anything expands them.
func TestFragmentCycles(t *testing.T) {
	t.Parallel()
	set := New(newSchema(t, zoo), Options{})
	for _, text := range []string{
		"{pet{...A}} fragment A on Pet{...A}",
		"{pet{...A}} fragment A on Pet{friend{...B}} fragment B on Pet{a:friend{...A} b:friend{...A}}",
		"{pet{id}} fragment A on Pet{...B} fragment B on Pet{...A}",
		"{...on Query{pet{...A}}} fragment A on Pet{...on Pet{...A}}",
	} {
		_, err := set.check(t.Context(), text)
		var list gqlerror.List
		if !errors.As(err, &list) || len(list) != 1 || !strings.Contains(list[0].Message, "within itself") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// A document of any form is measured in time linear in its size: each selection once.
func TestMeasureVisitsEachFragmentOnce(t *testing.T) {
	t.Parallel()
	doc, err := parser.ParseQuery(&ast.Source{Input: chain(300)})
	if err != nil {
		t.Fatal(err)
	}
	m := &measurer{fragments: map[string]*ast.FragmentDefinition{}, extents: map[string]extent{}, entered: map[string]bool{}, parts: map[string]*part{}}
	for _, f := range doc.Fragments {
		m.fragments[f.Name] = f
	}
	var sum, largest extent
	visited := m.operation(doc.Operations[0], &sum, &largest).selections
	for _, p := range m.parts {
		visited += p.selections
	}
	if want := 2 + 4*300 + 1; visited != want { // each fragment has two fields and two spreads
		t.Errorf("%d selections visited, want %d", visited, want)
	}
	if sum.fields != saturated || largest.depth != 302 {
		t.Errorf("%d fields, %d levels", sum.fields, largest.depth)
	}
}

// What is counted before validation is at least what it then visits.
func TestStepsAreCounted(t *testing.T) {
	t.Parallel()
	set := New(newSchema(t, zoo), Options{})
	for name, text := range map[string]string{
		"fields": "{cat{" + strings.Repeat("id ", 4000) + "}}", "chain": chain(11), "links": links(200, "id "), "operations": operations(20),
	} {
		doc, err := parser.ParseQuery(&ast.Source{Input: text})
		if err != nil {
			t.Fatal(err)
		}
		m := &measurer{fragments: map[string]*ast.FragmentDefinition{}, extents: map[string]extent{}, entered: map[string]bool{}, parts: map[string]*part{}}
		for _, f := range doc.Fragments {
			m.fragments[f.Name] = f
		}
		var sum, largest extent
		var parts []*part
		for _, op := range doc.Operations {
			parts = append(parts, m.operation(op, &sum, &largest))
		}
		v := &validation{ctx: t.Context(), max: 20}
		if err := v.run(func() { v.walk(set.schema, doc, set.rules.quiet) }); err != nil {
			t.Fatal(err)
		}
		if counted := m.steps(parts); v.steps > counted || counted > 3*v.steps+1000 {
			t.Errorf("%s: %d steps counted, %d taken", name, counted, v.steps)
		}
	}
}

// A request whose time is over is not validated to the end.
func TestValidationEndsWithItsContext(t *testing.T) {
	t.Parallel()
	set := New(newSchema(t, zoo), Options{})
	ctx, cancel := context.WithCancel(t.Context())
	doc, err := parser.ParseQuery(&ast.Source{Input: "{cat{" + strings.Repeat("id ", 4000) + "}}"})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, _, err := set.validate(ctx, doc); !errors.Is(err, context.Canceled) {
		t.Errorf("validation of a cancelled request: %v", err)
	}
	params := &graphql.RawParams{Query: "{cat{id}}"}
	if _, err := set.Operation(graphql.StartOperationTrace(ctx), params); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled request: %v", err)
	}
}
