package codegen

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"entgo.io/ent/entc/gen"
)

// writeHints writes migrate/hints.go with what entity.RenamedFrom and entity.Backfill
// say; without any there is no such file.
func (x *extension) writeHints(g *gen.Graph) error {
	var b bytes.Buffer
	for _, node := range g.Nodes {
		a, err := annotation(node.Annotations)
		if err != nil {
			return fmt.Errorf("%s: read annotations: %w", node.Name, err)
		}
		table := node.Table()
		if a.RenamedFrom != "" {
			fmt.Fprintf(&b, "\tRenamed[%q] = %q\n", a.RenamedFrom, table)
		}
		for _, f := range node.Fields {
			a, err := annotation(f.Annotations)
			if err != nil {
				return fmt.Errorf("%s.%s: read annotations: %w", node.Name, f.Name, err)
			}
			if a.RenamedFrom != "" {
				fmt.Fprintf(&b, "\tRenamed[%q] = %q\n", table+"."+a.RenamedFrom, f.StorageKey())
			}
			if a.Backfill != "" {
				fmt.Fprintf(&b, "\tBackfill[%q] = %q\n", table+"."+f.StorageKey(), a.Backfill)
			}
		}
	}
	path := x.config.Ent + "/migrate/hints.go"
	if b.Len() == 0 {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove the hints for migrations: %w", err)
		}
		return nil
	}
	return writeFile(path, []byte(hintsHead+b.String()+"}\n"))
}

const hintsHead = `// Code generated from ent/schema by ./run.sh generate. DO NOT EDIT.

package migrate

func init() {
`
