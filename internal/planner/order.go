package planner

import (
	"strconv"
	"strings"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/limit"
)

// maxOrderKeys bounds an ordering; more keys than this cannot matter.
const maxOrderKeys = 8

// orderKey is one key of an ordering, before the alias of its table is known.
type orderKey struct {
	order      *entity.Order
	desc       bool
	nullsFirst bool
	search     string // of a key by relevance: the text that it is relevant to
}

// typ is the type of the key's values.
func (k orderKey) typ() entity.Type { return k.order.Type() }

// reversed is the key for reading backward.
func (k orderKey) reversed() orderKey {
	k.desc, k.nullsFirst = !k.desc, !k.nullsFirst
	return k
}

// bindOrder reads orderBy. The id is always the last key, ascending, so that every
// order is total. Keys after the id and a field for the second time cannot matter and
// are dropped.
func bindOrder(e *entity.Entity, v any) ([]orderKey, error) {
	var list []any
	if v != nil {
		list = entity.Items(v)
	}
	if len(list) > maxOrderKeys {
		return nil, limit.Fixed("orderBy: at most %d keys are allowed", maxOrderKeys)
	}
	var keys []orderKey
	seen := map[*entity.Order]bool{}
	for _, item := range list {
		in, ok := item.(map[string]any)
		if !ok {
			return nil, badInput("orderBy", "must be a list of orders")
		}
		name, _ := in["field"].(string)
		o := e.OrderByName(name)
		if o == nil {
			return nil, badInput("orderBy", "%q is not a field to order by", name)
		}
		key := orderKey{order: o}
		var err error
		if key.desc, key.nullsFirst, err = bindDirection(in); err != nil {
			return nil, err
		}
		// Rows that come to a field for the second time are equal in it, and each time that a
		// count stands in a statement Postgres plans it again.
		if seen[o] {
			continue
		}
		seen[o] = true
		keys = append(keys, key)
		if isID(o) {
			return keys, nil
		}
	}
	return append(keys, orderKey{order: e.OrderByName("ID")}), nil
}

// bindDirection reads a key of an ordering but for its field.
func bindDirection(in map[string]any) (desc, nullsFirst bool, err error) {
	// In a variable gqlparser takes an enum value in any case.
	switch in["direction"] {
	case nil, "ASC":
	case "DESC":
		desc = true
	default:
		return false, false, badInput("orderBy", "%q is not a direction: ASC or DESC", in["direction"])
	}
	switch in["nulls"] {
	case nil:
		return desc, desc, nil
	case "FIRST", "LAST":
		return desc, in["nulls"] == "FIRST", nil
	}
	return false, false, badInput("orderBy", "%q is not a place for nulls: FIRST or LAST", in["nulls"])
}

func isID(o *entity.Order) bool { return o.Edge == nil && o.Type() == entity.ID }

// orderName is the canonical text of an ordering, to which its cursors are bound.
func orderName(e *entity.Entity, keys []orderKey) string {
	var b strings.Builder
	b.WriteString(e.Name)
	for _, k := range keys {
		b.WriteString(" " + k.order.Name)
		if k.order.Relevance {
			b.WriteString(" " + strconv.Quote(k.search))
		}
		if k.desc {
			b.WriteString(" DESC")
		}
		if k.order.Nullable() && k.nullsFirst {
			b.WriteString(" NULLS FIRST")
		}
	}
	return b.String()
}

// orderExpr is the SQL of a key for the level's main table e0. It may join.
func (s *statement) orderExpr(l *level, k orderKey) string {
	switch {
	case k.order.Relevance:
		return s.relevance(l.entity, k.search)
	case k.order.Count():
		return s.countExpr("e0", k.order.Edge)
	case k.order.Edge != nil:
		return fieldExpr(s.join("e0", k.order.Edge), k.order.Field)
	default:
		return fieldExpr("e0", k.order.Field)
	}
}

// boundKey is a key with its SQL.
type boundKey struct {
	orderKey
	expr string
}

// orderBy is the text after ORDER BY.
func orderBy(keys []boundKey) string {
	var b strings.Builder
	for i, k := range keys {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(k.expr + direction(k.desc, k.nullsFirst, k.order.Nullable()))
	}
	return b.String()
}

// direction is what follows an expression after ORDER BY. NULLS is left out where it is
// Postgres' default or cannot matter, so that a plain index serves.
func direction(desc, nullsFirst, nullable bool) string {
	out := ""
	if desc {
		out = " DESC"
	}
	if nullable && nullsFirst != desc {
		out += map[bool]string{true: " NULLS FIRST", false: " NULLS LAST"}[nullsFirst]
	}
	return out
}

// beyond is the condition that a row comes strictly after the cursor in the order of
// the keys.
func (s *statement) beyond(keys []boundKey, values []any) string {
	if sameDirection(keys) {
		op := " > "
		if keys[0].desc {
			op = " < "
		}
		return "(" + s.exprs(keys) + ")" + op + "(" + s.args(keys, values) + ")"
	}
	// Innermost first: the last key must be beyond, every earlier one beyond or equal
	// with the rest beyond.
	cond := ""
	for i := len(keys) - 1; i >= 0; i-- {
		gt := s.greater(keys[i], values[i])
		if i == len(keys)-1 {
			cond = gt
			continue
		}
		cond = "(" + gt + " OR " + s.equal(keys[i], values[i]) + " AND " + cond + ")"
	}
	if k := keys[0]; !k.order.Nullable() && len(keys) > 1 {
		// The redundant bound lets an index on the first key seek; the OR alone scans.
		op := " >= "
		if k.desc {
			op = " <= "
		}
		cond = k.expr + operator(op, k.order.Field) + s.operand(k, values[0]) + " AND " + cond
	}
	return cond
}

// sameDirection reports whether a row comparison means the same as the ordering.
func sameDirection(keys []boundKey) bool {
	for _, k := range keys {
		apart := k.order.Field != nil && k.order.Field.Type == entity.Citext // of another operator
		if k.order.Nullable() || k.desc != keys[0].desc || apart {
			return false
		}
	}
	return true
}

func (s *statement) greater(k boundKey, v any) string {
	if v == nil {
		if k.nullsFirst {
			return k.expr + " IS NOT NULL"
		}
		return "FALSE"
	}
	op := " > "
	if k.desc {
		op = " < "
	}
	cond := k.expr + operator(op, k.order.Field) + s.operand(k, v)
	if k.order.Nullable() && !k.nullsFirst {
		return "(" + cond + " OR " + k.expr + " IS NULL)"
	}
	return cond
}

func (s *statement) equal(k boundKey, v any) string {
	if v == nil {
		return k.expr + " IS NULL"
	}
	return k.expr + operator(" = ", k.order.Field) + s.operand(k, v)
}

func (s *statement) exprs(keys []boundKey) string {
	var out []string
	for _, k := range keys {
		out = append(out, k.expr)
	}
	return strings.Join(out, ", ")
}

func (s *statement) args(keys []boundKey, values []any) string {
	var out []string
	for i, k := range keys {
		out = append(out, s.operand(k, values[i]))
	}
	return strings.Join(out, ", ")
}

func (s *statement) operand(k boundKey, v any) string {
	if f := k.order.Field; f != nil {
		return s.fieldArg(v, f)
	}
	return s.arg(v, k.typ())
}
