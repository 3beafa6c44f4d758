package entity

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
)

// badInput is a message for the client about one value.
type badInput string

func (e badInput) Error() string { return string(e) }

// Integer is a type of Go that an Int or BigInt may have.
type Integer interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64
}

func parseText(v any) (string, error) {
	s, ok := v.(string)
	switch {
	case !ok:
		return "", badInput("must be a string")
	case !utf8.ValidString(s):
		return "", badInput("must be valid UTF-8")
	case strings.IndexByte(s, 0) >= 0:
		return "", badInput("must not contain the character U+0000")
	}
	return s, nil
}

// normalize applies the annotations Trim and Lower.
func (f *Field) normalize(s string) string {
	if f.Flags.Has(Trimmed) {
		s = strings.TrimSpace(s)
	}
	if f.Flags.Has(Lowered) {
		s = strings.ToLower(s)
	}
	return s
}

// parseInteger accepts Go integers and JSON numbers, and a decimal text for a
// BigInt. An Int must fit 32 bits (GraphQL, section 3.5.1), and T must hold it.
func parseInteger[T Integer](v any, typ Type) (T, error) {
	var n int64
	switch v := v.(type) {
	case int64:
		n = v
	case int:
		n = int64(v)
	case json.Number, string:
		s := fmt.Sprint(v)
		if _, text := v.(string); text && typ != BigInt {
			return 0, badInput("must be an integer")
		}
		var err error
		n, err = strconv.ParseInt(s, 10, 64)
		switch {
		case typ == BigInt && errors.Is(err, strconv.ErrRange):
			return 0, outsideType(reflect.TypeFor[T]())
		case err != nil:
			return 0, badInput("must be an integer")
		}
	case float64:
		if v != math.Trunc(v) || math.Abs(v) > 1<<53 {
			return 0, badInput("must be an integer")
		}
		n = int64(v)
	default:
		return 0, badInput("must be an integer")
	}
	if int64(T(n)) != n || (n < 0) != (T(n) < 0) {
		return 0, outsideType(reflect.TypeFor[T]())
	}
	if typ == Int && (n < math.MinInt32 || n > math.MaxInt32) {
		return 0, badInput("must be an integer of at most 32 bits")
	}
	return T(n), nil
}

// parseFloat accepts a number that a float of so many bits holds: the nearest one, which
// is never zero or infinite for a number that is not.
func parseFloat(v any, bits int) (float64, error) {
	var text string
	switch v := v.(type) {
	case float64:
		text = strconv.FormatFloat(v, 'g', -1, 64)
	case int64:
		text = strconv.FormatInt(v, 10)
	case int:
		text = strconv.Itoa(v)
	case json.Number:
		text = v.String()
	default:
		return 0, badInput("must be a number")
	}
	f, err := strconv.ParseFloat(text, bits)
	switch {
	case errors.Is(err, strconv.ErrRange), math.IsInf(f, 0), f == 0 && !isZero(text):
		return 0, outsideFloat(bits)
	case err != nil, math.IsNaN(f):
		return 0, badInput("must be a number")
	}
	return f, nil
}

// isZero reports whether a number has no digit but 0 before its exponent.
func isZero(number string) bool {
	digits, _, _ := strings.Cut(strings.ToLower(number), "e")
	return !strings.ContainsAny(digits, "123456789")
}

func parseBool(v any) (any, error) {
	b, ok := v.(bool)
	if !ok {
		return nil, badInput("must be true or false")
	}
	return b, nil
}

func parseUUID(v any) (uuid.UUID, error) {
	s, ok := v.(string)
	if ok && len(s) == 36 {
		if id, err := uuid.Parse(s); err == nil {
			return id, nil
		}
	}
	return uuid.UUID{}, badInput("must be a UUID such as 018f4e6a-7b7a-7c3e-8d2f-2b1c5d6e7f80")
}

// Items is a list value as gqlparser coerces it: a single value stands for a list of
// it, and of a single value in a variable gqlparser makes a slice of the value's own
// type, such as []string.
func Items(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	r := reflect.ValueOf(v)
	if r.Kind() != reflect.Slice {
		return []any{v}
	}
	list := make([]any, r.Len())
	for i := range list {
		list[i] = r.Index(i).Interface()
	}
	return list
}

// Operand turns a value of a filter or look-up into what the database compares
// with, see [Kind.Operand]. Unlike [Field.Parse] it runs
// no validator, since one may ask for what could not be stored, but for an enum, which
// has no other values. Text is normalised where it is compared as a whole.
func (f *Field) Operand(v any, op Op) (any, error) {
	switch f.Type {
	case ID:
		return f.parse(v)
	case Custom:
		return f.customOperand(v)
	}
	if f.Type != String && f.Type != Enum && f.Type != Citext {
		if operand := f.Type.Kind().Operand; operand != nil {
			return operand(v)
		}
	}
	s, err := parseText(v)
	if f.Type == Enum && err == nil {
		// GraphQL libraries take the values of variables in any case; a value that no row
		// can have would find nothing, silently.
		_, err = f.parse(v)
		s = f.Stored(s)
	}
	switch op {
	case EQ, NEQ, In, NotIn:
		s = f.normalize(s)
	}
	return s, err
}
