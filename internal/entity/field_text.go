package entity

import (
	"database/sql"
	"encoding"
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// TextField is a field of a type whose values are sent as text, such as a [Decimal], with the
// type of Go that the setter of Ent's mutation takes: a kind of string, a time.Time, or one
// that reads a text, as a [sql.Scanner] or an [encoding.TextUnmarshaler]. The setter itself is
// not called. A nil validator accepts everything.
func TextField[M, T any](name, column string, typ Type, flags Flags, _ func(M, T), validator *func(T) error) Field {
	operand := typ.Kind().Operand
	return Field{Name: name, Column: column, Type: typ, Flags: flags, parse: func(v any) (any, error) {
		form, err := operand(v)
		if err != nil {
			return nil, err
		}
		out, err := fromText[T](form.(string))
		if err != nil {
			return nil, err
		}
		return checked(out, validator)
	}}
}

// StringOf, IntOf and FloatOf are fields with a type of Go of the app's own: that which the
// setter of Ent's mutation takes. The setter itself is not called. Ent runs the validators.
func StringOf[M any, T ~string](name, column string, flags Flags, _ func(M, T)) Field {
	return StringField[T](name, column, flags, nil)
}

// IntOf is an [IntField]; see [StringOf].
func IntOf[M any, T Integer](name, column string, typ Type, flags Flags, _ func(M, T)) Field {
	return IntField[T](name, column, typ, flags, nil)
}

// FloatOf is a [FloatField]; see [StringOf].
func FloatOf[M any, T ~float64 | ~float32](name, column string, flags Flags, _ func(M, T)) Field {
	return FloatField[T](name, column, flags, nil)
}

// fromText makes a value of T from the form that Postgres reads.
func fromText[T any](form string) (out T, err error) {
	v := reflect.ValueOf(&out).Elem()
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
	} else {
		v = v.Addr()
	}
	switch target := v.Interface().(type) {
	case *time.Time:
		*target, err = localTime(form)
		return out, err
	case sql.Scanner:
		err = target.Scan(form)
	case encoding.TextUnmarshaler:
		err = target.UnmarshalText([]byte(form))
	default:
		v.Elem().SetString(form) // the generator takes no other type
	}
	if err != nil {
		return out, badInput("does not have the right form")
	}
	return out, nil
}

// localTime is a Date or a LocalDateTime, in UTC.
func localTime(form string) (time.Time, error) {
	if strings.Contains(form, "T") {
		return time.Parse("2006-01-02T15:04:05", form)
	}
	return time.Parse(dateForm, form)
}

// BytesField is a bytea. A nil validator accepts everything.
func BytesField(name, column string, flags Flags, validator *func([]byte) error) Field {
	return Field{Name: name, Column: column, Type: Bytes, Flags: flags, parse: func(v any) (any, error) {
		b, err := parseBytes(v)
		if err != nil {
			return nil, err
		}
		return checked(b, validator)
	}}
}

// Precise is a [Decimal] of a column that has so many digits, of which so many are decimals:
// Postgres would round a number with more.
func Precise(f Field, precision, scale int) Field {
	parse := f.parse
	f.Length, f.Scale = precision, scale
	f.parse = func(v any) (any, error) {
		form, err := parseDecimal(v)
		if err != nil {
			return nil, err
		}
		if form, err = fitDecimal(form, precision, scale); err != nil {
			return nil, err
		}
		return parse(form)
	}
	return f
}

// Padded is a text in a column of so many characters, which Postgres fills with spaces: those
// at the end of a text would be lost.
func Padded(f Field, length int) Field {
	parse := f.parse
	f.Type, f.Length = Char, length
	f.parse = func(v any) (any, error) {
		out, err := parse(v)
		if err != nil {
			return nil, err
		}
		switch text := reflect.ValueOf(out).String(); {
		case strings.HasSuffix(text, " "):
			return nil, badInput("must not end with a space")
		case utf8.RuneCountInString(text) > length:
			return nil, badInput(fmt.Sprintf("must have at most %d characters", length))
		}
		return out, nil
	}
	return f
}

// Caseless is a [StringField] in a column of the type citext, which is given as SQL with its schema.
func Caseless(f Field, sqlType string) Field {
	f.Type, f.Native = Citext, sqlType
	return f
}

// Native is an [EnumField] in a column of an enum of Postgres, whose type is given as SQL with
// its schema. It is ordered as the type declares its values.
func Native(f Field, sqlType string) Field {
	f.Native = sqlType
	return f
}

// TypeSchema is the schema of Postgres that the field's type is in, "" for a type that is Postgres' own.
func (f *Field) TypeSchema() string {
	if f.Item != nil {
		return f.Item.TypeSchema()
	}
	m := nativeName.FindStringSubmatch(f.Native)
	if m == nil || m[1] == "" {
		return ""
	}
	return sqltext.Unquote(m[1])
}

// SQL is the type of Postgres that values of the field are compared as.
func (f *Field) SQL() string {
	if cast := f.Cast(); cast != "" {
		return cast
	}
	return f.Type.Kind().SQL()
}

// AsText reports whether the column is read and compared as its text, of which a Custom's
// arguments take the way through its type.
func (f *Field) AsText() bool { return f.Type == JSON || f.Type == Custom }

// Cast is the type that an argument compared with the field is cast to, after that of the
// argument itself; "" for none.
func (f *Field) Cast() string {
	if f.Native != "" {
		return f.Native
	}
	return f.Type.Kind().Cast
}
