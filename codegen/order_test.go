package codegen

import (
	"testing"

	"entgo.io/ent/schema/field"

	declare "github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/rule"
)

// TestRefusalsKeepTheirOrder refuses the same schemas again and again: what is declared in
// maps is told in one order.
func TestRefusalsKeepTheirOrder(t *testing.T) {
	t.Parallel()
	open := rule.Everyone()
	for name, defs := range map[string][]entityDef{
		"search": {{name: "Alpha", fields: fields(field.Int("a")), annotations: searchable(declare.SearchOptions{A: []string{"a"}, B: []string{"b"}, C: []string{"c"}, D: []string{"d"}})}},
		"sets":   {{name: "Alpha", policy: rule.Policy{Read: open, Sets: rule.Fields{"a": open, "b": open, "c": open, "d": open}}}},
		"rules of sets": {{name: "Alpha", policy: rule.Policy{Read: open, Sets: rule.Fields{
			"id": rule.Is("a", 1), "b": rule.Is("b", 1), "c": rule.Is("c", 1), "d": rule.Is("d", 1)}}}},
		"rules of fields": {{name: "Alpha", fields: fields(field.Bool("a"), field.Bool("b"), field.Bool("c"), field.Bool("d")), policy: rule.Policy{Read: open, Fields: rule.Fields{
			"a": rule.Owner("a"), "b": rule.Owner("b"), "c": rule.Owner("c"), "d": rule.Owner("d")}}}},
		"fields": {{name: "Alpha", policy: rule.Policy{Read: open, Fields: rule.Fields{"a": open, "b": open, "c": open, "d": open}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, first := modelOf(t, defs...)
			if first == nil {
				t.Fatal("is not refused")
			}
			for range 20 {
				if _, err := modelOf(t, defs...); err.Error() != first.Error() {
					t.Fatalf("refused in two orders:\n%v\n\n%v", first, err)
				}
			}
		})
	}
}
