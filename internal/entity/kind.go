package entity

import (
	"slices"

	"github.com/jackc/pgx/v5/pgtype"
)

// Kind is what is known of the values of a [Type]: how they look in the API, in Postgres and
// in Go, and what may be asked of them. The generator, the planner and the parsers of inputs
// read it, so that a new type is an entry here.
type Kind struct {
	// Scalar is the GraphQL scalar, of an array [String!]; empty for an Enum and a Custom, which have names of their own. Doc is its
	// description and SpecifiedBy the address of its specification, both empty for a scalar
	// of GraphQL itself.
	Scalar, Doc, SpecifiedBy string

	// Arg is the SQL type of an argument, with its OID and that of its array. Cast is the type
	// that it is compared as, empty when that is Arg: a value that is sent as text.
	Arg        string
	OID, Array uint32
	Cast       string
	// Read are the OIDs of the columns that values are decoded from.
	Read []uint32

	// Ops are the operators of filters, without those that ask for NULL.
	Ops []Op
	// Unordered: there is no order of the values, and no groups of them.
	Unordered bool
	// Bounded: a list has a least and a greatest value.
	Bounded bool
	// Sum and Avg are the types of sums and averages, 0 without.
	Sum, Avg Type
	// Bound is the type of the bounds of a range, 0 of what is none, and BoundSQL the one that
	// Postgres has for them.
	Bound    Type
	BoundSQL string
	// Truncated: groups may be of the values of a day, a month and so on.
	Truncated bool

	// Operand turns a value of a filter into what the planner sends. The error is for the
	// client. Nil for an ID, an Enum and a Custom, whose fields know more.
	Operand func(any) (any, error)
	// List makes what the planner sends of a list of operands: a slice of their Go type.
	List func([]any) any
	// Decode reads a value in Postgres' binary form, as [Kind.Operand] gives it: one that is
	// sent as a value of a cursor finds the value's place.
	Decode func(wire []byte) (v any, ok bool)
	// Append writes a value in Postgres' binary form as JSON. With a reason why it has no
	// form in the API nothing is written. Nil for an ID.
	Append func(dst, wire []byte) (out []byte, unfit string)
}

// SQL is the type of Postgres that values are compared as.
func (k *Kind) SQL() string {
	if k.Cast != "" {
		return k.Cast
	}
	return k.Arg
}

// Kind is what is known of the values of t.
func (t Type) Kind() *Kind {
	if t.IsList() {
		return listKindOf(t.Item())
	}
	if int(t) >= len(kinds) {
		return &kinds[0]
	}
	return &kinds[t]
}

// Scalar returns the GraphQL scalar of t, "" for an Enum.
func (t Type) Scalar() string { return t.Kind().Scalar }

// Scalars lists the types with a scalar of ours, in the order of the SDL. The first
// are part of every schema, the others where a field has them.
func Scalars() (always, others []Type) {
	always = []Type{Time, UUID, BigInt, JSON}
	var seen []string
	for t := range Type(len(kinds)) {
		if k := t.Kind(); k.Doc != "" && !slices.Contains(always, t) && !slices.Contains(seen, k.Scalar) {
			others, seen = append(others, t), append(seen, k.Scalar)
		}
	}
	return always, others
}

// What may be asked of values that are only equal or not, that have an order, and of texts.
var (
	equality = []Op{EQ, NEQ, In, NotIn}
	ordered  = append(slices.Clone(equality), GT, GTE, LT, LTE)
	textual  = append(slices.Clone(ordered), Contains, HasPrefix, HasSuffix, EqualFold, ContainsFold, Matches)
)

// kinds are those of all types, by the type. The entry 0 is that of no type.
var kinds = [Citext + 1]Kind{
	0: {},
	ID: {
		Scalar: "ID", Arg: "uuid", OID: pgtype.UUIDOID, Array: pgtype.UUIDArrayOID, Read: []uint32{pgtype.UUIDOID},
		Ops: ordered, List: listOf[uuidValue], Decode: decodeUUID,
	},
	String: {
		Scalar: "String", Arg: "text", OID: pgtype.TextOID, Array: pgtype.TextArrayOID, Read: []uint32{pgtype.VarcharOID, pgtype.TextOID},
		Ops: textual, Bounded: true, Operand: func(v any) (any, error) { return parseText(v) }, List: listOf[string], Decode: decodeText, Append: appendText,
	},
	Enum: {
		Arg: "text", OID: pgtype.TextOID, Array: pgtype.TextArrayOID, Read: []uint32{pgtype.VarcharOID, pgtype.TextOID},
		Ops: equality, Bounded: true, List: listOf[string], Decode: decodeText, Append: appendText,
	},
	Int: {
		Scalar: "Int", Arg: "bigint", OID: pgtype.Int8OID, Array: pgtype.Int8ArrayOID, Read: []uint32{pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID},
		Ops: ordered, Bounded: true, Sum: BigInt, Avg: Float,
		Operand: func(v any) (any, error) { return parseInteger[int64](v, Int) }, List: listOf[int64], Decode: decodeInt, Append: appendInt,
	},
	BigInt: {
		Scalar: "BigInt", Doc: "A 64-bit integer, written as a string so that no client rounds it. Inputs may be\nstrings or numbers.",
		Arg: "bigint", OID: pgtype.Int8OID, Array: pgtype.Int8ArrayOID, Read: []uint32{pgtype.Int8OID},
		Ops: ordered, Bounded: true, Sum: BigInt, Avg: Float,
		Operand: func(v any) (any, error) { return parseInteger[int64](v, BigInt) }, List: listOf[int64], Decode: decodeInt, Append: appendBigInt,
	},
	Float: {
		Scalar: "Float", Arg: "float8", OID: pgtype.Float8OID, Array: pgtype.Float8ArrayOID, Read: []uint32{pgtype.Float8OID},
		Ops: ordered, Bounded: true, Sum: Float, Avg: Float,
		Operand: func(v any) (any, error) { return parseFloat(v, 64) }, List: listOf[float64], Decode: decodeFloat, Append: appendFloat,
	},
	Bool: {
		Scalar: "Boolean", Arg: "boolean", OID: pgtype.BoolOID, Array: pgtype.BoolArrayOID, Read: []uint32{pgtype.BoolOID},
		Ops: equality[:2], Operand: parseBool, List: listOf[bool], Decode: decodeBool, Append: appendBool,
	},
	Time: {
		Scalar: "Time", SpecifiedBy: "https://www.rfc-editor.org/rfc/rfc3339",
		Doc: "A point in time as RFC 3339, such as \"2026-01-31T12:00:00Z\", of the years 1 to 9999 and\nwith up to six decimals. Answers are in UTC.",
		Arg: "timestamptz", OID: pgtype.TimestamptzOID, Array: pgtype.TimestamptzArrayOID, Read: []uint32{pgtype.TimestamptzOID},
		Ops: ordered, Bounded: true, Truncated: true,
		Operand: func(v any) (any, error) { return ParseTime(v) }, List: listOf[timeValue], Decode: decodeTime, Append: appendTime,
	},
	UUID: {
		Scalar: "UUID", Doc: "A UUID such as \"018f4e6a-7b7a-7c3e-8d2f-2b1c5d6e7f80\".", SpecifiedBy: "https://www.rfc-editor.org/rfc/rfc9562",
		Arg: "uuid", OID: pgtype.UUIDOID, Array: pgtype.UUIDArrayOID, Read: []uint32{pgtype.UUIDOID},
		Ops: ordered, Operand: func(v any) (any, error) { return parseUUID(v) }, List: listOf[uuidValue], Decode: decodeUUID, Append: appendUUID,
	},
	JSON: {
		Scalar: "JSON", Doc: "A JSON value of any shape.", SpecifiedBy: "https://www.rfc-editor.org/rfc/rfc8259",
		Arg: "text", OID: pgtype.TextOID, Array: pgtype.TextArrayOID, Read: []uint32{pgtype.TextOID}, // is read as text
		Ops: []Op{Contains, AtPath}, Unordered: true, Decode: decodeText, Append: func(dst, wire []byte) ([]byte, string) { return append(dst, wire...), "" },
	},
	Float32: {
		Scalar: "Float", Arg: "real", OID: pgtype.Float4OID, Array: pgtype.Float4ArrayOID, Read: []uint32{pgtype.Float4OID},
		Ops: ordered, Bounded: true, Sum: Float, Avg: Float,
		Operand: func(v any) (any, error) { n, err := parseFloat(v, 32); return float32(n), err },
		List:    listOf[float32], Decode: decodeFloat, Append: appendFloat,
	},
}

// listOf gives operands as a slice of their own type, as pgx encodes arrays.
func listOf[T any](values []any) any {
	out := make([]T, len(values))
	for i, v := range values {
		out[i] = v.(T)
	}
	return out
}
