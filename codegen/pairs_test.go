package codegen_test

import (
	"fmt"
	"strings"

	"entgo.io/ent/schema/field"

	"github.com/entgraph/entgraph/internal/entity"
)

// pairField is a field of the entity Sample, which has one for each pair of a type of Ent
// and one of Postgres that the generator lets through, and a unique one beside it.
type pairField struct {
	name   string // of the field, the column and in GraphQL
	unique string // of the unique field; "" without one
	ent    field.Type
	column string
	entity.Field
}

// pairFields lists the fields in the order of the table.
func pairFields() []pairField {
	var out []pairField
	add := func(p entity.Pair, t field.Type, column string) {
		f := pairField{name: fmt.Sprint("f", len(out)), ent: t, column: column}
		f.Type, f.Flags = p.Type, entity.Nullable
		if column == "json" {
			f.Flags |= entity.Verbatim
		}
		if strings.HasPrefix(column, "sample_") {
			f.Native = column
		}
		if p.Type != entity.JSON && !p.Type.IsList() && p.Type != entity.Bool && p.Type != entity.Enum {
			f.unique = fmt.Sprint("u", len(out))
		}
		out = append(out, f)
	}
	for _, p := range entity.Pairs {
		for _, t := range p.Fields {
			for _, column := range p.Columns {
				if p.Type != entity.Char {
					add(p, t, column)
				}
				switch column {
				case "character varying", "character":
					if t == field.TypeString {
						add(p, t, column+"(5)")
					}
				case "numeric":
					add(p, t, "numeric(12,3)")
				case "character varying[]":
					add(p, t, "character varying(5)[]")
				case "numeric[]":
					add(p, t, "numeric(12,3)[]")
				}
			}
		}
		switch p.Type {
		case entity.Enum:
			add(p, field.TypeEnum, "sample_color")
		case entity.ListOf(entity.Enum):
			add(p, field.TypeJSON, "sample_color[]")
		}
	}
	return out
}

// declare is a field as a schema has it, that may be left out.
func (f *pairField) declare(name, more string) string {
	if f.ent != field.TypeJSON {
		more += ".Nillable()"
	}
	return f.declared(name, ".Optional()"+more)
}

// declared is a field as a schema has it.
func (f *pairField) declared(name, more string) string {
	arguments := ""
	switch f.ent {
	case field.TypeEnum:
		more = `.Values("RED", "GREEN", "BLUE")` + more
	case field.TypeUUID:
		arguments = ", uuid.UUID{}"
	case field.TypeJSON:
		if arguments = ", map[string]any{}"; f.Type.IsList() {
			arguments = ", " + f.slice()
		}
	case field.TypeOther:
		arguments = ", Form(\"\")"
		if f.Type == entity.Decimal {
			arguments = ", decimal.Decimal{}"
		}
	}
	switch {
	case f.Type != entity.ListOf(entity.Enum):
	case f.Native != "":
		more += `.Annotations(entity.Values("RED", "GREEN", "BLUE"))`
	default:
		more += `.Annotations(entity.NamedValues("RED", "red-", "GREEN", "GREEN", "BLUE", "BLUE"))`
	}
	if f.ent != field.TypeBool { // has no such method
		more += fmt.Sprintf(".SchemaType(map[string]string{dialect.Postgres: %q})", f.column)
	}
	return fmt.Sprintf("field.%s(%q%s)%s,\n", entity.FieldName(f.ent), name, arguments, more)
}

// formType is the Go type of some of the fields.
const formType = `
// Form is a type of Go for everything that has a text.
type Form string

// Scan implements sql.Scanner.
func (f *Form) Scan(v any) error {
	if at, ok := v.(time.Time); ok {
		v = at.Format(time.RFC3339Nano)
	}
	*f = Form(fmt.Sprint(v))
	return nil
}

// Value implements driver.Valuer.
func (f Form) Value() (driver.Value, error) { return string(f), nil }
`

// sampleSchema is the schema of the entity.
func sampleSchema(fields []pairField) string {
	var b strings.Builder
	for _, f := range fields {
		b.WriteString("\t\t" + f.declare(f.name, ""))
		if f.unique != "" {
			b.WriteString("\t\t" + f.declare(f.unique, ".Unique()"))
		}
	}
	return `package schema

import (
	"database/sql/driver"
	"fmt"
	"time"

	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/rule"
)
` + formType + `
// Sample has a field of every type in every column.
type Sample struct{ ent.Schema }

// Mixin of Sample.
func (Sample) Mixin() []ent.Mixin { return []ent.Mixin{entity.Base{}} }

// Fields of Sample.
func (Sample) Fields() []ent.Field {
	return []ent.Field{
		field.Int("n").Unique(),
` + b.String() + `	}
}

// Policy of Sample: everybody may do everything.
func (Sample) Policy() ent.Policy {
	return rule.Policy{Read: rule.Everyone(), Write: rule.Everyone()}
}
`
}

var pairTexts = []string{
	`""`, `"a"`, `"A"`, `"ä"`, `"Ä"`, `"b"`, `" a "`, `"a b"`, `"%"`, `"_"`, `"\\"`, `"'"`, `"\""`, `"0"`, `"é"`, `"e\u0301"`, `"ß"`, `"ẞ"`, `"Σς"`, `"σσ"`, `"İ"`, `"ı"`, `"K"`,
	`"\ud83d\ude00"`, `"日本"`, `"\\u00"`, `"\ufffd"`, `"\n\t"`, `"\u2028"`,
}

var pairDocuments = []string{
	`{"n":750727362669608961,"f":0.92156863212585449}`, `{"s":"\\u0000","t":"\u0001\ud83d\ude00<&>"}`, `{"a":[1,null,true,{"b":[]}],"":{}}`,
	`{"big":123456789012345678901234567890,"small":-0.000000000000000000000000001234567890123,"e":1.5e300}`, `{}`, `{"ä":"\"\\"}`, `{"z":1.10,"y":100000000000000000000.01}`,
}

// values are JSON values of the field, the ends of its range among them.
func (f *pairField) values(random func(int) int) []string {
	var out []string
	if f.Type.IsList() {
		return f.lists(random)
	}
	if f.isRange() {
		return f.ranges(random)
	}
	switch f.Type {
	case entity.String:
		if f.Field.Length = 0; strings.Contains(f.column, "(") {
			return pairTexts
		}
		return append([]string{`"a longer text, with Ä"`, `"A LONGER TEXT, WITH ä"`}, pairTexts...)
	case entity.Citext:
		return []string{`""`, `"a"`, `"A"`, `"ä"`, `"Ä"`, `" a"`, `"a B"`, `"%"`, `"_"`, `"\\"`, `"'"`, `"0"`, `"日本"`, `"ΟΔΟΣ"`, `"straße"`, `"STRASSE"`, `"😀"`}
	case entity.Char:
		return []string{`""`, `"a"`, `"A"`, `"ä"`, `" a"`, `"a b"`, `"%"`, `"_"`, `"\\"`, `"'"`, `"0"`, `"日本"`, `"12345"`, `"😀"`}
	case entity.Enum:
		return []string{`"RED"`, `"GREEN"`, `"BLUE"`}
	case entity.Bytes:
		return []string{`""`, `"AA=="`, `"/w=="`, `"aGVsbG8="`, `"AAEC/f7/"`, `"Jw=="`, `"XFw="`}
	case entity.Decimal, entity.Date, entity.LocalDateTime, entity.TimeOfDay, entity.Duration, entity.Inet, entity.Cidr, entity.MacAddr:
		return f.forms(random)
	case entity.Bool:
		return []string{"true", "false"}
	case entity.JSON:
		return pairDocuments
	case entity.UUID:
		out = []string{`"00000000-0000-0000-0000-000000000000"`, `"ffffffff-ffff-ffff-ffff-ffffffffffff"`}
		for range 20 {
			out = append(out, fmt.Sprintf(`"%08x-0000-7000-8000-%012x"`, random(1<<31), random(1<<40)))
		}
	case entity.Time:
		out = []string{`"0001-01-01T00:00:00Z"`, `"9999-12-31T23:59:59.999999Z"`, `"2026-01-31T12:00:00.5+01:00"`, `"1969-12-31t23:59:59.999999z"`, `"2000-01-01T00:00:00Z"`, `"1582-10-10T00:00:00Z"`}
		for range 20 {
			out = append(out, fmt.Sprintf(`"%04d-%02d-%02dT%02d:00:00.%06d%+03d:30"`, 2+random(9990), 1+random(12), 1+random(28), random(24), random(1_000_000), random(24)-12))
		}
	case entity.Float:
		out = []string{"0", "0.1", "0.92156863212585449", "-1e30", "5e-324", "1e21", "1e-7", "123456789.125", "3", "-0.5"}
		for range 20 {
			out = append(out, fmt.Sprintf("%d.%016de%d", random(10), random(1e16), random(40)-20))
		}
	case entity.Float32:
		out = []string{"0", "0.1", "0.2", "1e-45", "-1e20", "16777216", "0.30000001", "3.4e10", "-7"}
		for range 20 {
			out = append(out, fmt.Sprintf("%d.%08de%d", random(10), random(1e8), random(20)-10))
		}
	default:
		out = f.integers(random)
	}
	return out
}

// distinct are the values that a unique field may have.
func (f *pairField) distinct(values []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, v := range values {
		key := v
		if f.Type == entity.Citext {
			key = strings.ToLower(v)
		}
		if !seen[key] {
			out = append(out, v)
		}
		seen[key] = true
	}
	return out
}

// forms are values of what has one spelling for each.
func (f *pairField) forms(random func(int) int) []string {
	out := map[entity.Type][]string{
		entity.Decimal:       {"0.000", "0.001", "-0.001", "999999999.999", "-999999999.999", "10.000", "9.999", "0.100", "100000.000"},
		entity.Date:          {"0001-01-01", "9999-12-31", "1582-10-10", "2024-02-29", "1999-12-31", "2000-01-01"},
		entity.LocalDateTime: {"0001-01-01T00:00:00", "9999-12-31T23:59:59.999999", "1999-12-31T23:59:59.9", "2026-03-29T02:30:00"},
		entity.TimeOfDay:     {"00:00:00", "23:59:59.999999", "12:00:00.5", "02:30:00"},
		entity.Duration:      {"PT0S", "PT-0.000001S", "P1Y2M3DT4H5M6.7S", "P-1D", "P9999Y", "P-9999Y-11M", "PT1000000H"},
		entity.Inet:          {"0.0.0.0", "255.255.255.255", "192.0.2.1", "192.0.2.1/24", "192.0.2.0/24", "::", "2001:db8::1", "2001:db8::/32", "::ffff:1.2.3.4"},
		entity.Cidr:          {"0.0.0.0/0", "192.0.2.0/24", "192.0.2.0/25", "192.0.2.1/32", "::/0", "2001:db8::/32"},
		entity.MacAddr:       {"00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "08:00:2b:01:02:03"},
	}[f.Type]
	for i := range 14 {
		format, args := map[entity.Type]string{
			entity.Decimal: "%[4]d%[5]d.%03[6]d", entity.Date: "%04[1]d-%02[2]d-%02[3]d", entity.LocalDateTime: "%04[1]d-%02[2]d-%02[3]dT%02[4]d:%02[5]d:07",
			entity.TimeOfDay: "%02[4]d:%02[5]d:07", entity.Duration: "P%[1]dY%[3]dDT%[4]dH", entity.Inet: "10.%[4]d.%[5]d.%[3]d", entity.Cidr: "10.%[4]d.%[5]d.0/24", entity.MacAddr: "08:00:%02[4]x:%02[5]x:%02[3]x:01",
		}[f.Type], []any{2 + random(9990), 1 + random(12), 1 + random(28), 1 + random(23), i, random(1000)}
		out = append(out, fmt.Sprintf(format, args...))
	}
	quoted := make([]string, len(out))
	for i, form := range out {
		if quoted[i] = form; f.Type != entity.Decimal || i%2 == 0 {
			quoted[i] = `"` + form + `"`
		}
	}
	return quoted
}

// integers are values of an integer between the ends of what it holds.
func (f *pairField) integers(random func(int) int) []string {
	ends := map[field.Type][2]int{
		field.TypeInt8: {-1 << 7, 1<<7 - 1}, field.TypeInt16: {-1 << 15, 1<<15 - 1}, field.TypeInt32: {-1 << 31, 1<<31 - 1}, field.TypeInt: {-1 << 31, 1<<31 - 1},
		field.TypeUint8: {0, 1<<8 - 1}, field.TypeUint16: {0, 1<<16 - 1}, field.TypeUint32: {0, 1<<32 - 1},
		field.TypeInt64: {-1 << 63, 1<<63 - 1}, field.TypeUint: {0, 1<<63 - 1}, field.TypeUint64: {0, 1<<63 - 1},
	}[f.ent]
	numbers := map[int]bool{ends[0]: true, ends[1]: true, 0: true, 1: true}
	for len(numbers) < 24 {
		numbers[ends[0]/2+random(ends[1]/2)*2] = true
	}
	var out []string
	for n := range numbers {
		text := fmt.Sprint(n)
		if f.Type == entity.BigInt && random(2) == 0 || n > 1<<52 || n < -1<<52 {
			text = `"` + text + `"`
		}
		out = append(out, text)
	}
	return out
}
