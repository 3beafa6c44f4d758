package planner

import (
	"github.com/entgraph/entgraph/internal/entity"
)

// total is the SQL of a total, as it is compared and ordered: sums of integers are exact
// numbers of any size, averages are floats, and so are sums of reals, as a real has too few
// digits for them. Those of decimals are decimals: exact, and to 16 digits or more. It may join.
func (s *statement) total(t *entity.Total) string {
	if t.Function == "" {
		return "count(*)"
	}
	alias := "e0"
	if t.Edge != nil {
		alias = s.join(alias, t.Edge)
	}
	expr := fieldExpr(alias, t.Field)
	switch name := string(t.Function); t.Function {
	case entity.CountDistinct:
		return "count(DISTINCT " + expr + ")"
	case entity.Avg, entity.Sum:
		switch {
		case t.Field.Type == entity.Float:
			return floatTotal(name, expr)
		case t.Field.Type == entity.Float32:
			return floatTotal(name, expr+"::float8")
		case t.Function == entity.Avg && t.Value().Type == entity.Float:
			return "avg(" + expr + ")::float8"
		}
		return name + "(" + expr + ")"
	default:
		if t.Field.Type == entity.Citext {
			return cast(name+"("+lowerCase(expr)+")", t.Field.Native, "")
		}
		return name + "(" + expr + ")"
	}
}

// lowerCase is what a group and the ends of a list show of values that differ in their case alone,
// so that it does not depend on the way that they are read.
func lowerCase(expr string) string { return "lower(" + expr + "::text)" }

// totalColumn is how a total is read. A sum of integers is read as its text.
func totalColumn(t *entity.Total) column {
	v := t.Value()
	c := column{expr: t.Name, typ: v.Type, total: t}
	switch {
	case v == t.Field:
		c.field = v
	case c.isSum():
		c.typ = entity.String
	}
	return c
}

// isSum reports whether a column is a sum of integers.
func (c column) isSum() bool {
	return c.total != nil && c.total.Function == entity.Sum && c.total.Value().Type == entity.BigInt
}

// What floatTotal adds up apart: values whose squares are near the largest float.
const (
	huge  = "'1e150'::float8"
	scale = "'18446744073709551616'::float8" // 2^64
	most  = "'1.7976931348623157e308'::float8"
)

// floatTotal is the sum or average of floats for which no values are too large. Postgres'
// own fail where a sum, or for an average the sum of squares, is beyond the largest float,
// and with the statement everything else of the request. Huge values are added up divided
// by a power of two, which is exact, beside the others; where there are none, the result
// is that of Postgres to the last bit. A sum that no float holds is infinite.
func floatTotal(name, x string) string {
	only := " FILTER (WHERE abs(" + x + ") <= " + huge + ")"
	large := "(sum(" + x + " / " + scale + ") FILTER (WHERE abs(" + x + ") > " + huge + "))"
	rest := "coalesce(sum(" + x + ")" + only + ", 0)"
	if name == "avg" {
		large = "(" + large + " / count(" + x + "))"
		// Beside huge values it matters only where they cancel each other.
		rest = "CASE WHEN abs(" + rest + ") > 1 THEN " + rest + " / count(" + x + ") ELSE 0 END"
	}
	return "CASE WHEN " + large + " IS NULL THEN " + name + "(" + x + ")" + only +
		" WHEN abs(" + large + ") < " + most + " / (2 * " + scale + ") THEN " + large + " * " + scale + " + " + rest +
		" WHEN abs(" + large + ") <= " + most + " / " + scale + " THEN " + large + " * " + scale +
		" ELSE " + large + " * 'Infinity'::float8 END"
}
