package entity

import (
	"fmt"
	"slices"
	"strings"

	"entgo.io/ent/schema/field"
)

// keyPairs say which types of Postgres an id of Ent may be stored in, Ent's own choice first, as
// Pairs do for other fields.
var keyPairs = []struct {
	fields  []field.Type
	columns []string
}{
	{[]field.Type{field.TypeUUID}, []string{"uuid"}},
	{[]field.Type{field.TypeString}, []string{varchar, "text"}},
	{[]field.Type{field.TypeInt8, field.TypeInt16, field.TypeUint8}, []string{"smallint", "integer", "bigint"}},
	{[]field.Type{field.TypeInt32, field.TypeUint16}, []string{"integer", "smallint", "bigint"}},
	{[]field.Type{field.TypeInt, field.TypeInt64, field.TypeUint, field.TypeUint32, field.TypeUint64}, []string{"bigint", "integer", "smallint"}},
}

// serials are the types of Postgres that number rows, by the types that such columns have.
var serials = map[string]string{
	"smallserial": "smallint", "serial2": "smallint", "serial": "integer", "serial4": "integer", "bigserial": "bigint", "serial8": "bigint",
}

// CheckKey says how an id of Ent is stored: t is its type, column what SchemaType names, "" for
// Ent's own choice. The error says which types fit.
func CheckKey(t field.Type, column string) (KeyType, error) {
	for _, p := range keyPairs {
		if !slices.Contains(p.fields, t) {
			continue
		}
		name, size, scale := p.columns[0], noSize, noSize
		if column != "" {
			name, size, scale = parseColumn(column)
			if number, ok := serials[name]; ok {
				name = number
			}
		}
		if !slices.Contains(p.columns, name) || size != noSize && (name != varchar || size < 1) || scale != noSize {
			return 0, fmt.Errorf("an id that is a field.%s does not fit the column type %q, only %s: remove SchemaType", FieldName(t), column, strings.Join(p.columns, ", "))
		}
		for typ, sql := range keyTypes {
			if sql == name || typ == TextKey && name == varchar {
				return typ, nil
			}
		}
	}
	return 0, fmt.Errorf("an id cannot be a field.%s: use field.UUID, an integer such as field.Int64, or field.String", FieldName(t))
}

// IsSerial reports whether a type, as SchemaType names it, numbers rows.
func IsSerial(column string) bool {
	name, _, _ := parseColumn(column)
	return serials[name] != ""
}
