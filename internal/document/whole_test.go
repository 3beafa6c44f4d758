package document

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestWholeNumber checks that a number that is not exactly whole is refused, and not rounded.
func TestWholeNumber(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]int64{
		"3": 3, "3.0": 3, "3e2": 300, "300e-2": 3, "-0.0": 0, "0e-400": 0, "9007199254740993": 9007199254740993,
	} {
		if got, ok := wholeNumber(json.Number(number)); !ok || got != want {
			t.Errorf("%s is %d, %t, want %d", number, got, ok, want)
		}
	}
	for _, number := range []string{
		"-1e-400", "1e-400", "1.5", "1.0000000000000000001", "0.99999999999999999999", "1e400", "9007199254740993.0",
		"1." + strings.Repeat("0", 1_000_000) + "1",
	} {
		if got, ok := wholeNumber(json.Number(number)); ok {
			t.Errorf("%.30s is %d, want no whole number", number, got)
		}
	}
}
