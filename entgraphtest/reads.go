package entgraphtest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/rule"
	"github.com/entgraph/entgraph/viewer"
)

// reads lists every entity as every viewer and asks for one row of each kind by its id. Links
// without an id it lists along their edges.
func (m *matrix) reads(t testing.TB, report reportFunc) {
	t.Helper()
	for _, e := range m.graph.Entities() {
		for _, v := range m.viewers {
			if m.list(t, e, v, report) || m.nodes(t, e, v, report) {
				return
			}
		}
	}
	for _, link := range m.graph.All()[len(m.graph.Entities()):] {
		for _, edge := range m.lines(link) {
			for _, v := range m.viewers {
				if m.readLines(t, edge, v, report) {
					return
				}
			}
		}
	}
}

// ruled are the fields of an entity that have a rule, by their names in the API.
func ruled(e *entity.Entity) map[string]rule.Cond {
	out := map[string]rule.Cond{}
	for name, c := range e.Rules().Fields {
		for _, f := range e.Fields {
			if entity.SameName(f.Name, name) {
				out[f.Name] = c
			}
		}
	}
	return out
}

// list compares what a viewer sees of all rows with the plain meaning of the rules.
func (m *matrix) list(t testing.TB, e *entity.Entity, v viewer.Viewer, report reportFunc) (stop bool) {
	t.Helper()
	rules := ruled(e)
	fields := slices.Sorted(maps.Keys(rules))
	want := map[string]string{}
	for _, r := range m.rows[e.Table] {
		if !m.sees(e, v, r) {
			continue
		}
		shown := ""
		for _, f := range fields {
			if r[e.FieldByName(f).Column] != nil && (v.System || m.holds(e, rules[f], v, r)) {
				shown += f + " "
			}
		}
		want[e.FormatID(idOf(e, r))] = shown
	}
	answer := m.api.As(v).Query(t, fmt.Sprintf("{ all: %s(first: %d) { totalCount nodes { id %s } } }", e.Plural, mostRows, strings.Join(fields, " ")), nil)
	m.asked++
	if len(answer.Errors) > 0 {
		return report("%s lists %s: %s", who(v), e.Plural, answer.Body)
	}
	var data struct {
		All struct {
			TotalCount int
			Nodes      []map[string]any
		}
	}
	answer.Into(t, &data)
	got := map[string]string{}
	for _, n := range data.All.Nodes {
		shown := ""
		for _, f := range fields {
			if n[f] != nil {
				shown += f + " "
			}
		}
		got[n["id"].(string)] = shown
	}
	if data.All.TotalCount != len(want) && report("%s counts %d %s, want %d", who(v), data.All.TotalCount, e.Plural, len(want)) {
		return true
	}
	for id := range merged(got, want) {
		is, sees := got[id]
		should, may := want[id]
		switch {
		case sees != may:
			stop = report("%s sees the %s %s: %t, want %t", who(v), e.Name, id, sees, may)
		case is != should:
			stop = report("%s sees of the %s %s the fields %q, want %q", who(v), e.Name, id, is, should)
		}
		if stop {
			return true
		}
	}
	return false
}

func merged(a, b map[string]string) map[string]string {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

// nodes asks for a row of each kind by its id.
func (m *matrix) nodes(t testing.TB, e *entity.Entity, v viewer.Viewer, report reportFunc) (stop bool) {
	t.Helper()
	var query strings.Builder
	for i, r := range m.chosen[e] {
		fmt.Fprintf(&query, "r%d: %s(id: %q) { id } ", i, e.Field, e.FormatID(idOf(e, r)))
	}
	if query.Len() == 0 {
		return false
	}
	answer := m.api.As(v).Query(t, "{ "+query.String()+"}", nil)
	m.asked++
	if len(answer.Errors) > 0 {
		return report("%s asks for a %s: %s", who(v), e.Name, answer.Body)
	}
	var data map[string]*struct{ ID string }
	answer.Into(t, &data)
	for i, r := range m.chosen[e] {
		if got, want := data[fmt.Sprintf("r%d", i)] != nil, m.sees(e, v, r); got != want &&
			report("%s gets the %s %s: %t, want %t", who(v), e.Name, e.FormatID(idOf(e, r)), got, want) {
			return true
		}
	}
	return false
}

func (m *matrix) sees(e *entity.Entity, v viewer.Viewer, r row) bool {
	return v.System || m.holds(e, e.Rules().Read, v, r)
}

// who names a viewer in a message.
func who(v viewer.Viewer) string {
	if v.Role != "" {
		return v.Role + " " + v.String()
	}
	return v.String()
}
