package schemadiff

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Change is one property in which an object is not what it should be; "" is unset.
type Change struct {
	Property string `json:"property"`
	Have     string `json:"have"`
	Want     string `json:"want"`
}

// String says it for people: "default is unset, not 1".
func (c Change) String() string {
	return fmt.Sprintf("%s is %s, not %s", c.Property, or(c.Have), or(c.Want))
}

func or(text string) string {
	if text == "" {
		return "unset"
	}
	return text
}

// Changes lists how an object differs from what it should be, by property.
func Changes(have, want *Object) (all []Change) {
	a, b := properties(have), properties(want)
	names := maps.Clone(a)
	maps.Copy(names, b)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if a[name] != b[name] {
			all = append(all, Change{name, a[name], b[name]})
		}
	}
	return all
}

// propertyNames are those that people know by another name than the catalog's.
var propertyNames = map[string]string{
	"def": "definition", "of": "kind", "security": "row-level security", "force": "row-level security for the owner",
	"replica": "replica identity", "bound": "bounds", "target": "statistics target", "ref": "table referred to",
}

// switches are the properties that are on or off.
var switches = []string{"not_null", "unique", "invalid", "materialized", "security", "force", "cycle"}

// properties gives what an object is, by property.
func properties(o *Object) map[string]string {
	out := map[string]string{"comment": o.Comment}
	data, err := json.Marshal(o)
	if err != nil {
		return map[string]string{"definition": err.Error()}
	}
	addProperties(out, "", data)
	for _, name := range switches {
		if name = propertyName(name); out[name] == "" {
			out[name] = "off"
		}
	}
	return out
}

// addProperties adds the members of an object of JSON, with a prefix to their names.
func addProperties(out map[string]string, prefix string, data []byte) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		out["definition"] = err.Error()
		return
	}
	for name, value := range members {
		switch {
		case name == "attr":
			addProperties(out, prefix, value)
		case value[0] == '{':
			addProperties(out, prefix+name+" ", value)
		default:
			out[prefix+propertyName(name)] = plain(value)
		}
	}
}

func propertyName(name string) string {
	if known, ok := propertyNames[name]; ok {
		return known
	}
	return strings.ReplaceAll(name, "_", " ")
}

// plain gives a value of JSON without its quotes, and a switch as people say it.
func plain(value []byte) string {
	var text string
	switch {
	case string(value) == "true":
		return "on"
	case string(value) == "false":
		return "off"
	case json.Unmarshal(value, &text) == nil:
		return text
	}
	return string(value)
}
