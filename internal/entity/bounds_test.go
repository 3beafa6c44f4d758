package entity

import (
	"encoding/json"
	"testing"
)

// A number that a type does not hold is refused with what the type holds.
func TestBounds(t *testing.T) {
	t.Parallel()
	type mutation struct{}
	list := func(item Field) Field {
		return ListField("n", "n", item, 0, func(mutation, []int8) {})
	}
	id := func(typ KeyType) Field {
		return IDField(func(mutation) (n uint8, ok bool) { return }, "id", typ)
	}
	for name, tc := range map[string]struct {
		field Field
		in    any
		says  string
	}{
		"an integer beyond 32 bits": {IntField[int8]("n", "n", Int, 0, nil), int64(1) << 40, "must be between -128 and 127"},
		"an unsigned one":           {IntField[uint16]("n", "n", Int, 0, nil), int64(-1), "must be between 0 and 65535"},
		"an element of a column":    {list(Item(Int, "smallint")), []any{int64(40_000)}, "must be between -32768 and 32767"},
		"an element of a slice":     {list(Item(Int, "integer")), []any{int64(200)}, "must be between -128 and 127"},
		"an id of a column":         {id(Int16Key), json.Number("40000"), "must be between -32768 and 32767"},
		"an id of a type":           {id(Int64Key), json.Number("256"), "must be between 0 and 255"},
	} {
		f := tc.field
		if _, err := f.Parse(tc.in); err == nil || err.Error() != tc.says {
			t.Errorf("%s: %v, want %s", name, err, tc.says)
		}
	}
	whole := id(Int64Key)
	if _, err := whole.Parse(json.Number("255")); err != nil {
		t.Error(err)
	}
}
