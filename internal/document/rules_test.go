package document

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/entgraph/entgraph/internal/limit"
)

// broken has documents that break each rule of validation, near to what would be right,
// so that whoever makes suggestions makes some.
var broken = map[string][]string{
	"FieldsOnCorrectType":          {"{cats{id}}", "{pet{lives}}", "{any{name}}"},
	"FragmentsOnCompositeTypes":    {"{pet{...on Kind{id}}}", "{pet{...A}} fragment A on Where{id}"},
	"KnownArgumentNames":           {"{pets(frist:1){id}}", "{cat@skip(fi:true,if:true){id}}"},
	"KnownDirectives":              {"{cat@skipp(if:true){id}}", "query @skip(if:true){cat{id}}", "{...@defer{cat{id}}}", "{...@stream{cat{id}}}", "{pets@stream{id}}"},
	"KnownFragmentNames":           {"{cat{...Nam}} fragment Name on Cat{id}"},
	"KnownRootType":                {"subscription{fed{id}} mutation{feed(id:1){id}}"},
	"KnownTypeNames":               {"{pet{...on Cats{id}}}", "query($a:Wher){pets(where:$a){id}}", "{pet{...A}} fragment A on Doog{id}"},
	"LoneAnonymousOperation":       {"{cat{id}} query A{cat{id}}"},
	"MaxIntrospectionDepth":        {"{__schema{types{fields{type{fields{type{fields{name}}}}}}}}"},
	"NoFragmentCycles":             {"{pet{...A}} fragment A on Pet{...A}"},
	"NoUndefinedVariables":         {"query($firs:Int!){pets(first:$first){id}}"},
	"NoUnusedFragments":            {"{cat{id}} fragment A on Cat{id}"},
	"NoUnusedVariables":            {"query($first:Int){cat{id}}"},
	"OverlappingFieldsCanBeMerged": {"{cat{n:id n:name}}"},
	"PossibleFragmentSpreads":      {"{cat{...on Dog{id}}}"},
	"ProvidedRequiredArguments":    {"mutation{feed{id}}", "{cat@skip{id}}"},
	"ScalarLeafs":                  {"{cat}", "{cat{id{x}}}"},
	"SingleFieldSubscriptions":     {"subscription{fed{id} born{id}}"},
	"UniqueArgumentNames":          {"{pets(first:1,first:2){id}}"},
	"UniqueDirectivesPerLocation":  {"{cat@skip(if:true)@skip(if:true){id}}"},
	"UniqueFragmentNames":          {"{cat{...A}} fragment A on Cat{id} fragment A on Cat{id}"},
	"UniqueInputFieldNames":        {"{pets(where:{min:1,min:2}){id}}"},
	"UniqueOperationNames":         {"query A{cat{id}} query A{cat{id}}"},
	"UniqueVariableNames":          {"query($a:Int!,$a:Int!){pets(first:$a){id}}"},
	"ValuesOfCorrectType": {"{pets(where:{kind:SMAL}){id}}", `{pets(where:{kind:"SMALL"}){id}}`, "{pets(where:{kinds:[small]}){id}}",
		"{pets(where:{mi:1}){id}}", `{pets(first:"1"){id}}`, "{pets(first:null){id}}", "{pets(first:{}){id}}", "{pets(first:99999999999){id}}", "{pets(where:{and:[{knd:SMALL}]}){id}}"},
	"VariablesAreInputTypes":     {"query($a:Cat){pets(where:$a){id}}"},
	"VariablesInAllowedPosition": {"query($a:String){pets(where:{kind:$a}){id}}"},
}

// brokenVariables break the coercion of variables.
var brokenVariables = map[string]map[string]any{
	"query($w:Where){pets(where:$w){id}}":       {"w": map[string]any{"kind": "SMAL", "mi": 1, "kinds": []any{"small"}, "and": []any{map[string]any{"knd": "SMALL"}}}},
	"query($k:Kind){pets(where:{kind:$k}){id}}": {"k": "Small"},
	"query($n:Int!){pets(first:$n){id}}":        {"m": 1},
}

// No rule tells in production what the schema has besides what was asked, and each does
// with suggestions on if it has any to make.
func TestNoSuggestionsInProduction(t *testing.T) {
	t.Parallel()
	schema := newSchema(t, zoo)
	production, development := New(schema, Options{}), New(schema, Options{Suggestions: true})
	for name := range rules.NewDefaultRules().GetInner() {
		if len(broken[name]) == 0 {
			t.Errorf("no document of this test breaks %s", name)
		}
	}
	suggested := map[string]bool{}
	for rule, documents := range broken {
		for _, text := range documents {
			ours := refusal(t, production, text, nil)
			if strings.Contains(strings.ToLower(ours), "did you mean") {
				t.Errorf("%s: %s\n%s", rule, text, ours)
			}
			theirs := refusal(t, development, text, nil)
			suggested[rule] = suggested[rule] || strings.Contains(theirs, "Did you mean")
		}
	}
	for _, rule := range []string{"FieldsOnCorrectType", "KnownArgumentNames", "KnownTypeNames", "ScalarLeafs", "ValuesOfCorrectType"} {
		if !suggested[rule] {
			t.Errorf("%s suggests nothing in development", rule)
		}
	}
	for text, vars := range brokenVariables {
		if got := refusal(t, production, text, vars); strings.Contains(strings.ToLower(got), "did you mean") {
			t.Errorf("%s: %s", text, got)
		}
	}
}

// refusal is all messages about an operation, which must be refused.
func refusal(t *testing.T, set *Set, text string, vars map[string]any) string {
	t.Helper()
	_, err := set.Operation(graphql.StartOperationTrace(t.Context()), &graphql.RawParams{Query: text, Variables: vars})
	var list gqlerror.List
	if !errors.As(err, &list) || len(list) == 0 {
		t.Errorf("%s is not refused: %v", text, err)
		return ""
	}
	for _, e := range list {
		if e.Extensions["code"] == nil {
			t.Errorf("%s: no code: %v", text, e)
		}
	}
	return list.Error()
}

// Of many errors the first are told, cut, and the rest counted.
func TestManyErrors(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 200)
	ids := make([]any, 3000)
	for i := range ids {
		ids[i] = true
	}
	tests := map[string]struct {
		document string
		vars     map[string]any
		more     int
	}{
		"unknown fields":       {"{cat{" + strings.Repeat("x ", 4900) + "}}", nil, 4880},
		"conflicts":            {"{" + conflicts(50) + "}", nil, 0},
		"unknown arguments":    {"{cat(" + strings.Repeat("x:1 ", 1000) + "){id}}", nil, 981},
		"unused variables":     {"query(" + variables(1200) + "){cat{id}}", nil, 1180},
		"undefined variables":  {"{pets(where:{ids:[" + strings.Repeat("$a ", 1500) + "]}){id}}", nil, 1480},
		"values":               {"{pets(where:{ids:[" + strings.Repeat("true ", 1500) + "]}){id}}", nil, 1480},
		"long strings":         {"{pets(where:{ids:[" + strings.Repeat(`{a:"`+strings.Repeat("y", 30_000)+`"}`, 25) + "]}){id}}", nil, 5},
		"unused fragments":     {"{cat{id}}" + strings.Repeat(" fragment "+long+" on Cat{id}", 500), nil, 979},
		"variables of no type": {"query($w:Where){pets(where:$w){id}}", map[string]any{"w": map[string]any{"ids": ids}}, 2980},
		"unknown input fields": {"query($w:Where){pets(where:$w){id}}", map[string]any{"w": unknown(2000)}, 1980},
	}
	for _, suggestions := range []bool{false, true} {
		set := New(newSchema(t, zoo), Options{Suggestions: suggestions})
		for name, test := range tests {
			t.Run(fmt.Sprint(name, suggestions), func(t *testing.T) {
				t.Parallel()
				_, err := set.Operation(graphql.StartOperationTrace(t.Context()), &graphql.RawParams{Query: test.document, Variables: test.vars})
				var list gqlerror.List
				if !errors.As(err, &list) || len(list) > 21 {
					t.Fatalf("%d errors: %.300v", len(list), err)
				}
				if size := len(list.Error()); size > 21*600 {
					t.Errorf("%d bytes", size)
				}
				if test.more == 0 {
					return
				}
				last := list[len(list)-1]
				want := fmt.Sprintf("and %d more errors", test.more)
				if last.Message != want || last.Extensions["code"] != "LIMIT_EXCEEDED" || last.Extensions["limit"] != "MAX_ERRORS" {
					t.Errorf("the last of %d is %v, want %q", len(list), last, want)
				}
			})
		}
	}
}

// conflicts is a field under one alias with as many arguments.
func conflicts(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "a:pets(first:%d){id}", i)
	}
	return b.String()
}

func variables(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "$v%d:Int ", i)
	}
	return b.String()
}

func unknown(n int) map[string]any {
	m := map[string]any{}
	for i := range n {
		m[fmt.Sprint("x", i)] = i
	}
	return m
}

// What is shortened stays the same when it is shortened again, on its way through the
// executor.
func TestShortenTwice(t *testing.T) {
	t.Parallel()
	var errs gqlerror.List
	for i := range 100 {
		errs = append(errs, gqlerror.Errorf("%d %s", i, strings.Repeat("é", 1000)))
	}
	once := Shorten(errs, 20, 7)
	twice := Shorten(once, 20, 0)
	if len(once) != 21 || len(twice) != 21 || twice[20].Message != "and 87 more errors" || len(twice[0].Message) > 510 {
		t.Errorf("%d and %d errors: %v", len(once), len(twice), twice)
	}
	var counted *limit.Error
	if !errors.As(once[20], &counted) || counted.Setting != "MAX_ERRORS" {
		t.Errorf("the last is %#v", once[20])
	}
}
