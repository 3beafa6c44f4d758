package codegen

import (
	"bytes"
	"errors"
	"fmt"
	"go/format"
	"os"
	"slices"
	"strings"

	"entgo.io/ent/entc/gen"

	declare "github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/sqltext"
)

// searchConfigs are the text search configurations that every Postgres from 15 on has.
var searchConfigs = strings.Fields(`simple arabic armenian basque catalan danish dutch english finnish french german
	greek hindi hungarian indonesian irish italian lithuanian nepali norwegian portuguese romanian russian serbian
	spanish swedish tamil turkish yiddish`)

// addSearch reads entity.Searchable, once the fields are known.
func (e *entityModel) addSearch(node *gen.Type, o *declare.SearchOptions) error {
	if o == nil {
		return nil
	}
	s := &entity.Search{Column: entity.SearchColumn, Config: o.Config, IgnoreAccents: o.IgnoreAccents}
	if s.Config == "" {
		s.Config = "english"
	}
	var errs []error
	refuse := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf(e.Name+": entity.Searchable: "+format, args...))
	}
	if !slices.Contains(searchConfigs, s.Config) {
		refuse("there is no configuration %q: use one of %s", s.Config, strings.Join(searchConfigs, ", "))
	}
	for _, weighted := range []struct {
		weight string
		names  []string
	}{{"A", o.A}, {"B", o.B}, {"C", o.C}, {"D", o.D}} {
		for _, name := range weighted.names {
			column, ok := e.searchable(name)
			switch {
			case !ok:
				refuse("%s shows no text field %q: name fields as the schema does", e.Name, name)
			case slices.ContainsFunc(s.Fields, func(f entity.SearchField) bool { return f.Column == column }):
				refuse("the field %q is named twice: give it one weight", name)
			}
			s.Fields = append(s.Fields, entity.SearchField{Column: column, Weight: weighted.weight})
		}
	}
	if len(s.Fields) == 0 {
		refuse("no field is named: put some into A, B, C or D")
	}
	if hasColumn(node, s.Column) {
		refuse("the column %q is taken: rename the field that has it", s.Column)
	}
	if name := searchIndex(node); len(name) > sqltext.MaxName {
		refuse("the index name %q is longer than %d bytes: rename the entity", name, sqltext.MaxName)
	}
	e.Search = s
	return errors.Join(errs...)
}

// searchable finds the column of a text field that the API shows. What it does not show
// must not be found either.
func (e *entityModel) searchable(name string) (column string, ok bool) {
	for i := range e.Fields {
		if e.fields[i].Name == name && e.Fields[i].Type == entity.String {
			return e.Fields[i].Column, true
		}
	}
	return "", false
}

// hasColumn reports whether Ent has a column of this name in a table.
func hasColumn(node *gen.Type, name string) bool {
	for _, f := range node.Fields {
		if f.StorageKey() == name {
			return true
		}
	}
	for _, e := range node.Edges {
		if e.OwnFK() && e.Rel.Column() == name {
			return true
		}
	}
	return slices.ContainsFunc(node.ForeignKeys, func(fk *gen.ForeignKey) bool { return fk.Field.StorageKey() == name })
}

// searchComment says in the database what the column is for.
func (e *entityModel) searchComment() string {
	var names []string
	for _, f := range e.Search.Fields {
		names = append(names, f.Column)
	}
	return "The words of " + strings.Join(names, ", ") + " for full-text search; computed."
}

// searchIndex names the index as Ent names others.
func searchIndex(node *gen.Type) string { return snake(node.Name) + "_" + entity.SearchColumn }

// writeSearch writes migrate/search.go, which adds the columns of searches to Ent's
// tables; without searches there is no such file.
func (x *extension) writeSearch(m *model) error {
	path := x.config.Ent + "/migrate/search.go"
	var b bytes.Buffer
	for _, e := range m.entities {
		if e.Search == nil {
			continue
		}
		fmt.Fprintf(&b, "\taddSearch(%q, %q, %q,\n\t\t%q)\n", e.Table, searchIndex(e.node), e.searchComment(), e.Search.Vector())
	}
	if b.Len() == 0 {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove the columns of searches: %w", err)
		}
		return nil
	}
	text, err := format.Source([]byte(searchHead + b.String() + "}\n"))
	if err != nil {
		return fmt.Errorf("format the columns of searches: %w", err)
	}
	return writeFile(path, text)
}

// The clause goes into Attr, which Ent keeps and does not use for Postgres;
// internal/migrate reads it.
const searchHead = `// Code generated from ent/schema by ./run.sh generate. DO NOT EDIT.

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
			Name: "` + entity.SearchColumn + `", Type: field.TypeOther, Nullable: true, Comment: comment,
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
`
