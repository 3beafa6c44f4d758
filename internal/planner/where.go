package planner

import (
	"maps"
	"slices"
	"strings"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/limit"
)

// Limits of one filter. Beyond them a request could keep Postgres planning for
// seconds.
const (
	maxFilterDepth = 16
	maxFilterTerms = 200
	maxFilterList  = 10_000
)

// filterLimits counts what the filters of a statement ask for.
type filterLimits struct{ terms int }

// where compiles a filter to a condition on an alias, with a leading AND; "" for a
// filter that is empty.
func (s *statement) where(alias string, e *entity.Entity, filter map[string]any) (string, error) {
	if len(filter) == 0 {
		return "", nil
	}
	cond, err := s.all(alias, e, filter, 0)
	if err != nil {
		return "", err
	}
	return " AND " + cond, nil
}

// all is the conjunction of a filter's keys. A null value counts as absent.
func (s *statement) all(alias string, e *entity.Entity, filter map[string]any, depth int) (string, error) {
	if depth > maxFilterDepth {
		return "", limit.Fixed("where: filters may be nested at most %d deep", maxFilterDepth)
	}
	var conds []string
	for _, key := range slices.Sorted(maps.Keys(filter)) {
		if filter[key] == nil {
			continue
		}
		if s.filter.terms++; s.filter.terms > maxFilterTerms {
			return "", limit.Fixed("where: at most %d conditions are allowed", maxFilterTerms)
		}
		cond, err := s.term(alias, e, key, filter[key], depth)
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

func (s *statement) term(alias string, e *entity.Entity, key string, v any, depth int) (string, error) {
	switch key {
	case "not":
		inner, err := s.all(alias, e, inputObject(v), depth+1)
		return "NOT " + inner, err
	case "and":
		return s.each(alias, e, v, depth, " AND ", "TRUE")
	case "or":
		return s.each(alias, e, v, depth, " OR ", "FALSE")
	}
	f := e.FilterByName(key)
	switch {
	case f == nil:
		return "", badInput("where", "%s is not a filter", key)
	case f.Search:
		return s.search(alias, e, v)
	case f.With:
		return s.with(f.Edge, alias, v, depth)
	case f.Quantifier != "":
		return s.quantified(f, alias, v, depth)
	case f.Edge != nil:
		exists := s.exists(f.Edge, alias, "")
		if v == false {
			exists = "NOT " + exists
		}
		return exists, nil
	}
	return s.compare(fieldExpr(alias, f.Field), f, v)
}

// each joins the conditions of a list of filters; empty is the meaning of no filter.
func (s *statement) each(alias string, e *entity.Entity, v any, depth int, op, empty string) (string, error) {
	var conds []string
	for _, item := range entity.Items(v) {
		cond, err := s.all(alias, e, inputObject(item), depth+1)
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
func (s *statement) with(edge *entity.Edge, alias string, v any, depth int) (string, error) {
	filters := entity.Items(v)
	if len(filters) == 0 {
		return "FALSE", nil
	}
	if cond, err := s.uniqueNeighbour(edge, alias, filters); cond != "" || err != nil {
		return cond, err
	}
	t := s.next()
	from, cond := s.neighbours(edge, alias, t)
	for _, item := range filters {
		inner, err := s.all(t, edge.Target, inputObject(item), depth+1)
		if err != nil {
			return "", err
		}
		cond += " AND " + inner
	}
	return "EXISTS (SELECT FROM " + from + " WHERE " + cond + ")", nil
}

// quantified is the condition on how many neighbours fulfil one filter.
func (s *statement) quantified(f *entity.Filter, alias string, v any, depth int) (string, error) {
	switch f.Quantifier {
	case entity.Some:
		return s.with(f.Edge, alias, []any{v}, depth)
	case entity.None:
		cond, err := s.with(f.Edge, alias, []any{v}, depth)
		return "NOT " + cond, err
	}
	t := s.next()
	from, cond := s.neighbours(f.Edge, alias, t)
	inner, err := s.all(t, f.Edge.Target, inputObject(v), depth+1)
	// NOT alone would let a neighbour pass for which the filter is unknown.
	return "NOT EXISTS (SELECT FROM " + from + " WHERE " + cond + " AND " + inner + " IS NOT TRUE)", err
}

// uniqueNeighbour is the condition that a many-to-many edge leads to the entity with a
// value in a unique field, when that is all that the filters say: the entity is looked
// up once and its id compared, so that the index on the link serves. Otherwise "".
func (s *statement) uniqueNeighbour(edge *entity.Edge, alias string, filters []any) (string, error) {
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
	id := "(SELECT " + t + ".id FROM " + s.table(edge.Target) + " " + t + " WHERE " + match + ")"
	l := s.next()
	return "EXISTS (SELECT FROM " + s.link(edge) + " " + l + " WHERE " + l + "." + ident(edge.LinkFrom) + " = " + alias + ".id AND " +
		l + "." + ident(edge.LinkTo) + " = " + id + ")", nil
}

// exists is the condition that an edge leads somewhere.
func (s *statement) exists(edge *entity.Edge, alias, more string) string {
	from, cond := s.neighbours(edge, alias, s.next())
	return "EXISTS (SELECT FROM " + from + " WHERE " + cond + more + ")"
}

var comparisons = map[entity.Op]string{
	entity.EQ: " = ", entity.NEQ: " <> ", entity.GT: " > ", entity.GTE: " >= ", entity.LT: " < ", entity.LTE: " <= ",
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
	case f.Op.List():
		return s.compareList(expr, f, v)
	}
	value, err := f.Field.Operand(v, f.Op)
	if err != nil {
		return "", badInput("where", "%s %s", f.Name, err)
	}
	if op, ok := comparisons[f.Op]; ok {
		return expr + op + s.arg(value, f.Field.Type), nil
	}
	text := escapeLike(value.(string))
	like := " LIKE "
	switch f.Op {
	case entity.Contains:
		text = "%" + text + "%"
	case entity.ContainsFold:
		text, like = "%"+text+"%", " ILIKE "
	case entity.HasPrefix:
		text += "%"
	case entity.HasSuffix:
		text = "%" + text
	case entity.EqualFold:
		like = " ILIKE "
	}
	return expr + like + s.arg(text, entity.String), nil
}

// compareList compares with a list as one argument, so that lists of every length
// share one prepared statement. NOT IN an empty list is true, IN one is false.
func (s *statement) compareList(expr string, f *entity.Filter, v any) (string, error) {
	list := entity.Items(v)
	if len(list) > maxFilterList {
		return "", limit.Fixed("where: %s has %d values, at most %d are allowed", f.Name, len(list), maxFilterList)
	}
	values := make([]any, len(list))
	for i, item := range list {
		value, err := f.Field.Operand(item, f.Op)
		if err != nil {
			return "", badInput("where", "%s[%d] %s", f.Name, i, err)
		}
		values[i] = value
	}
	if f.Op == entity.NotIn {
		return expr + " <> ALL (" + s.list(values, f.Field.Type) + ")", nil
	}
	return expr + " = ANY (" + s.list(values, f.Field.Type) + ")", nil
}

var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

func escapeLike(s string) string { return likeEscaper.Replace(s) }

// inputObject is an input object value; anything else has failed validation before.
func inputObject(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}
