package entity

import (
	"strings"
	"testing"
)

func TestParseSearch(t *testing.T) {
	t.Parallel()
	dashes := func(n int) string { return strings.Repeat("-", n) }
	for in, want := range map[string]string{
		"":                                 "",
		`a -b "c--d"`:                      `a -b "c--d"`,
		dashes(29) + "a":                   dashes(29) + "a",
		dashes(30) + "a":                   "--a",
		"x " + dashes(31) + "a":            "x -a",
		strings.Repeat("- (\u2003|", 40):   "-- (\u2003|",
		dashes(40) + "a b" + dashes(41):    "--a b-",
		dashes(20) + `"a"` + dashes(20):    dashes(20) + `"a"` + dashes(20),
		dashes(20) + " x " + dashes(20):    dashes(20) + " x " + dashes(20),
		strings.Repeat("-a", 40):           strings.Repeat("-a", 40),
		strings.Repeat("-!", 20) + "-\n-a": strings.Repeat("-!", 20) + "-\n-a",
	} {
		if got, err := ParseSearch(in); err != nil || got != want {
			t.Errorf("ParseSearch(%q) = %q, %v, want %q", in, got, err, want)
		}
	}
	for _, in := range []any{nil, 1, "a\x00", "\xff"} {
		if got, err := ParseSearch(in); err == nil {
			t.Errorf("ParseSearch(%q) = %q", in, got)
		}
	}
}
