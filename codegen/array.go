package codegen

import (
	"fmt"
	"reflect"
	"strings"

	"entgo.io/ent/entc/gen"

	"github.com/entgraph/entgraph/internal/entity"
)

// elementTypes are the types of Go whose values are known to fit the elements of an array. Of
// other ones, which a name says nothing about, the program tries a value when it starts.
var elementTypes = map[string][]entity.Type{
	"string": {entity.String, entity.Enum, entity.Decimal, entity.UUID, entity.Inet, entity.Cidr, entity.MacAddr, entity.TimeOfDay, entity.Duration}, "bool": {entity.Bool},
	"int": {entity.Int, entity.BigInt}, "int8": {entity.Int}, "int16": {entity.Int}, "int32": {entity.Int}, "int64": {entity.Int, entity.BigInt},
	"uint8": {}, "uint16": {entity.Int}, "uint": {entity.Int, entity.BigInt}, "uint32": {entity.Int, entity.BigInt}, "uint64": {entity.Int, entity.BigInt},
	"float32": {entity.Float32}, "float64": {entity.Float, entity.Float32},
	"time.Time": {entity.Time, entity.Date, entity.LocalDateTime}, "interface {}": {},
}

// checkArray refuses an array whose type of Go does not hold its elements.
func checkArray(f *gen.Field, typ entity.Type) error {
	t := f.Type.RType
	if t == nil || t.Kind != reflect.Slice || strings.HasPrefix(t.Ident, "[][]") {
		return fmt.Errorf("the type %s is not a slice of values: an array is a field.Strings, field.Ints, field.Floats or a field.JSON of a slice such as []uuid.UUID{}", f.Type)
	}
	elem := strings.TrimPrefix(t.Ident, "[]")
	if fits, known := elementTypes[elem]; known {
		for _, fit := range fits {
			if fit == typ.Item() {
				return nil
			}
		}
		return fmt.Errorf("[]%s does not hold the elements of this column, which are %s: use another type of Go, or another SchemaType", elem, typ.Item().Scalar())
	}
	return nil
}

// arrayExpr is the constructor call of an array.
func arrayExpr(e *entityModel, f *entity.Field, m fieldModel, head, flags string) string {
	if f.Item.Type == entity.Enum {
		return fmt.Sprintf("table.ListField(%s, %s, %s, (*%sMutation).%s)", head, enumItemExpr(f, m), flags, e.Name, m.MutationSet())
	}
	return fmt.Sprintf("table.ListField(%s, table.Item(table.%s, %q), %s, (*%sMutation).%s)", head, itemTypes[f.Type.Item()], m.item, flags, e.Name, m.MutationSet())
}

// itemTypes are the names of the types of elements in package table.
var itemTypes = map[entity.Type]string{
	entity.String: "String", entity.Int: "Int", entity.BigInt: "BigInt", entity.Float: "Float", entity.Float32: "Float32", entity.Bool: "Bool", entity.Time: "Time",
	entity.UUID: "UUID", entity.Decimal: "Decimal", entity.Date: "Date", entity.LocalDateTime: "LocalDateTime", entity.Inet: "Inet",
	entity.Cidr: "Cidr", entity.MacAddr: "MacAddr", entity.TimeOfDay: "TimeOfDay", entity.Duration: "Duration",
}
