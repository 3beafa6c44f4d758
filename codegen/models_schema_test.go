package codegen_test

import (
	"cmp"
	"fmt"
	"strings"

	"entgo.io/ent/schema/field"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// schemaHead begins each file of schemas, which may need all or nothing of this.
const schemaHead = `package schema

import (
	"time"

	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/rule"
)

var _, _, _, _, _, _ = uuid.Nil, decimal.Zero, dialect.Postgres, edge.To, entsql.Cascade, time.UTC
`

const formFile = `package schema

import (
	"database/sql/driver"
	"fmt"
	"time"
)
` + formType

// source is the file of a cluster.
func (c *cluster) source() string {
	var b strings.Builder
	b.WriteString(schemaHead)
	for i, e := range c.entities {
		c.writeEntity(&b, e, i)
	}
	for _, l := range c.links {
		if l.through != "" {
			l.writeThrough(&b)
		}
	}
	return b.String()
}

func (c *cluster) writeEntity(b *strings.Builder, e *drawn, i int) {
	fmt.Fprintf(b, "\n// %[1]s is random.\ntype %[1]s struct{ ent.Schema }\n", e.name)
	if e.id.mixin != "" {
		fmt.Fprintf(b, "\n// Mixin of %[1]s.\nfunc (%[1]s) Mixin() []ent.Mixin { return []ent.Mixin{%s} }\n", e.name, e.id.mixin)
	}
	fmt.Fprintf(b, "\n// Fields of %[1]s.\nfunc (%[1]s) Fields() []ent.Field {\n\treturn []ent.Field{\n", e.name)
	if e.id.declared != "" {
		fmt.Fprintf(b, "\t\t%s,\n", e.id.declared)
	}
	for j := range e.fields {
		b.WriteString("\t\t" + e.fields[j].source())
	}
	fmt.Fprintf(b, "\t}\n}\n\n// Edges of %[1]s.\nfunc (%[1]s) Edges() []ent.Edge {\n\treturn []ent.Edge{\n", e.name)
	for _, l := range c.links {
		l.writeEdges(b, e)
	}
	e.prefix = prefixOf("e", c.number, i)
	annotations := []string{fmt.Sprintf("entity.Prefix(%q)", e.prefix)}
	annotations = append(annotations, placeOf(e.schema, e.table))
	if e.oneOf != nil {
		annotations = append(annotations, fmt.Sprintf("entity.OneOf(%q, %q, %q)", e.oneOf.name, e.oneOf.links[0].name, e.oneOf.links[1].name))
	}
	writeEnd(b, e.name, strings.Join(annotations, ", "))
	if e.view {
		e.writeView(b)
	}
}

// placeOf is the annotation that says where a table is, "" for what Ent says.
func placeOf(schema, table string) string {
	return fmt.Sprintf("entsql.Annotation{Schema: %q, Table: %q}", schema, table)
}

// writeView writes an entity of what a view shows of the table: its ids and some fields.
func (e *drawn) writeView(b *strings.Builder) {
	name := e.viewName()
	fmt.Fprintf(b, "\n// %[1]s is a view.\ntype %[1]s struct{ ent.Schema }\n\n// Fields of %[1]s.\nfunc (%[1]s) Fields() []ent.Field {\n\treturn []ent.Field{\n", name)
	id, _, _ := strings.Cut(cmp.Or(e.id.declared, `field.UUID("id", uuid.UUID{})`), ").")
	id = strings.TrimSuffix(id, ")") + ")"
	if strings.Contains(e.id.declared, `"serial"`) {
		id += inPostgres("integer")
	}
	b.WriteString("\t\t" + id + ",\n")
	columns := []string{sqltext.Ident(cmp.Or(e.id.storage, "id")) + " AS id"}
	for _, f := range e.fields {
		columns = append(columns, sqltext.Ident(cmp.Or(f.storage, f.name))+" AS "+sqltext.Ident("seen_"+f.name))
		f.name, f.storage, f.isUnique, f.immutable, f.literal = "seen_"+f.name, "", false, false, ""
		b.WriteString("\t\t" + f.source())
	}
	fmt.Fprintf(b, "\t}\n}\n\n// Policy of %[1]s.\nfunc (%[1]s) Policy() ent.Policy { return rule.Policy{Read: rule.Everyone()} }\n", name)
	query := fmt.Sprintf("SELECT %s FROM %s", strings.Join(columns, ", "), sqltext.Table(e.schema, e.table))
	fmt.Fprintf(b, "\n// Annotations of %[1]s.\nfunc (%[1]s) Annotations() []schema.Annotation {\n\treturn []schema.Annotation{entity.Prefix(%q), %s, entsql.View(%q)}\n}\n", name, "v"+e.prefix, placeOf(e.schema, name), query)
}

func (e *drawn) viewName() string { return "View" + e.name }

func writeEnd(b *strings.Builder, name, annotations string) {
	fmt.Fprintf(b, "\t}\n}\n\n// Annotations of %[1]s.\nfunc (%[1]s) Annotations() []schema.Annotation { return []schema.Annotation{%s} }\n", name, annotations)
	fmt.Fprintf(b, "\n// Policy of %[1]s.\nfunc (%[1]s) Policy() ent.Policy { return rule.Policy{Read: rule.Everyone(), Write: rule.Everyone()} }\n", name)
}

// prefixOf is a prefix of letters for the ids of an entity.
func prefixOf(kind string, number, i int) string {
	return kind + string([]byte{byte('a' + number/26%26), byte('a' + number%26), byte('a' + i)})
}

func (f *drawnField) source() string {
	more := ""
	for _, m := range []struct {
		on   bool
		text string
	}{
		{!f.required, ".Optional()"}, {!f.required && f.nillable && f.ent != field.TypeJSON, ".Nillable()"}, {f.isUnique, ".Unique()"},
		{f.immutable, ".Immutable()"}, {f.literal != "", ".Default(" + f.literal + ")"}, {f.storage != "", fmt.Sprintf(".StorageKey(%q)", f.storage)},
	} {
		if m.on {
			more += m.text
		}
	}
	return f.declared(f.name, more)
}

// writeEdges writes the edges of a link that an entity declares.
func (l *drawnLink) writeEdges(b *strings.Builder, e *drawn) {
	to := fmt.Sprintf("edge.To(%q, %s.Type)", l.name, l.to.name)
	from := fmt.Sprintf("edge.From(%q, %s.Type).Ref(%q)", l.back, l.from.name, l.name)
	if l.unique {
		to += ".Unique()"
	}
	if l.backUnique {
		from += ".Unique()"
	}
	more := ""
	if l.required {
		more += ".Required()"
	}
	if l.immutable {
		more += ".Immutable()"
	}
	if l.needed {
		to += ".Required()"
	}
	if l.fromAtRow {
		to += more
	} else {
		from += more
	}
	switch {
	case l.through != "":
		to += fmt.Sprintf(".Through(%q, %s.Type)", "as_"+l.name, l.through)
		from += fmt.Sprintf(".Through(%q, %s.Type)", "as_"+l.back, l.through)
	case l.table != "":
		to += fmt.Sprintf(".StorageKey(edge.Table(%q), edge.Columns(%q, %q))", l.table, l.storage+" a", l.storage+" b")
	case l.storage != "" && !l.symmetric:
		to += fmt.Sprintf(".StorageKey(edge.Column(%q))", l.storage)
	}
	if l.oneOf != nil {
		to += ".Annotations(entsql.OnDelete(entsql.Cascade))"
	}
	if l.from == l.to && l.back != "" && !l.apart {
		from = fmt.Sprintf("%s.From(%q)%s", to, l.back, strings.SplitAfterN(from, fmt.Sprintf(".Ref(%q)", l.name), 2)[1])
		to = ""
	}
	if l.from == e && to != "" {
		fmt.Fprintf(b, "\t\t%s,\n", to)
	}
	if l.to == e && l.back != "" {
		fmt.Fprintf(b, "\t\t%s,\n", from)
	}
}

// writeThrough writes the entity of the links.
func (l *drawnLink) writeThrough(b *strings.Builder) {
	fmt.Fprintf(b, "\n// %[1]s is a link.\ntype %[1]s struct{ ent.Schema }\n", l.through)
	annotations := fmt.Sprintf("entity.Prefix(%q)", l.prefix)
	if l.composite {
		annotations = fmt.Sprintf("entity.Skip(), field.ID(%q, %q)", "one", "other")
	} else {
		fmt.Fprintf(b, "\n// Mixin of %[1]s.\nfunc (%[1]s) Mixin() []ent.Mixin { return []ent.Mixin{entity.Link{}} }\n", l.through)
	}
	fmt.Fprintf(b, "\n// Fields of %[1]s.\nfunc (%[1]s) Fields() []ent.Field {\n\treturn []ent.Field{\n\t\tfield.Int(\"weight\").Default(3),\n", l.through)
	fmt.Fprintf(b, "\t\tentity.References(\"one\", %s{}, \"\"),\n\t\tentity.References(\"other\", %s{}, \"\"),\n", l.from.name, l.to.name)
	fmt.Fprintf(b, "\t}\n}\n\n// Edges of %[1]s.\nfunc (%[1]s) Edges() []ent.Edge {\n\treturn []ent.Edge{\n", l.through)
	fmt.Fprintf(b, "\t\tedge.To(\"from\", %s.Type).Unique().Required().Field(\"one\").Annotations(entsql.OnDelete(entsql.Cascade)),\n\t\tedge.To(\"to\", %s.Type).Unique().Required().Field(\"other\").Annotations(entsql.OnDelete(entsql.Cascade)),\n", l.from.name, l.to.name)
	writeEnd(b, l.through, annotations+", "+placeOf(l.schema, ""))
}
