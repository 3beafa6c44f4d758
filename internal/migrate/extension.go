package migrate

import (
	"fmt"
	"maps"
	"slices"

	entschema "entgo.io/ent/dialect/sql/schema"
)

// extensionOf names the extension that an operator class comes with. Ent has
// no word for extensions.
var extensionOf = map[string]string{
	"gin_trgm_ops":  "pg_trgm",
	"gist_trgm_ops": "pg_trgm",
}

// extensions lists what the indexes of tables need, sorted.
func extensions(tables []*entschema.Table) []string {
	found := map[string]bool{}
	for _, t := range tables {
		for _, i := range t.Indexes {
			if i.Annotation == nil {
				continue
			}
			for _, class := range append(slices.Collect(maps.Values(i.Annotation.OpClassColumns)), i.Annotation.OpClass) {
				if name := extensionOf[class]; name != "" {
					found[name] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

func createExtension(name string) string {
	return fmt.Sprintf("CREATE EXTENSION IF NOT EXISTS %q", name)
}
