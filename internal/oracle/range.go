package oracle

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/entgraph/entgraph/internal/entity"
)

// span is the value of a range: its bounds, nil for none, and whether it includes them. The one
// without a value is empty, and has no bounds.
type span struct {
	typ          entity.Type
	lower, upper any
	from, to     bool
	empty        bool
}

// boundField is a field that a bound of a range would be.
func boundField(typ entity.Type) *entity.Field { return &entity.Field{Type: typ.Kind().Bound} }

// storedSpan turns what pgx gives for a range into a value, or its text where numbers have zeros
// that pgx leaves out.
func (w *World) storedSpan(typ entity.Type, v any) span {
	f := boundField(typ)
	switch v := v.(type) {
	case pgtype.Range[any]:
		return span{typ, w.stored(f, v.Lower), w.stored(f, v.Upper), v.LowerType == pgtype.Inclusive, v.UpperType == pgtype.Inclusive, v.LowerType == pgtype.Empty}
	case string:
		if v == "empty" {
			return span{typ: typ, empty: true}
		}
		lower, upper, _ := strings.Cut(v[1:len(v)-1], ",")
		out := span{typ: typ, from: v[0] == '[', to: strings.HasSuffix(v, "]")}
		if lower != "" {
			out.lower = w.form(f, lower)
		}
		if upper != "" {
			out.upper = w.form(f, upper)
		}
		return out
	}
	panic(fmt.Sprintf("a range of type %T", v))
}

// parseSpan reads what a client sends.
func (w *World) parseSpan(typ entity.Type, v any) (any, error) {
	in, ok := v.(map[string]any)
	if !ok {
		return nil, errors.New("a range is an object")
	}
	bounds, given := in["bounds"].(string)
	if !given {
		bounds = "[)"
	}
	out := span{typ: typ, from: bounds[0] == '[', to: bounds[1] == ']', empty: bounds == "empty"}
	for key, side := range map[string]*any{"lower": &out.lower, "upper": &out.upper} {
		if in[key] == nil {
			continue
		}
		value, err := w.parse(boundField(typ), in[key])
		if err != nil {
			return nil, err
		}
		*side = value
	}
	return out.canonical(), nil
}

// canonical is what Postgres keeps of a range.
func (s span) canonical() span {
	if s.lower == nil {
		s.from = false
	}
	if s.upper == nil {
		s.to = false
	}
	if !s.empty && s.lower != nil && s.upper != nil {
		s.empty = compare(s.lower, s.upper) == 0 && !(s.from && s.to)
	}
	if next, whole := wholes[s.typ]; whole && !s.empty {
		if s.lower != nil && !s.from {
			s.lower, s.from = next(s.lower), true
		}
		if s.upper != nil && s.to {
			s.upper, s.to = next(s.upper), false
		}
		s.empty = s.lower != nil && s.upper != nil && compare(s.lower, s.upper) == 0
	}
	if s.empty {
		return span{typ: s.typ, empty: true}
	}
	return s
}

// wholes give the next value of the ranges between whose values there is nothing.
var wholes = map[entity.Type]func(any) any{
	entity.IntRange:    func(v any) any { return v.(int64) + 1 },
	entity.BigIntRange: func(v any) any { return v.(int64) + 1 },
	entity.DateRange: func(v any) any {
		out := v.(form)
		day, err := time.Parse(time.DateOnly, out.text)
		if err != nil {
			panic(err) // of a value in a row
		}
		out.text = day.AddDate(0, 0, 1).Format(time.DateOnly)
		return out
	},
}

// compare orders empty ranges first, then by the lower and by the upper bound. Source: range_cmp
// in PostgreSQL's rangetypes.c.
func (s span) compare(b span) int {
	if s.empty || b.empty {
		return cmp.Compare(truthOf(!s.empty), truthOf(!b.empty))
	}
	return cmp.Or(compareLower(s, b), compareUpper(s, b))
}

func compareLower(a, b span) int {
	switch {
	case a.lower == nil || b.lower == nil:
		return cmp.Compare(truthOf(a.lower != nil), truthOf(b.lower != nil))
	case a.from == b.from:
		return compare(a.lower, b.lower)
	}
	return cmp.Or(compare(a.lower, b.lower), cmp.Compare(truthOf(!a.from), truthOf(!b.from)))
}

func compareUpper(a, b span) int {
	switch {
	case a.upper == nil || b.upper == nil:
		return cmp.Compare(truthOf(a.upper == nil), truthOf(b.upper == nil))
	}
	return cmp.Or(compare(a.upper, b.upper), cmp.Compare(truthOf(a.to), truthOf(b.to)))
}

// before reports whether all of a range is less than all of another; of an empty one nothing is.
func (s span) before(b span) bool {
	if s.empty || b.empty || s.upper == nil || b.lower == nil {
		return false
	}
	c := compare(s.upper, b.lower)
	return c < 0 || c == 0 && !(s.to && b.from)
}

func (s span) covers(b span) bool {
	return b.empty || !s.empty && compareLower(s, b) <= 0 && compareUpper(s, b) >= 0
}

func (s span) overlaps(b span) bool { return !s.empty && !b.empty && !s.before(b) && !b.before(s) }

// contains reports whether a value is in the range: no part of it is less or greater.
func (s span) contains(v any) bool {
	return s.overlaps(span{typ: s.typ, lower: v, upper: v, from: true, to: true})
}

// matchesSpan asks how a range lies to another one or to a value.
func (ev *evaluation) matchesSpan(f *entity.Filter, value, v any) truth {
	if value == nil {
		return unknown
	}
	stored := value.(span)
	switch f.Op {
	case entity.IsEmpty:
		return truthOf(stored.empty == v)
	case entity.Contains:
		return truthOf(stored.contains(ev.operand(&entity.Filter{Name: f.Name, Field: boundField(f.Field.Type)}, v)))
	}
	asked, ok := ev.operand(f, v).(span)
	switch {
	case !ok:
		return no // it has failed
	case f.Op == entity.Covers:
		return truthOf(stored.covers(asked))
	case f.Op == entity.Within:
		return truthOf(asked.covers(stored))
	case f.Op == entity.Overlaps:
		return truthOf(stored.overlaps(asked))
	case f.Op == entity.Before:
		return truthOf(stored.before(asked))
	case f.Op == entity.After:
		return truthOf(asked.before(stored))
	}
	ev.fail("the operator %q is not one of ranges", f.Op)
	return no
}

// shown is a range as the API shows it.
func (s span) shown(e *entity.Entity) any {
	bounds := map[bool]string{true: "[", false: "("}[s.from] + map[bool]string{true: "]", false: ")"}[s.to]
	if s.empty {
		bounds = "empty"
	}
	item := s.typ.Kind().Bound
	return Object{{"lower", output(e, item, s.lower)}, {"upper", output(e, item, s.upper)}, {"bounds", bounds}}
}

// spanCandidate is a range to fill rows with.
func (f *filler) spanCandidate(e *entity.Entity, field *entity.Field) any {
	out := map[string]any{"bounds": pick(f.Rand, []string{"[)", "[]", "(]", "()", "empty"})}
	for _, key := range []string{"lower", "upper"} {
		if out["bounds"] != "empty" && f.IntN(6) > 0 {
			out[key] = f.candidate(e, boundField(field.Type))
		}
	}
	return out
}

// spanCondition asks for a range, or a value, mostly one that is a bound of what rows have.
func (w *writer) spanCondition(e *entity.Entity, f *entity.Filter, typ string) member {
	one := term{typ, func() any { return w.operand(e, f.Field, f.Op) }}
	switch {
	case f.Op == entity.IsEmpty:
		return member{f.Name, term{"Boolean", func() any { return w.chance(2) }}}
	case f.Op.List():
		one.typ += "!"
		return member{f.Name, w.listOf("["+one.typ+"]", one, 3)}
	}
	return member{f.Name, one}
}

// nearSpan is a range, or a value, close to a range of a row, which is nil for none. What is
// compared for equality is one time in two that range itself.
func (w *writer) nearSpan(e *entity.Entity, f *entity.Field, op entity.Op, v any) any {
	known, ok := v.(span)
	bound := func(v any) any { return w.near(e, boundField(f.Type), entity.EQ, v) }
	if op == entity.Contains {
		return bound(pick(w.Rand, []any{known.lower, known.upper}))
	}
	if ok && op.Compares() && w.chance(2) && !known.empty {
		if in := w.spanOf(f.Type, func() (any, any) { return plainBound(known.lower), plainBound(known.upper) }); in != nil {
			return in
		}
	}
	if in := w.spanOf(f.Type, func() (any, any) { return bound(known.lower), bound(known.upper) }); in != nil {
		return in
	}
	return members{{"bounds", always("String", "empty")}}
}

// plainBound is a bound of a row as the generator writes values.
func plainBound(v any) any {
	switch v := v.(type) {
	case int64:
		if v == int64(int32(v)) {
			return int(v)
		}
		return strconv.FormatInt(v, 10)
	case form:
		return v.text
	case time.Time:
		return v.Format(time.RFC3339Nano)
	}
	return v
}

// spanOf is a range of bounds that are the right way round, nil when none comes.
func (w *writer) spanOf(typ entity.Type, bounds func() (lower, upper any)) any {
	scalar := typ.Kind().Bound.Scalar()
	for range attempts {
		lower, upper := bounds()
		in := map[string]any{"lower": literal(lower), "upper": literal(upper), "bounds": pick(w.Rand, []string{"[)", "[]", "(]", "()"})}
		if _, err := typ.Kind().Operand(in); err == nil {
			out := members{{"bounds", always("String", in["bounds"])}}
			if lower != nil { // a variable may be stricter than its place
				out = append(out, member{"lower", always(scalar, lower)})
			}
			if upper != nil {
				out = append(out, member{"upper", always(scalar, upper)})
			}
			return out
		}
	}
	return nil
}

// literal is a value of the generator as a client sends it.
func literal(v any) any {
	if n, ok := v.(int); ok {
		return int64(n)
	}
	return v
}
