// Package key holds the values of primary keys: a [Key] is a UUID, an integer or a text, as the
// id of an entity is one of these in the database. Keys can be compared and be keys of maps.
//
// A Key is not what clients see: there an id carries its type, such as "order_42"; see
// api.Entities. Package key imports nothing of the module.
package key

import (
	"database/sql"
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// Key is the value of a primary key. The zero value is none.
type Key struct {
	kind kind
	id   [16]byte // of a UUID; of an integer its last eight bytes
	text string
}

type kind uint8

const (
	isUUID kind = iota + 1
	isInt
	isText
)

// UUID is the key of a table whose id is a uuid.
func UUID(id uuid.UUID) Key { return Key{kind: isUUID, id: id} }

// Int is the key of a table whose id is a smallint, integer or bigint.
func Int(n int64) Key {
	k := Key{kind: isInt}
	binary.BigEndian.PutUint64(k.id[8:], uint64(n))
	return k
}

// Text is the key of a table whose id is a text or varchar.
func Text(s string) Key { return Key{kind: isText, text: s} }

// Of makes a key of an id as Ent or a database driver gives it: a Key, a uuid.UUID or another
// kind of 16 bytes, any kind of integer or string, or what has the method Value of package
// driver. It fails for other types, for NULL and for an integer beyond 64 bits.
func Of(v any) (Key, error) {
	switch v := v.(type) {
	case Key:
		return v, nil
	case uuid.UUID:
		return UUID(v), nil
	case int64:
		return Int(v), nil
	case string:
		return Text(v), nil
	case driver.Valuer:
		return ofValuer(v)
	}
	switch r := reflect.ValueOf(v); {
	case !r.IsValid():
		return Key{}, fmt.Errorf("NULL is no id")
	case r.Type().ConvertibleTo(reflect.TypeFor[uuid.UUID]()) && r.Kind() == reflect.Array:
		return UUID(r.Convert(reflect.TypeFor[uuid.UUID]()).Interface().(uuid.UUID)), nil
	case r.CanInt():
		return Int(r.Int()), nil
	case r.CanUint() && r.Uint() <= math.MaxInt64:
		return Int(int64(r.Uint())), nil
	case r.Kind() == reflect.String:
		return Text(r.String()), nil
	}
	return Key{}, fmt.Errorf("a %T is no id: it must be a UUID, an integer of 64 bits or a text", v)
}

// ofValuer takes a type of an app's own as it stores itself. A kind of UUID gives its text.
func ofValuer(v driver.Valuer) (Key, error) {
	r := reflect.ValueOf(v)
	if r.Kind() == reflect.Pointer && r.IsNil() {
		return Key{}, fmt.Errorf("NULL is no id")
	}
	stored, err := v.Value()
	if err != nil {
		return Key{}, fmt.Errorf("read an id: %w", err)
	}
	if text, ok := stored.([]byte); ok {
		stored = string(text)
	}
	text, ok := stored.(string)
	if !ok {
		if _, again := stored.(driver.Valuer); again {
			return Key{}, fmt.Errorf("the Value of a %T is a %T, which is no value of a database", v, stored)
		}
		return Of(stored)
	}
	if r.Type().ConvertibleTo(reflect.TypeFor[uuid.UUID]()) && r.Kind() == reflect.Array {
		id, err := uuid.Parse(text)
		return UUID(id), err
	}
	return Text(text), nil
}

// To turns a key into the Go type of an id: a kind of UUID, integer or string, or a type with the
// method Scan of package sql. It fails when the type does not hold the key.
func To[T any](k Key) (id T, err error) {
	if same, ok := any(&id).(*Key); ok {
		*same = k
		return id, nil
	}
	if scanner, ok := any(&id).(sql.Scanner); ok {
		v, _ := k.Value()
		if err = scanner.Scan(v); err != nil {
			return id, fmt.Errorf("make a %T of the id %s: %w", id, k, err)
		}
		return id, nil
	}
	r := reflect.ValueOf(&id).Elem()
	n, integer := k.Int()
	switch {
	case integer && r.CanInt() && !r.OverflowInt(n):
		r.SetInt(n)
	case integer && r.CanUint() && n >= 0 && !r.OverflowUint(uint64(n)):
		r.SetUint(uint64(n))
	case k.kind == isText && r.Kind() == reflect.String:
		r.SetString(k.text)
	case k.kind == isUUID && reflect.TypeFor[uuid.UUID]().ConvertibleTo(r.Type()):
		r.Set(reflect.ValueOf(uuid.UUID(k.id)).Convert(r.Type()))
	default:
		return id, fmt.Errorf("the id %s does not fit the type %T", k, id)
	}
	return id, nil
}

// IsZero reports whether the key names nobody: it is none, the nil UUID, 0 or "". Rows may have
// the last three as ids all the same; users may not.
func (k Key) IsZero() bool { return k.id == [16]byte{} && k.text == "" }

// UUID is the value of a key that is a UUID.
func (k Key) UUID() (uuid.UUID, bool) { return k.id, k.kind == isUUID }

// Int is the value of a key that is an integer.
func (k Key) Int() (int64, bool) {
	return int64(binary.BigEndian.Uint64(k.id[8:])), k.kind == isInt
}

// Text is the value of a key that is a text.
func (k Key) Text() (string, bool) { return k.text, k.kind == isText }

// String is the text of the key in the database: a UUID in its usual form, an integer in decimal
// digits; "" for none.
func (k Key) String() string {
	switch k.kind {
	case isUUID:
		return uuid.UUID(k.id).String()
	case isInt:
		n, _ := k.Int()
		return strconv.FormatInt(n, 10)
	}
	return k.text
}

// MarshalText writes a key so that [Key.UnmarshalText] reads the same one, such as "int:42"; none is
// "".
func (k Key) MarshalText() ([]byte, error) {
	if k.kind == 0 {
		return nil, nil
	}
	return []byte(kinds[k.kind] + ":" + k.String()), nil
}

var kinds = map[kind]string{isUUID: "uuid", isInt: "int", isText: "text"}

// UnmarshalText reads what [Key.MarshalText] wrote.
func (k *Key) UnmarshalText(text []byte) error {
	name, value, _ := strings.Cut(string(text), ":")
	switch {
	case len(text) == 0:
		*k = Key{}
		return nil
	case name == kinds[isText]:
		*k = Text(value)
		return nil
	case name == kinds[isInt]:
		n, err := strconv.ParseInt(value, 10, 64)
		if err == nil {
			*k = Int(n)
		}
		return err
	case name == kinds[isUUID]:
		id, err := uuid.Parse(value)
		if err == nil {
			*k = UUID(id)
		}
		return err
	}
	return fmt.Errorf("%q is no key, such as int:42", text)
}

// Value is the key as an argument of SQL, by pgx and database/sql: an int64, or a text, which
// Postgres reads as a uuid as well. None is NULL.
func (k Key) Value() (driver.Value, error) {
	switch k.kind {
	case 0:
		return nil, nil
	case isInt:
		n, _ := k.Int()
		return n, nil
	}
	return k.String(), nil
}

// Any is the value as a Go type: a uuid.UUID, an int64, a string, or nil.
func (k Key) Any() any {
	switch k.kind {
	case isUUID:
		return uuid.UUID(k.id)
	case isInt:
		n, _ := k.Int()
		return n
	case isText:
		return k.text
	}
	return nil
}
