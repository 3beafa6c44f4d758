package entity

import (
	"slices"
	"testing"

	"entgo.io/ent"

	"github.com/entgraph/entgraph/rule"
)

// TestRefusalsKeepTheirOrder refuses the same again and again: what is in maps is told in
// one order.
func TestRefusalsKeepTheirOrder(t *testing.T) {
	t.Parallel()
	nobody := rule.Fields{"a": rule.Nobody(), "b": rule.Nobody(), "c": rule.Nobody(), "d": rule.Nobody()}
	free := JSONField("j", "j", 0, func(any, any) {})
	withRules := func(fields ...Field) (*Graph, error) {
		policy := ent.Policy(rule.Policy{Read: rule.Everyone(), Fields: nobody})
		return New([]Entity{{Name: "Thing", Field: "thing", Plural: "things", Prefix: "thing", Table: "things", Policy: &policy,
			Fields: append([]Field{idField()}, fields...)}}, nil, Store{})
	}
	for name, refuse := range map[string]func() string{
		"fields": func() string {
			_, err := withRules()
			return err.Error()
		},
		"document": func() string {
			_, err := free.Parse(map[string]any{"a": "\x00", "b": "\xff", "c": deep(501), "d": "\x00"})
			return err.Error()
		},
		"writes": func() string {
			var all string
			for _, c := range (rule.Policy{Sets: rule.Fields{"a": rule.Owner("a"), "b": rule.Owner("b"), "c": rule.Owner("c")}}).Writes() {
				all += " " + c.Name
			}
			return all
		},
	} {
		first := refuse()
		for range 20 {
			if again := refuse(); again != first {
				t.Fatalf("%s: two orders:\n%s\n\n%s", name, first, again)
			}
		}
	}
	g, err := withRules(BoolField("a", "a", 0), BoolField("b", "b", 0), BoolField("c", "c", 0), BoolField("d", "d", 0))
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if got := g.Entity("Thing").HiddenFrom(rule.Role("ADMIN")); !slices.Equal(got, []string{"a", "b", "c", "d"}) {
			t.Fatalf("hidden: %q", got)
		}
	}
}
