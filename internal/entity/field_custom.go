package entity

import (
	"database/sql/driver"
	"fmt"
)

// CustomField is a field of a scalar that an app declares, in a column of any type of
// Postgres, which is given as SQL. The setter of Ent's mutation takes the type of Go, which
// reads a text by Scan and gives it by Value; the setter itself is not called.
func CustomField[M, T any](name, column, scalar, sqlType string, flags Flags, _ func(M, T)) Field {
	f := Field{Name: name, Column: column, Type: Custom, Scalar: scalar, Native: sqlType, Flags: flags}
	f.parse = func(v any) (any, error) {
		text, err := parseText(v)
		if err != nil {
			return nil, err
		}
		return fromText[T](text)
	}
	return f
}

// customOperand is the text of a value as its type of Go writes it, which Postgres reads.
func (f *Field) customOperand(v any) (any, error) {
	parsed, err := f.parse(v)
	if err != nil {
		return nil, err
	}
	valuer, ok := parsed.(driver.Valuer)
	if !ok {
		return parseText(v)
	}
	switch out, err := valuer.Value(); out := out.(type) {
	case string:
		return out, err
	case []byte:
		return string(out), err
	default:
		return nil, fmt.Errorf("%s: Value of %T gives %T and not a text", f.Name, parsed, out)
	}
}
