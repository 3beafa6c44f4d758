package introspection

import (
	"encoding/json"
	"strings"
	"testing"
)

// Comparable decodes an answer to [Query] without the specification's own types, whose
// texts and drafts differ between libraries.
func Comparable(t *testing.T, answer []byte) map[string]any {
	t.Helper()
	var data struct {
		Schema map[string]any `json:"__schema"`
	}
	if err := json.Unmarshal(answer, &data); err != nil {
		t.Fatalf("%v\n%.500s", err, answer)
	}
	for _, list := range []string{"types", "directives"} {
		var kept []any
		for _, v := range data.Schema[list].([]any) {
			if name := v.(map[string]any)["name"].(string); !strings.HasPrefix(name, "__") && !own[name] {
				kept = append(kept, v)
			}
		}
		data.Schema[list] = kept
	}
	return data.Schema
}

var own = map[string]bool{"Int": true, "Float": true, "String": true, "Boolean": true, "ID": true, "deprecated": true, "include": true, "oneOf": true, "skip": true, "specifiedBy": true}
