// Code generated from ent/schema by ./run.sh generate. DO NOT EDIT.

package migrate

import (
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"
)

// addSearch adds a column that Postgres computes, with its index, to a table. It is
// for migrations alone: Ent's client neither reads nor writes it.
func addSearch(table, index, comment, vector string) {
	for _, t := range Tables {
		if t.Name != table {
			continue
		}
		c := &schema.Column{
			Name: "search", Type: field.TypeOther, Nullable: true, Comment: comment,
			SchemaType: map[string]string{"postgres": "tsvector"},
			Attr:       "GENERATED ALWAYS AS (" + vector + ") STORED",
		}
		t.Columns = append(t.Columns, c)
		t.Indexes = append(t.Indexes, &schema.Index{
			Name: index, Columns: []*schema.Column{c}, Annotation: &entsql.IndexAnnotation{Type: "GIN"},
		})
	}
}

func init() {
	addSearch("posts", "post_search", "The words of title, body for full-text search; computed.",
		"setweight(to_tsvector('pg_catalog.english'::regconfig, coalesce(\"title\", '')), 'A') || setweight(to_tsvector('pg_catalog.english'::regconfig, coalesce(\"body\", '')), 'B')")
}
