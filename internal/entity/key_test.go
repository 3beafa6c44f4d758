package entity

import (
	"errors"
	"strings"
	"testing"

	"entgo.io/ent"
	"github.com/google/uuid"

	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/rule"
)

// numbers is a mutation of an entity with ids of Go types of its own.
type numbers struct {
	ent.Mutation
	id    int16
	code  string
	owner uint8
}

type code string

// calm is a validator, which Ent gives the type that it has itself.
var calm = func(s string) error {
	if strings.HasSuffix(s, "!") {
		return errors.New("must not shout")
	}
	return nil
}

func keyGraph(t testing.TB) *Graph {
	t.Helper()
	open := ent.Policy(rule.Policy{Read: rule.Everyone()})
	named := func(name, prefix string, id Field, edges ...Edge) Entity {
		return Entity{Name: name, Field: strings.ToLower(name), Plural: strings.ToLower(name) + "s", Prefix: prefix, Table: prefix, Policy: &open, Fields: []Field{id}, Edges: edges}
	}
	g, err := New([]Entity{
		named("Order", "order", IDField(func(m *numbers) (int16, bool) { return m.id, true }, "number", Int32Key),
			Own("owner", "User", "owner_id", "ownerID", false, false, func(m *numbers, id uint8) { m.owner = id }, func(*numbers) {})),
		named("Line", "order_line", IDField(func(*numbers) (uuid.UUID, bool) { return uuid.Nil, false }, "id", UUIDKey)),
		named("User", "user", IDField(func(*numbers) (uint8, bool) { return 0, true }, "id", Int64Key)),
		named("Country", "country", Given(ValidID(IDField(func(m *numbers) (code, bool) { return code(m.code), true }, "code", TextKey), &calm), func(m *numbers, id code) { m.code = string(id) })),
	}, nil, Store{})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestTextsOfKeys reads and writes ids of every kind, of which each has one spelling alone.
func TestTextsOfKeys(t *testing.T) {
	t.Parallel()
	g := keyGraph(t)
	for text, want := range map[string]key.Key{
		"order_42": key.Int(42), "order_-7": key.Int(-7), "order_0": key.Int(0), "user_255": key.Int(255), "country_DE": key.Text("DE"),
		"country_a_b_": key.Text("a_b_"), "country_order_1": key.Text("order_1"), "country_" + strings.Repeat("ä", 127): key.Text(strings.Repeat("ä", 127)),
		"order_line_00000000000000000000000001": key.UUID(uuid.UUID{15: 1}),
	} {
		e, got, err := g.ParseID(text)
		if err != nil || got != want || e.FormatID(got) != text {
			t.Errorf("%s is %v of %v, %v", text, got, e, err)
		}
	}
	for _, bad := range []string{
		"order_", "order_042", "order_+1", "order_-0", "order_1.0", "order_32768", "order_99999999999999999999", "order_1 ", "order_x", "user_256", "user_-1",
		"country_", "country_\x00", "country_a\nb", "country_\xff", "country_" + strings.Repeat("x", 256), "_1", "42", "DE", "order_line_1",
	} {
		if e, got, err := g.ParseID(bad); err == nil {
			t.Errorf("%q is taken for the %s %v", bad, e.Name, got)
		}
	}
	if _, err := g.Entity("User").ParseID("order_42"); err == nil || err.Error() != "is the id of another type (order), not of a User" {
		t.Errorf("the id of an order: %v", err)
	}
}

// TestKeysInMutations moves ids between keys and the types of Go that Ent has for them.
func TestKeysInMutations(t *testing.T) {
	t.Parallel()
	g := keyGraph(t)
	order, country, m := g.Entity("Order"), g.Entity("Country"), &numbers{id: 42}
	if id, ok := order.IDOf(m); !ok || id != key.Int(42) {
		t.Errorf("the id is %v", id)
	}
	if err := order.Refer(m, "owner_id", key.Int(7)); err != nil || m.owner != 7 {
		t.Errorf("the owner is %d: %v", m.owner, err)
	}
	for _, bad := range []key.Key{key.Int(256), key.Text("7"), key.UUID(uuid.Nil), {}} {
		if err := order.Refer(m, "owner_id", bad); err == nil {
			t.Errorf("%v is taken for the id of a user", bad)
		}
	}
	if err := country.ID().give(m, "DE"); err != nil || m.code != "DE" {
		t.Errorf("the code is %q: %v", m.code, err)
	}
	for _, bad := range []any{"", "a\tb", strings.Repeat("x", 256), 7, "\xff", "DE!"} {
		if err := country.ID().give(m, bad); err == nil {
			t.Errorf("%q is taken for an id", bad)
		}
	}
	if err := order.check(key.Int(40_000)); err == nil {
		t.Error("what the Go type does not hold is taken for an id")
	}
}
