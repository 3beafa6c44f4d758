package migrate

import (
	"fmt"
	"slices"
	"strings"

	aschema "ariga.io/atlas/sql/schema"
	entschema "entgo.io/ent/dialect/sql/schema"
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
		t.Columns = slices.DeleteFunc(t.Columns, func(c *entschema.Column) bool {
			if _, ok := generatedExpr(c); !ok {
				return false
			}
			taken = append(taken, c.Name)
			add("-- Add column %q to table: %q\nALTER TABLE %[2]q ADD COLUMN %[1]q %[3]s NULL %[4]s;\n", c.Name, t.Name, c.SchemaType["postgres"], c.Attr)
			if c.Comment != "" {
				add("-- Set comment to column: %q on table: %q\nCOMMENT ON COLUMN %[2]q.%[1]q IS %[3]s;\n", c.Name, t.Name, quote(c.Comment))
			}
			return true
		})
		t.Indexes = slices.DeleteFunc(t.Indexes, func(i *entschema.Index) bool {
			if len(i.Columns) != 1 || !slices.Contains(taken, i.Columns[0].Name) {
				return false
			}
			add("-- Create index %q to table: %q\nCREATE INDEX %[1]q ON %[2]q USING %[3]s (%[4]q);\n", i.Name, t.Name, i.Annotation.Type, i.Columns[0].Name)
			return true
		})
	}
	return statements
}

func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// markGenerated gives the columns of a schema that was read from Ent's tables the
// expressions by which Postgres computes them.
func markGenerated(s *aschema.Schema, tables []*entschema.Table) {
	for _, from := range tables {
		t, ok := s.Table(from.Name)
		if !ok {
			continue
		}
		for _, fc := range from.Columns {
			if expr, ok := generatedExpr(fc); ok {
				if c, found := t.Column(fc.Name); found {
					c.SetGeneratedExpr(&aschema.GeneratedExpr{Expr: expr, Type: "STORED"})
				}
			}
		}
	}
}

func expression(c *aschema.Column) string {
	for _, a := range c.Attrs {
		if g, ok := a.(*aschema.GeneratedExpr); ok {
			return g.Expr
		}
	}
	return ""
}

// dropChanged takes the columns whose expression is to change, with their indexes, out
// of the current state, and gives the changes that drop them, by table. Postgres before
// 17 cannot change an expression, and Atlas plans it for none.
func dropChanged(current, desired *aschema.Schema) map[string][]aschema.Change {
	drops := map[string][]aschema.Change{}
	for _, t := range current.Tables {
		to, ok := desired.Table(t.Name)
		if !ok {
			continue
		}
		t.Columns = slices.DeleteFunc(t.Columns, func(c *aschema.Column) bool {
			now, found := to.Column(c.Name)
			if !found || expression(now) == "" || expression(c) == expression(now) {
				return false
			}
			drops[t.Name] = append(drops[t.Name], &aschema.DropColumn{C: c})
			// Its indexes go with it.
			t.Indexes = slices.DeleteFunc(t.Indexes, func(i *aschema.Index) bool {
				return slices.ContainsFunc(i.Parts, func(p *aschema.IndexPart) bool { return p.C == c })
			})
			return true
		})
	}
	return drops
}

// withDrops puts the changes of dropChanged before those that add the columns again.
func withDrops(changes []aschema.Change, drops map[string][]aschema.Change) []aschema.Change {
	for _, c := range changes {
		if m, ok := c.(*aschema.ModifyTable); ok {
			m.Changes = append(drops[m.T.Name], m.Changes...)
		}
	}
	return changes
}
