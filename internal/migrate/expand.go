package migrate

import (
	"strings"

	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
)

// BeforeContract gives the version of the last of files, as [Diff] has named them, that
// old programs can live with, and the file after it: nothing where they can with all.
func BeforeContract(files []string, name string) (version, contract string) {
	for i, f := range files {
		v, rest, _ := strings.Cut(strings.TrimSuffix(strings.TrimSuffix(f, ".sql"), sqlfile.Compatible), "_")
		if part := strings.TrimPrefix(rest, name); part == "_contract" || strings.HasPrefix(part, "_contract_") {
			if i == 0 {
				return "", f
			}
			return version, f
		}
		version = v
	}
	return "", ""
}
