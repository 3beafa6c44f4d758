package entity

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

// Item is the element of an array: its type in the API, and the one of Postgres by its full
// name, with the size in it, if any.
func Item(typ Type, column string) Field {
	name, size, scale := parseColumn(column)
	f := Field{Type: typ}
	if full := fullName(typ.Kind().SQL()); full != name {
		f.Native = name
	}
	if size > 0 {
		f.Length, f.Scale = size, max(scale, 0)
	}
	f.parse = func(v any) (any, error) {
		out, err := typ.Kind().Operand(v)
		if err != nil {
			return nil, err
		}
		return f.fit(out, name)
	}
	return f
}

// EnumItem is the element of an array of an enum, which has these values.
func EnumItem(column string, values ...string) Field {
	f := Item(Enum, column)
	f.members = values
	f.parse = func(v any) (any, error) {
		s, err := parseText(v)
		if err == nil && !slices.Contains(values, s) {
			err = badInput("is not one of the allowed values")
		}
		return s, err
	}
	return f
}

// Members are the values of an [EnumItem], as they are stored.
func (f *Field) Members() []string { return f.members }

// AppendEnums writes an array of an enum in Postgres' binary form as JSON, with the names that the
// API has for its elements, as [Kind.Append] does.
func (f *Field) AppendEnums(dst, wire []byte) (out []byte, unfit string) {
	k := *f.Item.Type.Kind()
	k.Append = func(dst, wire []byte) ([]byte, string) {
		if !f.Item.Has(string(wire)) {
			return dst, "is not one of its enum"
		}
		return appendText(dst, []byte(f.Item.Shown(string(wire))))
	}
	return appendList(dst, wire, &k)
}

// fullName is the one that Pairs has of a type of Postgres.
func fullName(short string) string {
	if full, ok := aliases[short]; ok {
		return full
	}
	return short
}

// fit refuses an element that its column would cut, round or not take.
func (f *Field) fit(v any, column string) (any, error) {
	switch v := v.(type) {
	case int64:
		if column == "smallint" && (v < math.MinInt16 || v > math.MaxInt16) {
			return nil, outside(math.MinInt16, math.MaxInt16)
		}
	case string:
		switch {
		case f.Length == 0:
		case f.Type == Decimal:
			return fitDecimal(v, f.Length, f.Scale)
		case utf8.RuneCountInString(v) > f.Length:
			return nil, badInput(fmt.Sprintf("must have at most %d characters", f.Length))
		}
	}
	return v, nil
}

// An itemError is what is wrong with one element of a list, by its index, or with a key of a
// range, by its name.
type itemError struct {
	at  any
	err error
}

// Error names a key, of which there is nothing in the name of a filter.
func (e *itemError) Error() string {
	if key, ok := e.at.(string); ok {
		return key + " " + e.err.Error()
	}
	return e.err.Error()
}

// ListField is an array, of the type of Go that the setter of Ent's mutation takes: a slice.
// The setter itself is not called. A value reaches Postgres as Ent writes slices, by way of
// JSON, of which the driver makes an array. Without this the type of Go could not be any.
func ListField[M, T any](name, column string, item Field, flags Flags, _ func(M, T)) Field {
	item.Name = name
	f := Field{Name: name, Column: column, Type: ListOf(item.Type), Flags: flags, Item: &item}
	if sample, ok := samples[item.Type]; ok {
		if _, err := sliceOf[T]([]any{sample}); err != nil {
			f.fault = fmt.Errorf("the type of Go %s does not hold the elements of the column, which are %s", reflect.TypeFor[T](), item.Type.Scalar())
		}
	}
	f.parse = func(v any) (any, error) {
		values, err := f.items(v, item.parse)
		if err != nil {
			return nil, err
		}
		return sliceOf[T](values)
	}
	return f
}

// samples are values that every type of Go for an element holds. That of a text may refuse any.
var samples = map[Type]any{
	Int: int64(1), BigInt: int64(1), Float: 1.0, Float32: float32(1), Bool: true, Time: time.Unix(0, 0).UTC(), UUID: uuid.UUID{},
	Decimal: "1", Date: "2026-01-31", LocalDateTime: "2026-01-31T12:00:00",
	TimeOfDay: "12:00:00", Duration: "PT1H", Cidr: "192.0.2.0/24", MacAddr: "08:00:2b:01:02:03",
}

// items parses the elements of a list.
func (f *Field) items(v any, parse func(any) (any, error)) ([]any, error) {
	if reflect.ValueOf(v).Kind() != reflect.Slice {
		v = []any{v}
	}
	given := Items(v)
	out := make([]any, len(given))
	for i, item := range given {
		if item == nil {
			return nil, &itemError{i, badInput("must not be null")}
		}
		parsed, err := parse(item)
		if err != nil {
			return nil, &itemError{i, err}
		}
		out[i] = parsed
	}
	return out, nil
}

// ItemOperand is [Field.Operand] of an element of an array: one that is too long to be stored
// is in no array. It fails for a number that the array's type has no form for.
func (f *Field) ItemOperand(v any) (any, error) {
	if v == nil {
		return nil, badInput("must not be null")
	}
	if f.Item.Type == Enum {
		return f.Item.Operand(v, EQ)
	}
	out, err := f.Item.Type.Kind().Operand(v)
	if _, number := out.(int64); number && err == nil {
		return f.Item.fit(out, f.Item.Native)
	}
	return out, err
}

// sliceOf makes a slice of a type of Go from elements as [Kind.Operand] gives them.
func sliceOf[T any](values []any) (any, error) {
	elem := reflect.TypeFor[T]().Elem()
	for i, v := range values {
		form, text := v.(string)
		if !text || elem != reflect.TypeFor[time.Time]() {
			continue
		}
		t, err := localTime(form)
		if err != nil {
			return nil, &itemError{i, badInput("does not have the right form")}
		}
		values[i] = t
	}
	text, err := json.Marshal(values)
	if err != nil {
		return nil, badInput("does not have the right form")
	}
	var out T
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&out); err != nil {
		return nil, wrongElement(err)
	}
	return out, nil
}
