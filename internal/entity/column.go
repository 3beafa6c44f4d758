package entity

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"entgo.io/ent/schema/field"

	"github.com/entgraph/entgraph/internal/sqltext"
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
	timestamp   = "timestamp without time zone"
	timeOfDay   = "time without time zone"
	citext      = "citext"
)

// Pairs lists all that fit. The generator refuses others; the planner reads no column of
// another type, see [Kind.Read]. The first pair of a type of Ent is its own choice.
var Pairs = []Pair{
	{[]field.Type{field.TypeString}, String, []string{varchar, "text"}, "a type that is written as text is read back in another form: use field.Float or field.Int64 for numbers, field.Strings for an array and text for the rest"},
	{[]field.Type{field.TypeString}, Char, []string{"character"}, ""},
	{[]field.Type{field.TypeString}, Citext, []string{citext}, ""},
	{[]field.Type{field.TypeEnum}, Enum, []string{varchar, "text"}, "use an enum of Postgres by its name, such as mood, or remove SchemaType"},
	{[]field.Type{field.TypeInt8, field.TypeInt16, field.TypeUint8}, Int, []string{"smallint", "integer", "bigint"}, "remove SchemaType"},
	{[]field.Type{field.TypeInt32, field.TypeUint16}, Int, []string{"integer", "bigint"}, "remove SchemaType, or use field.Int16 for a smallint"},
	{[]field.Type{field.TypeInt}, Int, []string{"bigint", "integer"}, "remove SchemaType, or use field.Int16 for a smallint"},
	{[]field.Type{field.TypeInt64, field.TypeUint, field.TypeUint32, field.TypeUint64}, BigInt, []string{"bigint"}, "remove SchemaType, or use field.Int32 for an integer and field.Int16 for a smallint"},
	{[]field.Type{field.TypeFloat64}, Float, []string{"double precision"}, "a float holds no decimals exactly and a real fewer digits: remove SchemaType, use field.Float32 for a real, and field.String or field.Other for a numeric"},
	{[]field.Type{field.TypeFloat32}, Float32, []string{"real"}, "remove SchemaType, or use field.Float for a double precision"},
	{[]field.Type{field.TypeString, field.TypeOther}, Decimal, []string{"numeric"}, otherTypes},
	{[]field.Type{field.TypeBool}, Bool, []string{"boolean"}, "remove SchemaType"},
	{[]field.Type{field.TypeTime}, Time, []string{timestamptz}, "a Time is a point in time to the microsecond: remove SchemaType, or use field.String for a time of day"},
	{[]field.Type{field.TypeTime, field.TypeOther}, Date, []string{"date"}, otherTypes},
	{[]field.Type{field.TypeTime, field.TypeOther}, LocalDateTime, []string{timestamp}, otherTypes},
	{[]field.Type{field.TypeString, field.TypeOther}, TimeOfDay, []string{timeOfDay}, otherTypes},
	{[]field.Type{field.TypeString, field.TypeOther}, Duration, []string{"interval"}, otherTypes},
	{[]field.Type{field.TypeUUID}, UUID, []string{"uuid"}, "remove SchemaType"},
	{[]field.Type{field.TypeBytes}, Bytes, []string{"bytea"}, "remove SchemaType"},
	{[]field.Type{field.TypeString, field.TypeOther}, Inet, []string{"inet"}, otherTypes},
	{[]field.Type{field.TypeString, field.TypeOther}, Cidr, []string{"cidr"}, otherTypes},
	{[]field.Type{field.TypeString, field.TypeOther}, MacAddr, []string{"macaddr"}, otherTypes},
	{[]field.Type{field.TypeString, field.TypeOther}, IntRange, []string{"int4range"}, otherTypes},
	{[]field.Type{field.TypeString, field.TypeOther}, BigIntRange, []string{"int8range"}, otherTypes},
	{[]field.Type{field.TypeString, field.TypeOther}, DecimalRange, []string{"numrange"}, otherTypes},
	{[]field.Type{field.TypeString, field.TypeOther}, LocalDateTimeRange, []string{"tsrange"}, otherTypes},
	{[]field.Type{field.TypeString, field.TypeOther}, TimeRange, []string{"tstzrange"}, otherTypes},
	{[]field.Type{field.TypeString, field.TypeOther}, DateRange, []string{"daterange"}, otherTypes},
	{[]field.Type{field.TypeJSON}, JSON, []string{"jsonb", "json"}, "structs and maps are stored as documents: remove SchemaType, use one of these for an array, the values of an enum by entity.Values in a text[]"},
	{[]field.Type{field.TypeJSON}, ListOf(String), []string{"text[]", varchar + "[]"}, ""},
	{[]field.Type{field.TypeJSON}, ListOf(Enum), []string{"text[]", varchar + "[]"}, ""}, // by the annotation Values
	{[]field.Type{field.TypeJSON}, ListOf(Int), []string{"integer[]", "smallint[]"}, ""},
	{[]field.Type{field.TypeJSON}, ListOf(BigInt), []string{"bigint[]"}, ""},
	{[]field.Type{field.TypeJSON}, ListOf(Float), []string{"double precision[]"}, ""},
	{[]field.Type{field.TypeJSON}, ListOf(Float32), []string{"real[]"}, ""},
	{[]field.Type{field.TypeJSON}, ListOf(Decimal), []string{"numeric[]"}, ""},
	{[]field.Type{field.TypeJSON}, ListOf(Bool), []string{"boolean[]"}, ""},
	{[]field.Type{field.TypeJSON}, ListOf(Time), []string{timestamptz + "[]"}, ""},
	{[]field.Type{field.TypeJSON}, ListOf(Date), []string{"date[]"}, ""},
	{[]field.Type{field.TypeJSON}, ListOf(LocalDateTime), []string{timestamp + "[]"}, ""},
	{[]field.Type{field.TypeJSON}, ListOf(UUID), []string{"uuid[]"}, ""},
	{[]field.Type{field.TypeJSON}, ListOf(Inet), []string{"inet[]"}, ""},
	{[]field.Type{field.TypeJSON}, ListOf(Cidr), []string{"cidr[]"}, ""},
	{[]field.Type{field.TypeJSON}, ListOf(MacAddr), []string{"macaddr[]"}, ""},
	{[]field.Type{field.TypeJSON}, ListOf(TimeOfDay), []string{timeOfDay + "[]"}, ""},
	{[]field.Type{field.TypeJSON}, ListOf(Duration), []string{"interval[]"}, ""},
}

// otherTypes says what to do about a field.Other in a column that has no scalar.
const otherTypes = "use one of these"

// aliases are other names of Postgres' types. Source: PostgreSQL manual, table 8.1.
var aliases = map[string]string{
	"varchar": varchar, "int8": "bigint", "int": "integer", "int4": "integer", "int2": "smallint",
	"float8": "double precision", "float": "double precision", "float4": "real", "bool": "boolean", "timestamptz": timestamptz,
	"decimal": "numeric", "timestamp": timestamp, "time": timeOfDay, "char": "character", "bpchar": "character",
}

var columnType = regexp.MustCompile(`^([a-z0-9_]+(?: [a-z]+)*?)\s*(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?((?: [a-z]+)*)$`)

// Column is what a field of Ent is stored in.
type Column struct {
	// Type is the one of the field in the API.
	Type Type
	// Length is how many characters the column holds or, of a Decimal, digits, of which Scale
	// are decimals; 0 without a bound.
	Length, Scale int
	// Native is the enum of Postgres, that of the elements of an array, or the citext, as SQL; "" for another type.
	Native string
	// Verbatim: a document is stored as its text.
	Verbatim bool
	// Item is the type of an array's elements as SQL, with its size, "" for another type.
	Item string
}

// ColumnOf tells what a field of Ent is in the API when it is stored in a type of Postgres, as
// SchemaType names it; "" is Ent's own choice. A type of Ent that has no place in the API gives
// the zero Column. The error says which types of Postgres fit, and what else to do.
func ColumnOf(t field.Type, column string) (Column, error) {
	if t == field.TypeOther && column == "" {
		return Column{}, nil // has a type for other databases alone
	}
	if native := citextType(column); native != "" && t == field.TypeString {
		return Column{Type: Citext, Native: native}, nil
	}
	var fits []string
	name, size, scale := parseColumn(column)
	array := strings.TrimSuffix(strings.TrimSpace(column), "[]")
	if isArray := array != strings.TrimSpace(column); isArray {
		if name, size, scale = parseColumn(array); name != "" {
			name += "[]"
		}
	}
	otherwise := ""
	for _, p := range Pairs {
		if !slices.Contains(p.Fields, t) {
			continue
		}
		if column == "" {
			return Column{Type: p.Type}, nil
		}
		if slices.Contains(p.Columns, name) {
			if c, ok := p.sized(name, size, scale); ok {
				return c, nil
			}
		}
		fits = append(fits, p.Columns...)
		if otherwise == "" {
			otherwise = p.Otherwise
		}
	}
	switch native := nativeType(column); {
	case fits == nil:
		return Column{}, nil
	case t == field.TypeEnum && native != "":
		return Column{Type: Enum, Native: native}, nil
	case t == field.TypeJSON && array != strings.TrimSpace(column) && nativeType(array) != "" && citextType(array) == "":
		return Column{Type: ListOf(Enum), Native: nativeType(array)}, nil
	}
	last := len(fits) - 1
	if last > 0 {
		fits = []string{strings.Join(fits[:last], ", ") + " and " + fits[last]}
	}
	return Column{}, fmt.Errorf("field.%s does not fit the column type %q, only %s: %s", FieldName(t), column, fits[0], otherwise)
}

// noSize is the size of a type that is written without one.
const noSize = -1

// sized is the column of a type that the pair has, with its size, of which not all fit.
func (p *Pair) sized(name string, size, scale int) (Column, bool) {
	c := Column{Type: p.Type, Verbatim: name == "json"}
	if p.Type.IsList() {
		if name = strings.TrimSuffix(name, "[]"); size == noSize {
			c.Item = name
			return c, true
		}
		c.Item = fmt.Sprintf("%s(%d,%d)", name, size, max(scale, 0))
		if scale == noSize {
			c.Item = fmt.Sprintf("%s(%d)", name, size)
		}
	}
	switch {
	case name == "character" && size == noSize:
		c.Length = 1
	case size == noSize:
	case (name == varchar || name == "character") && size > 0 && scale == noSize:
		c.Length = size
	case name == "numeric" && size > 0:
		c.Length, c.Scale = size, max(scale, 0)
		return c, c.Scale <= size
	case (name == timestamptz || name == timestamp || name == timeOfDay || name == "interval") && size == 6 && scale == noSize:
	default:
		return c, false
	}
	return c, true
}

var nativeName = regexp.MustCompile(`^(?:([a-z_][a-z0-9_]*|"[^"]+")\.)?([a-z_][a-z0-9_]*|"[^"]+")$`)

// nativeType writes the name of a type of a database as SQL; "" for one of Postgres' own, which
// no enum has, and for what is no name.
func nativeType(column string) string {
	m := nativeName.FindStringSubmatch(column)
	if name, _, _ := parseColumn(column); m == nil || builtin[name] {
		return ""
	}
	schema := "public"
	if m[1] != "" {
		schema = strings.Trim(m[1], `"`)
	}
	return sqltext.Ident(schema, strings.Trim(m[2], `"`))
}

// citextType writes the name of the type citext as SQL, in the schema of its extension; "" for
// another type.
func citextType(column string) string {
	m := nativeName.FindStringSubmatch(column)
	if m == nil || strings.Trim(m[2], `"`) != citext {
		return ""
	}
	return sqltext.Ident(cmp.Or(strings.Trim(m[1], `"`), sqltext.Public), citext)
}

// builtin are Postgres' own types that might be taken for the name of an enum.
var builtin = func() map[string]bool {
	out := map[string]bool{"money": true, "name": true, "xml": true, "point": true, "tsvector": true, "timetz": true, "bit": true, "oid": true, "hstore": true, "ltree": true}
	for _, p := range Pairs {
		for _, c := range p.Columns {
			out[c] = true
		}
	}
	return out
}()

// FieldName is the function of package field that makes a field of a type of Ent.
func FieldName(t field.Type) string {
	if t == field.TypeFloat64 {
		return "Float"
	}
	return strings.TrimPrefix(t.ConstName(), "Type")
}

// parseColumn takes a type of Postgres apart; sizes that are not given are noSize.
func parseColumn(text string) (name string, size, scale int) {
	m := columnType.FindStringSubmatch(strings.Join(strings.Fields(strings.ToLower(text)), " "))
	if m == nil {
		return "", noSize, noSize
	}
	number := func(text string) int {
		if text == "" {
			return noSize
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			return 0 // which fits nothing
		}
		return n
	}
	size, scale = number(m[2]), number(m[3])
	name = m[1] + m[4]
	if full, ok := aliases[name]; ok {
		name = full
	}
	return name, size, scale
}
