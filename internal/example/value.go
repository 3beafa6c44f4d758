package example

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// placeholder stands for the id of a row, which only people can choose.
const placeholder = "REPLACE_ME"

// object is a JSON object whose keys keep their order.
type object []pair

type pair struct {
	key   string
	value any
}

// MarshalJSON implements json.Marshaler.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, p := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		for j, part := range []any{p.key, p.value} {
			text, err := json.Marshal(part)
			if err != nil {
				return nil, err
			}
			if j > 0 {
				b.WriteByte(':')
			}
			b.Write(text)
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// object holds what an input requires, or its first field when it requires nothing.
func (m maker) object(input *ast.Definition) object {
	out := object{}
	for _, field := range input.Fields {
		if required(field) {
			out = append(out, pair{field.Name, m.value(field.Name, field.Type)})
		}
	}
	for _, field := range input.Fields {
		if len(out) == 0 && m.Types[field.Type.Name()].IsLeafType() && field.Type.Name() != "ID" {
			out = append(out, pair{field.Name, m.value(field.Name, field.Type)})
		}
	}
	return out
}

func required(field *ast.FieldDefinition) bool {
	return field.Type.NonNull && field.DefaultValue == nil
}

// value is one that a field of an input takes, as far as the schema tells.
func (m maker) value(name string, typ *ast.Type) any {
	of := m.Types[typ.Name()]
	switch {
	case typ.Elem != nil && of.Kind == ast.InputObject:
		return []any{} // it may hold itself
	case typ.Elem != nil:
		return []any{m.value(name, typ.Elem)}
	case of.Kind == ast.Enum:
		return of.EnumValues[0].Name
	case of.Kind == ast.InputObject:
		return m.object(of)
	}
	switch of.Name {
	case "ID":
		return placeholder
	case "Int":
		return 1
	case "BigInt":
		return "1"
	case "Float":
		return 1.5
	case "Boolean":
		return true
	case "Time":
		return "2026-01-31T12:00:00Z"
	case "UUID":
		return "018f4e6a-7b7a-7c3e-8d2f-2b1c5d6e7f80"
	case "Decimal":
		return "12.50"
	case "Date":
		return "2026-01-31"
	case "LocalDateTime":
		return "2026-01-31T12:00:00"
	case "TimeOfDay":
		return "12:00:00"
	case "Duration":
		return "PT1H30M"
	case "Inet":
		return "192.0.2.1"
	case "Cidr":
		return "192.0.2.0/24"
	case "MacAddr":
		return "08:00:2b:01:02:03"
	case "IntRange", "BigIntRange", "DecimalRange", "LocalDateTimeRange", "TimeRange", "DateRange":
		bound := &ast.Type{NamedType: strings.TrimSuffix(of.Name, "Range")}
		return object{{"lower", m.value(name, bound)}, {"upper", nil}, {"bounds", "[)"}}
	case "Bytes":
		return "aGVsbG8="
	case "JSON":
		return object{}
	}
	return text(name)
}

// text is a believable value of a text by its name. Lower-case letters pass most patterns.
func text(name string) string {
	switch name := strings.ToLower(name); {
	case strings.Contains(name, "email"):
		return "newcomer@example.com"
	case strings.Contains(name, "password"):
		return "a-long-password"
	case strings.Contains(name, "username"), strings.Contains(name, "login"):
		return "newcomer"
	case strings.Contains(name, "url"), strings.Contains(name, "link"):
		return "https://example.com/"
	}
	return "example"
}
