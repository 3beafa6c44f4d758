package hostile

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// raw is a value as it is written in JSON and in a GraphQL document; an empty lit has no
// form there.
type raw struct{ json, lit string }

// both is a value that JSON and GraphQL write alike.
func both(s string) raw { return raw{s, s} }

// text is a string; GraphQL knows the escapes of JSON.
func text(s string) raw {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always marshals
	}
	return both(string(b))
}

func enum(s string) raw { return raw{strconv.Quote(s), s} }

// object is an input object, list a list; their values are raw, object or list.
type (
	object map[string]any
	list   []any
)

// appendJSON writes a value as JSON, appendLiteral as a literal.
func appendJSON(dst []byte, v any) []byte {
	switch v := v.(type) {
	case raw:
		return append(dst, v.json...)
	case list:
		return appendItems(append(dst, '['), v, ']', appendJSON)
	case object:
		dst = append(dst, '{')
		for i, key := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendJSON(append(strconv.AppendQuote(dst, key), ':'), v[key])
		}
		return append(dst, '}')
	}
	panic(fmt.Sprintf("no value: %T", v))
}

func appendLiteral(dst []byte, v any) []byte {
	switch v := v.(type) {
	case raw:
		return append(dst, v.lit...)
	case list:
		return appendItems(append(dst, '['), v, ']', appendLiteral)
	case object:
		dst = append(dst, '{')
		for i, key := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendLiteral(append(append(dst, key...), ':'), v[key])
		}
		return append(dst, '}')
	}
	panic(fmt.Sprintf("no value: %T", v))
}

func appendItems(dst []byte, items list, end byte, each func([]byte, any) []byte) []byte {
	for i, item := range items {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = each(dst, item)
	}
	return append(dst, end)
}

// literal reports whether a value can be written in a document.
func literal(v any) bool {
	switch v := v.(type) {
	case raw:
		return v.lit != ""
	case list:
		return !slices.ContainsFunc(v, func(item any) bool { return !literal(item) })
	case object:
		for _, item := range v {
			if !literal(item) {
				return false
			}
		}
	}
	return true
}

// put returns a copy of a value with another one at the path; what is missing on the way
// is made.
func put(v any, path []string, leaf any) any {
	if len(path) == 0 {
		return leaf
	}
	if path[0] == "[]" {
		items, _ := v.(list)
		if len(items) == 0 {
			items = list{nil}
		}
		return list{put(items[0], path[1:], leaf)}
	}
	out := object{}
	if old, ok := v.(object); ok {
		maps.Copy(out, old)
	}
	out[path[0]] = put(out[path[0]], path[1:], leaf)
	return out
}

// cut shortens a text for people.
func cut(s string) string {
	const most = 600
	if len(s) > most {
		s = s[:most] + "… (" + strconv.Itoa(len(s)) + " bytes)"
	}
	return strings.ToValidUTF8(s, "?")
}
