package schemadiff

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Changes describes how an object differs from what it should be, in words for people.
func Changes(have, want *Object) (all []string) {
	a, b := fields(have), fields(want)
	names := slices.Sorted(maps.Keys(a))
	for name := range b {
		if _, ok := a[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if a[name] != b[name] {
			all = append(all, fmt.Sprintf("%s is %s, not %s", strings.ReplaceAll(name, "_", " "), or(a[name]), or(b[name])))
		}
	}
	return all
}

func or(text string) string {
	if text == "" {
		return "unset"
	}
	return text
}

var fieldNames = map[string]string{"def": "definition", "attr": "attributes"}

func fields(o *Object) map[string]string {
	out := map[string]string{}
	var raw map[string]json.RawMessage
	data, err := json.Marshal(o)
	if err == nil {
		err = json.Unmarshal(data, &raw)
	}
	if err != nil {
		return map[string]string{"definition": err.Error()}
	}
	for name, value := range raw {
		if long, ok := fieldNames[name]; ok {
			name = long
		}
		out[name] = string(value)
	}
	if o.Comment != "" {
		out["comment"] = literal(o.Comment)
	}
	return out
}
