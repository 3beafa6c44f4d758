package entity_test

import (
	"errors"
	"math"
	"reflect"
	"regexp"
	"testing"

	"entgo.io/ent"
	"entgo.io/ent/schema/field"

	"github.com/entgraph/entgraph/entity"
)

type constrained struct {
	ent.Schema
	fields []ent.Field
}

func (c constrained) Fields() []ent.Field { return c.fields }

// TestConstraints: what validators ask is what was written, also where the compiler has put the
// function that makes one into this one.
func TestConstraints(t *testing.T) {
	t.Parallel()
	value := func(least, most string) []entity.Constraint {
		return []entity.Constraint{{Of: entity.OfValue, Least: least, Most: most}}
	}
	one := func(c entity.Constraint) []entity.Constraint { return []entity.Constraint{c} }
	posix := regexp.MustCompilePOSIX("^a$")
	limit := 7
	for name, tc := range map[string]struct {
		field ent.Field
		want  []entity.Constraint
	}{
		"range":          {field.Int("x").Range(-3, 9), value("-3", "9")},
		"of one":         {field.Int("x").Range(5, 5), value("5", "5")},
		"empty":          {field.Int("x").Range(5, 4), nil},
		"min":            {field.Int64("x").Min(math.MinInt64 + 1), value("-9223372036854775807", "")},
		"everything":     {field.Int64("x").Min(math.MinInt64), nil},
		"positive":       {field.Int("x").Positive(), value("1", "")},
		"not negative":   {field.Int32("x").NonNegative(), value("0", "")},
		"negative":       {field.Int("x").Negative(), value("", "-1")},
		"of a type":      {field.Int8("x").Max(100), value("", "100")},
		"unsigned":       {field.Uint8("x").Range(3, 9), value("3", "9")},
		"large":          {field.Uint64("x").Max(math.MaxUint64 - 1), value("", "18446744073709551614")},
		"float":          {field.Float("x").Range(-0.1, 1e300), value("-0.1", "1e+300")},
		"positive float": {field.Float("x").Positive(), value("1e-06", "")},
		"short float":    {field.Float32("x").Max(0.1), value("", "0.1")},
		"infinite":       {field.Float("x").Max(math.Inf(1)), nil},
		"not empty":      {field.String("x").NotEmpty(), one(entity.Constraint{Of: entity.OfBytes, Least: "1"})},
		"bytes":          {field.Text("x").MaxLen(10), one(entity.Constraint{Of: entity.OfBytes, Most: "10"})},
		"characters":     {field.String("x").MaxRuneLen(10), one(entity.Constraint{Of: entity.OfCharacters, Most: "10"})},
		"few characters": {field.String("x").MinRuneLen(2), one(entity.Constraint{Of: entity.OfCharacters, Least: "2"})},
		"none":           {field.String("x").MinLen(0), nil},
		"binary":         {field.Bytes("x").MaxLen(3), one(entity.Constraint{Of: entity.OfBytes, Most: "3"})},
		"pattern":        {field.String("x").Match(regexp.MustCompile("^[a-z]+$")), one(entity.Constraint{Of: entity.OfPattern, Pattern: "^[a-z]+$"})},
		"pattern of old": {field.String("x").Match(posix), nil},
		"ours":           {field.String("x").Validate(entity.Length(1, 20)), one(entity.Constraint{Of: entity.OfCharacters, Least: "1", Most: "20"})},
		"ours without":   {field.String("x").Validate(entity.Length(0, 20)), one(entity.Constraint{Of: entity.OfCharacters, Most: "20"})},
		"at least":       {field.Int16("x").Validate(entity.AtLeast[int16](4)), value("4", "")},
		"at least float": {field.Float("x").Validate(entity.AtLeast(0.5)), value("0.5", "")},
		"printable":      {field.String("x").Validate(entity.Printable), nil},
		"by hand": {field.Int("x").Validate(func(n int) error {
			if n > limit {
				return errors.New("no")
			}
			return nil
		}), nil},
		"several": {field.String("x").MinLen(2).MaxLen(4).Validate(entity.Email), []entity.Constraint{{Of: entity.OfBytes, Least: "2"}, {Of: entity.OfBytes, Most: "4"}}},
		"a list":  {field.Strings("x").Validate(func([]string) error { return nil }), nil},
	} {
		if got := entity.Constraints(constrained{fields: []ent.Field{tc.field}})["x"]; !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%s: %+v, want %+v", name, got, tc.want)
		}
	}
}
