package oracle

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/entgraph/entgraph/internal/entity"
)

// truth is a value of SQL's logic. And is the least, or the greatest.
type truth int8

const (
	no truth = iota
	unknown
	yes
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

func (t truth) not() truth { return yes - t }

// where is the conjunction of a filter's keys; a null value counts as absent.
func (ev *evaluation) where(e *entity.Entity, row Row, filter map[string]any) truth {
	result := yes
	for key, v := range filter {
		if v != nil {
			result = min(result, ev.term(e, row, key, v))
		}
	}
	return result
}

func (ev *evaluation) term(e *entity.Entity, row Row, key string, v any) truth {
	switch key {
	case "not":
		return ev.where(e, row, ev.object(v)).not()
	case "and":
		result := yes
		for _, item := range ev.list(v) {
			result = min(result, ev.where(e, row, ev.object(item)))
		}
		return result
	case "or":
		result := no
		for _, item := range ev.list(v) {
			result = max(result, ev.where(e, row, ev.object(item)))
		}
		return result
	}
	f := e.FilterByName(key)
	switch {
	case f == nil:
		ev.fail("%s has no filter %s", e.Name, key)
		return no
	case f.Search:
		_, found := ev.found(e, v)[IDOf(e, row)]
		return truthOf(found)
	case f.Count:
		return truthOf(ev.counted(f, row, ev.object(v)))
	case f.With:
		return truthOf(ev.has(f.Edge, row, ev.list(v)))
	case f.Quantifier != "":
		return truthOf(ev.quantified(f, row, ev.object(v)))
	case f.Edge != nil:
		return truthOf((len(ev.World.neighbours(f.Edge, row)) > 0) == v)
	}
	return ev.matches(f, row[f.Field.Column], v)
}

// has reports whether one neighbour fulfils all filters; no filters match nothing.
func (ev *evaluation) has(edge *entity.Edge, row Row, filters []any) bool {
	if len(filters) == 0 {
		return false
	}
	for _, n := range ev.World.neighbours(edge, row) {
		all := yes
		for _, filter := range filters {
			all = min(all, ev.where(edge.Target, n.row, ev.object(filter)))
		}
		if all == yes {
			return true
		}
	}
	return false
}

// quantified counts the neighbours for which a filter is true.
func (ev *evaluation) quantified(f *entity.Filter, row Row, filter map[string]any) bool {
	all, fulfil := ev.World.neighbours(f.Edge, row), 0
	for _, n := range all {
		if ev.where(f.Edge.Target, n.row, filter) == yes {
			fulfil++
		}
	}
	switch f.Quantifier {
	case entity.Some:
		return fulfil > 0
	case entity.None:
		return fulfil == 0
	case entity.Every:
		return fulfil == len(all)
	}
	ev.fail("the quantifier %q is not known", f.Quantifier)
	return false
}

// counted compares how many neighbours there are, of those that fulfil the filter.
func (ev *evaluation) counted(f *entity.Filter, row Row, in map[string]any) bool {
	n := int64(0)
	for _, neighbour := range ev.World.neighbours(f.Edge, row) {
		if ev.where(f.Edge.Target, neighbour.row, ev.object(in["where"])) == yes {
			n++
		}
	}
	return ev.compares(&entity.Field{Name: f.Name, Type: entity.Int}, n, in) == yes
}

// compares is the conjunction of the keys of a comparison.
func (ev *evaluation) compares(f *entity.Field, value any, in map[string]any) truth {
	result := yes
	for _, op := range f.Ops() {
		if v := in[op.Key()]; op.Compares() && v != nil {
			result = min(result, ev.matches(&entity.Filter{Name: f.Name, Field: f, Op: op}, value, v))
		}
	}
	return result
}

// matches compares a value of a column. What compares with NULL is unknown, apart from
// an empty list, which holds nothing.
func (ev *evaluation) matches(f *entity.Filter, value, v any) truth {
	switch f.Op {
	case entity.IsNil:
		return truthOf((value == nil) == v)
	case entity.NotNil:
		return truthOf((value != nil) == v)
	}
	switch {
	case f.Field.Item != nil:
		return ev.matchesArray(f, value, v)
	case f.Field.Type.Kind().Bound != 0 && !f.Op.Compares():
		return ev.matchesSpan(f, value, v)
	case f.Field.Type == entity.JSON:
		return ev.matchesDocument(f, value, v)
	}
	switch f.Op {
	case entity.In, entity.NotIn:
		in := no
		for _, item := range ev.list(v) {
			if value == nil {
				return unknown
			}
			if compare(value, ev.operand(f, item)) == 0 {
				in = yes
			}
		}
		if f.Op == entity.NotIn {
			return in.not()
		}
		return in
	}
	if value == nil {
		return unknown
	}
	return truthOf(ev.holds(f.Op, value, ev.operand(f, v)))
}

func (ev *evaluation) holds(op entity.Op, value, operand any) bool {
	switch op {
	case entity.EQ:
		return compare(value, operand) == 0
	case entity.NEQ:
		return compare(value, operand) != 0
	case entity.GT:
		return compare(value, operand) > 0
	case entity.GTE:
		return compare(value, operand) >= 0
	case entity.LT:
		return compare(value, operand) < 0
	case entity.LTE:
		return compare(value, operand) <= 0
	}
	switch op {
	case entity.Within:
		return within(value.(form), operand.(form))
	case entity.Covers:
		return within(operand.(form), value.(form))
	}
	if a, ok := value.(form); ok { // a citext
		return looksInto(op, sameLetters(a.text), sameLetters(operand.(form).text))
	}
	s, part := value.(string), operand.(string)
	switch op {
	case entity.Contains, entity.HasPrefix, entity.HasSuffix:
		return looksInto(op, s, part)
	case entity.Matches:
		re, err := regexp.Compile(part)
		if err != nil {
			ev.fail("%s", err)
			return false
		}
		return re.MatchString(s)
	case entity.EqualFold:
		return sameLetters(s) == sameLetters(part)
	case entity.ContainsFold:
		return strings.Contains(sameLetters(s), sameLetters(part))
	}
	ev.fail("the operator %q is not known", op)
	return false
}

// looksInto reports whether a text has a part at the place that an operator says.
func looksInto(op entity.Op, s, part string) bool {
	switch op {
	case entity.HasPrefix:
		return strings.HasPrefix(s, part)
	case entity.HasSuffix:
		return strings.HasSuffix(s, part)
	}
	return strings.Contains(s, part)
}

// partial are the operators that look into a text.
var partial = map[entity.Op]bool{entity.Contains: true, entity.HasPrefix: true, entity.HasSuffix: true, entity.EqualFold: true, entity.ContainsFold: true}

// operand reads a value of a filter or look-up. A text that is compared as a whole is
// normalised as it was when it was stored.
func (ev *evaluation) operand(f *entity.Filter, v any) any {
	out, err := ev.World.parse(f.Field, v)
	if err != nil {
		ev.fail("%s: %s", f.Name, err)
		return nil
	}
	if known, ok := out.(form); ok && known.typ == entity.Citext && f.Field.Flags.Has(entity.Trimmed) && !partial[f.Op] && f.Op != entity.GT && f.Op != entity.LT && f.Op != entity.GTE && f.Op != entity.LTE {
		return ev.World.form(f.Field, strings.TrimSpace(known.text))
	}
	s, text := out.(string)
	if !text {
		return out
	}
	switch f.Op {
	case entity.EQ, entity.NEQ, entity.In, entity.NotIn:
		if f.Field.Flags.Has(entity.Trimmed) {
			s = strings.TrimSpace(s)
		}
		if f.Field.Flags.Has(entity.Lowered) {
			s = strings.ToLower(s)
		}
	}
	if f.Field.Type == entity.Char && !partial[f.Op] {
		s = strings.TrimRight(s, " ") // which mean nothing in the column
	}
	return s
}

func (w *World) parse(f *entity.Field, v any) (any, error) {
	text := fmt.Sprint(v)
	if f.Type.Kind().Bound != 0 {
		return w.parseSpan(f.Type, v)
	}
	if hasForm(f) {
		text, err := parseForm(f.Type, text)
		return w.form(f, text), err
	}
	switch f.Type {
	case entity.ID:
		k, err := f.Owner.ParseID(v)
		return k.Any(), err
	case entity.Time:
		t, err := time.Parse(time.RFC3339Nano, text)
		return micros(t), err
	case entity.UUID:
		return uuid.Parse(text)
	case entity.Int, entity.BigInt:
		return json.Number(text).Int64()
	case entity.Float:
		return json.Number(text).Float64()
	case entity.Float32:
		n, err := strconv.ParseFloat(text, 32)
		return float32(n), err
	}
	return v, nil
}
