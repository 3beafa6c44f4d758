package codegen_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

const (
	modelRows  = 4  // that are written of each entity
	modelLinks = 10 // changes of the edges of each entity
)

// scribe writes a cluster through the API, and knows what is stored then.
type scribe struct {
	story
	*cluster
	rows   map[*drawn][]*stored // also those that are gone
	linked map[*drawnLink]map[[2]*stored]bool
}

// stored is a row.
type stored struct {
	of     *drawn
	n      int
	id     string
	gone   bool
	values map[string]string // of fields by their names in the API; absent for null
}

func newScribe(s story, c *cluster) *scribe {
	out := &scribe{story: s, cluster: c, rows: map[*drawn][]*stored{}, linked: map[*drawnLink]map[[2]*stored]bool{}}
	for _, l := range c.links {
		out.linked[l] = map[[2]*stored]bool{}
	}
	return out
}

func (s *scribe) all(t *testing.T) {
	for _, e := range s.entities {
		for i := range modelRows {
			s.create(t, e, i%2 == 0)
		}
	}
	s.check(t)
	for _, e := range s.entities {
		s.updateFields(t, e)
		s.lookUp(t, e)
	}
	s.check(t)
	for range modelLinks {
		for _, e := range s.entities {
			s.changeLink(t, e)
		}
		if s.check(t); t.Failed() {
			return
		}
	}
	for _, e := range s.entities {
		s.create(t, e, true) // with links to all sides
	}
	s.check(t)
	for range 2 {
		for _, e := range slices.Backward(s.entities) {
			s.remove(t, e)
			s.remove(t, s.entities[0])
		}
		s.check(t)
	}
}

// alive are the rows of an entity that are there.
func (s *scribe) alive(e *drawn) []*stored {
	return slices.DeleteFunc(slices.Clone(s.rows[e]), func(r *stored) bool { return r.gone })
}

// create writes a row with all that an input takes, or with what it must have alone.
func (s *scribe) create(t *testing.T, e *drawn, full bool) {
	t.Helper()
	r, in := &stored{of: e, n: len(s.rows[e]), values: map[string]string{}}, vars{}
	if e.id.needed {
		in["id"] = json.RawMessage(e.id.given[r.n])
	}
	for i := range e.fields {
		f := &e.fields[i]
		switch {
		case full || f.required && f.literal == "":
			r.values[f.api] = s.value(f, r.n)
			in[f.api] = json.RawMessage(r.values[f.api])
		case f.literal != "":
			r.values[f.api] = f.preset
		}
	}
	links, ok := s.linkNew(r, in, full)
	if !ok {
		return // all that it must lead to is taken
	}
	query := fmt.Sprintf(`mutation($in: Create%[1]sInput!) { create%[1]s(input: $in) { %[2]s { id } } }`, e.name, fieldOf(e.name))
	if len(in) == 0 {
		query = fmt.Sprintf(`mutation { create%[1]s%[3]s { %[2]s { id } } }`, e.name, fieldOf(e.name), s.emptyInput(t, e))
	}
	r.id = s.at(t, "create"+e.name+"."+fieldOf(e.name)+".id", query, vars{"in": in})
	s.rows[e] = append(s.rows[e], r)
	for _, link := range links {
		link()
	}
}

// value is one for a row: that of a unique field for no other row and update.
func (s *scribe) value(f *drawnField, n int) string {
	if f.isUnique {
		return f.values[n]
	}
	return pickOne(s.cluster, f.values)
}

// check reads all rows of the cluster by lists and by edges.
func (s *scribe) check(t *testing.T) {
	t.Helper()
	for _, e := range s.entities {
		s.checkRows(t, e)
	}
}

func (s *scribe) checkRows(t *testing.T, e *drawn) {
	t.Helper()
	selection := []string{"id"}
	for _, f := range e.fields {
		selection = append(selection, f.api)
	}
	for _, edge := range s.linksOf(e) {
		if edge.one() {
			selection = append(selection, edge.label()+" { id }")
		} else {
			selection = append(selection, edge.label()+"(first: 100) { totalCount nodes { id } }")
		}
	}
	if e.oneOf != nil {
		selection = append(selection, e.oneOf.name+" { ... on Node { id } }")
	}
	list := fieldOf(e.name) + "s"
	var data map[string]struct {
		Nodes []map[string]json.RawMessage
	}
	s.api.Query(t, fmt.Sprintf("{ %s(first: 100) { nodes { %s } } }", list, strings.Join(selection, " ")), nil).Into(t, &data)
	rows := s.alive(e)
	if len(data[list].Nodes) != len(rows) {
		t.Fatalf("%s has %d rows, want %d", e.name, len(data[list].Nodes), len(rows))
	}
	for _, node := range data[list].Nodes {
		i := slices.IndexFunc(rows, func(r *stored) bool { return string(node["id"]) == jsonText(r.id) })
		if i < 0 {
			t.Fatalf("%s has an unknown row %s", e.name, node["id"])
		}
		s.checkRow(t, rows[i], node)
	}
	if e.view {
		s.checkView(t, e, rows)
	}
}

// checkView compares what a view shows with the rows of the table.
func (s *scribe) checkView(t *testing.T, e *drawn, rows []*stored) {
	t.Helper()
	selection, list := "id", fieldOf(e.viewName())+"s"
	for _, f := range e.fields {
		selection += " " + camel("seen_"+f.name)
	}
	var data map[string]struct{ Nodes []map[string]json.RawMessage }
	s.api.Query(t, fmt.Sprintf("{ %s(first: 100) { nodes { %s } } }", list, selection), nil).Into(t, &data)
	if len(data[list].Nodes) != len(rows) {
		t.Errorf("%s has %d rows, want %d", e.viewName(), len(data[list].Nodes), len(rows))
	}
	for _, node := range data[list].Nodes {
		i := slices.IndexFunc(rows, func(r *stored) bool { return string(node["id"]) == jsonText("v"+r.id) })
		if i < 0 {
			t.Errorf("%s has an unknown row %s", e.viewName(), node["id"])
			continue
		}
		for _, f := range e.fields {
			want, given := rows[i].values[f.api]
			if got := string(node[camel("seen_"+f.name)]); given && !f.same(want, got) || !given && got != "null" {
				t.Errorf("%s of %s is %s, want %s", f.name, node["id"], got, want)
			}
		}
	}
}

func jsonText(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func (s *scribe) checkRow(t *testing.T, r *stored, node map[string]json.RawMessage) {
	t.Helper()
	for i := range r.of.fields {
		f := &r.of.fields[i]
		want, given := r.values[f.api]
		if got := string(node[f.api]); given && !f.same(want, got) || !given && got != "null" {
			t.Errorf("%s.%s (%s %s) of %s is %s, want %s", r.of.name, f.api, f.ent, f.column, r.id, got, want)
		}
	}
	for _, edge := range s.linksOf(r.of) {
		var want, got []string
		for _, p := range s.partners(edge, r) {
			want = append(want, p.id)
		}
		type row struct{ ID string }
		if edge.one() {
			var one *row
			s.decode(t, node[edge.label()], &one)
			if one != nil {
				got = []string{one.ID}
			}
		} else {
			var many struct {
				TotalCount int
				Nodes      []row
			}
			s.decode(t, node[edge.label()], &many)
			for _, n := range many.Nodes {
				got = append(got, n.ID)
			}
			if many.TotalCount != len(got) {
				t.Errorf("%s.%s of %s counts %d, and has %d", r.of.name, edge.label(), r.id, many.TotalCount, len(got))
			}
		}
		slices.Sort(want)
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%s.%s of %s is %q, want %q", r.of.name, edge.label(), r.id, got, want)
		}
	}
	s.checkOneOf(t, r, node)
}

func (s *scribe) checkOneOf(t *testing.T, r *stored, node map[string]json.RawMessage) {
	t.Helper()
	if r.of.oneOf == nil {
		return
	}
	var one *struct{ ID string }
	s.decode(t, node[r.of.oneOf.name], &one)
	for _, l := range r.of.oneOf.links {
		for _, p := range s.partners(end{l, false}, r) {
			if one == nil || one.ID != p.id {
				t.Errorf("%s.%s of %s is %s, want %s", r.of.name, r.of.oneOf.name, r.id, node[r.of.oneOf.name], p.id)
			}
		}
	}
}

func (s *scribe) decode(t *testing.T, data json.RawMessage, v any) {
	t.Helper()
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatalf("%v in %q", err, data)
	}
}

// emptyInput is the argument of a mutation that sets nothing: none where a client can set nothing.
func (s *scribe) emptyInput(t *testing.T, e *drawn) string {
	t.Helper()
	if strings.Contains(string(s.api.Query(t, fmt.Sprintf(`{ __type(name: "Create%sInput") { name } }`, e.name), nil).Body), `"__type":null`) {
		return ""
	}
	return "(input: {})"
}

// update sends an input for a row and returns the errors, "CODE field".
func (s *scribe) update(t *testing.T, r *stored, in vars) []string {
	t.Helper()
	name := r.of.name
	query := fmt.Sprintf(`mutation($id: ID!, $in: Update%[1]sInput!) { update%[1]s(id: $id, input: $in) { %[2]s { id } } }`, name, fieldOf(name))
	answer := s.api.Query(t, query, vars{"id": r.id, "in": in})
	var out []string
	for _, e := range answer.Errors {
		field, _ := e.Extensions["field"].(string)
		out = append(out, strings.TrimSpace(e.Code()+" "+field))
	}
	return slices.Compact(out) // without an update mutation its input and what is in it are unknown
}

// updateFields sets each field of a row, and of another to null.
func (s *scribe) updateFields(t *testing.T, e *drawn) {
	rows := s.alive(e)
	if len(rows) < 2 {
		return
	}
	for i := range e.fields {
		f, r := &e.fields[i], rows[0]
		if f.immutable {
			s.expect(t, r, vars{f.api: nil}, "GRAPHQL_VALIDATION_FAILED")
			continue
		}
		if v := s.value(f, modelRows+1+r.n); s.expect(t, r, vars{f.api: json.RawMessage(v)}) {
			r.values[f.api] = v
		}
		if v := r.values[f.api]; f.isUnique {
			s.expect(t, rows[1], vars{f.api: json.RawMessage(v)}, "CONFLICT "+f.api)
		}
		if f.required {
			s.expect(t, rows[1], vars{f.api: nil}, "BAD_USER_INPUT "+f.api)
		} else if s.expect(t, rows[1], vars{f.api: nil}) {
			delete(rows[1].values, f.api)
		}
	}
}

// expect updates a row and compares the errors; it reports whether the update took place.
func (s *scribe) expect(t *testing.T, r *stored, in vars, want ...string) bool {
	t.Helper()
	got := s.update(t, r, in)
	if !slices.Equal(got, want) {
		t.Errorf("update %s with %s: %q, want %q", r.id, jsonText(in), got, want)
	}
	return len(got) == 0
}

// lookUp finds rows by their unique fields and by their ids.
func (s *scribe) lookUp(t *testing.T, e *drawn) {
	t.Helper()
	for _, r := range s.alive(e) {
		s.want(t, fmt.Sprintf(`query($id: ID!) { one: %s(id: $id) { id } node(id: $id) { id } }`, fieldOf(e.name)), vars{"id": r.id}, fmt.Sprintf(`{"one":{"id":%[1]s},"node":{"id":%[1]s}}`, jsonText(r.id)))
		for _, f := range e.fields {
			if v, given := r.values[f.api]; given && f.isUnique {
				by := strings.ToUpper(f.api[:1]) + f.api[1:]
				query := fmt.Sprintf(`query($v: %s!) { found: %sBy%s(%s: $v) { id } }`, f.Type.Scalar(), fieldOf(e.name), by, f.api)
				s.want(t, query, vars{"v": json.RawMessage(v)}, fmt.Sprintf(`{"found":{"id":%s}}`, jsonText(r.id)))
			}
		}
	}
}

// remove deletes a row of an entity, which what must lead to it forbids.
func (s *scribe) remove(t *testing.T, e *drawn) {
	t.Helper()
	rows := s.alive(e)
	if len(rows) == 0 {
		return
	}
	r, want := pickOne(s.cluster, rows), []string(nil)
	for _, l := range s.links {
		for _, edge := range []end{{l, false}, {l, true}} {
			if edge.owner() == e && !edge.atRow() && l.required && len(s.partners(edge, r)) > 0 {
				want = []string{"CONFLICT "}
			}
		}
	}
	query := fmt.Sprintf(`mutation($id: ID!) { delete%s(id: $id) { deletedID } }`, e.name)
	if s.refused(t, query, vars{"id": r.id}, want...); want == nil {
		s.forget(r)
		s.refused(t, query, vars{"id": r.id}, "NOT_FOUND ")
	}
}

// forget takes a row away with its links, and with the rows that led nowhere else.
func (s *scribe) forget(r *stored) {
	r.gone = true
	for l, pairs := range s.linked {
		for _, pair := range slices.Collect(maps.Keys(pairs)) {
			if pair[0] != r && pair[1] != r {
				continue
			}
			if delete(pairs, pair); l.oneOf != nil && !pair[0].gone {
				s.forget(pair[0])
			}
		}
	}
}
