package entity

import "testing"

// A filter may ask for an element that no array can have, as one may of a field; only a number
// that the type of the array has no form for is refused.
func TestItemOperand(t *testing.T) {
	for name, c := range map[string]struct {
		item Field
		v    any
		fits bool
	}{
		"longer text":       {Item(String, "character varying(5)"), "longer", true},
		"no text":           {Item(String, "character varying(5)"), int64(1), false},
		"more digits":       {Item(Decimal, "numeric(4,1)"), "1.25", true},
		"larger number":     {Item(Int, "smallint"), int64(1 << 15), false},
		"number":            {Item(Int, "integer"), int64(1 << 15), true},
		"null":              {Item(Int, "integer"), nil, false},
		"number, not whole": {Item(Int, "integer"), 1.5, false},
	} {
		f := Field{Name: "x", Item: &c.item}
		if _, err := f.ItemOperand(c.v); (err == nil) != c.fits {
			t.Errorf("%s: %v", name, err)
		}
	}
}
