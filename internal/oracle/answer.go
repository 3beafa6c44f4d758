package oracle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"unicode/utf8"
)

// An answer is made of Objects, Lists, strings, json.Numbers, bools and nil; what the
// oracle wants also of cursorOf, which stands for any text that is the cursor of a
// row, and of approx.
type (
	// Object keeps the order of its members.
	Object []Member
	// Member is one member of an Object.
	Member struct {
		Key   string
		Value any
	}
	// List is a list of values.
	List []any
	// cursorOf is the cursor of a row in an order.
	cursorOf struct {
		order *ordering
		row   Row
	}
	// approx is a float: Postgres rounds averages to a number of decimal digits first,
	// so that the last bit may differ.
	approx float64
	// quotient is an average of decimals, of which Postgres gives 16 digits or more.
	quotient struct{ *big.Rat }
)

// decode reads JSON with the order of its members.
func decode(data []byte) (any, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("decode JSON: not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	v, err := decodeValue(d)
	if err != nil {
		return nil, fmt.Errorf("decode JSON: %w", err)
	}
	if d.More() {
		return nil, errors.New("decode JSON: more than one value")
	}
	return v, nil
}

func decodeValue(d *json.Decoder) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		object := Object{}
		for d.More() {
			key, err := d.Token()
			if err != nil {
				return nil, err
			}
			value, err := decodeValue(d)
			if err != nil {
				return nil, err
			}
			object = append(object, Member{key.(string), value})
		}
		_, err := d.Token()
		return object, err
	case json.Delim('['):
		list := List{}
		for d.More() {
			value, err := decodeValue(d)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		_, err := d.Token()
		return list, err
	}
	return token, nil
}

// MarshalJSON writes the members in their order.
func (o Object) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, m := range o {
		key, err := json.Marshal(m.Key)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(m.Value)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(append(out, key...), ':'), value...)
	}
	return append(out, '}'), nil
}

// MarshalJSON names the row, since the text of a cursor is the server's.
func (c cursorOf) MarshalJSON() ([]byte, error) {
	return json.Marshal("cursor of " + c.order.entity.FormatID(IDOf(c.order.entity, c.row)))
}

// difference says where an answer differs from what is wanted, "" if it does not.
func (j *Judge) difference(path string, want, got any) string {
	switch want := want.(type) {
	case Object:
		return j.objects(path, want, got)
	case List:
		return j.lists(path, want, got)
	case cursorOf:
		return j.checkCursor(path, want, got)
	case approx:
		number, ok := got.(json.Number)
		f, err := number.Float64()
		if ok && err == nil && math.Abs(f-float64(want)) <= 1e-14*math.Abs(float64(want)) {
			return ""
		}
	case quotient:
		text, _ := got.(string)
		if r, ok := new(big.Rat).SetString(text); ok && near(r, want.Rat) {
			return ""
		}
	default:
		if _, composite := got.(Object); composite {
			break
		}
		if _, composite := got.(List); !composite && want == got {
			return ""
		}
	}
	return fmt.Sprintf("%s: got %s, want %s", path, render(got), render(want))
}

// near reports whether two averages agree in 15 digits, or behind the 15th decimal.
func near(a, b *big.Rat) bool {
	apart, least := new(big.Rat).Sub(a, b), new(big.Rat).Abs(b)
	if one := big.NewRat(1, 1); least.Cmp(one) < 0 {
		least = one
	}
	return apart.Abs(apart).Cmp(least.Mul(least, big.NewRat(1, 1_000_000_000_000_000))) <= 0
}

func (j *Judge) objects(path string, want Object, got any) string {
	object, ok := got.(Object)
	if !ok || len(object) != len(want) {
		return fmt.Sprintf("%s: got %s, want %s", path, render(got), render(want))
	}
	for i, m := range want {
		if object[i].Key != m.Key {
			return fmt.Sprintf("%s: got the key %q, want %q", path, object[i].Key, m.Key)
		}
		if d := j.difference(path+"."+m.Key, m.Value, object[i].Value); d != "" {
			return d
		}
	}
	return ""
}

func (j *Judge) lists(path string, want List, got any) string {
	list, ok := got.(List)
	if !ok || len(list) != len(want) {
		return fmt.Sprintf("%s: got %s, want %s", path, render(got), render(want))
	}
	for i, item := range want {
		if d := j.difference(fmt.Sprintf("%s.%d", path, i), item, list[i]); d != "" {
			return d
		}
	}
	return ""
}

// render is a value as JSON, for people.
func render(v any) string {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Sprintf("%v", v)
	}
	return string(bytes.TrimSpace(out.Bytes()))
}
