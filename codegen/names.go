package codegen

import (
	"fmt"
	"strings"
	"unicode"

	"entgo.io/ent/entc/gen"
)

// Ent's own naming functions, so that the API, the table and Ent's code agree.
var (
	pascal = gen.Funcs["pascal"].(func(string) string)
	camel  = gen.Funcs["camel"].(func(string) string)
	snake  = gen.Funcs["snake"].(func(string) string)
	plural = gen.Funcs["plural"].(func(string) string)
)

// apiName is the GraphQL name of a field or edge: "published_at" and "publishedAt"
// both give "publishedAt".
func apiName(name string) string { return camel(snake(name)) }

// listName is the query field of all entities of a type: "posts", "urls", "people".
func listName(typ string) string {
	many := plural(typ)
	if ending, ok := strings.CutPrefix(many, typ); ok {
		return lowerFirst(typ) + ending
	}
	return lowerFirst(many)
}

// lowerFirst makes a field name of a type name: "Post" to "post", "APIKey" to
// "apiKey".
func lowerFirst(s string) string {
	runes := []rune(s)
	for i, r := range runes {
		if i > 0 && i+1 < len(runes) && unicode.IsLower(runes[i+1]) || unicode.IsLower(r) {
			break
		}
		runes[i] = unicode.ToLower(r)
	}
	return string(runes)
}

// commentOf is the text of schema.Comment, "" without it.
func commentOf(node *gen.Type) string {
	m, _ := node.Annotations["Comment"].(map[string]any)
	s, _ := m["Text"].(string)
	return s
}

// spelled writes what Go has in no name, or Ent cannot capitalise, as its number: "u00e4" for "ä".
func spelled(name string) string {
	var b strings.Builder
	for _, r := range name {
		if letter := 'a' <= r|0x20 && r|0x20 <= 'z'; letter || '0' <= r && r <= '9' || r == '_' || r == '-' || r == ' ' {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "u%04x", r)
		}
	}
	return b.String()
}
