package entity

import (
	"slices"

	"entgo.io/ent/dialect/sql/schema"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// Place says what an entity is read from.
type Place uint8

// The places.
const (
	// Owned is a table of this program, which its migrations make.
	Owned Place = iota
	// View is a view, materialized or not: it is read alone.
	View
	// External is a table that others make and change. It is read and written, and no
	// migration touches it.
	External
)

// Relation is how statements name the entity's table or view, in full.
func (e *Entity) Relation() string { return sqltext.Table(e.Schema, e.Table) }

// LinkRelation is how statements name the table of a many-to-many edge, in full.
func (e *Edge) LinkRelation() string { return sqltext.Table(e.LinkSchema, e.Link) }

// LinkIn is a many-to-many edge whose link table is in a schema other than public.
func LinkIn(schema string, e Edge) Edge {
	e.LinkSchema = schema
	return e
}

// InSchemas tells Ent's tables in which schema of Postgres they are, by their names; the others
// are in public. It returns them.
func InSchemas(tables []*schema.Table, schemas map[string]string) []*schema.Table {
	for _, t := range tables {
		t.Schema = schemas[t.Name]
	}
	return tables
}

// WithoutTables gives the tables but for those of some names, and without foreign keys that
// refer to these. The tables that are given stay as they are.
func WithoutTables(tables []*schema.Table, names ...string) []*schema.Table {
	var out []*schema.Table
	for _, t := range tables {
		if slices.Contains(names, t.Name) {
			continue
		}
		gone := func(fk *schema.ForeignKey) bool { return slices.Contains(names, fk.RefTable.Name) }
		if slices.ContainsFunc(t.ForeignKeys, gone) {
			t = WithForeignKeys(t, slices.DeleteFunc(slices.Clone(t.ForeignKeys), gone))
		}
		out = append(out, t)
	}
	return out
}

// WithForeignKeys is a table with other foreign keys. The one that is given stays as it is.
func WithForeignKeys(t *schema.Table, keys []*schema.ForeignKey) *schema.Table {
	return &schema.Table{
		Name: t.Name, Schema: t.Schema, Columns: t.Columns, Indexes: t.Indexes, PrimaryKey: t.PrimaryKey,
		ForeignKeys: keys, Annotation: t.Annotation, Comment: t.Comment, View: t.View, Pos: t.Pos,
	}
}

// OnlyTables gives the tables of some names.
func OnlyTables(tables []*schema.Table, names ...string) []*schema.Table {
	var out []*schema.Table
	for _, t := range tables {
		if slices.Contains(names, t.Name) {
			out = append(out, t)
		}
	}
	return out
}

// Expected are the tables and views that the program reads and migrations make, views by the
// columns that the API shows.
func (e Engine) Expected() []*schema.Table {
	out := slices.Clone(e.Tables)
	for i := range e.Entities {
		v := &e.Entities[i]
		if v.Place != View {
			continue
		}
		t := schema.NewView(v.Table).SetSchema(v.Schema)
		for k := range v.Fields {
			t.AddColumn(&schema.Column{Name: v.Fields[k].Column})
		}
		out = append(out, t)
	}
	return out
}
