package plan

import (
	"fmt"
	"slices"
	"strings"

	entschema "entgo.io/ent/dialect/sql/schema"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// Ent has no word for columns that Postgres computes. Its tables say it in a column's
// Attr, as "GENERATED ALWAYS AS (expression) STORED", which Ent does not use here.
const (
	generatedStart = "GENERATED ALWAYS AS ("
	generatedEnd   = ") STORED"
)

// generatedExpr is the expression of a column that Postgres computes.
func generatedExpr(c *entschema.Column) (expr string, ok bool) {
	rest, ok := strings.CutPrefix(c.Attr, generatedStart)
	if !ok {
		return "", false
	}
	return strings.CutSuffix(rest, generatedEnd)
}

// takeGenerated takes the columns that Postgres computes, and their indexes, out of
// tables and gives the statements that add them.
func takeGenerated(tables []*entschema.Table) (statements []string) {
	add := func(format string, args ...any) { statements = append(statements, fmt.Sprintf(format, args...)) }
	for _, t := range tables {
		var taken []string
		name := sqltext.Ident(t.Name)
		if t.Schema != "" {
			name = sqltext.Ident(t.Schema, t.Name)
		}
		t.Columns = slices.DeleteFunc(t.Columns, func(c *entschema.Column) bool {
			if _, ok := generatedExpr(c); !ok {
				return false
			}
			taken = append(taken, c.Name)
			add("-- Add column %q to table: %q\nALTER TABLE %[5]s ADD COLUMN %[1]q %[3]s NULL %[4]s;\n", c.Name, t.Name, c.SchemaType["postgres"], c.Attr, name)
			if c.Comment != "" {
				add("-- Set comment to column: %q on table: %q\nCOMMENT ON COLUMN %[4]s.%[1]q IS %[3]s;\n", c.Name, t.Name, sqltext.Literal(c.Comment), name)
			}
			return true
		})
		t.Indexes = slices.DeleteFunc(t.Indexes, func(i *entschema.Index) bool {
			if len(i.Columns) != 1 || !slices.Contains(taken, i.Columns[0].Name) {
				return false
			}
			add("-- Create index %q to table: %q\nCREATE INDEX %[1]q ON %[5]s USING %[3]s (%[4]q);\n", i.Name, t.Name, i.Annotation.Type, i.Columns[0].Name, name)
			return true
		})
	}
	return statements
}
