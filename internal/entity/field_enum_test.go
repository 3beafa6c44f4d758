package entity

import (
	"errors"
	"testing"
)

// TestNamed checks that the API's names of an enum's values and the values that are stored are
// told apart.
func TestNamed(t *testing.T) {
	t.Parallel()
	f := Named(EnumField("state", "state", 0, func(s string) error {
		if s != "open" && s != "part paid" {
			return errors.New("no value")
		}
		return nil
	}), map[string]string{"PART_PAID": "part paid"})
	for sent, want := range map[string]any{"open": "open", "PART_PAID": "part paid", "part paid": "part paid", "PAID": nil} {
		if got, _ := f.Parse(sent); got != want {
			t.Errorf("%q is stored as %v", sent, got)
		}
		if got, err := f.Operand(sent, EQ); err == nil && got != want {
			t.Errorf("%q is compared as %v", sent, got)
		}
	}
	for stored, want := range map[string]bool{"open": true, "part paid": true, "PART_PAID": false, "": false} {
		if f.Has(stored) != want {
			t.Errorf("that %q is stored is %v", stored, !want)
		}
	}
	if f.Shown("part paid") != "PART_PAID" || f.Shown("open") != "open" {
		t.Error("a value is not shown by its name")
	}
}
