package entgraphtest

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/rule"
)

// inside are conditions on the value d in a document and the constants c, in SQL.
var inside = map[rule.Op]string{
	rule.OpExists: "d IS NOT NULL", rule.OpIsNull: "jsonb_typeof(d) = 'null'", rule.OpNotNull: "jsonb_typeof(d) <> 'null'",
	rule.OpIn: "d = ANY (c)", rule.OpNotIn: "d <> ALL (c)", rule.OpContains: "d @> c[1]",
	rule.OpLT: ordering + "d < c[1]", rule.OpLTE: ordering + "d <= c[1]", rule.OpGT: ordering + "d > c[1]", rule.OpGTE: ordering + "d >= c[1]",
}

const ordering = "jsonb_typeof(d) = jsonb_typeof(c[1]) AND jsonb_typeof(d) IN ('number', 'string') AND "

// looksInto says whether an array has an element, or a document what a rule asks for. NULL has
// nothing.
func (m *matrix) looksInto(e *entity.Entity, c rule.Cond, value any) (yes bool) {
	if value == nil {
		return false
	}
	key := fmt.Sprint(e.Table, c, value)
	if known, ok := m.compared[key]; ok {
		return known
	}
	typ := m.types[e.Table+"."+c.Name]
	query, args := "SELECT ($2::"+strings.TrimSuffix(typ, "[]")+" = ANY ($1::"+typ+")) IS TRUE", []any{value, fmt.Sprint(c.Values...)}
	if c.Op == rule.OpAt {
		query = "SELECT (" + inside[c.Asks] + ") IS TRUE FROM (SELECT $1::text::jsonb #> $2::text[] AS d, $3::text[]::jsonb[] AS c) AS t"
		args = []any{documentText(value), append([]string{}, c.Path...), texts(c.Values)}
	}
	if err := m.api.DB.Write.QueryRow(context.Background(), query, args...).Scan(&yes); err != nil {
		panic(fmt.Sprintf("look into %s.%s, %v, by %s: %v", e.Name, c.Name, value, words(c), err))
	}
	m.compared[key] = yes
	return yes
}

func texts(values []any) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = fmt.Sprint(v)
	}
	return out
}

func documentText(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("a document: %v", err))
	}
	return string(text)
}

// decoded is a text of JSON with its numbers as they are.
func decoded(text any) (v any) {
	d := json.NewDecoder(strings.NewReader(fmt.Sprint(text)))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		panic(fmt.Sprintf("a rule has the document %v: %v", text, err))
	}
	return v
}

// arrays are values of a column with an array: without an element, with one of those that rules name,
// and with all of them.
func (m *matrix) arrays(e *entity.Entity, column string, among []rule.Cond) []any {
	out, all := append(m.null(e, column), []any{}), []any{}
	for _, c := range among {
		if c.Op == rule.OpContains && c.Name == column {
			out, all = append(out, c.Values), append(all, c.Values...)
		}
	}
	return append(out, all)
}

func (m *matrix) null(e *entity.Entity, column string) []any {
	if c := m.column(e, column); c != nil && c.Nullable {
		return []any{nil}
	}
	return nil
}

// documents are values of a column with a document: for each condition on it those that fulfil it and
// that do not, alone and beside what fulfils the others.
func (m *matrix) documents(e *entity.Entity, column string, among []rule.Cond) []any {
	among = slices.DeleteFunc(slices.Clone(among), func(c rule.Cond) bool { return c.Op != rule.OpAt || c.Name != column })
	var cases [][]any
	for _, c := range among {
		cases = append(cases, fitting(e.FieldByColumn(column), c))
	}
	others := func(but int) (doc any) {
		doc = map[string]any{}
		for i, c := range among {
			if i != but && len(cases[i]) > 0 {
				doc = put(doc, c.Path, copied(cases[i][0]))
			}
		}
		return doc
	}
	out := m.null(e, column)
	add := func(doc any) {
		if f := e.FieldByColumn(column); f == nil || fits(f, doc) {
			out = append(out, json.RawMessage(documentText(doc)))
		}
	}
	add(others(-1))
	for i, c := range among {
		add(others(i)) // where there is no such value
		for _, v := range cases[i] {
			add(put(others(i), c.Path, copied(v)))
			add(put(map[string]any{}, c.Path, copied(v)))
		}
	}
	return append(out, json.RawMessage("{}"))
}

// fits reports whether a field takes a document: a struct has not every key.
func fits(f *entity.Field, doc any) bool {
	_, err := f.Parse(doc)
	return err == nil
}

// fitting are values beside what a condition asks for that the field may have at the place, first one
// that fulfils it.
func fitting(f *entity.Field, c rule.Cond) []any {
	return slices.DeleteFunc(besides(c), func(v any) bool { return f != nil && !fits(f, put(map[string]any{}, c.Path, copied(v))) })
}

// somethings are values of every type.
var somethings = []any{"x", json.Number("1"), true, map[string]any{}, []any{}}

func besides(c rule.Cond) []any {
	values := make([]any, len(c.Values))
	for i, v := range c.Values {
		values[i] = decoded(v)
	}
	switch c.Asks {
	case rule.OpExists, rule.OpNotNull:
		return append(slices.Clone(somethings), nil)
	case rule.OpIsNull:
		return append([]any{nil}, somethings...)
	case rule.OpIn:
		return append(values, apart(values))
	case rule.OpNotIn:
		return append([]any{apart(values)}, values...)
	case rule.OpContains:
		return values
	}
	less, more := next(values[0])
	return map[rule.Op][]any{
		rule.OpLT: {less, values[0], more}, rule.OpLTE: {values[0], more}, rule.OpGT: {more, values[0], less}, rule.OpGTE: {values[0], less},
	}[c.Asks]
}

// next are a number or a text before and after another one, in every collation.
func next(v any) (less, more any) {
	if n, ok := v.(json.Number); ok {
		if r, ok := new(big.Rat).SetString(n.String()); ok {
			one := big.NewRat(1, 1)
			return number(new(big.Rat).Sub(r, one), len(n)), number(new(big.Rat).Add(r, one), len(n))
		}
	}
	return "", fmt.Sprint(v, "~")
}

func number(r *big.Rat, decimals int) json.Number {
	if r.IsInt() {
		return json.Number(r.RatString())
	}
	return json.Number(r.FloatString(decimals))
}

// apart is a value that is none of these, of the type of the last one where there is such a value.
func apart(values []any) any {
	switch last := values[len(values)-1].(type) {
	case json.Number:
		for v := any(last); ; {
			if _, v = next(v); !slices.ContainsFunc(values, func(w any) bool { return reflect.DeepEqual(v, w) }) {
				return v
			}
		}
	case string:
		return fmt.Sprint(values...) + "~"
	case bool:
		if !slices.Contains(values, any(!last)) {
			return !last
		}
	}
	return "~"
}

// copied is a value that [put] may change.
func copied(v any) any { return decoded(documentText(v)) }

// put is a document with a value at a path: keys that are numbers are places in lists. Objects are
// joined.
func put(doc any, path []string, v any) any {
	if len(path) == 0 {
		old, both := doc.(map[string]any)
		object, joins := v.(map[string]any)
		if !both || !joins {
			return v
		}
		for key := range object {
			old[key] = put(old[key], nil, object[key])
		}
		return old
	}
	if at, err := strconv.Atoi(path[0]); err == nil {
		list, _ := doc.([]any)
		for len(list) <= at || len(list) < -at {
			list = append(list, put(nil, path[1:], v))
		}
		if at < 0 {
			at += len(list)
		}
		list[at] = put(list[at], path[1:], v)
		return list
	}
	object, ok := doc.(map[string]any)
	if !ok {
		object = map[string]any{}
	}
	object[path[0]] = put(object[path[0]], path[1:], v)
	return object
}
