package entity

import (
	"encoding/binary"
	"maps"
	"slices"
)

// The keys of a range in the API, and its bounds when it holds nothing.
const (
	RangeLower  = "lower"
	RangeUpper  = "upper"
	RangeBounds = "bounds"
	RangeEmpty  = "empty"
)

// bound is what the bounds of a range are: a value of the kind, in a form that Postgres reads.
type bound struct {
	parse func(any) (form string, err error)
	show  func(wire []byte) (form, unfit string)
	// compare orders two forms that parse has given.
	compare func(a, b string) int
	// next is the value after one. It is false where the API has none. Nil where there are
	// always more between two values.
	next func(form string) (string, bool)
}

const rangeForm = badInput(`must be an object such as {lower: ..., upper: ..., bounds: "[)"}`)

// sides are the pairs of brackets.
var sides = []string{"[)", "[]", "(]", "()"}

// parseRange accepts an object and gives the range as Postgres keeps and reads it: a range of
// whole numbers or days includes its lower bound and excludes its upper one, no bound is excluded,
// and all ranges without a value are the same.
func (b *bound) parseRange(v any) (string, error) {
	in, ok := v.(map[string]any)
	if !ok {
		return "", rangeForm
	}
	brackets := sides[0]
	for _, key := range slices.Sorted(maps.Keys(in)) {
		switch key {
		case RangeLower, RangeUpper:
		case RangeBounds:
			if in[key] == nil {
				continue
			}
			if brackets, ok = in[key].(string); !ok || brackets != RangeEmpty && !slices.Contains(sides, brackets) {
				return "", &itemError{key, badInput(`must be "[)", "[]", "(]", "()" or "empty"`)}
			}
		default:
			return "", rangeForm
		}
	}
	if brackets == RangeEmpty {
		if in[RangeLower] != nil || in[RangeUpper] != nil {
			return "", badInput("has a bound, though it is empty")
		}
		return RangeEmpty, nil
	}
	var forms [2]*string
	for i, key := range []string{RangeLower, RangeUpper} {
		if in[key] == nil {
			continue
		}
		form, err := b.parse(in[key])
		if err != nil {
			return "", &itemError{key, err}
		}
		forms[i] = &form
	}
	return b.canonical(forms[0], forms[1], brackets)
}

// canonical is what Postgres makes of a range. Source: range_serialize, int4range_canonical
// and their kin in PostgreSQL's rangetypes.c.
func (b *bound) canonical(lower, upper *string, brackets string) (string, error) {
	fromLower, toUpper := brackets[0] == '[', brackets[1] == ']'
	if empty, err := b.empty(lower, upper, fromLower && toUpper); empty || err != nil {
		return RangeEmpty, err
	}
	if b.next != nil {
		var err error
		if lower, err = b.after(RangeLower, lower, !fromLower); err != nil {
			return "", err
		}
		if upper, err = b.after(RangeUpper, upper, toUpper); err != nil {
			return "", err
		}
		if fromLower, toUpper = true, false; lower != nil && upper != nil && *lower == *upper {
			return RangeEmpty, nil
		}
	}
	return literalRange(lower, upper, fromLower, toUpper), nil
}

// empty reports whether nothing lies between two bounds. It is an error when they are the wrong
// way round.
func (b *bound) empty(lower, upper *string, closed bool) (bool, error) {
	if lower == nil || upper == nil {
		return false, nil
	}
	c := b.compare(*lower, *upper)
	if c > 0 {
		return false, &itemError{RangeLower, badInput("must not be greater than upper")}
	}
	return c == 0 && !closed, nil
}

// after gives the value after a bound where Postgres stores that in its place.
func (b *bound) after(key string, form *string, moves bool) (*string, error) {
	if form == nil || !moves {
		return form, nil
	}
	next, ok := b.next(*form)
	if !ok {
		return nil, &itemError{key, badInput("must be less with these bounds, since the value after it is stored: leave it out for no bound")}
	}
	return &next, nil
}

// literalRange writes a range as Postgres reads it. No form has a character that means anything
// in one.
func literalRange(lower, upper *string, fromLower, toUpper bool) string {
	out := "("
	if fromLower && lower != nil {
		out = "["
	}
	if lower != nil {
		out += *lower
	}
	if out += ","; upper != nil {
		out += *upper
	}
	if toUpper && upper != nil {
		return out + "]"
	}
	return out + ")"
}

// The flags of a range in binary. Source: rangetypes.h of PostgreSQL.
const (
	rangeIsEmpty   = 0x01
	rangeFromLower = 0x02
	rangeToUpper   = 0x04
	rangeNoLower   = 0x08
	rangeNoUpper   = 0x10
)

// wireRange reads the flags of a range and its bounds, nil for none, each after its length.
// Source: range_send.
func wireRange(wire []byte) (flags byte, lower, upper []byte, ok bool) {
	if len(wire) == 0 {
		return 0, nil, nil, false
	}
	flags, wire = wire[0], wire[1:]
	next := func(none byte) (out []byte, ok bool) {
		if flags&(none|rangeIsEmpty) != 0 {
			return nil, true
		}
		if len(wire) < 4 {
			return nil, false
		}
		n := int(int32(binary.BigEndian.Uint32(wire)))
		if wire = wire[4:]; n < 0 || n > len(wire) {
			return nil, false
		}
		out, wire = wire[:n:n], wire[n:]
		return out, true
	}
	lower, fits := next(rangeNoLower)
	upper, ok = next(rangeNoUpper)
	return flags, lower, upper, fits && ok && len(wire) == 0
}

// showRange reads a range in binary as Postgres reads its text.
func (b *bound) showRange(wire []byte) (form, unfit string) {
	flags, lower, upper, ok := wireRange(wire)
	switch {
	case !ok:
		return "", ""
	case flags&rangeIsEmpty != 0:
		return RangeEmpty, ""
	}
	var forms [2]*string
	for i, side := range [][]byte{lower, upper} {
		if side == nil {
			continue
		}
		text, bad := b.show(side)
		if text == "" {
			return "", ""
		}
		if forms[i] = &text; bad != "" {
			unfit = unfitBoundOf + bad
		}
	}
	return literalRange(forms[0], forms[1], flags&rangeFromLower != 0, flags&rangeToUpper != 0), unfit
}

const unfitBoundOf = "has a bound that "

// appendRange writes a range as JSON, with the bounds as their kind writes them.
func appendRange(dst, wire []byte, item *Kind) ([]byte, string) {
	flags, lower, upper, ok := wireRange(wire)
	if !ok {
		return dst, unfitForm
	}
	bound := func(out, wire []byte) ([]byte, string) {
		if wire == nil {
			return append(out, "null"...), ""
		}
		return item.Append(out, wire)
	}
	out, unfit := bound(append(dst, `{"`+RangeLower+`":`...), lower)
	if unfit != "" {
		return dst, unfitBoundOf + unfit
	}
	out, unfit = bound(append(out, `,"`+RangeUpper+`":`...), upper)
	if unfit != "" {
		return dst, unfitBoundOf + unfit
	}
	brackets := []byte("()")
	if flags&rangeFromLower != 0 {
		brackets[0] = '['
	}
	if flags&rangeToUpper != 0 {
		brackets[1] = ']'
	}
	if flags&rangeIsEmpty != 0 {
		brackets = []byte(RangeEmpty)
	}
	return append(append(append(out, `,"`+RangeBounds+`":"`...), brackets...), `"}`...), ""
}
