package entity

import (
	"maps"
	"reflect"
	"strings"

	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/schema/field"
)

// Reference is a field that holds the id of another entity, of whatever type that is: the foreign
// key of an edge, which Ent wants to be of the same type. Make one by [References].
type Reference struct{ descriptor *field.Descriptor }

// References makes a field for the foreign key of an edge to an entity, such as User{}. It is for
// mixins, which do not know the entity; elsewhere field.UUID, field.Int and the like do.
func References(name string, to ent.Interface, comment string) *Reference {
	d := field.Int(name).Descriptor() // Ent's id where a schema declares none
	if id := idOf(to); id != nil {
		d = &field.Descriptor{Name: name, Info: id.Info, Size: id.Size, ValueScanner: id.ValueScanner, SchemaType: unnumbered(id.SchemaType)}
	}
	d.Comment = comment
	return &Reference{d}
}

// Optional allows that there is none.
func (r *Reference) Optional() *Reference {
	r.descriptor.Optional, r.descriptor.Nillable = true, true
	return r
}

// Descriptor is for Ent.
func (r *Reference) Descriptor() *field.Descriptor { return r.descriptor }

// idOf finds the id that a schema or one of its mixins declares; nil without one.
func idOf(s ent.Interface) *field.Descriptor {
	fields := s.Fields()
	for _, m := range s.Mixin() {
		if _, owned := m.(UserOwned); !owned { // which may ask for the id of this very schema
			fields = append(fields, m.Fields()...)
		}
	}
	for _, f := range fields {
		if d := f.Descriptor(); d.Name == "id" {
			return d
		}
	}
	return nil
}

// unnumbered gives a serial, which numbers the rows, the type of its column.
func unnumbered(types map[string]string) map[string]string {
	number, ok := map[string]string{
		"smallserial": "smallint", "serial2": "smallint", "serial": "integer", "serial4": "integer", "bigserial": "bigint", "serial8": "bigint",
	}[strings.ToLower(types[dialect.Postgres])]
	if !ok {
		return types
	}
	out := maps.Clone(types)
	out[dialect.Postgres] = number
	return out
}

// schemaOf is the schema whose method Type is given, as in edge.To("user", User.Type); nil for
// another function.
func schemaOf(typ any) ent.Interface {
	t := reflect.TypeOf(typ)
	if t == nil || t.Kind() != reflect.Func || t.NumIn() != 1 {
		return nil
	}
	s, _ := reflect.Zero(t.In(0)).Interface().(ent.Interface)
	return s
}
