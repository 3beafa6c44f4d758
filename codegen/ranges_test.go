package codegen_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"entgo.io/ent/schema/field"

	"github.com/entgraph/entgraph/internal/entity"
)

func (f *pairField) isRange() bool { return f.Type.Kind().Bound != 0 }

// bound is the field that a bound of a range would be.
func (f *pairField) bound() *pairField {
	out := &pairField{name: f.name, column: f.Type.Kind().BoundSQL, ent: field.TypeOther}
	out.Type = f.Type.Kind().Bound
	switch out.Type {
	case entity.Int:
		out.ent = field.TypeInt32
	case entity.BigInt:
		out.ent = field.TypeInt64
	}
	return out
}

// ranges are different values of a range: with all brackets, without bounds, and the empty one.
func (f *pairField) ranges(random func(int) int) []string {
	bounds := append(f.bound().values(random), "null", "null")
	out, seen := []string{`{"bounds": "empty"}`}, map[string]bool{"": true, entity.RangeEmpty: true}
	for len(out) < 30 {
		pick := func() string { return bounds[random(len(bounds))] }
		v := fmt.Sprintf(`{"lower": %s, "upper": %s, "bounds": %q}`, pick(), pick(), []string{"[)", "[]", "(]", "()"}[random(4)])
		if text := f.rangeText(v); !seen[text] {
			out, seen[text] = append(out, v), true
		}
	}
	return out
}

// rangeText is a range as Postgres reads it, "" when the bounds are the wrong way round.
func (f *pairField) rangeText(v string) string {
	d := json.NewDecoder(strings.NewReader(v))
	d.UseNumber()
	var in any
	if d.Decode(&in) != nil {
		return ""
	}
	text, err := f.Type.Kind().Operand(in)
	if err != nil {
		return ""
	}
	return text.(string)
}

// rangeQuestions are conditions in SQL on a range and a text $1, cast to its type or that of its
// bounds.
var rangeQuestions = map[entity.Op]string{
	entity.EQ: "%[1]s = $1::%[2]s", entity.NEQ: "%[1]s <> $1::%[2]s", entity.In: "%[1]s IN ($1::%[2]s)", entity.NotIn: "%[1]s NOT IN ($1::%[2]s)",
	entity.Contains: "%[1]s @> $1::%[3]s", entity.Covers: "%[1]s @> $1::%[2]s", entity.Within: "$1::%[2]s @> %[1]s", entity.Overlaps: "NOT isempty(%[1]s * $1::%[2]s)",
	entity.Before: "%[1]s << $1::%[2]s", entity.After: "%[1]s >> $1::%[2]s", entity.IsEmpty: "isempty(%[1]s) = $1::boolean",
	entity.IsNil: "(%[1]s IS NULL) = $1::boolean", entity.NotNil: "(%[1]s IS NOT NULL) = $1::boolean",
}

var rangeKeys = regexp.MustCompile(`"(lower|upper|bounds)":`)

// filterRanges asks with every operator for some ranges, and for values.
func (s *samples) filterRanges(t *testing.T, f *pairField) {
	values := f.bound().values(s.rand.IntN)
	for _, op := range f.Ops() {
		typ, operands, text := f.Type.Scalar(), s.values[f.name], f.rangeText
		switch {
		case op == entity.Contains:
			typ, operands, text = f.Type.Kind().Bound.Scalar(), values, plainText
		case op == entity.IsEmpty || op.Null():
			typ, operands, text = "Boolean", []string{"true", "false"}, plainText
		}
		for i, v := range operands {
			if i > 1 && s.rand.IntN(3) > 0 {
				continue
			}
			given, sent := typ, v
			if op.List() {
				given, sent = "["+typ+"!]", "["+v+"]"
			}
			query := `query($v: ` + given + `) { samples(first: 100, where: {` + f.name + string(op) + `: $v}, orderBy: [{field: N}]) { nodes { n } } }`
			with := vars{"v": json.RawMessage(sent)}
			if i%2 == 1 { // as a literal
				query, with = strings.ReplaceAll(strings.Replace(query, "query($v: "+given+")", "", 1), "$v", rangeKeys.ReplaceAllString(v, "$1:")), nil
			}
			want := s.numbers(t, "SELECT n FROM samples WHERE "+fmt.Sprintf(rangeQuestions[op], f.name, f.column, f.Type.Kind().BoundSQL)+" ORDER BY n", text(v))
			if got := numbers(t, s.api.Query(t, query, with).At(t, "samples.nodes")); !slices.Equal(got, want) {
				t.Errorf("%s%s %s: rows %v, Postgres says %v", f.name, op, v, got, want)
			}
		}
	}
}

// ranges writes a range, finds it by what it has in common with others, and clears it.
func (s *oddStory) ranges(t *testing.T) {
	const update = `mutation($id: ID!, $in: UpdateContextInput!) { updateContext(id: $id, input: $in) { context { during } } }`
	s.want(t, update, vars{"id": s.a, "in": vars{"during": vars{"lower": "2026-01-31", "upper": "2026-02-03", "bounds": "[]"}}},
		`{"updateContext":{"context":{"during":{"lower":"2026-01-31","upper":"2026-02-04","bounds":"[)"}}}}`)
	for _, where := range []string{
		`duringContains: "2026-02-03"`, `duringCovers: {lower: "2026-02-01", upper: "2026-02-02"}`, `duringWithin: {lower: "2026-01-01"}`, `duringOverlaps: {upper: "2026-02-01"}`,
		`duringBefore: {lower: "2026-02-04"}`, `duringAfter: {upper: "2026-01-31"}`, `duringIsEmpty: false`, `during: {lower: "2026-01-31", upper: "2026-02-04"}`, `duringIn: {lower: "2026-01-31", upper: "2026-02-04"}`,
	} {
		s.want(t, `{ contexts(where: {`+where+`}, orderBy: {field: DURING}) { nodes { codeName } } }`, nil, `{"contexts":{"nodes":[{"codeName":"a"}]}}`)
	}
	s.want(t, `query($day: Date!) { contexts(where: {duringOverlaps: {lower: $day, upper: $day, bounds: "[]"}}) { nodes { codeName } } }`, vars{"day": "2026-02-03"}, `{"contexts":{"nodes":[{"codeName":"a"}]}}`)
	s.refused(t, update, vars{"id": s.a, "in": vars{"during": vars{"lower": "2026-01-31", "upper": "9999-12-31", "bounds": "[]"}}}, "BAD_USER_INPUT during.upper")
	s.refused(t, update, vars{"id": s.a, "in": vars{"during": vars{"lower": "2026-02-31"}}}, "BAD_USER_INPUT during.lower")
	s.refused(t, update, vars{"id": s.a, "in": vars{"during": "[2026-01-31,)"}}, "BAD_USER_INPUT during")
	s.refused(t, `{ contexts(where: {duringContains: "x"}) { totalCount } }`, nil, "BAD_USER_INPUT where")
	s.want(t, update, vars{"id": s.a, "in": vars{"during": nil}}, `{"updateContext":{"context":{"during":null}}}`)
}
