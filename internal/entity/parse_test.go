package entity

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/uuid"
)

func TestFieldParse(t *testing.T) {
	t.Parallel()
	even := func(n int16) error {
		if n%2 != 0 {
			return errors.New("must be even")
		}
		return nil
	}
	upTo5 := func(s string) error {
		if len(s) > 5 {
			return errors.New("is too long")
		}
		return nil
	}
	type color string
	oneOf := func(c color) error {
		if c != "RED" {
			return errors.New("ent says no")
		}
		return nil
	}
	text := StringField("name", "name", Trimmed|Lowered, &upTo5)
	enum := EnumField("color", "color", 0, oneOf)
	small := IntField("n", "n", Int, 0, &even)
	plain := IntField[int]("n", "n", Int, 0, nil)
	big := IntField[uint64]("n", "n", BigInt, 0, nil)
	float := FloatField[float32]("f", "f", 0, nil)
	flag := BoolField("b", "b", 0)
	when := TimeField("t", "t", 0)
	id := UUIDField("u", "u", 0)
	double := FloatField[float64]("f", "f", 0, nil)
	short := Limited(StringField[string]("s", "s", 0, nil), 3)
	free := JSONField("j", "j", 0, func(any, any) {})
	shaped := JSONField("j", "j", 0, func(any, struct{ City string }) {})
	doc := JSONField("j", "j", 0, func(any, []string) {})
	utc := time.Date(2026, 1, 31, 10, 0, 0, 123456000, time.UTC)
	key := uuid.MustParse("018f4e6a-7b7a-7c3e-8d2f-2b1c5d6e7f80")
	for i, tc := range []struct {
		field Field
		in    any
		want  any // an error text when err is set
		err   bool
	}{
		{text, "  AbC ", "abc", false},
		{text, "abcdef", "is too long", true},
		{text, 3, "must be a string", true},
		{text, "a\x00b", "must not contain the character U+0000", true},
		{text, "\xff", "must be valid UTF-8", true},
		{enum, "RED", color("RED"), false},
		{enum, "BLUE", "is not one of the allowed values", true},
		{small, int64(4), int16(4), false},
		{small, json.Number("6"), int16(6), false},
		{small, int64(5), "must be even", true},
		{small, int64(40_000), "must be between -32768 and 32767", true},
		{small, "4", "must be an integer", true},
		{small, 1.5, "must be an integer", true},
		{plain, int64(math.MaxInt32), math.MaxInt32, false},
		{plain, int64(math.MaxInt32) + 1, "must be an integer of at most 32 bits", true},
		{plain, json.Number("99999999999999999999"), "must be an integer", true},
		{big, "9223372036854775807", uint64(math.MaxInt64), false},
		{big, "18446744073709551615", "must be between 0 and 9223372036854775807", true}, // more than Postgres holds
		{big, json.Number("12"), uint64(12), false},
		{big, "-1", "must be between 0 and 9223372036854775807", true},
		{big, "0x10", "must be an integer", true},
		{float, json.Number("1.5"), float32(1.5), false},
		{float, int64(2), float32(2), false},
		{float, "2", "must be a number", true},
		{float, json.Number("1e300"), "must be 0 or between 1.401e-45 and 3.403e+38, or the negative of such a number", true},
		{float, json.Number("-3.5e38"), "must be 0 or between 1.401e-45 and 3.403e+38, or the negative of such a number", true},
		{float, json.Number("1e-60"), "must be 0 or between 1.401e-45 and 3.403e+38, or the negative of such a number", true}, // zero is another number
		{float, json.Number("0e-60"), float32(0), false},
		{float, json.Number("0.1"), float32(0.1), false},
		{double, json.Number("1e400"), "must be 0 or between 4.941e-324 and 1.798e+308, or the negative of such a number", true},
		{double, json.Number("1e-400"), "must be 0 or between 4.941e-324 and 1.798e+308, or the negative of such a number", true},
		{double, json.Number("0.92156863212585449"), 0.9215686321258545, false},
		{short, "abc", "abc", false},
		{short, "äöü", "äöü", false},
		{short, "abc ", "must have at most 3 characters", true},
		{flag, true, true, false},
		{flag, "true", "must be true or false", true},
		{when, "2026-01-31T11:00:00.123456+01:00", utc, false},
		{when, "2026-01-31t11:00:00.123456000+01:00", utc, false},
		{when, "2026-01-31T10:00:00.123456z", utc, false},
		{when, "2026-01-31T11:00:00.1234567+01:00", "must have at most six decimals of a second", true},
		{when, "2026-01-31T12:00:00+24:00", "must be a time such as 2026-01-31T12:00:00Z", true},
		{when, "2026-01-31T12:00:00+01:60", "must be a time such as 2026-01-31T12:00:00Z", true},
		{when, "2026-01-31T1:00:00Z", "must be a time such as 2026-01-31T12:00:00Z", true},
		{when, "2026-01-31T12:00:00,5Z", "must be a time such as 2026-01-31T12:00:00Z", true},
		{when, "2026-01-31 12:00:00Z", "must be a time such as 2026-01-31T12:00:00Z", true},
		{when, "2026-12-31T23:59:60Z", "must be a time such as 2026-01-31T12:00:00Z", true},
		{when, "2026-02-29T12:00:00Z", "must be a time such as 2026-01-31T12:00:00Z", true},
		{when, "10000-01-01T00:00:00Z", "must be a time such as 2026-01-31T12:00:00Z", true},
		{when, "9999-12-31T23:59:59-00:01", "must be a time of the years 1 to 9999", true},
		{when, "0001-01-01T00:00:00+00:01", "must be a time of the years 1 to 9999", true},
		{when, "yesterday", "must be a time such as 2026-01-31T12:00:00Z", true},
		{when, "0000-01-01T00:00:00Z", "must be a time of the years 1 to 9999", true},
		{id, key.String(), key, false},
		{id, "{" + key.String() + "}", "must be a UUID such as 018f4e6a-7b7a-7c3e-8d2f-2b1c5d6e7f80", true},
		{doc, []any{"a", "b"}, []string{"a", "b"}, false},
		{doc, map[string]any{}, "does not have the right shape", true},
		{doc, []any{"a\x00"}, "must not contain the character U+0000", true},
		{doc, []any{"a", nil}, "has a null where a value is needed", true}, // "" is another value
		{free, []any{nil, map[string]any{"a": nil}}, []any{nil, map[string]any{"a": nil}}, false},
		{shaped, map[string]any{"city": nil}, "has a null where a value is needed", true},
		{doc, []any{`\u0000`}, []string{`\u0000`}, false}, // a backslash and a number, and no escape
		{doc, []any{"\xff"}, "must be valid UTF-8", true},
		{doc, []string{"a\x00"}, "must not contain the character U+0000", true},
		{free, map[string]any{"a\x00": 1}, "must not contain the character U+0000", true},
		{free, map[string]any{"n": json.Number("750727362669608961"), "f": json.Number("0.92156863212585449")}, map[string]any{"n": json.Number("750727362669608961"), "f": json.Number("0.92156863212585449")}, false},
		{free, json.Number("1e400000"), "has a number of more than 1000 digits", true},
		{free, json.Number("1E-999999999999999999999"), "has a number of more than 1000 digits", true},
		{free, json.Number("1e300"), json.Number("1e300"), false},
		{free, []any{json.Number("-1e400")}, "has a number that a double cannot hold, beyond 1.8e308", true},
		{free, json.Number("1e-400"), json.Number("1e-400"), false},
		{free, deep(500), deep(500), false},
		{free, deep(501), "must not be nested more than 500 deep", true},
		{shaped, map[string]any{"city": "Paris"}, struct{ City string }{"Paris"}, false},
		{shaped, map[string]any{"city": "Paris", "zip": 1}, "does not have the right shape", true}, // it would be lost
	} {
		got, err := tc.field.Parse(tc.in)
		if tc.err {
			if err == nil || err.Error() != tc.want {
				t.Errorf("%d: Parse(%v) gives error %v, want %v", i, tc.in, err, tc.want)
			}
			continue
		}
		if err != nil || fmt.Sprintf("%T %v", got, got) != fmt.Sprintf("%T %v", tc.want, tc.want) {
			t.Errorf("%d: Parse(%v) = %T %v, %v, want %T %v", i, tc.in, got, got, err, tc.want, tc.want)
		}
	}
}

// deep is a list in so many lists.
func deep(n int) any {
	var v any = "x"
	for range n {
		v = []any{v}
	}
	return v
}

func TestOperandSkipsValidators(t *testing.T) {
	t.Parallel()
	never := func(string) error { return errors.New("never") }
	f := StringField("name", "name", Lowered, &never)
	for op, want := range map[Op]string{EQ: "abc", In: "abc", Contains: "ABC", GT: "ABC"} {
		if got, err := f.Operand("ABC", op); err != nil || got != want {
			t.Errorf("Operand(ABC, %q) = %v, %v, want %q", op, got, err, want)
		}
	}
}

func TestConstant(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"id": "ID", "createdAt": "CREATED_AT", "authorID": "AUTHOR_ID", "htmlBody": "HTML_BODY",
		"urlOfAPIKey": "URL_OF_API_KEY", "a1": "A1", "line_two": "LINE_TWO",
	} {
		if got := constant(in); got != want {
			t.Errorf("constant(%q) = %q, want %q", in, got, want)
		}
	}
}
