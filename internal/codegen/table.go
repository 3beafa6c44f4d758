package codegen

import (
	"bytes"
	"fmt"
	"go/format"
	"maps"
	"slices"
	"strings"

	"github.com/entgraph/entgraph/internal/entity"
)

// table writes ent/entity.go: one value per entity, one line per field and edge.
func (m *model) table(pkg string) ([]byte, error) {
	var b bytes.Buffer
	w := &tableWriter{Buffer: &b, imports: map[string]string{}}
	for _, e := range m.entities {
		w.entity(e)
	}
	body := b.String()
	b.Reset()
	b.WriteString(tableHead)
	for _, dir := range slices.Sorted(maps.Keys(w.imports)) {
		// Ent gives a package another name where its own would clash.
		if name := w.imports[dir]; name != dir {
			b.WriteString("\t" + name)
		}
		fmt.Fprintf(&b, "\t%q\n", pkg+"/"+dir)
	}
	b.WriteString(tableStart)
	b.WriteString(body)
	b.WriteString("}\n")
	out, err := format.Source(b.Bytes())
	if err != nil {
		return nil, fmt.Errorf("format the entity table: %w", err)
	}
	return out, nil
}

const tableHead = `// Code generated from ent/schema by ./run.sh generate. DO NOT EDIT.

package ent

import (
	"context"

	"entgo.io/ent"
	"github.com/google/uuid"

	"github.com/entgraph/entgraph/internal/entity"
`

const tableStart = `)

// Mutate runs a mutation of any entity on the client in the context.
func Mutate(ctx context.Context, m ent.Mutation) (ent.Value, error) {
	return FromContext(ctx).Mutate(ctx, m)
}

// Entities describes every entity that the API serves.
var Entities = []entity.Entity{
`

type tableWriter struct {
	*bytes.Buffer
	imports map[string]string // folder -> package name
}

func (w *tableWriter) entity(e *entityModel) {
	fmt.Fprintf(w, "{Name: %q, Field: %q, Plural: %q, Prefix: %q, Table: %q,\n", e.Name, e.Field, e.Plural, e.Prefix, e.Table)
	w.WriteString("Fields: []entity.Field{\n")
	for i := range e.Fields {
		expr := w.field(e, &e.Fields[i], e.fields[i])
		if n := e.Fields[i].Length; n > 0 {
			expr = fmt.Sprintf("entity.Limited(%s, %d)", expr, n)
		}
		w.WriteString(expr + ",\n")
	}
	w.WriteString("},\nEdges: []entity.Edge{\n")
	for i := range e.Edges {
		w.WriteString(edgeExpr(e, &e.Edges[i], e.edges[i]) + ",\n")
	}
	w.WriteString("},\n")
	if len(e.Computed) > 0 {
		w.WriteString("Computed: []entity.ComputedField{\n")
		for _, c := range e.Computed {
			fmt.Fprintf(w, "{Name: %q, Type: %q, Needs: %#v},\n", c.Name, c.Type, c.Needs)
		}
		w.WriteString("},\n")
	}
	if s := e.Search; s != nil {
		fmt.Fprintf(w, "Search: &entity.Search{Column: %q, Config: %q, Fields: []entity.SearchField{", s.Column, s.Config)
		for _, f := range s.Fields {
			fmt.Fprintf(w, "{Column: %q, Weight: %q}, ", f.Column, f.Weight)
		}
		w.WriteString("}},\n")
	}
	if names := rootKinds(e.Without); names != "" {
		fmt.Fprintf(w, "Without: []entity.RootKind{%s},\n", names)
	}
	fmt.Fprintf(w, "Policy: &%s.Policy,\n", e.node.Package())
	w.imports[e.node.PackageDir()] = e.node.Package()
	fmt.Fprintf(w, "Create: func(ctx context.Context) entity.Mutation { return FromContext(ctx).%s.Create().Mutation() },\n", e.Name)
	fmt.Fprintf(w, "Update: func(ctx context.Context, id uuid.UUID) entity.Mutation { return FromContext(ctx).%s.UpdateOneID(id).Mutation() },\n", e.Name)
	fmt.Fprintf(w, "Delete: func(ctx context.Context, id uuid.UUID) error { return FromContext(ctx).%s.DeleteOneID(id).Exec(ctx) },\n},\n", e.Name)
}

// rootKinds writes mutations as Go.
func rootKinds(kinds []entity.RootKind) string {
	var names []string
	for _, k := range kinds {
		names = append(names, map[entity.RootKind]string{entity.Create: "entity.Create", entity.Update: "entity.Update", entity.Delete: "entity.Delete"}[k])
	}
	return strings.Join(names, ", ")
}

// field is the constructor call of one field. Ent's validators are named so that
// the compiler checks that the parser gives what they take.
func (w *tableWriter) field(e *entityModel, f *entity.Field, m fieldModel) string {
	if f.Type == entity.ID {
		return "entity.IDField()"
	}
	pkg := e.node.Package()
	use := func() { w.imports[e.node.PackageDir()] = pkg }
	head := fmt.Sprintf("%q, %q", f.Name, f.Column)
	flags := flagsExpr(f.Flags)
	validator := "nil"
	if m.Validators > 0 {
		validator = "&" + pkg + "." + m.Validator()
		use()
	}
	switch f.Type {
	case entity.String:
		if validator == "nil" {
			return fmt.Sprintf("entity.StringField[string](%s, %s, nil)", head, flags)
		}
		return fmt.Sprintf("entity.StringField(%s, %s, %s)", head, flags, validator)
	case entity.Enum:
		use()
		return fmt.Sprintf("entity.EnumField(%s, %s, %s.%s)", head, flags, pkg, m.Validator())
	case entity.Int, entity.BigInt:
		typ := "entity.Int"
		if f.Type == entity.BigInt {
			typ = "entity.BigInt"
		}
		return fmt.Sprintf("entity.IntField[%s](%s, %s, %s, %s)", m.Type, head, typ, flags, validator)
	case entity.Float, entity.Float32:
		return fmt.Sprintf("entity.FloatField[%s](%s, %s, %s)", m.Type, head, flags, validator)
	case entity.Bool:
		return fmt.Sprintf("entity.BoolField(%s, %s)", head, flags)
	case entity.Time:
		return fmt.Sprintf("entity.TimeField(%s, %s)", head, flags)
	case entity.UUID:
		return fmt.Sprintf("entity.UUIDField(%s, %s)", head, flags)
	default:
		return fmt.Sprintf("entity.JSONField(%s, %s, (*%sMutation).%s)", head, flags, e.Name, m.MutationSet())
	}
}

func edgeExpr(e *entityModel, edge *entity.Edge, m edgeModel) string {
	mutation := "(*" + e.Name + "Mutation)."
	var expr string
	switch {
	case edge.Link != "":
		expr = fmt.Sprintf("entity.ManyToMany(%q, %q, %q, %q, %q, %q)", edge.Name, edge.Type, edge.Link, edge.LinkFrom, edge.LinkTo, edge.Through)
	case !edge.OnTarget:
		return fmt.Sprintf("entity.Own(%q, %q, %q, %q, %t, %t, %s%s, %s%s)", edge.Name, edge.Type, edge.Column, edge.Input, edge.Required, edge.Immutable, mutation, setter(m), mutation, m.MutationClear())
	case edge.Unique:
		return fmt.Sprintf("entity.HasOne(%q, %q, %q)", edge.Name, edge.Type, edge.Column)
	default:
		expr = fmt.Sprintf("entity.HasMany(%q, %q, %q)", edge.Name, edge.Type, edge.Column)
	}
	if edge.Input == "" {
		return expr
	}
	return fmt.Sprintf("entity.Writable(%s, %q, %q, %q, %s%s, %s%s)", expr, edge.Input, edge.AddInput, edge.RemoveInput, mutation, m.MutationAdd(), mutation, m.MutationRemove())
}

// setter is the method that sets a to-one edge; the one of its field when it has one.
func setter(m edgeModel) string {
	if f := m.Field(); f != nil {
		return f.MutationSet()
	}
	return m.MutationSet()
}

var flagNames = []struct {
	flag entity.Flags
	name string
}{
	{entity.Nullable, "Nullable"}, {entity.Unique, "Unique"}, {entity.Immutable, "Immutable"},
	{entity.Optional, "Optional"}, {entity.ReadOnly, "ReadOnly"}, {entity.Long, "Long"},
	{entity.Trimmed, "Trimmed"}, {entity.Lowered, "Lowered"},
}

func flagsExpr(f entity.Flags) string {
	var names []string
	for _, n := range flagNames {
		if f.Has(n.flag) {
			names = append(names, "entity."+n.name)
		}
	}
	if len(names) == 0 {
		return "0"
	}
	return strings.Join(names, "|")
}
