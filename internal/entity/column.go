package entity

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"entgo.io/ent/schema/field"
)

// Pair says which types of Postgres a field of Ent may be stored in: those that hold all
// of its values and give them back as they are, and in which filters, orders, cursors and
// groups mean what they say. A test writes, reads and compares values of every pair.
type Pair struct {
	// Fields are Ent's types, as the functions of package field are named.
	Fields []field.Type
	// Type is the type in the API.
	Type Type
	// Columns are the types of Postgres by their full names, Ent's own choice first.
	Columns []string
	// Otherwise says what to do about other columns.
	Otherwise string
}

const (
	varchar     = "character varying"
	timestamptz = "timestamp with time zone"
)

// Pairs lists all that fit. The generator refuses others; the planner reads no column of
// another type, see [Kind.Read].
var Pairs = []Pair{
	{[]field.Type{field.TypeString}, String, []string{varchar, "text"}, "a number, range of time or address that is written as text is read back in another form: use field.Float or field.Int64 for numbers, text for the rest, and entity.Lower() instead of citext"},
	{[]field.Type{field.TypeEnum}, Enum, []string{varchar, "text"}, "Ent compares an Enum as text: remove SchemaType"},
	{[]field.Type{field.TypeInt8, field.TypeInt16, field.TypeUint8}, Int, []string{"smallint", "integer", "bigint"}, "remove SchemaType"},
	{[]field.Type{field.TypeInt32, field.TypeUint16}, Int, []string{"integer", "bigint"}, "remove SchemaType, or use field.Int16 for a smallint"},
	{[]field.Type{field.TypeInt}, Int, []string{"bigint", "integer"}, "remove SchemaType, or use field.Int16 for a smallint"},
	{[]field.Type{field.TypeInt64, field.TypeUint, field.TypeUint32, field.TypeUint64}, BigInt, []string{"bigint"}, "remove SchemaType, or use field.Int32 for an integer and field.Int16 for a smallint"},
	{[]field.Type{field.TypeFloat64}, Float, []string{"double precision"}, "a float holds no decimals exactly and a real fewer digits: remove SchemaType, use field.Float32 for a real, and field.Int64 in the smallest unit for money"},
	{[]field.Type{field.TypeFloat32}, Float32, []string{"real"}, "remove SchemaType, or use field.Float for a double precision"},
	{[]field.Type{field.TypeBool}, Bool, []string{"boolean"}, "remove SchemaType"},
	{[]field.Type{field.TypeTime}, Time, []string{timestamptz}, "a Time is a point in time to the microsecond: remove SchemaType, or use field.String for a date or a time of day"},
	{[]field.Type{field.TypeUUID}, UUID, []string{"uuid"}, "remove SchemaType"},
	{[]field.Type{field.TypeJSON}, JSON, []string{"jsonb", "json"}, "remove SchemaType: lists and structs are stored as documents"},
}

// aliases are other names of Postgres' types. Source: PostgreSQL manual, table 8.1.
var aliases = map[string]string{
	"varchar": varchar, "int8": "bigint", "int": "integer", "int4": "integer", "int2": "smallint",
	"float8": "double precision", "float": "double precision", "float4": "real", "bool": "boolean", "timestamptz": timestamptz,
}

var columnType = regexp.MustCompile(`^([a-z0-9_]+(?: [a-z]+)*?)\s*(?:\(\s*(\d+)\s*\))?((?: [a-z]+)*)$`)

// CheckColumn reports whether a field of Ent may be stored in a type of Postgres, as
// SchemaType names it; "" is Ent's own choice. It returns how many characters the column
// holds, 0 when it has no bound. The error says which types fit, and what else to do.
func CheckColumn(t field.Type, column string) (length int, err error) {
	i := slices.IndexFunc(Pairs, func(p Pair) bool { return slices.Contains(p.Fields, t) })
	if i < 0 || column == "" {
		return 0, nil
	}
	p := Pairs[i]
	name, size, sized := parseColumn(column)
	switch fits := slices.Contains(p.Columns, name); {
	case fits && !sized:
		return 0, nil
	case fits && name == varchar && size > 0:
		return size, nil
	case fits && name == timestamptz && size == 6:
		return 0, nil
	}
	return 0, fmt.Errorf("field.%s does not fit the column type %q, only %s: %s", FieldName(t), column, strings.Join(p.Columns, " and "), p.Otherwise)
}

// FieldName is the function of package field that makes a field of a type of Ent.
func FieldName(t field.Type) string {
	if t == field.TypeFloat64 {
		return "Float"
	}
	return strings.TrimPrefix(t.ConstName(), "Type")
}

// parseColumn takes a type of Postgres apart.
func parseColumn(text string) (name string, size int, sized bool) {
	m := columnType.FindStringSubmatch(strings.Join(strings.Fields(strings.ToLower(text)), " "))
	if m == nil {
		return "", 0, false
	}
	if m[2] != "" {
		sized = true
		var err error
		if size, err = strconv.Atoi(m[2]); err != nil {
			size = 0 // which fits nothing
		}
	}
	name = m[1] + m[3]
	if full, ok := aliases[name]; ok {
		name = full
	}
	return name, size, sized
}
