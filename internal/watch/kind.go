package watch

import (
	"path"
	"regexp"
	"strings"
)

// Kind is what follows from a change, one or several.
type Kind uint

const (
	// Generate: it is a source of what is generated, and the program is built after that.
	Generate Kind = 1 << iota
	// Build: it is a part of the program.
	Build
	// Objects: it says what the database has besides the tables of the schemas.
	Objects
	// Migrations: it belongs to the migration directory.
	Migrations
)

// generated is how Go and GraphQL files begin that a program has written.
var generated = regexp.MustCompile(`(?m)^\s*(?://|#|--) Code generated .*DO NOT EDIT\.?$`)

// headBytes is how much of a file tells whether it is generated.
const headBytes = 1024

// kindOf says what follows from a change of the file at a path below the project, with
// slashes; 0 for nothing. content is the file's, nil for one that is gone.
func kindOf(name string, content []byte) Kind {
	dir, ext := path.Dir(name), path.Ext(name)
	switch {
	case strings.HasPrefix(path.Base(name), "."), strings.HasSuffix(name, "~"):
		return 0 // of an editor
	case under(dir, "ent/migrate/migrations"):
		return Migrations
	case generated.Match(content[:min(len(content), headBytes)]):
		return 0
	case strings.HasSuffix(name, "_test.go"):
		return 0
	case name == "gqlgen.yml", name == "ent/entc.go", name == "ent/generate.go":
		return Generate
	case ext == ".go" && under(dir, "ent/schema"), ext == ".graphql" && dir == "graph":
		return Generate
	case ext == ".sql" && under(dir, "ent/migrate/objects"):
		return Objects
	case ext == ".go", name == "go.mod", name == "go.sum":
		return Build
	case under(dir, "graph") && (ext == ".graphql" || ext == ".json"):
		return Build // embedded
	}
	return 0
}

func under(dir, root string) bool { return dir == root || strings.HasPrefix(dir, root+"/") }

// skipped says which folders hold no sources of the project.
func skipped(name string) bool {
	base := path.Base(name)
	switch {
	case strings.HasPrefix(base, "."), strings.HasPrefix(base, "_"), base == "testdata", base == "node_modules", base == "vendor":
		return true
	}
	return name == "bin" || name == "web/dist"
}
