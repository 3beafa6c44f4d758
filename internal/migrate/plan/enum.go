package plan

import (
	"fmt"
	"slices"
	"strings"

	entschema "entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/sqltext"
)

// ownTypes are the statements that create the enums of Postgres in which columns are stored, which
// Ent takes to be there, the extension of those that are citext, and the schemas that these are in. It fails when two columns want different values of one type.
// Ent makes small letters of the names of types: in columns they get others, which names gives
// back.
func ownTypes(tables []*entschema.Table) (create string, names *strings.Replacer, err error) {
	var b strings.Builder
	type source struct {
		column string
		values []string
	}
	known := map[string]source{}
	var schemas, pairs []string
	citext := ""
	for _, t := range tables {
		for _, c := range t.Columns {
			if c.Type != field.TypeEnum && c.Type != field.TypeString && c.Type != field.TypeJSON {
				continue
			}
			stored, err := entity.ColumnOf(c.Type, c.SchemaType["postgres"])
			if err != nil || stored.Native == "" || c.Type == field.TypeString && stored.Type != entity.Citext {
				continue // the generator refuses what does not fit
			}
			typ := stored.Native
			if stored.Type.IsList() {
				typ += "[]"
			}
			name, other := t.Name+"."+c.Name, fmt.Sprintf("entgraph_type_%d_", len(pairs)/2)
			pairs = append(pairs, " "+other+" ", " "+typ+" ")
			c.SchemaType = map[string]string{"postgres": other}
			if first, ok := known[stored.Native]; ok {
				if !slices.Equal(first.values, c.Enums) {
					return "", nil, fmt.Errorf("%s and %s are of the type %s, but have the values %s and %s: give both the same ones in the same order", first.column, name, stored.Native, strings.Join(first.values, ", "), strings.Join(c.Enums, ", "))
				}
				continue
			}
			known[stored.Native] = source{name, c.Enums}
			if schema, _, _ := strings.Cut(stored.Native, "\".\""); schema != `"public` && !slices.Contains(schemas, schema) {
				schemas = append(schemas, schema)
				fmt.Fprintf(&b, "-- Add new schema named %s\nCREATE SCHEMA IF NOT EXISTS %[1]s;\n", schema+`"`)
			}
			if stored.Type == entity.Citext {
				if citext != "" {
					return "", nil, fmt.Errorf("%s is of the type %s, but another column of %s: an extension is in one schema of a database, name it alike", name, stored.Native, citext)
				}
				citext = stored.Native
				in, _, _ := strings.Cut(stored.Native, "\".\"")
				fmt.Fprintf(&b, "-- Add extension %q\nCREATE EXTENSION IF NOT EXISTS %[1]q WITH SCHEMA %[2]s;\n", "citext", in+`"`)
				continue
			}
			labels := make([]string, len(c.Enums))
			for i, v := range c.Enums {
				labels[i] = sqltext.Literal(v)
			}
			fmt.Fprintf(&b, "-- Create enum type %s\nCREATE TYPE %[1]s AS ENUM (%[2]s);\n", stored.Native, strings.Join(labels, ", "))
		}
	}
	return b.String(), strings.NewReplacer(pairs...), nil
}
