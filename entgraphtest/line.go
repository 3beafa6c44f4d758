package entgraphtest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/api"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/viewer"
)

// A link without an id, such as a product in an order with its count, is read and written along the
// edges that lead over it. Here it is called a line.

// lines lists the edges that lead over links of an entity.
func (m *matrix) lines(link *entity.Entity) (edges []*entity.Edge) {
	for _, e := range m.graph.Entities() {
		for i := range e.Edges {
			if edge := &e.Edges[i]; edge.ThroughType == link {
				edges = append(edges, edge)
			}
		}
	}
	return edges
}

// endsOf are the rows that a line is between, from one of an edge.
func (m *matrix) endsOf(edge *entity.Edge, line row) (from, to row) {
	of := func(e *entity.Entity, column string) row {
		if found := m.at(e.Table, e.ID().Column, line[column]); len(found) > 0 {
			return found[0]
		}
		return nil
	}
	return of(edge.Source, edge.LinkFrom), of(edge.Target, edge.LinkTo)
}

// pairOf names the two ends of a line.
func pairOf(edge *entity.Edge, line row) string {
	return fmt.Sprint(line[edge.LinkFrom], " ", line[edge.LinkTo])
}

// over reads all lines along an edge as a viewer: by their ends the fields, as the API gives them.
func (m *matrix) over(t testing.TB, edge *entity.Edge, v viewer.Viewer) (got map[string]map[string]any, problem string) {
	t.Helper()
	var fields []string
	for _, f := range edge.ThroughType.LinkFields() {
		fields = append(fields, f.Name)
	}
	e := edge.Source
	query := fmt.Sprintf("{ all: %s(first: %d) { nodes { id along: %s(first: %d) { totalCount edges { node { id } %s } } } } }",
		e.Plural, len(m.rows[e.Table])+1, edge.Name, len(m.rows[edge.Link])+1, strings.Join(fields, " "))
	answer := m.api.As(v).Query(t, query, nil)
	m.asked++
	if len(answer.Errors) > 0 {
		return nil, string(answer.Body)
	}
	var data struct {
		All struct {
			Nodes []struct {
				ID    string
				Along struct {
					TotalCount int
					Edges      []map[string]any
				}
			}
		}
	}
	answer.Into(t, &data)
	got = map[string]map[string]any{}
	for _, n := range data.All.Nodes {
		from, err := e.ParseID(n.ID)
		if err != nil || n.Along.TotalCount != len(n.Along.Edges) {
			return nil, fmt.Sprintf("of %s it counts %d, and there are %d", n.ID, n.Along.TotalCount, len(n.Along.Edges))
		}
		for _, line := range n.Along.Edges {
			to, err := edge.Target.ParseID(line["node"].(map[string]any)["id"])
			if err != nil {
				return nil, err.Error()
			}
			got[pairOf(edge, row{edge.LinkFrom: from.Any(), edge.LinkTo: to.Any()})] = line
		}
	}
	return got, ""
}

// readLines compares what a viewer sees along an edge with the plain meaning of the rules: lines whose
// two ends and which themselves are seen, and of them the fields without a rule or whose rule holds.
func (m *matrix) readLines(t testing.TB, edge *entity.Edge, v viewer.Viewer, report reportFunc) (stop bool) {
	t.Helper()
	link := edge.ThroughType
	got, problem := m.over(t, edge, v)
	if problem != "" {
		return report("%s reads %s of %s: %s", who(v), edge.Name, edge.Source.Plural, problem)
	}
	rules, want := ruled(link), map[string]string{}
	for _, line := range m.rows[link.Table] {
		from, to := m.endsOf(edge, line)
		if from == nil || to == nil || !m.sees(edge.Source, v, from) || !m.sees(edge.Target, v, to) || !m.sees(link, v, line) {
			continue
		}
		shown := ""
		for _, name := range slices.Sorted(maps.Keys(rules)) {
			if line[link.FieldByName(name).Column] != nil && (v.System || m.holds(link, rules[name], v, line)) {
				shown += name + " "
			}
		}
		want[pairOf(edge, line)] = shown
	}
	for pair, line := range got {
		shown := ""
		for _, name := range slices.Sorted(maps.Keys(rules)) {
			if line[name] != nil {
				shown += name + " "
			}
		}
		if should, may := want[pair]; (!may || should != shown) &&
			report("%s sees the %s %s from %s, with the fields %q: want %t, with %q", who(v), link.Name, pair, edge.Source.Name, shown, may, should) {
			return true
		}
		delete(want, pair)
	}
	for pair := range want {
		if report("%s does not see the %s %s from %s", who(v), link.Name, pair, edge.Source.Name) {
			return true
		}
	}
	return false
}

// line is what a write does to a link without an id.
type line struct {
	edge          *entity.Edge
	kind          entity.RootKind
	list          bool // by a list of ids
	to            row
	before, after row   // of the link; nil where there is none
	other         []row // before and after, of the other row of a link that is two
	sets          []string
	all           []line // that are removed, of those the ones that are seen
}

// lineAttempts lists writes of links along their edges: those that the inputs have.
func (m *matrix) lineAttempts(t testing.TB, link *entity.Entity) (out []attempt) {
	t.Helper()
	columns, values := m.written(link)
	for _, edge := range m.lines(link) {
		data, problem := m.over(t, edge, viewer.System())
		if problem != "" {
			t.Fatalf("read %s of %s: %s", edge.Name, edge.Source.Plural, problem)
		}
		for _, r := range m.chosen[link] {
			from, to := m.endsOf(edge, r)
			if from == nil || to == nil {
				continue
			}
			w := &lineWriter{m, edge, from, to, r, data[pairOf(edge, r)], nil}
			w.lists()
			for _, op := range edge.LinkOps(false) {
				if op.Whole {
					w.clear(op)
				} else {
					w.operation(op, columns, values)
				}
			}
			out = append(out, w.out...)
		}
	}
	return out
}

// lineWriter makes attempts at a link like one that there is.
type lineWriter struct {
	*matrix
	edge     *entity.Edge
	from, to row
	line     row
	data     map[string]any // of the line, as the API gives it
	out      []attempt
}

// add adds an attempt that sets the columns, from a row.
func (w *lineWriter) add(name string, from row, l line, input map[string]any, columns ...string) {
	w.complete(from, &l)
	if l.kind == entity.Create {
		columns = set(l.after)
	}
	for column := range w.edge.ThroughType.Rules().Sets {
		if slices.Contains(columns, column) {
			l.sets = append(l.sets, column)
		}
	}
	w.out = append(w.out, attempt{
		kind: entity.Update, name: fmt.Sprintf("%s of %s, from %s,", name, w.edge.ThroughType.Name, w.edge.Source.Name),
		input: input, before: from, after: from, line: &l,
	})
}

// complete adds the edge of a line, and its other row.
func (w *lineWriter) complete(from row, l *line) {
	l.edge = w.edge
	if l.to != nil && l.edge.Mirrored() && idOf(l.edge.Source, from) != idOf(l.edge.Target, l.to) {
		l.other = w.otherRow(from, l)
	}
}

// clear removes all lines of a row, by setting none.
func (w *lineWriter) clear(op entity.LinkOp) {
	l := line{kind: entity.Delete}
	for _, r := range w.rows[w.edge.Link] {
		if fmt.Sprint(r[w.edge.LinkFrom]) == fmt.Sprint(w.line[w.edge.LinkFrom]) {
			_, to := w.endsOf(w.edge, r)
			one := line{kind: entity.Delete, to: to, before: r}
			w.complete(w.from, &one)
			l.all = append(l.all, one)
		}
	}
	w.add("remove all", w.from, l, map[string]any{w.edge.Name: map[string]any{op.Key: []any{}}})
}

// lists are writes by lists of ids, which give a new link no values of its own.
func (w *lineWriter) lists() {
	e := w.edge
	if e.AddInput == "" || e.Immutable {
		return
	}
	ids := func(r row) []any { return []any{e.Target.FormatID(idOf(e.Target, r))} }
	w.add("remove by "+e.RemoveInput, w.from, line{kind: entity.Delete, list: true, to: w.to, before: w.line}, map[string]any{e.RemoveInput: ids(w.to)})
	for _, free := range w.free() {
		after := w.completed(row{e.LinkFrom: idOf(e.Source, free[0]).Any(), e.LinkTo: idOf(e.Target, free[1]).Any()})
		w.add("add by "+e.AddInput, free[0], line{kind: entity.Create, list: true, to: free[1], after: after}, map[string]any{e.AddInput: ids(free[1])})
	}
}

// operation are writes by an operation on links with data.
func (w *lineWriter) operation(op entity.LinkOp, columns []string, values map[string][]any) {
	e, link := w.edge, w.edge.ThroughType
	sent := func(r row, data map[string]any) map[string]any {
		item := maps.Clone(data)
		item["id"] = e.Target.FormatID(idOf(e.Target, r))
		return map[string]any{e.Name: map[string]any{op.Key: []any{item}}}
	}
	switch op.Kind {
	case entity.Delete:
		ids := []any{e.Target.FormatID(idOf(e.Target, w.to))}
		w.add("remove", w.from, line{kind: op.Kind, to: w.to, before: w.line}, map[string]any{e.Name: map[string]any{op.Key: ids}})
	case entity.Update:
		for _, c := range columns {
			for _, value := range values[c] {
				if key, as, ok := w.keyOf(op, c, value); ok {
					w.add("update of "+key, w.from, line{kind: op.Kind, to: w.to, before: w.line, after: with(link, w.line, c, value)}, sent(w.to, map[string]any{key: as}), c)
				}
			}
		}
	case entity.Create:
		input, after := w.like(op)
		w.add("add again", w.from, line{kind: op.Kind, to: w.to, before: w.line, after: w.completed(after)}, sent(w.to, input))
		for i, free := range w.free() {
			made := maps.Clone(after)
			made[e.LinkFrom], made[e.LinkTo] = idOf(e.Source, free[0]).Any(), idOf(e.Target, free[1]).Any()
			w.add("add", free[0], line{kind: op.Kind, to: free[1], after: w.completed(made)}, sent(free[1], input))
			for _, c := range columns {
				for _, value := range values[c] {
					if key, as, ok := w.keyOf(op, c, value); ok && i == 0 {
						changed := maps.Clone(input)
						changed[key] = as
						w.add("add with another "+key, free[0], line{kind: op.Kind, to: free[1], after: with(link, w.completed(made), c, value)}, sent(free[1], changed))
					}
				}
			}
		}
	}
}

// keyOf is the key of an item that writes a column.
func (w *lineWriter) keyOf(op entity.LinkOp, column string, value any) (key string, sent any, ok bool) {
	i := slices.IndexFunc(op.Fields, func(f *entity.Field) bool { return f.Column == column })
	if i < 0 || value == nil && !op.Fields[i].Flags.Has(entity.Nullable) {
		return "", nil, false
	}
	return op.Fields[i].Name, value, true
}

// like is the item that makes a link like the line, and the row that it makes.
func (w *lineWriter) like(op entity.LinkOp) (input map[string]any, after row) {
	link := w.edge.ThroughType
	input, after = map[string]any{}, row{w.edge.LinkFrom: w.line[w.edge.LinkFrom], w.edge.LinkTo: w.line[w.edge.LinkTo]}
	for _, f := range op.Fields {
		w.copy(link, f.Name, w.data[f.Name], w.line, input, after)
	}
	for key, value := range w.additions.values[link.Name] {
		if f := link.FieldByName(key); f != nil {
			input[key], after[f.Column] = value, value
		}
	}
	return input, after
}

// completed is a new row with the defaults of what it was not given.
func (w *lineWriter) completed(r row) row {
	out := maps.Clone(r)
	for _, c := range w.table(w.edge.ThroughType).Columns {
		if out[c.Name] == nil {
			out[c.Name] = given(c, w.edge.ThroughType.FieldByColumn(c.Name))
		}
	}
	return out
}

// free lists pairs of rows that are not linked: the line's own ends with others of each kind.
func (w *lineWriter) free() (pairs [][2]row) {
	e := w.edge
	linked := map[string]bool{}
	for _, r := range w.rows[e.Link] {
		linked[pairOf(e, r)] = true
	}
	add := func(from, to row) bool {
		pair := fmt.Sprint(idOf(e.Source, from).Any(), " ", idOf(e.Target, to).Any())
		back := fmt.Sprint(idOf(e.Target, to).Any(), " ", idOf(e.Source, from).Any())
		if linked[pair] || e.Mirrored() && linked[back] || e.Source == e.Target && idOf(e.Source, from) == idOf(e.Target, to) {
			return false
		}
		linked[pair] = true
		pairs = append(pairs, [2]row{from, to})
		return true
	}
	n := 0
	for _, to := range w.rows[e.Target.Table] {
		if n < mostTargets/2 && add(w.from, to) {
			n++
		}
	}
	for n, at := 0, 0; at < len(w.chosen[e.Source]) && n < mostTargets/2; at++ {
		if add(w.chosen[e.Source][at], w.to) {
			n++
		}
	}
	return pairs
}

// otherRow is the second row of a link that is kept from both ends, before and after a write.
func (w *lineWriter) otherRow(from row, l *line) []row {
	e, out := w.edge, []row{nil, nil}
	for _, r := range w.rows[e.Link] {
		if fmt.Sprint(r[e.LinkTo], " ", r[e.LinkFrom]) == fmt.Sprint(idOf(e.Source, from).Any(), " ", idOf(e.Target, l.to).Any()) {
			out[0] = r
		}
	}
	if l.after != nil {
		out[1] = maps.Clone(l.after)
		out[1][e.LinkFrom], out[1][e.LinkTo] = l.after[e.LinkTo], l.after[e.LinkFrom]
	}
	return out
}

// lineOutcome is the code that a write of a link must end with; see [matrix.outcome].
func (m *matrix) lineOutcome(a attempt, v viewer.Viewer) string {
	l, source := a.line, a.line.edge.Source
	link := l.edge.ThroughType
	hiddenLine := l.before != nil && !m.sees(link, v, l.before)
	switch {
	case v.System:
		return ""
	case v.ReadOnly:
		return api.CodeForbidden
	case !m.sees(source, v, a.before):
		return hidden
	case l.all == nil && !m.sees(l.edge.Target, v, l.to), l.kind == entity.Update && hiddenLine:
		return api.CodeBadUserInput
	case l.kind == entity.Create && l.before != nil && !hiddenLine:
		return api.CodeConflict
	case m.holds(source, source.Rules().Updates(), v, a.before) && (l.kind == entity.Delete && hiddenLine || m.mayLine(l, v)):
		return ""
	case !v.SignedIn():
		return api.CodeUnauthenticated
	}
	return api.CodeForbidden
}

// mayLine is the meaning of the rules of a link on what is done to it, in each of its rows.
func (m *matrix) mayLine(l *line, v viewer.Viewer) bool {
	if l.all != nil {
		return !slices.ContainsFunc(l.all, func(one line) bool {
			return m.sees(l.edge.Target, v, one.to) && m.sees(l.edge.ThroughType, v, one.before) && !m.mayLine(&one, v)
		})
	}
	if !m.mayRow(l, v, l.before, l.after) {
		return false
	}
	if l.other == nil || l.other[0] == nil && l.kind != entity.Create {
		return true
	}
	return m.mayRow(l, v, l.other[0], l.other[1]) && (l.list || l.kind == entity.Create || m.sees(l.edge.ThroughType, v, l.other[0]))
}

func (m *matrix) mayRow(l *line, v viewer.Viewer, before, after row) bool {
	link := l.edge.ThroughType
	p := link.Rules()
	ok := true
	switch l.kind {
	case entity.Delete:
		ok = m.holds(link, p.Deletes(), v, before)
	case entity.Update:
		ok = m.holds(link, p.Updates(), v, before) && m.holds(link, p.Updates(), v, after)
	default:
		ok = m.holds(link, p.Creates(), v, after)
	}
	for _, column := range l.sets {
		ok = ok && m.holds(link, p.Sets[column], v, after)
	}
	return ok
}
