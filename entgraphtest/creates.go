package entgraphtest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/viewer"
)

// creates lists attempts to make a row like another: as it is, and with each value that rules on
// writing look at.
func (m *matrix) creates(t testing.TB, e *entity.Entity, r row, columns []string, values map[string][]any) (out []attempt) {
	t.Helper()
	input, after := m.copied(t, e, r)
	after[e.ID().Column] = someKey(e.Key(), 0xfe).Any()
	for _, c := range m.table(e).Columns {
		if after[c.Name] == nil {
			after[c.Name] = given(c, e.FieldByColumn(c.Name))
		}
	}
	add := func(name string, input map[string]any, after row) {
		out = append(out, m.attempt(e, attempt{kind: entity.Create, name: name, input: input, after: after}, set(after)...))
	}
	add("create", input, after)
	for _, c := range columns {
		for _, value := range values[c] {
			if key, sent, ok := keyOf(e, c, value, entity.Create); ok {
				changed := maps.Clone(input)
				changed[key] = sent
				add("create with another "+key, changed, with(e, after, c, value))
			}
		}
	}
	return append(out, m.linked(e, input, after)...)
}

// copied is the input that makes a row like another, and the row as far as the input gives it.
func (m *matrix) copied(t testing.TB, e *entity.Entity, r row) (input map[string]any, after row) {
	t.Helper()
	var fields strings.Builder
	keys := m.app.Graph.Schema().Types["Create"+e.Name+"Input"].Fields
	has := func(key string) bool {
		return slices.ContainsFunc(keys, func(f *ast.FieldDefinition) bool { return f.Name == key })
	}
	for _, f := range e.Fields {
		if has(f.Name) {
			fmt.Fprintf(&fields, "%s ", f.Name)
		}
	}
	for _, edge := range e.Edges {
		if edge.Unique && edge.Column != "" && !edge.OnTarget && has(edge.Input) {
			fmt.Fprintf(&fields, "%s { id } ", edge.Name)
		}
	}
	input, after = map[string]any{}, row{}
	if fields.Len() > 0 {
		var data struct{ One map[string]any }
		m.api.As(viewer.System()).Query(t, fmt.Sprintf("{ one: %s(id: %q) { %s } }", e.Field, e.FormatID(idOf(e, r)), fields.String()), nil).Into(t, &data)
		for name, value := range data.One {
			m.copy(e, name, value, r, input, after)
		}
	}
	for key, value := range m.additions.values[e.Name] {
		input[key] = value
		if f := e.FieldByName(key); f != nil {
			after[f.Column] = value
		}
		for _, edge := range e.Edges {
			if id, err := edge.Target.ParseID(value); edge.Input == key && edge.Unique && !edge.OnTarget && err == nil {
				after = with(e, after, edge.Column, id.Any())
			}
		}
	}
	return input, after
}

// copy adds a value of another row to an input.
func (m *matrix) copy(e *entity.Entity, name string, value any, r row, input map[string]any, after row) {
	if value == nil {
		return
	}
	if edge := e.EdgeByName(name); edge != nil {
		input[edge.Input] = value.(map[string]any)["id"]
		after[edge.Column] = r[edge.Column]
		return
	}
	f := e.FieldByName(name)
	if f.Type == entity.ID {
		input[name] = m.free(e, r)
		return
	}
	if text, ok := value.(string); ok && m.unique(e, f) {
		value = another(f, text)
	}
	input[name], after[f.Column] = value, r[f.Column]
}

// unique reports whether a text is part of a unique key.
func (m *matrix) unique(e *entity.Entity, f *entity.Field) bool {
	if f.Flags.Has(entity.Unique) {
		return f.Type == entity.String
	}
	for _, index := range m.table(e).Indexes {
		for _, c := range index.Columns {
			if index.Unique && c.Name == f.Column {
				return f.Type == entity.String
			}
		}
	}
	return false
}

// free is an id for a row like another, as it is given, which no row has where the validator of the
// id lets there be one.
func (m *matrix) free(e *entity.Entity, r row) any {
	f, id := e.ID(), idOf(e, r)
	if n, ok := id.Int(); ok {
		for _, other := range m.rows[e.Table] {
			have, _ := idOf(e, other).Int()
			n = max(n, have+1)
		}
		return n
	}
	text, ok := id.Text()
	if !ok {
		return someKey(e.Key(), 0xfe).String()
	}
	if next := another(f, text); next != text {
		return next
	}
	for shift := range 25 {
		next := shifted(text, rune(shift+1))
		if _, err := f.Parse(next); err == nil && len(m.at(e.Table, f.Column, next)) == 0 {
			return next
		}
	}
	return text
}

// shifted moves the letters of a text on in the alphabet.
func shifted(text string, by rune) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z':
			return 'a' + (c-'a'+by)%26
		case c >= 'A' && c <= 'Z':
			return 'A' + (c-'A'+by)%26
		case c >= '0' && c <= '9':
			return '0' + (c-'0'+by)%10
		}
		return c
	}, text)
}

// another is a text that the field takes and that no other row has, or the same one: then the
// write ends with a conflict, which only comes where the rules let it through.
func another(f *entity.Field, text string) string {
	for _, next := range []string{text + "x7q", "x7q" + text, string([]rune(text)[:len([]rune(text))/2]) + "x7q", text + "7", "7" + text} {
		if _, err := f.Parse(next); err == nil {
			return next
		}
	}
	return text
}
