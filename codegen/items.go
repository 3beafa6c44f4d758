package codegen

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"entgo.io/ent/entc/gen"

	declare "github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/internal/entity"
)

// itemsOf makes an enum of the elements of an array, as entity.Values says: its column, and a field
// as Ent has those of enums, for what their values are asked for.
func itemsOf(f *gen.Field, column entity.Column, values []declare.NamedValue) (entity.Column, *gen.Field, error) {
	if column.Type != entity.ListOf(entity.String) && column.Native == "" {
		return column, nil, errors.New("entity.Values is for an array of texts, in a column of the type text[] or character varying[], or of an enum of Postgres: use field.Enum for a single value, or another SchemaType")
	}
	column.Type = entity.ListOf(entity.Enum)
	column.Item = cmp.Or(column.Item, "text")
	item, enum := entity.Item(entity.String, column.Item), *f
	enum.Enums = nil
	for _, v := range values {
		name := v.Name
		if name == "" {
			name = pascal(strings.Map(nameable, v.Value))
		}
		if item.Length > 0 && utf8.RuneCountInString(v.Value) > item.Length {
			return column, nil, fmt.Errorf("the enum value %q is longer than its column: use text[]", v.Value)
		}
		enum.Enums = append(enum.Enums, gen.Enum{Name: enum.EnumName(name), Value: v.Value})
	}
	return column, &enum, nil
}

// nameable is a character as names in Go may have it.
func nameable(r rune) rune {
	if r == '-' || r == ' ' || r == '.' || r == '/' {
		return '_'
	}
	return r
}

// enumItemExpr is the element of an array of an enum.
func enumItemExpr(f *entity.Field, m fieldModel) string {
	item := namedExpr(m.enum, fmt.Sprintf("table.EnumItem(%q, %s)", m.item, quoted(m.enum.EnumValues())))
	if f.Native != "" {
		return fmt.Sprintf("table.Native(%s, %q)", item, f.Native)
	}
	return item
}
