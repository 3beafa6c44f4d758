// Package answer compares what two servers answered. It evens out what may differ:
// how ids and times are spelled, the text of cursors, and the order of an object's
// keys. The order of lists counts.
package answer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.jetify.com/typeid"
)

// Parse reads an answer in its common form. An answer with errors is an error.
func Parse(body []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var out struct {
		Data   map[string]any
		Errors []any
	}
	if err := dec.Decode(&out); err != nil {
		return nil, fmt.Errorf("read answer %s: %w", short(string(body)), err)
	}
	if len(out.Errors) > 0 || out.Data == nil {
		return nil, fmt.Errorf("the answer has errors: %s", short(string(body)))
	}
	return even("", out.Data), nil
}

// even gives the common form of a value that stands under a key.
func even(key string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, value := range v {
			v[k] = even(k, value)
		}
	case []any:
		for i, value := range v {
			v[i] = even(key, value)
		}
	case string:
		return evenText(key, v)
	}
	return v
}

func evenText(key, s string) string {
	switch key {
	case "id":
		if id, err := typeid.FromString(s); err == nil {
			return id.UUID()
		}
	case "cursor", "startCursor", "endCursor":
		return "a cursor"
	case "createdAt", "updatedAt", "publishedAt", "month":
		if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
			return t.UTC().Format(time.RFC3339Nano)
		}
	}
	return s
}

// Unordered gives an answer in common form in which the edges of every connection
// under a key are sorted, so that their order does not count.
func Unordered(v any, key string) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, value := range v {
			out[k] = Unordered(value, key)
			connection, _ := out[k].(map[string]any)
			if edges, ok := connection["edges"].([]any); ok && k == key {
				slices.SortFunc(edges, func(a, b any) int { return strings.Compare(text(a), text(b)) })
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, value := range v {
			out[i] = Unordered(value, key)
		}
		return out
	}
	return v
}

// Difference tells the first place where two answers in common form differ, and ""
// when they are equal.
func Difference(a, b any) string { return difference("data", a, b) }

func difference(path string, a, b any) string {
	switch x := a.(type) {
	case map[string]any:
		if y, ok := b.(map[string]any); ok {
			return objects(path, x, y)
		}
	case []any:
		if y, ok := b.([]any); ok {
			return lists(path, x, y)
		}
	default:
		if a == b {
			return ""
		}
	}
	return fmt.Sprintf("%s: %s or %s", path, text(a), text(b))
}

func objects(path string, a, b map[string]any) string {
	keys := slices.Collect(maps.Keys(a))
	keys = slices.AppendSeq(keys, maps.Keys(b))
	slices.Sort(keys)
	for _, key := range slices.Compact(keys) {
		x, inA := a[key]
		y, inB := b[key]
		at := path + "." + key
		if inA != inB {
			return at + ": only one has it"
		}
		if d := difference(at, x, y); d != "" {
			return d
		}
	}
	return ""
}

func lists(path string, a, b []any) string {
	for i := range min(len(a), len(b)) {
		if d := difference(fmt.Sprintf("%s[%d]", path, i), a[i], b[i]); d != "" {
			return d
		}
	}
	if len(a) != len(b) {
		return fmt.Sprintf("%s: %d or %d entries", path, len(a), len(b))
	}
	return ""
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return short(string(b))
}

func short(s string) string {
	const most = 300
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
