package entgraphtest

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/entgraph/entgraph/api"
	"github.com/entgraph/entgraph/internal/apptest"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/rule"
	"github.com/entgraph/entgraph/viewer"
)

// attempt is one write, with the row as it is and as it would become.
type attempt struct {
	kind          entity.RootKind
	name          string
	input         map[string]any
	before, after row // nil where there is none
	sets          []string
	link          *link // that is made with the row
	line          *line // that is written along an edge of the row, which stays as it is
}

// hidden is the outcome of a write to what the viewer does not see: that of one to what is not
// there, whichever it is.
const hidden = "hidden"

// outcome is the code that a write must end with, "" where the rules let it through.
func (m *matrix) outcome(e *entity.Entity, a attempt, v viewer.Viewer) string {
	if a.line != nil {
		return m.lineOutcome(a, v)
	}
	p := e.Rules()
	may := func(op rule.Cond, r row) bool { return r == nil || m.holds(e, rule.Any(p.Write, op), v, r) }
	op := map[entity.RootKind]rule.Cond{entity.Create: p.Create, entity.Update: p.Update, entity.Delete: p.Delete}[a.kind]
	sees := a.before == nil || m.sees(e, v, a.before)
	ok := may(op, a.before) && may(op, a.after)
	for _, column := range a.sets {
		ok = ok && m.holds(e, p.Sets[column], v, a.after)
	}
	if a.link != nil {
		ok = ok && m.mayLink(e, a, v)
	}
	switch {
	case v.System:
		return ""
	case v.ReadOnly:
		return api.CodeForbidden
	case !sees:
		return hidden
	case m.blind(e, a, v) || a.link != nil && !m.sees(a.link.edge.Target, v, a.link.to):
		return api.CodeBadUserInput
	case ok:
		return ""
	case !v.SignedIn():
		return api.CodeUnauthenticated
	}
	return api.CodeForbidden
}

// blind reports whether an input names a row that the viewer does not see: as little may be known
// of it as of one that is missing.
func (m *matrix) blind(e *entity.Entity, a attempt, v viewer.Viewer) bool {
	return slices.ContainsFunc(e.Edges, func(edge entity.Edge) bool {
		if edge.Column == "" || edge.OnTarget || a.input[edge.Input] == nil || edge.OneOf != nil && a.after[edge.Column] == nil {
			return false
		}
		target := m.at(edge.Target.Table, edge.Target.ID().Column, a.after[edge.Column])
		return len(target) == 0 || !m.sees(edge.Target, v, target[0])
	})
}

// writes tries every write as every viewer and compares the answers with the plain meaning of
// the rules. Each is undone, so that all of them meet the same rows.
func (m *matrix) writes(t testing.TB, report reportFunc) {
	t.Helper()
	for _, e := range m.graph.All() {
		if m.writesOf(t, e, report) {
			return
		}
	}
}

// tally is how often an operation passed and was refused, and whether it cannot be tried.
type tally struct {
	passed, refused int
	tried, broken   bool
}

// writesOf tries the writes of one entity. Those of a link without an id are updates of its ends.
func (m *matrix) writesOf(t testing.TB, e *entity.Entity, report reportFunc) (stop bool) {
	t.Helper()
	tallies := map[entity.RootKind]*tally{entity.Create: {}, entity.Update: {}, entity.Delete: {}}
	attempts := m.attempts
	if e.IsLink() {
		attempts = m.lineAttempts
	}
	for _, a := range attempts(t, e) {
		at, n := e, tallies[a.kind]
		if a.line != nil {
			at, n = a.line.edge.Source, tallies[a.line.kind]
		}
		n.tried = true
		// What the system gets is what there is without rules.
		free, body := m.try(t, viewer.System(), at, a, idOf(at, a.before))
		if free != "" && free != api.CodeConflict {
			if !n.broken && report("%s of %s cannot be tried; without any rule it ends with %s: give what it needs by entgraphtest.Values(%q, …), or other rows by entgraphtest.Rows", a.name, e.Name, body, e.Name) {
				return true
			}
			n.broken = true
			continue
		}
		for _, v := range m.viewers {
			if v.System {
				continue
			}
			passed, stop := m.compare(t, v, at, a, free, report)
			if stop {
				return true
			}
			if passed {
				n.passed++
			} else {
				n.refused++
			}
		}
	}
	for kind, n := range tallies {
		m.passed, m.refused = m.passed+n.passed, m.refused+n.refused
		if e.Has(kind) && !n.broken && (n.tried || !e.IsLink()) && m.unproven(e, kind, n, report) {
			return true
		}
	}
	return false
}

// unproven reports an operation that nobody or everybody was let do, unless the rule says so.
func (m *matrix) unproven(e *entity.Entity, kind entity.RootKind, n *tally, report reportFunc) (stop bool) {
	p := e.Rules()
	c := map[entity.RootKind]rule.Cond{entity.Create: p.Creates(), entity.Update: p.Updates(), entity.Delete: p.Deletes()}[kind].
		Fold(func(c rule.Cond) rule.Cond { return c })
	switch {
	case n.passed == 0 && c.Op != rule.OpNobody:
		return report("%s of %s is not proven: no viewer was let do it; add one by entgraphtest.Viewers, or rows by entgraphtest.Rows", verbs[kind], e.Name)
	case n.refused == 0 && c.Op != rule.OpEveryone:
		return report("%s of %s is not proven: no viewer was refused; add one by entgraphtest.Viewers, or rows by entgraphtest.Rows", verbs[kind], e.Name)
	}
	return false
}

// compare tries a write as a viewer.
func (m *matrix) compare(t testing.TB, v viewer.Viewer, e *entity.Entity, a attempt, free string, report reportFunc) (passed, stop bool) {
	t.Helper()
	want := m.outcome(e, a, v)
	got, body := m.try(t, v, e, a, idOf(e, a.before))
	passed = want == ""
	switch want {
	case "":
		want = free
	case hidden:
		missing, other := m.try(t, v, e, a, someKey(e.Key(), 0xff))
		if want = missing; body != other {
			got = "another answer than to what is missing, " + other
		}
	}
	asked := e
	if a.line != nil {
		asked = a.line.edge.ThroughType
	}
	if got == want || free == api.CodeConflict && got == free && asksLater(asked) {
		return passed, false // what is asked of rows that are written is asked after constraints
	}
	return passed, report("%s: %s of %s: got %q, want %q: %s", who(v), a.name, e.Name, got, want, body)
}

// asksLater reports whether a rule on writing may be asked of the row when it is written: what is
// compared, negated, or kept in other rows.
func asksLater(e *entity.Entity) (later bool) {
	for _, c := range e.Rules().Writes() {
		c.Fold(func(c rule.Cond) rule.Cond {
			edge := e.RuledEdge(c.Name)
			switch {
			case c.Op == rule.OpHas || c.Op == rule.OpVisible:
				later = later || far(edge)
			case c.OfColumn():
				later = later || c.Op != rule.OpIn && c.Op != rule.OpOwner
			}
			return c
		})
		c.Walk(func(c rule.Cond) { later = later || c.Op == rule.OpNot })
	}
	return later
}

// someKey is one of a few ids that no row has.
func someKey(typ entity.KeyType, n byte) key.Key {
	switch {
	case typ == entity.UUIDKey:
		return key.UUID(uuid.UUID{6: 0x70, 8: 0x80, 15: n})
	case typ.Integer():
		return key.Int(32_000 + int64(n))
	}
	return key.Text(fmt.Sprintf("nobody %d", n))
}

var verbs = map[entity.RootKind]string{entity.Create: "create", entity.Update: "update", entity.Delete: "delete"}

// try runs a write beside a field that always fails and so undoes it, and gives the code of its
// error, "" without one.
func (m *matrix) try(t testing.TB, v viewer.Viewer, e *entity.Entity, a attempt, id key.Key) (code, body string) {
	t.Helper()
	verb := verbs[a.kind]
	var head, args string
	variables := map[string]any{}
	if a.kind != entity.Create {
		head, args = "$id: ID!", "id: $id"
		variables["id"] = e.FormatID(id)
	}
	if a.kind == entity.Update || a.kind == entity.Create && e.TakesInput(true) {
		head += fmt.Sprintf(" $input: %s%sInput!", map[entity.RootKind]string{entity.Create: "Create", entity.Update: "Update"}[a.kind], e.Name)
		args += " input: $input"
		variables["input"] = a.input
	}
	query := fmt.Sprintf("mutation { try: %s%s { __typename } %s }", verb, e.Name, m.undo)
	if args != "" {
		query = fmt.Sprintf("mutation(%s) { try: %s%s(%s) { __typename } %s }", head, verb, e.Name, args, m.undo)
	}
	answer := m.api.As(v).Query(t, query, variables)
	code = codeOf(answer)
	if m.undo == "" && code == api.CodeConflict {
		code = "" // with what was made before
	}
	return code, string(answer.Body)
}

// codeOf is the code of the write, "" when it went through and was undone.
func codeOf(answer apptest.Response) string {
	if len(answer.Errors) == 0 {
		return ""
	}
	if path := answer.Errors[0].Path; len(path) > 0 && path[0] == "undo" {
		return ""
	}
	return answer.Errors[0].Code()
}

// attempts lists the writes of an entity: on a row of each kind those that keep and that move
// what the rules look at.
func (m *matrix) attempts(t testing.TB, e *entity.Entity) (out []attempt) {
	t.Helper()
	columns, values := m.written(e)
	for _, r := range m.chosen[e] {
		if e.Has(entity.Delete) {
			out = append(out, attempt{kind: entity.Delete, name: "delete", before: r})
		}
		if e.Has(entity.Update) {
			out = append(out, attempt{kind: entity.Update, name: "an update without changes", input: map[string]any{}, before: r, after: r})
			for _, c := range columns {
				for _, value := range values[c] {
					if key, sent, ok := keyOf(e, c, value, entity.Update); ok {
						out = append(out, m.attempt(e, attempt{
							kind: entity.Update, name: "an update of " + key, input: map[string]any{key: sent}, before: r, after: with(e, r, c, value),
						}, c))
					}
				}
			}
		}
		if e.Has(entity.Create) {
			out = append(out, m.creates(t, e, r, columns, values)...)
		}
	}
	return out
}

// attempt adds which columns with a rule a write sets.
func (m *matrix) attempt(e *entity.Entity, a attempt, columns ...string) attempt {
	for column := range e.Rules().Sets {
		if slices.Contains(columns, column) {
			a.sets = append(a.sets, column)
		}
	}
	return a
}

// with is a row with another value in a column. Of edges of which one leads somewhere the
// others no longer do.
func with(e *entity.Entity, r row, column string, value any) row {
	out := maps.Clone(r)
	out[column] = value
	for i := range e.Edges {
		if edge := &e.Edges[i]; edge.Column == column && !edge.OnTarget {
			for _, other := range edge.Others() {
				out[other.Column] = nil
			}
		}
	}
	return out
}

// mostTargets bounds to how many rows an edge is moved.
const mostTargets = 6

// written lists the columns that rules on writing look at, with the values to try.
func (m *matrix) written(e *entity.Entity) (columns []string, values map[string][]any) {
	p := e.Rules()
	writes := leaves(rule.Policy{Write: p.Write, Create: p.Create, Update: p.Update, Delete: p.Delete, Sets: p.Sets})
	columns, values = m.telling(e, writes)
	for column := range p.Sets {
		if !slices.Contains(columns, column) {
			columns, values[column] = append(columns, column), m.others(e, column)
		}
	}
	for _, c := range writes {
		edge := e.RuledEdge(c.Name)
		if c.Op != rule.OpHas && c.Op != rule.OpVisible || far(edge) || slices.Contains(columns, edge.Column) {
			continue
		}
		columns = append(columns, edge.Column)
		for _, r := range m.chosen[edge.Target][:min(len(m.chosen[edge.Target]), mostTargets)] {
			values[edge.Column] = append(values[edge.Column], idOf(edge.Target, r).Any())
		}
	}
	return slices.DeleteFunc(columns, func(c string) bool { return !e.IsLink() && c == e.ID().Column }), values
}

// keyOf is the key of an input that writes a column, with the value as it is sent.
func keyOf(e *entity.Entity, column string, value any, kind entity.RootKind) (input string, sent any, ok bool) {
	for _, edge := range e.Edges {
		if edge.Column == column && !edge.OnTarget && edge.Input != "" && (kind == entity.Create || !edge.Immutable) {
			if id, err := key.Of(value); err == nil {
				return edge.Input, edge.Target.FormatID(id), true
			}
			if value == nil && !edge.Required {
				return edge.Input, nil, true
			}
		}
	}
	f := e.FieldByColumn(column)
	if f == nil || f.Flags.Has(entity.ReadOnly) || kind == entity.Update && f.Flags.Has(entity.Immutable) || value == nil && !f.Flags.Has(entity.Nullable) {
		return "", nil, false
	}
	return f.Name, value, true
}
