package entity

import (
	"math"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"unsafe"
)

// asks finds out what a validator asks.
func asks(validator any) (Constraint, bool) {
	by := maker(validator)
	switch f := validator.(type) {
	case func(string) error:
		return asksText(by, f)
	case func([]byte) error:
		return asksLength(by, f, func(n int) bool { return f(make([]byte, n)) == nil })
	case func(int) error:
		return asksInteger(by, f, math.MinInt, math.MaxInt)
	case func(int8) error:
		return asksInteger(by, f, math.MinInt8, math.MaxInt8)
	case func(int16) error:
		return asksInteger(by, f, math.MinInt16, math.MaxInt16)
	case func(int32) error:
		return asksInteger(by, f, math.MinInt32, math.MaxInt32)
	case func(int64) error:
		return asksInteger(by, f, math.MinInt64, math.MaxInt64)
	case func(uint) error:
		return asksInteger(by, f, 0, math.MaxUint)
	case func(uint8) error:
		return asksInteger(by, f, 0, math.MaxUint8)
	case func(uint16) error:
		return asksInteger(by, f, 0, math.MaxUint16)
	case func(uint32) error:
		return asksInteger(by, f, 0, math.MaxUint32)
	case func(uint64) error:
		return asksInteger(by, f, 0, math.MaxUint64)
	case func(float64) error:
		return asksFloat(by, f, 64, math.Nextafter)
	case func(float32) error:
		return asksFloat(by, f, 32, math.Nextafter32)
	}
	return Constraint{}, false
}

// one and two are closures that have kept so many values.
type (
	one[T any] struct {
		code uintptr
		a    T
	}
	two[T any] struct {
		code uintptr
		a, b T
	}
)

// closure gives what a function of a type points to.
func closure[L, F any](f F) *L { return *(**L)(unsafe.Pointer(&f)) }

// bounds are those that a validator keeps.
type bounds[T any] struct {
	least, most       T
	hasLeast, hasMost bool
}

// boundsOf reads the bounds of a validator by the name of its maker, which says how many there are.
func boundsOf[T, F any](by string, f F) (b bounds[T], ok bool) {
	switch by {
	case "Min", "MinLen", "MinRuneLen", "AtLeast":
		b.least, b.hasLeast = closure[one[T]](f).a, true
	case "Max", "MaxLen", "MaxRuneLen":
		b.most, b.hasMost = closure[one[T]](f).a, true
	case "Range", "Length":
		kept := closure[two[T]](f)
		b = bounds[T]{kept.a, kept.b, true, true}
	default:
		return b, false
	}
	return b, true
}

type integer interface {
	int | int8 | int16 | int32 | int64 | uint | uint8 | uint16 | uint32 | uint64
}

func asksInteger[T integer](by string, f func(T) error, lowest, highest T) (Constraint, bool) {
	b, ok := boundsOf[T](by, f)
	if !ok || !tried(&b, lowest, highest, func(n T) bool { return f(n) == nil }, func(n T) T { return n - 1 }, func(n T) T { return n + 1 }) {
		return Constraint{}, false
	}
	return constraint(OfValue, b, func(n T) string {
		if n < 0 {
			return strconv.FormatInt(int64(n), 10)
		}
		return strconv.FormatUint(uint64(n), 10)
	})
}

func asksFloat[T float32 | float64](by string, f func(T) error, bits int, next func(x, y T) T) (Constraint, bool) {
	b, ok := boundsOf[T](by, f)
	lowest, highest := T(math.Inf(-1)), T(math.Inf(1))
	if !ok || !tried(&b, lowest, highest, func(x T) bool { return f(x) == nil }, func(x T) T { return next(x, lowest) }, func(x T) T { return next(x, highest) }) {
		return Constraint{}, false
	}
	return constraint(OfValue, b, func(x T) string { return strconv.FormatFloat(float64(x), 'g', -1, bits) })
}

// asksText is about the length of a text or its form.
func asksText(by string, f func(string) error) (Constraint, bool) {
	unit := "é" // two bytes, which are one character
	switch by {
	case "Match":
		return asksPattern(f)
	case "MinLen", "MaxLen":
		unit = "e"
	}
	return asksLength(by, f, func(n int) bool { return f(strings.Repeat(unit, n)) == nil })
}

// longest is the length that is tried at most.
const longest = 1 << 24

// asksLength is about so many bytes or characters.
func asksLength[F any](by string, f F, accepts func(int) bool) (Constraint, bool) {
	of := OfCharacters
	if by == "MinLen" || by == "MaxLen" {
		of = OfBytes
	}
	b, ok := boundsOf[int](by, f)
	b.least = max(b.least, 0)
	if !ok || b.least > longest || b.hasMost && (b.most < 0 || b.most > longest) ||
		!tried(&b, 0, math.MaxInt, accepts, func(n int) int { return n - 1 }, func(n int) int { return n + 1 }) {
		return Constraint{}, false
	}
	return constraint(of, b, strconv.Itoa)
}

// tried reports whether a validator keeps to the bounds: it takes each and refuses what is next to it.
// It forgets those that are the ends of the type.
func tried[T integer | float32 | float64](b *bounds[T], lowest, highest T, accepts func(T) bool, before, after func(T) T) bool {
	b.hasLeast = b.hasLeast && b.least != lowest
	b.hasMost = b.hasMost && b.most != highest
	return (!b.hasLeast || accepts(b.least) && !accepts(before(b.least))) &&
		(!b.hasMost || accepts(b.most) && !accepts(after(b.most)))
}

// constraint writes bounds, if there is one left.
func constraint[T any](of Measure, b bounds[T], write func(T) string) (c Constraint, ok bool) {
	c.Of = of
	if b.hasLeast {
		c.Least = write(b.least)
	}
	if b.hasMost {
		c.Most = write(b.most)
	}
	return c, b.hasLeast || b.hasMost
}

// asksPattern reads the expression of Match.
func asksPattern(f func(string) error) (Constraint, bool) {
	re := closure[one[*regexp.Regexp]](f).a
	// One of POSIX reads ^ and $ otherwise.
	posix := reflect.ValueOf(re).Elem().FieldByName("longest")
	if !posix.IsValid() || posix.Kind() != reflect.Bool || posix.Bool() {
		return Constraint{}, false
	}
	again, err := regexp.Compile(re.String())
	if err != nil {
		return Constraint{}, false
	}
	for _, text := range []string{"", "a", "A", "0", " ", "a\nb", "é", re.String()} {
		if again.MatchString(text) != (f(text) == nil) {
			return Constraint{}, false
		}
	}
	return Constraint{Of: OfPattern, Pattern: re.String()}, true
}
