package entity

import (
	"fmt"
	"reflect"
	"unicode/utf8"

	"entgo.io/ent"

	"github.com/entgraph/entgraph/key"
)

// Type is how a column's value looks in Postgres, in Go and in the API.
type Type uint8

// The types that the API can show.
const (
	// ID is the id of an entity, which the API shows as text with its prefix; see [KeyType].
	ID Type = iota + 1
	// String is text or varchar.
	String
	// Enum is text of a fixed set of values.
	Enum
	// Int is an integer of at most 32 bits in the API, whatever the column's size.
	Int
	// BigInt is a 64-bit integer, written as a JSON string so that no client rounds it.
	BigInt
	// Float is a double.
	Float
	// Bool is a boolean.
	Bool
	// Time is a timestamptz, RFC 3339 with up to six decimals in the API.
	Time
	// UUID is a uuid that is no entity's id.
	UUID
	// JSON is a jsonb document of any shape.
	JSON
	// Float32 is a real: a Float of the API that is written as briefly as a real is told
	// from others, 0.1 and not 0.10000000149011612.
	Float32
)

// Flags say what holds for a field.
type Flags uint16

// The flags of a field.
const (
	// Nullable: the column may be NULL and an input may clear it.
	Nullable Flags = 1 << iota
	// Unique: the field finds one entity.
	Unique
	// Immutable: no update input has the field.
	Immutable
	// Optional: a create input may leave the field out.
	Optional
	// ReadOnly: no input has the field.
	ReadOnly
	// Long: a text without bound, by which nothing is ordered.
	Long
	// Trimmed and Lowered: see [Trim] and [Lower].
	Trimmed
	Lowered
	// Equatable: a Custom that is compared for equality.
	Equatable
	// Verbatim: a document of the type json, which Postgres keeps as its text and compares
	// with nothing.
	Verbatim
	// Guarded: the field has a rule and is null for those that may not see it. [New]
	// sets it.
	Guarded
)

// Has reports whether all flags of g are set.
func (f Flags) Has(g Flags) bool { return f&g == g }

// MayBeNull reports whether the API may show null for the field.
func (f *Field) MayBeNull() bool { return f.Flags&(Nullable|Guarded) != 0 }

// Field is one column of an entity.
type Field struct {
	// Name is the GraphQL name, such as "createdAt".
	Name string
	// Column is the name in Postgres and in Ent's mutations, such as "created_at".
	Column string
	Type   Type
	Flags  Flags
	// Enum is the GraphQL enum of an Enum field; the generator alone reads it.
	Enum string
	// Length is how many characters the column holds or, of a Decimal, digits, of which Scale
	// are decimals; 0 without a bound.
	Length, Scale int
	// Native is the SQL type of an Enum that is one of Postgres, of a Citext and of a Custom; "" for
	// others.
	Native string
	// stored are the values of an Enum that the API has other names for, by these; names is the
	// way back. See [Named].
	stored, names map[string]string
	members       []string // of an [EnumItem]
	// Scalar is the GraphQL scalar of a Custom.
	Scalar string
	// Item is the element of an array, a field without a column; nil for others.
	Item *Field
	// Owner is the entity whose ids an ID holds, set by [New]; Key says how they are stored.
	Owner *Entity
	Key   KeyType

	// fault is why values of the field cannot be made, for the error of [New].
	fault error

	// parse turns a value of the API into what Ent's mutation takes, normalised and
	// validated.
	parse func(any) (any, error)
	// Of an id: whether Ent's Go type holds a key, what tells that of a mutation, and what
	// gives a mutation one that the client chose; see [Given].
	holds func(key.Key) bool
	of    func(ent.Mutation) (key.Key, bool)
	give  func(ent.Mutation, any) error
}

// Parse turns a value as the API gives it (never nil) into the Go value that Ent's
// mutation takes. The error is for the client: it says what the value must be.
func (f *Field) Parse(v any) (any, error) { return f.parse(v) }

// StringField is a text. A nil validator accepts every text. The validator is a
// pointer because Ent sets its variable in an init function.
func StringField[T ~string](name, column string, flags Flags, validator *func(T) error) Field {
	f := Field{Name: name, Column: column, Type: String, Flags: flags}
	f.parse = func(v any) (any, error) {
		s, err := parseText(v)
		if err != nil {
			return nil, err
		}
		return checked(T(f.normalize(s)), validator)
	}
	return f
}

// Limited is a text of at most so many characters, as its column holds them. Postgres
// alone would cut spaces beyond.
func Limited(f Field, length int) Field {
	parse := f.parse
	f.Length = length
	f.parse = func(v any) (any, error) {
		out, err := parse(v)
		if err == nil && utf8.RuneCountInString(reflect.ValueOf(out).String()) > length {
			return nil, badInput(fmt.Sprintf("must have at most %d characters", length))
		}
		return out, err
	}
	return f
}

// EnumField is a text of a fixed set; the validator is Ent's function for it.
func EnumField[T ~string](name, column string, flags Flags, validator func(T) error) Field {
	return Field{Name: name, Column: column, Type: Enum, Flags: flags, parse: func(v any) (any, error) {
		s, err := parseText(v)
		if err != nil {
			return nil, err
		}
		if validator(T(s)) != nil {
			return nil, badInput("is not one of the allowed values")
		}
		return T(s), nil
	}}
}

// IntField is an integer, in the API an Int or, as typ says, a BigInt.
func IntField[T Integer](name, column string, typ Type, flags Flags, validator *func(T) error) Field {
	return Field{Name: name, Column: column, Type: typ, Flags: flags, parse: func(v any) (any, error) {
		n, err := parseInteger[T](v, typ)
		if err != nil {
			return nil, err
		}
		return checked(n, validator)
	}}
}

// FloatField is a floating point number, a Float or a Float32 as T says.
func FloatField[T ~float64 | ~float32](name, column string, flags Flags, validator *func(T) error) Field {
	typ, bits := Float, 64
	if reflect.TypeFor[T]().Kind() == reflect.Float32 {
		typ, bits = Float32, 32
	}
	return Field{Name: name, Column: column, Type: typ, Flags: flags, parse: func(v any) (any, error) {
		n, err := parseFloat(v, bits)
		if err != nil {
			return nil, err
		}
		return checked(T(n), validator)
	}}
}

// BoolField is true or false.
func BoolField(name, column string, flags Flags) Field {
	return Field{Name: name, Column: column, Type: Bool, Flags: flags, parse: parseBool}
}

// TimeField is a point in time.
func TimeField(name, column string, flags Flags) Field {
	return Field{Name: name, Column: column, Type: Time, Flags: flags, parse: func(v any) (any, error) {
		return ParseTime(v)
	}}
}

// UUIDField is a UUID that is no entity's id.
func UUIDField(name, column string, flags Flags) Field {
	return Field{Name: name, Column: column, Type: UUID, Flags: flags, parse: func(v any) (any, error) {
		return parseUUID(v)
	}}
}

// JSONField is a document. It is decoded into the type that the setter of Ent's
// mutation takes; the setter itself is not called.
func JSONField[M, T any](name, column string, flags Flags, _ func(M, T)) Field {
	return Field{Name: name, Column: column, Type: JSON, Flags: flags, parse: func(v any) (any, error) {
		return parseJSON[T](v)
	}}
}

// checked runs Ent's validator, if there is one.
func checked[T any](v T, validator *func(T) error) (any, error) {
	if validator != nil && *validator != nil {
		if err := (*validator)(v); err != nil {
			return nil, badInput(err.Error())
		}
	}
	return v, nil
}
