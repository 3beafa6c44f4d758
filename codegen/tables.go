package codegen

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/entc/gen"
	"entgo.io/ent/schema/field"

	"github.com/entgraph/entgraph/internal/migrate/plan"
)

// writeTables writes migrate/schema.sql, all tables as they should be. It is printed from
// the graph and not by the generated program, which need not compile: what is written by
// hand may have to follow the generated code first.
func (x *extension) writeTables(m *model, g *gen.Graph) error {
	tables, err := plannedTables(g)
	if err != nil {
		return fmt.Errorf("print the schema: %w", err)
	}
	indexes, err := keyIndexes(g)
	if err != nil {
		return fmt.Errorf("print the schema: %w", err)
	}
	for _, i := range indexes {
		addKeyIndex(tables, i)
	}
	columns, err := filledColumns(g)
	if err != nil {
		return fmt.Errorf("print the schema: %w", err)
	}
	for _, c := range columns {
		c.fill(tables)
	}
	for _, e := range m.entities {
		for _, t := range tables {
			if e.Search != nil && t.Name == e.Table {
				addSearch(t, e)
			}
		}
	}
	text, err := plan.SchemaSQL(context.Background(), tables)
	if err != nil {
		return err
	}
	return writeFile(x.config.Ent+"/migrate/schema.sql", []byte(text))
}

// addSearch does to a table what the generated function of this name does.
func addSearch(t *schema.Table, e *entityModel) {
	c := &schema.Column{
		Name: e.Search.Column, Type: field.TypeOther, Nullable: true, Comment: e.searchComment(),
		SchemaType: map[string]string{"postgres": "tsvector"},
		Attr:       "GENERATED ALWAYS AS (" + e.Search.Vector() + ") STORED",
	}
	t.Columns = append(t.Columns, c)
	t.Indexes = append(t.Indexes, &schema.Index{
		Name: searchIndex(e.node), Columns: []*schema.Column{c}, Annotation: &entsql.IndexAnnotation{Type: "GIN"},
	})
}
