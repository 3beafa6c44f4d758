package seed

import (
	"testing"

	"entgo.io/ent"
	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/rule"
)

type thingMutation struct{}

func (thingMutation) ID() (id uuid.UUID, exists bool) { return id, false }

// TestArrays fills arrays of every type, through the fields that check them.
func TestArrays(t *testing.T) {
	t.Parallel()
	type number int16
	fields := []entity.Field{
		entity.IDField(thingMutation.ID, "id", entity.UUIDKey),
		entity.ListField("a", "a", entity.Item(entity.String, "text"), 0, func(thingMutation, []string) {}),
		entity.ListField("b", "b", entity.Item(entity.String, "character varying(6)"), 0, func(thingMutation, []string) {}),
		entity.ListField("c", "c", entity.Item(entity.Int, "smallint"), 0, func(thingMutation, []number) {}),
		entity.ListField("d", "d", entity.Item(entity.BigInt, "bigint"), 0, func(thingMutation, []uint64) {}),
		entity.ListField("e", "e", entity.Item(entity.Float32, "real"), 0, func(thingMutation, []float32) {}),
		entity.ListField("f", "f", entity.Item(entity.Float, "double precision"), 0, func(thingMutation, []float64) {}),
		entity.ListField("g", "g", entity.Item(entity.Decimal, "numeric(6,2)"), 0, func(thingMutation, []string) {}),
		entity.ListField("h", "h", entity.Item(entity.Bool, "boolean"), 0, func(thingMutation, []bool) {}),
		entity.ListField("i", "i", entity.Item(entity.UUID, "uuid"), 0, func(thingMutation, []uuid.UUID) {}),
		entity.ListField("j", "j", entity.Item(entity.Inet, "inet"), 0, func(thingMutation, []string) {}),
		entity.ListField("o", "o", entity.Item(entity.Cidr, "cidr"), 0, func(thingMutation, []string) {}),
		entity.ListField("p", "p", entity.Item(entity.MacAddr, "macaddr"), 0, func(thingMutation, []string) {}),
		entity.ListField("q", "q", entity.Item(entity.TimeOfDay, "time without time zone"), 0, func(thingMutation, []string) {}),
		entity.ListField("r", "r", entity.Item(entity.Duration, "interval"), 0, func(thingMutation, []string) {}),
		entity.TextField("s", "s", entity.Duration, 0, func(thingMutation, string) {}, nil),
	}
	table := made("things")
	for _, f := range fields[1:] {
		typ := map[string]string{
			"a": "text[]", "b": "varchar(6)[]", "c": "smallint[]", "d": "bigint[]", "e": "real[]", "f": "double precision[]", "g": "numeric(6,2)[]", "h": "boolean[]", "i": "uuid[]", "j": "inet[]",
			"o": "cidr[]", "p": "macaddr[]", "q": "time[]", "r": "interval[]", "s": "interval",
		}[f.Name]
		table.AddColumn(&schema.Column{Name: f.Name, Type: field.TypeJSON, SchemaType: map[string]string{"postgres": typ}})
	}
	for name, typ := range map[string]string{"k": "timestamptz[]", "l": "timestamp[]", "m": "date[]"} { // without a field
		table.AddColumn(&schema.Column{Name: name, Type: field.TypeJSON, SchemaType: map[string]string{"postgres": typ}})
	}
	var policy ent.Policy = rule.Policy{Read: rule.Everyone(), Write: rule.Everyone()}
	e := entity.Entity{Name: "Thing", Field: "thing", Plural: "things", Prefix: "thing", Table: "things", Policy: &policy, Fields: fields}
	o := Options{Tables: []*schema.Table{table}, Entities: []entity.Entity{e}, Number: 1}
	db := open(t, o.Tables)
	write(t, db, o)
	want(t, db, map[string]int{`SELECT count(*) FROM things WHERE 0 NOT IN (cardinality(a), cardinality(b), cardinality(c), cardinality(d), cardinality(e), cardinality(f),
		cardinality(g), cardinality(h), cardinality(i), cardinality(j), cardinality(k), cardinality(l), cardinality(m),
		cardinality(o), cardinality(p), cardinality(q), cardinality(r))`: list[int](t, db, `SELECT count(*) FROM things`)[0]})
	if list[int](t, db, `SELECT count(*) FROM things`)[0] < 10 {
		t.Error("there are hardly any rows")
	}
}
