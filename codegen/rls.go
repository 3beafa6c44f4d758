package codegen

import (
	"fmt"
	"os"
	"path/filepath"

	"entgo.io/ent/entc/gen"

	"github.com/entgraph/entgraph/internal/rls"
)

// writeRules writes migrate/objects/policies.sql, the access rules as row-level security,
// from which migrations are planned.
func (x *extension) writeRules(m *model, g *gen.Graph) error {
	tables, err := plannedTables(g)
	if err != nil {
		return fmt.Errorf("write the rules as policies: %w", err)
	}
	path := x.config.Ent + "/migrate/objects/policies.sql"
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("write the rules as policies: %w", err)
	}
	return writeFile(path, []byte(rls.Make(m.graph, tables, m.unsecured...).SQL()))
}
