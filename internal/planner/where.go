package planner

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/limit"
	"github.com/entgraph/entgraph/internal/sqltext"
)

// Limits of one filter that no setting changes.
const (
	maxFilterDepth = 16
	maxFilterTerms = 200
	maxFilterList  = 10_000
)

// maxJoined is how many joins a statement may have before what an edge of its filter asks
// is run for each row instead of joined: Postgres plans joins best, but in a time that
// grows faster than their number.
const maxJoined = 8

// filterCount counts what the filter of a statement asks for.
type filterCount struct{ terms, edges, joined, text, regex, having int }

// position is where in a statement a condition stands: what Postgres makes of an EXISTS
// there.
type position struct {
	depth int // filters around it
	edges int // edges that lead to it
	// negated and apart say whether an EXISTS becomes a join, a join for what is missing, or
	// is run apart, as a sub-plan for each row.
	negated, apart bool
	// inner is true inside of a sub-plan.
	inner bool
}

// within is the position of a filter inside of another.
func (at position) within() position {
	at.depth++
	return at
}

// sub is the position of what an EXISTS asks.
func (at position) sub() position {
	return position{depth: at.depth + 1, edges: at.edges + 1, inner: at.inner || at.apart}
}

// not is the position behind a NOT.
func (at position) not() position {
	at.negated, at.apart = !at.apart, at.apart || at.negated
	return at
}

// among is the position of one of n conditions, of which not all need to hold.
func (at position) among(n int) position {
	at.apart = at.apart || n > 1
	return at
}

// where compiles a filter to a condition on an alias, with a leading AND; "" for a
// filter that is empty.
func (s *statement) where(alias string, e *entity.Entity, filter map[string]any) (string, error) {
	if len(filter) == 0 {
		return "", nil
	}
	cond, err := s.all(alias, e, filter, position{})
	if err != nil {
		return "", err
	}
	return " AND " + cond, nil
}

// all is the conjunction of a filter's keys. A null value counts as absent.
func (s *statement) all(alias string, e *entity.Entity, filter map[string]any, at position) (string, error) {
	if at.depth > maxFilterDepth {
		return "", limit.Fixed("where: filters may be nested at most %d deep", maxFilterDepth)
	}
	keys := given(filter)
	if at.negated {
		at = at.among(len(keys))
	}
	var conds []string
	for _, key := range keys {
		if s.filter.terms++; s.filter.terms > maxFilterTerms {
			return "", limit.Fixed("where: at most %d conditions are allowed", maxFilterTerms)
		}
		cond, err := s.term(alias, e, key, filter[key], at)
		if err != nil {
			return "", err
		}
		conds = append(conds, cond)
	}
	if len(conds) == 0 {
		return "TRUE", nil
	}
	return "(" + strings.Join(conds, " AND ") + ")", nil
}

// given lists the keys of a filter that have a value.
func given(filter map[string]any) []string {
	var keys []string
	for _, key := range slices.Sorted(maps.Keys(filter)) {
		if filter[key] != nil {
			keys = append(keys, key)
		}
	}
	return keys
}

func (s *statement) term(alias string, e *entity.Entity, key string, v any, at position) (string, error) {
	switch key {
	case "not":
		inner, err := s.all(alias, e, inputObject(v), at.not().within())
		return "NOT " + inner, err
	case "and":
		return s.each(alias, e, v, at.within(), " AND ", "TRUE")
	case "or":
		return s.each(alias, e, v, at.within(), " OR ", "FALSE")
	}
	f := e.FilterByName(key)
	switch {
	case f == nil:
		return "", badInput("where", "%s is not a filter", key)
	case f.Search:
		return s.search(alias, e, v)
	case f.Edge != nil:
		if err := s.countEdge(f, at); err != nil {
			return "", err
		}
		if f.Count {
			return s.edgeCount(f, alias, inputObject(v), at)
		}
		return s.edge(f, alias, v, at)
	}
	if f.Field.Type == entity.JSON && !f.Op.Null() {
		return s.compareDocument(alias+"."+sqltext.Ident(f.Field.Column), f, v)
	}
	return s.compare(fieldExpr(alias, f.Field), f, v)
}

// countEdge refuses a filter over too many edges: Postgres' planning grows with them, and
// hears no time-out. Edges that access rules follow from what is reached count as well.
func (s *statement) countEdge(f *entity.Filter, at position) error {
	o := &s.planner.opts
	if at.edges >= o.MaxFilterDepth {
		return limit.Exceeded("MAX_FILTER_DEPTH", int64(o.MaxFilterDepth), "where: more than %d edges follow one another", o.MaxFilterDepth)
	}
	tables := s.level.visible.tables
	s.filter.edges += 1 + tables[joinTable(f.Edge)].edges
	if f.Edge.Link != "" {
		s.filter.edges += tables[linkTable(f.Edge)].edges
	}
	if s.filter.edges > o.MaxFilterEdges {
		return limit.Exceeded("MAX_FILTER_EDGES", int64(o.MaxFilterEdges), "where: more than %d edges are followed", o.MaxFilterEdges)
	}
	return nil
}

// edge is a condition on what an edge leads to.
func (s *statement) edge(f *entity.Filter, alias string, v any, at position) (string, error) {
	switch {
	case f.With:
		return s.with(f.Edge, alias, entity.Items(v), at)
	case f.Quantifier == entity.Some:
		return s.with(f.Edge, alias, []any{v}, at)
	case f.Quantifier == entity.None:
		cond, err := s.with(f.Edge, alias, []any{v}, at.not())
		return "NOT " + cond, err
	case f.Quantifier != "":
		return s.every(f.Edge, alias, inputObject(v), at)
	case v == false:
		return "NOT " + s.exists(f.Edge, alias, at.not()), nil
	}
	return s.exists(f.Edge, alias, at), nil
}

// each joins the conditions of a list of filters; empty is the meaning of no filter.
func (s *statement) each(alias string, e *entity.Entity, v any, at position, op, empty string) (string, error) {
	items := entity.Items(v)
	if op == " OR " || at.negated {
		at = at.among(len(items))
	}
	var conds []string
	for _, item := range items {
		cond, err := s.all(alias, e, inputObject(item), at)
		if err != nil {
			return "", err
		}
		conds = append(conds, cond)
	}
	if len(conds) == 0 {
		return empty, nil
	}
	return "(" + strings.Join(conds, op) + ")", nil
}

// with is the condition that one neighbour fulfils every filter of the list; an empty
// list matches nothing.
func (s *statement) with(edge *entity.Edge, alias string, filters []any, at position) (string, error) {
	if len(filters) == 0 {
		return "FALSE", nil
	}
	if cond, err := s.uniqueNeighbour(edge, alias, filters, at); cond != "" || err != nil {
		return cond, err
	}
	t := s.next()
	from, cond := s.neighbours(edge, alias, t)
	at = s.place(at)
	for _, item := range filters {
		inner, err := s.all(t, edge.Target, inputObject(item), at.sub())
		if err != nil {
			return "", err
		}
		cond += " AND " + inner
	}
	return existsSQL(from, cond, at), nil
}

// every is the condition that no neighbour fails a filter.
func (s *statement) every(edge *entity.Edge, alias string, filter map[string]any, at position) (string, error) {
	t := s.next()
	from, cond := s.neighbours(edge, alias, t)
	at = s.place(at.not())
	inner, err := s.all(t, edge.Target, filter, at.sub().failing(edge.Target, filter))
	if err != nil {
		return "", err
	}
	if known(edge.Target, filter) {
		cond += " AND NOT " + inner
	} else {
		// NOT alone would let a neighbour pass for which the filter is unknown.
		cond += " AND " + inner + " IS NOT TRUE"
	}
	return "NOT " + existsSQL(from, cond, at), nil
}

// failing is the position of a filter of which the failure is asked.
func (at position) failing(e *entity.Entity, filter map[string]any) position {
	if known(e, filter) {
		return at.not()
	}
	at.apart = true
	return at
}

// known reports whether a filter is a single condition on an edge, which is never unknown.
func known(e *entity.Entity, filter map[string]any) bool {
	keys := given(filter)
	if len(keys) != 1 {
		return false
	}
	f := e.FilterByName(keys[0])
	return f != nil && f.Edge != nil
}

// place decides how an EXISTS at a position is run.
func (s *statement) place(at position) position {
	if at.apart {
		return at
	}
	if s.filter.joined++; s.filter.joined+len(s.joins) > maxJoined {
		at.apart, at.inner = true, true
	}
	return at
}

// existsSQL is the condition that a query has rows. Of a sub-plan that may be hashed
// Postgres makes two plans, and of each one inside of it two more for both: twice as many
// with each level. OFFSET keeps it from that below the first.
func existsSQL(from, cond string, at position) string {
	if at.apart && at.inner {
		cond += " OFFSET 0"
	}
	return "EXISTS (SELECT FROM " + from + " WHERE " + cond + ")"
}

// uniqueNeighbour is the condition that a many-to-many edge leads to the entity with a
// value in a unique field, when that is all that the filters say: the entity is looked
// up once and its id compared, so that the index on the link serves. Otherwise "".
func (s *statement) uniqueNeighbour(edge *entity.Edge, alias string, filters []any, at position) (string, error) {
	if edge.Link == "" || len(filters) != 1 {
		return "", nil
	}
	var only *entity.Filter
	for key, v := range inputObject(filters[0]) {
		f := edge.Target.FilterByName(key)
		if v == nil {
			continue
		}
		if only != nil || f == nil || f.Field == nil || f.Op != entity.EQ || !f.Field.Flags.Has(entity.Unique) {
			return "", nil
		}
		only = f
	}
	if only == nil {
		return "", nil
	}
	t := s.next()
	match, err := s.compare(fieldExpr(t, only.Field), only, inputObject(filters[0])[only.Name])
	if err != nil {
		return "", err
	}
	id := "(SELECT " + idColumn(t, edge.Target) + " FROM " + s.table(edge.Target) + " " + t + " WHERE " + match + ")"
	l := s.next()
	cond := l + "." + sqltext.Ident(edge.LinkFrom) + " = " + idColumn(alias, edge.Source) + " AND " + l + "." + sqltext.Ident(edge.LinkTo) + " = " + id
	return existsSQL(s.link(edge)+" "+l, cond, s.place(at)), nil
}

// exists is the condition that an edge leads somewhere.
func (s *statement) exists(edge *entity.Edge, alias string, at position) string {
	from, cond := s.neighbours(edge, alias, s.next())
	return existsSQL(from, cond, s.place(at))
}

var comparisons = map[entity.Op]string{
	entity.EQ: " = ", entity.NEQ: " <> ", entity.GT: " > ", entity.GTE: " >= ", entity.LT: " < ", entity.LTE: " <= ",
	entity.Within: " <<= ", entity.Covers: " >>= ",
}

// operator names an operator between values of a field. Those of citext are an extension's, which
// the sessions' empty search_path does not find: = would be that of texts.
func operator(op string, f *entity.Field) string {
	if f == nil || f.Type != entity.Citext {
		return op
	}
	return " OPERATOR(" + sqltext.Ident(f.TypeSchema()) + "." + strings.TrimSpace(op) + ") "
}

// compare is a condition on a column with Ent's meaning: what compares with NULL is
// not true.
func (s *statement) compare(expr string, f *entity.Filter, v any) (string, error) {
	switch {
	case f.Op.Null():
		is := " IS NULL"
		if (f.Op == entity.NotNil) != (v == false) {
			is = " IS NOT NULL"
		}
		return expr + is, nil
	case f.Field.Item != nil:
		return s.compareArray(expr, f, v)
	case isOfRange(f):
		return s.compareRange(expr, f, v)
	case f.Op.List():
		return s.compareList(expr, f, v)
	}
	value, err := f.Field.Operand(v, f.Op)
	if err != nil {
		return "", badInput(s.asks, "%s %s", f.Name, err)
	}
	if f.Op == entity.Within || f.Op == entity.Covers {
		return expr + comparisons[f.Op] + s.value(value, f.Field.Type, nil) + "::inet", nil
	}
	if op, ok := comparisons[f.Op]; ok {
		return expr + operator(op, f.Field) + s.fieldArg(value, f.Field), nil
	}
	if f.Field.Type == entity.Char || f.Field.Type == entity.Citext {
		expr += "::text" // LIKE would see what fills it up, or be that of an extension
	}
	if f.Op == entity.Matches {
		return s.matches(expr, f, value.(string))
	}
	text := value.(string)
	if s.filter.text += utf8.RuneCountInString(escapeLike(text)); s.filter.text > s.planner.opts.MaxFilterText {
		return "", limit.Exceeded("MAX_FILTER_TEXT", int64(s.planner.opts.MaxFilterText), "where: the texts to look for have more than %d characters in total", s.planner.opts.MaxFilterText)
	}
	before, after := "", ""
	if f.Op == entity.Contains || f.Op == entity.ContainsFold || f.Op == entity.HasSuffix {
		before = "%"
	}
	if f.Op == entity.Contains || f.Op == entity.ContainsFold || f.Op == entity.HasPrefix {
		after = "%"
	}
	if f.Op == entity.ContainsFold || f.Op == entity.EqualFold || f.Field.Type == entity.Citext {
		return s.folded(expr, before, text, after), nil
	}
	return expr + " LIKE " + s.arg(before+escapeLike(text)+after, entity.String), nil
}

// compareList compares with a list as one argument, so that lists of every length
// share one prepared statement. NOT IN an empty list is true, IN one is false.
func (s *statement) compareList(expr string, f *entity.Filter, v any) (string, error) {
	list := entity.Items(v)
	if len(list) > maxFilterList {
		return "", limit.Fixed("%s: %s has %d values, at most %d are allowed", s.asks, f.Name, len(list), maxFilterList)
	}
	values := make([]any, len(list))
	for i, item := range list {
		value, err := f.Field.Operand(item, f.Op)
		if err != nil {
			return "", badInput(s.asks, "%s[%d] %s", f.Name, i, err)
		}
		values[i] = value
	}
	if f.Op == entity.NotIn {
		return expr + operator(" <> ", f.Field) + "ALL (" + s.list(values, f.Field) + ")", nil
	}
	return expr + operator(" = ", f.Field) + "ANY (" + s.list(values, f.Field) + ")", nil
}

var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

func escapeLike(s string) string { return likeEscaper.Replace(s) }

// inputObject is an input object value; anything else has failed validation before.
func inputObject(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}
