package entity

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
)

// outside is the message for an integer that is not within bounds.
func outside(least, most int64) error {
	return badInput(fmt.Sprintf("must be between %d and %d", least, most))
}

// outsideType is the message for a number that a type of Go does not hold. No number is above
// those of Postgres' bigint.
func outsideType(t reflect.Type) error {
	switch t.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return outside(math.MinInt64>>(64-t.Bits()), math.MaxInt64>>(64-t.Bits()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return outside(0, int64(min(math.MaxInt64, uint64(math.MaxUint64)>>(64-t.Bits()))))
	case reflect.Float32, reflect.Float64:
		return outsideFloat(t.Bits())
	}
	return badInput("is a number that is not allowed here")
}

// outsideFloat is the message for a number that a float of so many bits does not hold.
func outsideFloat(bits int) error {
	least, most := math.SmallestNonzeroFloat64, math.MaxFloat64
	if bits == 32 {
		least, most = math.SmallestNonzeroFloat32, math.MaxFloat32
	}
	return badInput(fmt.Sprintf("must be 0 or between %.4g and %.4g, or the negative of such a number", least, most))
}

// outside is the message for an integer that is no id of a type.
func (t KeyType) outside() error {
	switch t {
	case Int16Key:
		return outside(math.MinInt16, math.MaxInt16)
	case Int32Key:
		return outside(math.MinInt32, math.MaxInt32)
	}
	return outside(math.MinInt64, math.MaxInt64)
}

// wrongElement is the message for what JSON of the elements of an array does not fit.
func wrongElement(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Type != nil && strings.HasPrefix(wrong.Value, "number") {
		return outsideType(wrong.Type)
	}
	return badInput("does not have the right form")
}
