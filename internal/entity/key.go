package entity

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"entgo.io/ent"

	"github.com/entgraph/entgraph/key"
)

// KeyType is how the ids of an entity are stored.
type KeyType uint8

// The types of ids.
const (
	UUIDKey  KeyType = iota + 1 // uuid
	Int16Key                    // smallint
	Int32Key                    // integer
	Int64Key                    // bigint
	TextKey                     // text or varchar
)

// keyTypes say what the types are called in SQL.
var keyTypes = map[KeyType]string{
	UUIDKey: "uuid", Int16Key: "smallint", Int32Key: "integer", Int64Key: "bigint", TextKey: "text",
}

// SQL is the type in Postgres.
func (t KeyType) SQL() string { return keyTypes[t] }

// Integer reports whether ids are numbers.
func (t KeyType) Integer() bool { return t == Int16Key || t == Int32Key || t == Int64Key }

// widest is the type of the same kind that holds all of its values. Postgres compares the
// integers of all sizes by their indexes.
func (t KeyType) widest() KeyType {
	if t.Integer() {
		return Int64Key
	}
	return t
}

// Like reports whether two types are of one kind: both uuid, both integers or both texts.
func (t KeyType) Like(other KeyType) bool { return t.widest() == other.widest() }

// maxTextKey is how long a text may be as an id, in bytes.
const maxTextKey = 255

// Check says why a key is no id of this type; nil when it may be one.
func (t KeyType) Check(k key.Key) error {
	n, isInt := k.Int()
	text, isText := k.Text()
	_, isUUID := k.UUID()
	switch t {
	case UUIDKey:
		if isUUID {
			return nil
		}
	case TextKey:
		if isText {
			return checkTextKey(text)
		}
	case Int16Key:
		if isInt && n >= math.MinInt16 && n <= math.MaxInt16 {
			return nil
		}
	case Int32Key:
		if isInt && n >= math.MinInt32 && n <= math.MaxInt32 {
			return nil
		}
	case Int64Key:
		if isInt {
			return nil
		}
	}
	return fmt.Errorf("%q is no %s", k, t.SQL())
}

// Parse reads a key as the database writes it, such as a UUID with hyphens. A text may be
// anything, and is not read without its prefix.
func (t KeyType) Parse(text string) (key.Key, error) {
	if t == UUIDKey {
		id, err := parseUUID(text)
		return key.UUID(id), err
	}
	if k, ok := t.parse(text); ok && t.Integer() {
		return k, nil
	}
	return key.Key{}, badInput("is no " + t.SQL())
}

// checkTextKey refuses texts that had better not be ids, since people read, copy and quote them.
func checkTextKey(s string) error {
	switch {
	case s == "" || len(s) > maxTextKey:
		return badInput(fmt.Sprintf("must have 1 to %d bytes", maxTextKey))
	case !utf8.ValidString(s):
		return badInput("must be valid UTF-8")
	case strings.ContainsFunc(s, unicode.IsControl):
		return badInput("must not contain control characters")
	}
	return nil
}

// parse reads the text of an id after its prefix. Only the one canonical spelling is taken, so
// that equal ids are equal texts.
func (t KeyType) parse(text string) (key.Key, bool) {
	var k key.Key
	switch {
	case t == UUIDKey:
		id, ok := parseSuffix(text)
		return key.UUID(id), ok
	case t.Integer():
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || strconv.FormatInt(n, 10) != text {
			return k, false
		}
		k = key.Int(n)
	default:
		k = key.Text(text)
	}
	return k, t.Check(k) == nil
}

// ID is the field of the entity's id.
func (e *Entity) ID() *Field { return &e.Fields[0] }

// Key is the type of the entity's ids.
func (e *Entity) Key() KeyType { return e.Fields[0].Key }

// check refuses a key that is no id of the entity: whoever wrote the Go code that gave it took
// another entity's, or a number that the column cannot hold.
func (e *Entity) check(k key.Key) error {
	if e.ID().fits(k) {
		return nil
	}
	return fmt.Errorf("%q is no id of %s, which is a %s", k, AnyOne(e.Name), e.Key().SQL())
}

// fits reports whether a key is one of the type, and of the Go type, of an id.
func (f *Field) fits(k key.Key) bool {
	return f.Key.Check(k) == nil && (f.holds == nil || f.holds(k))
}

// IDOf returns the id of the entity that a mutation writes, once it is known.
func (e *Entity) IDOf(m ent.Mutation) (key.Key, bool) {
	if e.IsLink() {
		return key.Key{}, false
	}
	return e.ID().of(m)
}

// IDField is the id of an entity: the method of Ent's mutation that tells it, its column, and how
// it is stored. Parse takes the value as it is stored, without the prefix. No input has it; see
// [Given].
func IDField[M, T any](of func(M) (T, bool), column string, typ KeyType) Field {
	return Field{
		Name: "id", Column: column, Type: ID, Key: typ, Flags: Unique | ReadOnly | Immutable,
		holds: func(k key.Key) bool { _, err := key.To[T](k); return err == nil },
		of: func(m ent.Mutation) (key.Key, bool) {
			v, ok := of(m.(M))
			if !ok {
				return key.Key{}, false
			}
			k, err := key.Of(v)
			if text, is := k.Text(); is && typ == UUIDKey { // of an app's own type
				k, err = typ.Parse(text)
			}
			return k, err == nil
		},
		parse: func(v any) (any, error) {
			k, err := typ.raw(v)
			if err != nil {
				return nil, err
			}
			id, err := key.To[T](k)
			if err != nil {
				return nil, outsideType(reflect.TypeFor[T]())
			}
			return id, nil
		},
	}
}

// ValidID is an id with the validator of Ent's package, a pointer as that of [StringField]. It
// takes Ent's own type, such as string, where the id is of an app's.
func ValidID[T any](f Field, validator *func(T) error) Field {
	parse := f.parse
	f.parse = func(v any) (any, error) {
		id, err := parse(v)
		if err != nil {
			return nil, err
		}
		k, err := key.Of(id)
		if err != nil {
			return nil, err
		}
		plain, err := key.To[T](k)
		if err == nil {
			_, err = checked(plain, validator)
		}
		return id, err
	}
	return f
}

// Given is an id that clients choose when they create an entity, as neither Ent nor the database
// does. set is that of Ent's mutation.
func Given[M, T any](f Field, set func(M, T)) Field {
	f.Flags &^= ReadOnly
	f.give = func(m ent.Mutation, v any) error {
		id, err := f.parse(v)
		if err != nil {
			return err
		}
		set(m.(M), id.(T))
		return nil
	}
	return f
}

// GivenType is the type under which a create input has the id, such as String.
func (t KeyType) GivenType() Type {
	switch {
	case t == UUIDKey:
		return UUID
	case t == Int64Key:
		return BigInt
	case t.Integer():
		return Int
	}
	return String
}

// raw reads an id that a client chooses.
func (t KeyType) raw(v any) (key.Key, error) {
	var k key.Key
	switch typ := t.GivenType(); typ {
	case UUID:
		id, err := parseUUID(v)
		return key.UUID(id), err
	case String:
		s, err := parseText(v)
		if err != nil {
			return k, err
		}
		k = key.Text(s)
	default:
		n, err := parseInteger[int64](v, typ)
		if err != nil {
			return k, err
		}
		if k = key.Int(n); t.Check(k) != nil {
			return k, t.outside()
		}
	}
	return k, t.Check(k)
}

// GoID is a key as Ent's Go type. The caller has checked that it fits.
func GoID[T any](k key.Key) T {
	id, err := key.To[T](k)
	if err != nil {
		panic(err) // see Entity.check
	}
	return id
}

func goIDs[T any](keys []key.Key) []T {
	out := make([]T, len(keys))
	for i, k := range keys {
		out[i] = GoID[T](k)
	}
	return out
}

// Keys is a list of ids of one entity as an argument of SQL.
func (t KeyType) Keys(keys []key.Key) any {
	switch {
	case t.Integer():
		return keyList(keys, func(k key.Key) int64 { n, _ := k.Int(); return n })
	case t == UUIDKey:
		return keyList(keys, func(k key.Key) [16]byte { id, _ := k.UUID(); return id })
	}
	return keyList(keys, key.Key.String)
}

func keyList[T any](keys []key.Key, value func(key.Key) T) []T {
	out := make([]T, len(keys))
	for i, k := range keys {
		out[i] = value(k)
	}
	return out
}
