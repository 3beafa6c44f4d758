package codegen

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/format"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/entc/gen"
	"entgo.io/ent/entc/load"

	declare "github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/internal/sqltext"
)

// filledName is the key of our note on a field that needs a value and gets it from the database.
const filledName = "EntGraphFilled"

// fillFields tells Ent of the fields that the database fills, which it would refuse to leave out:
// they are Optional to its client, and nothing changes one that Postgres computes. That the column is
// NOT NULL nevertheless is said of the tables; see [filledColumns].
func fillFields(schemas []*load.Schema) error {
	var errs []error
	for _, s := range schemas {
		for _, f := range s.Fields {
			a, err := annotation(f.Annotations)
			if err != nil {
				return fmt.Errorf("read annotation of %s.%s: %w", s.Name, f.Name, err)
			}
			errs = append(errs, checkFilled(s, f, a))
			if a.Sequence != "" {
				setDefault(f, "nextval('public."+a.Sequence+"')")
			}
			if f.Optional || f.Default || f.Name == "id" || isKey(s, f) || a.Generated == "" && !hasDefault(f) {
				f.Immutable = f.Immutable || a.Generated != ""
				continue
			}
			f.Optional, f.Immutable = true, f.Immutable || a.Generated != ""
			if f.Annotations == nil {
				f.Annotations = map[string]any{}
			}
			f.Annotations[filledName] = true
		}
	}
	return errors.Join(errs...)
}

// isKey reports whether a field is the foreign key of an edge.
func isKey(s *load.Schema, f *load.Field) bool {
	return slices.ContainsFunc(s.Edges, func(e *load.Edge) bool { return e.Field == f.Name })
}

// entSQL is Ent's own annotation of a field.
func entSQL(f *load.Field) (a entsql.Annotation) {
	text, err := json.Marshal(f.Annotations[a.Name()])
	if err == nil {
		err = json.Unmarshal(text, &a)
	}
	if err != nil {
		return entsql.Annotation{} // Ent reports it
	}
	return a
}

func hasDefault(f *load.Field) bool {
	a := entSQL(f)
	return a.Default != "" || a.DefaultExpr != "" || len(a.DefaultExprs) > 0
}

// setDefault is entsql.DefaultExpr.
func setDefault(f *load.Field, expr string) {
	name := entsql.Annotation{}.Name()
	a, _ := f.Annotations[name].(map[string]any)
	a = maps.Clone(a)
	if a == nil {
		a = map[string]any{}
	}
	a["default_expr"] = expr
	f.Annotations[name] = a
}

// sequenceName is a name that Ent's templates and Postgres read alike, without quotes.
var sequenceName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)

// checkFilled refuses fields that something else fills as well, or that it cannot.
func checkFilled(s *load.Schema, f *load.Field, a declare.Annotation) error {
	refuse := func(format string, args ...any) error {
		return fmt.Errorf("%s.%s: "+format, append([]any{s.Name, f.Name}, args...)...)
	}
	switch {
	case a.Generated == "" && a.Sequence == "":
		return nil
	case a.Generated != "" && a.Sequence != "":
		return refuse("a field is either entity.Generated or entity.Sequence: remove one of them")
	case f.Name == "id" || isKey(s, f):
		return refuse("entity.Generated and entity.Sequence are for other fields than ids and keys of edges: remove it; an id that is a number is numbered by itself")
	case f.Default || f.UpdateDefault:
		return refuse("the database fills it: remove Default and UpdateDefault")
	case hasDefault(f):
		return refuse("the database fills it in another way: remove entsql.Default and entsql.DefaultExpr")
	case a.Generated != "" && f.Validators > 0:
		return refuse("nothing is written that validators could see: remove them, and say what must hold by entsql.Checks")
	case a.Sequence != "" && !f.Info.Type.Integer():
		return refuse("a sequence gives integers: use field.Int64, or remove entity.Sequence")
	case a.Sequence != "" && !sequenceName.MatchString(a.Sequence):
		return refuse("entity.Sequence(%q): a name has lower-case letters, digits and _, at most %d, and begins with a letter: choose another one", a.Sequence, sqltext.MaxName)
	case strings.ContainsAny(a.Generated, ";\r\n") || strings.Contains(a.Generated, "--"):
		return refuse("entity.Generated(%q): write one expression in one line", a.Generated)
	}
	return nil
}

// filled reports whether a field needs a value and gets it from the database.
func filled(f *gen.Field) bool { return f.Annotations[filledName] != nil }

// filledColumn is a column of which Ent's tables do not say all.
type filledColumn struct {
	table, column string
	required      bool
	generated     string   // the expression, "" for one with a default
	values        []string // of the enum of Postgres that the elements of an array are of
}

// filledColumns are those that the database fills.
func filledColumns(g *gen.Graph) (out []filledColumn, err error) {
	for _, node := range g.Nodes {
		for _, f := range node.Fields {
			a, err := annotation(f.Annotations)
			if err != nil {
				return nil, fmt.Errorf("read annotation of %s.%s: %w", node.Name, f.Name, err)
			}
			c := filledColumn{table: node.Table(), column: f.StorageKey(), required: filled(f), generated: a.Generated}
			if column, err := checkColumn(node.Name, f); err == nil && column.Native != "" && column.Type.IsList() {
				c.required = !f.Column().Nullable
				for _, v := range a.Values {
					c.values = append(c.values, v.Value)
				}
			}
			if filled(f) || c.generated != "" || c.values != nil {
				out = append(out, c)
			}
		}
	}
	return out, nil
}

// fill does to the tables what the generated function of this name does.
func (c filledColumn) fill(tables []*schema.Table) {
	for _, t := range tables {
		if column, ok := t.Column(c.column); ok && t.Name == c.table {
			column.Nullable, column.Enums = !c.required, append(column.Enums, c.values...)
			if c.generated != "" {
				column.Attr = "GENERATED ALWAYS AS (" + c.generated + ") STORED"
			}
		}
	}
}

// writeFilled writes migrate/filled.go, which tells Ent's tables of these columns, and the sequences to
// migrate/objects; without any there are no such files.
func (x *extension) writeFilled(g *gen.Graph) error {
	columns, err := filledColumns(g)
	if err != nil {
		return fmt.Errorf("find the columns that the database fills: %w", err)
	}
	sequences, err := sequencesSQL(g)
	if err != nil {
		return err
	}
	if err := writeObjects(x.config, "entity_sequences.sql", sequences); err != nil {
		return err
	}
	path := x.config.Ent + "/migrate/filled.go"
	if len(columns) == 0 {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove the columns that the database fills: %w", err)
		}
		return nil
	}
	var b bytes.Buffer
	b.WriteString(filledHead)
	for _, c := range columns {
		fmt.Fprintf(&b, "\tfill(%q, %q, %t, %q", c.table, c.column, c.required, c.generated)
		for _, v := range c.values {
			fmt.Fprintf(&b, ", %q", v)
		}
		b.WriteString(")\n")
	}
	b.WriteString("}\n")
	text, err := format.Source(b.Bytes())
	if err != nil {
		return fmt.Errorf("format the columns that the database fills: %w", err)
	}
	return writeFile(path, text)
}

// sequencesSQL makes the sequences that fields name.
func sequencesSQL(g *gen.Graph) (string, error) {
	names := map[string]bool{}
	for _, node := range g.Nodes {
		for _, f := range node.Fields {
			a, err := annotation(f.Annotations)
			if err != nil {
				return "", fmt.Errorf("read annotation of %s.%s: %w", node.Name, f.Name, err)
			}
			if a.Sequence != "" {
				names[a.Sequence] = true
			}
		}
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(names)) {
		fmt.Fprintf(&b, "CREATE SEQUENCE %s;\n", sqltext.Table("", name))
	}
	if b.Len() == 0 {
		return "", nil
	}
	return "-- Code generated from ent/schema by ./run.sh generate. DO NOT EDIT.\n-- The sequences that fields name by entity.Sequence.\n" + b.String(), nil
}

// The expression goes into Attr, which Ent keeps and does not use for Postgres; internal/migrate reads it.
const filledHead = `// Code generated from ent/schema by ./run.sh generate. DO NOT EDIT.

package migrate

// fill tells of a column what Ent has no word for: whether one that the database fills may be NULL
// nevertheless, by which expression it is computed, and the values of the enum that the elements of an
// array are of.
func fill(table, name string, required bool, expr string, values ...string) {
	for _, t := range Tables {
		c, ok := t.Column(name)
		if !ok || t.Name != table {
			continue
		}
		c.Nullable, c.Enums = !required, append(c.Enums, values...)
		if expr != "" {
			c.Attr = "GENERATED ALWAYS AS (" + expr + ") STORED"
		}
	}
}

func init() {
`
