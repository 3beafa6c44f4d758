package codegen

import (
	"bytes"
	"errors"
	"fmt"
	"go/format"
	"os"
	"slices"
	"strings"

	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/entc/gen"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// keyIndex is an index that a foreign key gets because no other one begins with its column. Without
// it the deletion of a row reads all of the table that refers to it, and so does an edge that is
// followed backwards.
type keyIndex struct{ table, name, column string }

// keyIndexes lists those that are missing. They are named as Ent names the index of a schema on the
// column, so that it may be declared there later.
func keyIndexes(g *gen.Graph) ([]keyIndex, error) {
	tables, err := plannedTables(g)
	if err != nil {
		return nil, err
	}
	without, err := withoutIndex(g)
	if err != nil {
		return nil, err
	}
	var out []keyIndex
	for _, t := range tables {
		for _, fk := range t.ForeignKeys {
			column := fk.Columns[0]
			i := keyIndex{t.Name, indexName(g, t.Name, column.Name), column.Name}
			if !leads(t, column) && !without[t.Name] && !without[t.Name+"."+column.Name] && !slices.Contains(out, i) {
				out = append(out, i)
			}
		}
	}
	return out, nil
}

// indexName is what Ent calls an index of a column, for a link table after that.
func indexName(g *gen.Graph, table, column string) string {
	for _, node := range g.Nodes {
		if node.Table() == table {
			return sqltext.Symbol(strings.ToLower(node.Name) + "_" + column)
		}
	}
	return sqltext.Symbol(table + "_" + column)
}

// leads reports whether rows of a table are found by a column: it is the first of an index of all
// rows, which is the B-tree that Postgres makes when nothing else is said.
func leads(t *schema.Table, column *schema.Column) bool {
	if column.Unique || len(t.PrimaryKey) > 0 && t.PrimaryKey[0].Name == column.Name {
		return true
	}
	return slices.ContainsFunc(t.Indexes, func(i *schema.Index) bool {
		a := i.Annotation
		plain := a == nil || a.Where == "" && (a.Type == "" || strings.EqualFold(a.Type, "BTREE")) && a.OpClass == "" && a.OpClassColumns[column.Name] == ""
		return plain && len(i.Columns) > 0 && i.Columns[0].Name == column.Name
	})
}

// withoutIndex names the tables and columns of which the schemas say by entity.NoIndex that they get
// none.
func withoutIndex(g *gen.Graph) (map[string]bool, error) {
	out := map[string]bool{}
	for _, node := range g.Nodes {
		a, err := annotation(node.Annotations)
		if err != nil {
			return nil, fmt.Errorf("read annotation of %s: %w", node.Name, err)
		}
		if a.NoIndex {
			out[node.Table()] = true
		}
		for _, e := range node.Edges {
			of, err := annotation(e.Annotations)
			if err != nil {
				return nil, fmt.Errorf("read annotation of %s.%s: %w", node.Name, e.Name, err)
			}
			switch {
			case e.M2M() && e.Through == nil && (a.NoIndex || of.NoIndex):
				out[e.Rel.Table] = true
			case of.NoIndex && !e.M2M():
				out[e.Rel.Table+"."+e.Rel.Column()] = true
			}
		}
	}
	return out, nil
}

// writeKeyIndexes writes migrate/keys.go, which adds the indexes to Ent's tables; without any there is no
// such file.
func (x *extension) writeKeyIndexes(g *gen.Graph) error {
	path := x.config.Ent + "/migrate/keys.go"
	indexes, err := keyIndexes(g)
	if err != nil {
		return fmt.Errorf("find the indexes of foreign keys: %w", err)
	}
	if len(indexes) == 0 {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove the indexes of foreign keys: %w", err)
		}
		return nil
	}
	var b bytes.Buffer
	b.WriteString(keysHead)
	for _, i := range indexes {
		fmt.Fprintf(&b, "\taddKeyIndex(%q, %q, %q)\n", i.table, i.name, i.column)
	}
	b.WriteString("}\n")
	text, err := format.Source(b.Bytes())
	if err != nil {
		return fmt.Errorf("format the indexes of foreign keys: %w", err)
	}
	return writeFile(path, text)
}

// addKeyIndex does to the tables what the generated function of this name does.
func addKeyIndex(tables []*schema.Table, i keyIndex) {
	for _, t := range tables {
		if c, ok := t.Column(i.column); ok && t.Name == i.table {
			t.Indexes = append(t.Indexes, &schema.Index{Name: i.name, Columns: []*schema.Column{c}})
		}
	}
}

const keysHead = `// Code generated from ent/schema by ./run.sh generate. DO NOT EDIT.

package migrate

import "entgo.io/ent/dialect/sql/schema"

// addKeyIndex adds the index of a foreign key to a table.
func addKeyIndex(table, index, column string) {
	for _, t := range Tables {
		if c, ok := t.Column(column); ok && t.Name == table {
			t.Indexes = append(t.Indexes, &schema.Index{Name: index, Columns: []*schema.Column{c}})
		}
	}
}

func init() {
`
