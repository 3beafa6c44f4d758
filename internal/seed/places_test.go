package seed

import (
	"testing"

	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"

	"github.com/entgraph/entgraph/internal/entity"
)

// TestPlaces writes rows, and takes them away again, where tables are in several schemas, under
// names that need quotes, and where what a table refers to is in another one.
func TestPlaces(t *testing.T) {
	t.Parallel()
	mood := &schema.Column{Name: "Mood", Type: field.TypeEnum, Enums: []string{"SAD", "it's"}, SchemaType: map[string]string{"postgres": `"Sales Dept"."Mood"`}}
	orders := made("Order", text("select"), number("group by"), mood)
	orders.Schema = "Sales Dept"
	items := made("Items of all the Orders there are under a name of 63 bytes with", unlike(text("table")))
	items.Schema = "stock"
	refer(items, "order", orders)
	links := schema.NewTable("user")
	refer(links, "Order", orders)
	refer(links, "Item", items)
	links.PrimaryKey = links.Columns
	plain := made("plain", text("name"))
	refer(plain, "Order id", orders, null)
	o := Options{Tables: []*schema.Table{items, links, plain, orders}}
	db := open(t, o.Tables)
	const all = `SELECT (SELECT count(*) FROM "Sales Dept"."Order") + (SELECT count(*) FROM stock."Items of all the Orders there are under a name of 63 bytes with") + (SELECT count(*) FROM "user") + (SELECT count(*) FROM plain)`
	for range 2 {
		write(t, db, o)
		for _, query := range []string{
			`SELECT count(*) > 1 FROM "Sales Dept"."Order" WHERE "Mood" IN ('SAD', 'it''s')`,
			`SELECT count(*) > 1 FROM stock."Items of all the Orders there are under a name of 63 bytes with"`,
			`SELECT count(*) > 1 FROM "user"`,
			`SELECT count("Order id") > 1 FROM plain`,
		} {
			if !list[bool](t, db, query)[0] {
				t.Errorf("not so: %s", query)
			}
		}
		if err := Clear(t.Context(), db, o, false); err != nil {
			t.Fatal(err)
		}
		want(t, db, map[string]int{all: 0})
	}
	o.Scale = true
	write(t, db, o)
	if !list[bool](t, db, `SELECT count(*) > 100 FROM "Sales Dept"."Order"`)[0] {
		t.Error("the large data is small")
	}
}

// TestEdgesWithoutForeignKeys has rows refer to rows where only the edges say so, as of tables of
// others.
func TestEdgesWithoutForeignKeys(t *testing.T) {
	t.Parallel()
	id := &schema.Column{Name: "nr", Type: field.TypeInt64, Increment: true}
	suppliers := schema.NewTable("LFA1").SetSchema("erp").AddPrimary(id).AddColumn(text("name"))
	items := made("items", &schema.Column{Name: "supplier", Type: field.TypeInt64}, null(&schema.Column{Name: "second", Type: field.TypeInt64}))
	links := schema.NewTable("links").AddColumn(&schema.Column{Name: "a", Type: field.TypeUUID}).AddColumn(&schema.Column{Name: "b", Type: field.TypeInt64})
	links.PrimaryKey = links.Columns
	o := Options{Tables: []*schema.Table{items, links, suppliers}, Entities: []entity.Entity{
		{Name: "Item", Table: "items", Fields: []entity.Field{entity.IDField[any, [16]byte](nil, "id", entity.UUIDKey)}, Edges: []entity.Edge{
			{Name: "supplier", Type: "Supplier", Unique: true, Column: "supplier"}, {Name: "more", Type: "Supplier", Link: "links", LinkFrom: "a", LinkTo: "b"}}},
		{Name: "Supplier", Table: "LFA1", Schema: "erp", Place: entity.External, Fields: []entity.Field{entity.IDField[any, int64](nil, "nr", entity.Int64Key)}, Edges: []entity.Edge{
			{Name: "seconds", Type: "Item", Column: "second", OnTarget: true}}},
	}}
	db := open(t, o.Tables)
	write(t, db, o)
	want(t, db, map[string]int{
		`SELECT count(*) FROM items WHERE supplier NOT IN (SELECT nr FROM erp."LFA1") OR second NOT IN (SELECT nr FROM erp."LFA1")`: 0,
		`SELECT count(*) FROM links WHERE a NOT IN (SELECT id FROM items) OR b NOT IN (SELECT nr FROM erp."LFA1")`:                  0,
	})
	if !list[bool](t, db, `SELECT count(*) > 5 AND count(second) > 5 FROM items`)[0] || !list[bool](t, db, `SELECT count(*) > 5 FROM links`)[0] {
		t.Error("nothing refers to anything")
	}
}

// TestMutualEdge has rows lead to each other where an edge is its own way back, as Ent writes them.
func TestMutualEdge(t *testing.T) {
	t.Parallel()
	partner := null(unlike(&schema.Column{Name: "partner_id", Type: field.TypeUUID}))
	people := made("people", text("name"))
	people.AddColumn(partner)
	id := entity.IDField[any, [16]byte](nil, "id", entity.UUIDKey)
	o := Options{Tables: []*schema.Table{people}, Entities: []entity.Entity{
		{Name: "Person", Table: "people", Fields: []entity.Field{id}, Edges: []entity.Edge{{Name: "partner", Type: "Person", Unique: true, Column: "partner_id"}}},
	}}
	db := open(t, o.Tables)
	write(t, db, o)
	want(t, db, map[string]int{
		`SELECT count(*) FROM people p WHERE partner_id IS NOT NULL AND NOT EXISTS (SELECT FROM people o WHERE o.id = p.partner_id AND o.partner_id = p.id)`: 0,
	})
	if !list[bool](t, db, `SELECT count(partner_id) > 3 AND count(*) > count(partner_id) FROM people`)[0] {
		t.Error("all have a partner, or nobody")
	}
}
