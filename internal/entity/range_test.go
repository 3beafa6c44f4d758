package entity

import (
	"errors"
	"fmt"
	"testing"
)

// TestRanges checks what is taken as which range, and what is refused and why.
func TestRanges(t *testing.T) {
	t.Parallel()
	of := func(lower, upper any, bounds ...any) map[string]any {
		in := map[string]any{"lower": lower, "upper": upper}
		if bounds != nil {
			in["bounds"] = bounds[0]
		}
		return in
	}
	for _, tc := range []struct {
		typ  Type
		in   any
		want string // an error begins with "!"
	}{
		{IntRange, of(1, 5), "[1,5)"}, {IntRange, of(1, 5, "[]"), "[1,6)"}, {IntRange, of(1, 5, "()"), "[2,5)"}, {IntRange, of(1, 5, "(]"), "[2,6)"}, {IntRange, of(1, 5, nil), "[1,5)"},
		{IntRange, of(1, nil), "[1,)"}, {IntRange, of(nil, 5, "[]"), "(,6)"}, {IntRange, of(nil, nil, "[]"), "(,)"}, {IntRange, map[string]any{}, "(,)"}, {IntRange, map[string]any{"upper": 3}, "(,3)"},
		{IntRange, of(5, 5), "empty"}, {IntRange, of(5, 5, "[]"), "[5,6)"}, {IntRange, of(5, 6, "()"), "empty"}, {IntRange, map[string]any{"bounds": "empty"}, "empty"}, {IntRange, of(nil, nil, "empty"), "empty"},
		{IntRange, of(6, 5), "!lower must not be greater than upper"}, {IntRange, of(1, nil, "empty"), "!has a bound, though it is empty"}, {IntRange, of(1, 2, "[["), `!bounds must be "[)"`}, {IntRange, of(1, 2, 3), `!bounds must be "[)"`},
		{IntRange, "[1,5)", "!must be an object"}, {IntRange, map[string]any{"from": 1}, "!must be an object"}, {IntRange, []any{1, 2}, "!must be an object"}, {IntRange, of("1", 2), "!lower must be an integer"}, {IntRange, of(1, 1<<40), "!upper must be an integer of at most 32 bits"},
		{IntRange, of(1, 1<<31-1), "[1,2147483647)"}, {IntRange, of(1, 1<<31-1, "[]"), "!upper must be less with these bounds"}, {IntRange, of(1<<31-1, nil, "()"), "!lower must be less with these bounds"}, {IntRange, of(1<<31-1, 1<<31-1, "(]"), "empty"},
		{BigIntRange, of("1", "9223372036854775807"), "[1,9223372036854775807)"}, {BigIntRange, of("1", "9223372036854775807", "[]"), "!upper must be less"}, {BigIntRange, of("1", "9223372036854775808"), "!upper must be between"},
		{DecimalRange, of("1.50", 2, "[]"), "[1.50,2]"}, {DecimalRange, of("10", "9.5"), "!lower must not"}, {DecimalRange, of("1.0", "1", "(]"), "empty"}, {DecimalRange, of("1.0", "1", "[]"), "[1.0,1]"}, {DecimalRange, of("-0.5", "x"), "!upper must be a decimal"},
		{DateRange, of("2024-02-28", "2024-02-28", "[]"), "[2024-02-28,2024-02-29)"}, {DateRange, of("2026-12-31", nil, "()"), "[2027-01-01,)"}, {DateRange, of("2026-12-31", "9999-12-31"), "[2026-12-31,9999-12-31)"},
		{DateRange, of("2026-12-31", "9999-12-31", "[]"), "!upper must be less"}, {DateRange, of("9999-12-31", nil, "(]"), "!lower must be less"}, {DateRange, of("infinity", nil), "!lower must be a day"},
		{LocalDateTimeRange, of("2026-01-31T12:00:00", "2026-01-31T12:00:00.5", "(]"), "(2026-01-31T12:00:00,2026-01-31T12:00:00.5]"}, {LocalDateTimeRange, of("2026-01-31T12:00:00.5", "2026-01-31T12:00:00"), "!lower must not"},
		{TimeRange, of("2026-01-31T12:00:00+01:00", "9999-12-31T23:59:59.999999Z", "[]"), "[2026-01-31T11:00:00Z,9999-12-31T23:59:59.999999Z]"}, {TimeRange, of("2026-01-31T12:00:00.5Z", "2026-01-31T12:00:00Z"), "!lower must not"},
		{TimeRange, of("2026-01-31T12:00:00Z", "2026-01-31T13:00:00+01:00"), "empty"}, {TimeRange, of("2026-01-31", nil), "!lower must be a time such as"},
	} {
		f := TextField("x", "x", tc.typ, 0, (*mutation).SetText, nil)
		got := ""
		if v, err := f.Parse(tc.in); err != nil {
			got = "!" + err.Error()
			got = got[:min(len(tc.want), len(got))]
		} else {
			got = fmt.Sprint(v)
		}
		if got != tc.want {
			t.Errorf("%s %v: %s, want %s", tc.typ.Scalar(), tc.in, got, tc.want)
		}
	}
	f := TextField("x", "x", DateRange, 0, (*mutation).SetText, nil)
	_, err := f.Parse(of("2026-01-31", "x"))
	var at *itemError
	if !errors.As(err, &at) || at.at != "upper" {
		t.Errorf("an error of a bound does not name it: %v", err)
	}
}
