package entity

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	// maxJSONDepth bounds how deep a document is nested. Postgres reads documents with
	// its stack and ends the statement when that is used up, below 10,000 levels.
	maxJSONDepth = 500
	// maxJSONDigits bounds the digits of a number in a document when it is written out,
	// as Postgres does: 1e100000 has seven characters and becomes 100,001. All doubles are
	// below. Postgres' own bound is 131,072 digits. Source: PostgreSQL manual, section 8.1.2.
	maxJSONDigits = 1000
)

// parseJSON decodes a document into T. Where T does not say otherwise, numbers keep
// their digits as json.Number. A key that T has no place for is an error, since it would
// be lost.
func parseJSON[T any](v any) (any, error) {
	if err := checkDocument(v, 0); err != nil {
		return nil, err
	}
	text, err := json.Marshal(v)
	if err != nil {
		return nil, badInput("does not have the right shape")
	}
	var out T
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	d.DisallowUnknownFields()
	if err := d.Decode(&out); err != nil {
		return nil, badInput("does not have the right shape")
	}
	if json.Unmarshal(text, new(T)) != nil { // as Ent reads the row when it is changed
		return nil, badInput("has a number that a double cannot hold, beyond 1.8e308")
	}
	if losesNull(v, reflect.TypeFor[T]()) {
		return nil, badInput("has a null where a value is needed")
	}
	return out, nil
}

var unmarshaler = reflect.TypeFor[json.Unmarshaler]()

// losesNull reports whether a document has a null that a type of Go has no place for:
// encoding/json would leave a zero value there.
func losesNull(v any, t reflect.Type) bool {
	for t.Kind() == reflect.Pointer {
		if v == nil || t.Implements(unmarshaler) {
			return false
		}
		t = t.Elem()
	}
	kind := t.Kind()
	if t.Implements(unmarshaler) || reflect.PointerTo(t).Implements(unmarshaler) || kind == reflect.Interface {
		return false
	}
	if v == nil {
		return kind != reflect.Map && kind != reflect.Slice
	}
	if object, ok := v.(map[string]any); ok {
		return slices.ContainsFunc(slices.Collect(maps.Keys(object)), func(key string) bool {
			switch kind {
			case reflect.Map:
				return losesNull(object[key], t.Elem())
			case reflect.Struct:
				f, ok := jsonField(t, key)
				return ok && losesNull(object[key], f)
			}
			return false
		})
	}
	if (kind != reflect.Slice && kind != reflect.Array) || reflect.ValueOf(v).Kind() != reflect.Slice {
		return false
	}
	return slices.ContainsFunc(Items(v), func(item any) bool { return losesNull(item, t.Elem()) })
}

// jsonField is the type of the field that encoding/json decodes a key into.
func jsonField(t reflect.Type, key string) (reflect.Type, bool) {
	var folded reflect.Type
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "-" || f.Anonymous && name == "" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		if name == key {
			return f.Type, true
		}
		if folded == nil && strings.EqualFold(name, key) {
			folded = f.Type
		}
	}
	return folded, folded != nil
}

// checkDocument refuses what Postgres could not store as it is.
func checkDocument(v any, depth int) error {
	if depth > maxJSONDepth {
		return badInput(fmt.Sprintf("must not be nested more than %d deep", maxJSONDepth))
	}
	switch v := v.(type) {
	case string:
		return checkDocumentText(v)
	case json.Number:
		return checkNumber(v.String())
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if err := checkDocumentText(key); err != nil {
				return err
			}
			if err := checkDocument(v[key], depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	if reflect.ValueOf(v).Kind() != reflect.Slice {
		return nil
	}
	for _, item := range Items(v) {
		if err := checkDocument(item, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func checkDocumentText(s string) error {
	switch {
	case !utf8.ValidString(s):
		return badInput("must be valid UTF-8")
	case strings.IndexByte(s, 0) >= 0:
		return badInput("must not contain the character U+0000")
	}
	return nil
}

// checkNumber bounds the digits of a number that is written as in JSON.
func checkNumber(s string) error {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(s), "e")
	n := 0
	if exponent != "" {
		var err error
		if n, err = strconv.Atoi(exponent); err != nil {
			n = maxJSONDigits + 1 // too large for an int
		}
	}
	if len(mantissa)+max(n, -n) > maxJSONDigits {
		return badInput(fmt.Sprintf("has a number of more than %d digits", maxJSONDigits))
	}
	return nil
}
