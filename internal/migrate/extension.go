package migrate

import (
	"context"
	"fmt"
	"maps"
	"slices"

	atlas "ariga.io/atlas/sql/migrate"
	entschema "entgo.io/ent/dialect/sql/schema"
)

// extensionOf names the extension that an operator class comes with. Atlas' planner
// leaves extensions out, and Ent has no word for them.
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

// addExtensions puts what the tables need and the database lacks before a plan.
func (s *session) addExtensions(ctx context.Context, plan *atlas.Plan, tables []*entschema.Table) error {
	var missing []*atlas.Change
	for _, name := range extensions(tables) {
		var there bool
		if err := s.conn.QueryRowContext(ctx, `SELECT EXISTS (SELECT FROM pg_extension WHERE extname = $1)`, name).Scan(&there); err != nil {
			return fmt.Errorf("look for extension %s: %w", name, err)
		}
		if !there {
			missing = append(missing, &atlas.Change{Cmd: createExtension(name), Comment: fmt.Sprintf("add extension %q", name)})
		}
	}
	plan.Changes = append(missing, plan.Changes...)
	return nil
}
