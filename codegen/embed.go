package codegen

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// writeEmbed writes migrate/embed.go, which carries the migrations into the program. The
// folder of migrations is made when there is none, since the program must compile to write
// the first one: an empty atlas.sum is enough.
func (x *extension) writeEmbed() error {
	dir := filepath.Join(x.config.Ent, "migrate")
	sum := filepath.Join(dir, "migrations", "atlas.sum")
	if err := os.MkdirAll(filepath.Dir(sum), 0o755); err != nil {
		return fmt.Errorf("make the folder of migrations: %w", err)
	}
	if _, err := os.Stat(sum); errors.Is(err, fs.ErrNotExist) {
		if err := os.WriteFile(sum, nil, 0o644); err != nil {
			return fmt.Errorf("make the folder of migrations: %w", err)
		}
	}
	return writeFile(filepath.Join(dir, "embed.go"), []byte(embedFile))
}

const embedFile = `// Code generated from ent/schema by ./run.sh generate. DO NOT EDIT.

package migrate

import (
	"embed"
	"io/fs"
)

// The folder and not a pattern: the program must compile, to write the first file, while
// there is none.
//
//go:embed migrations
var migrations embed.FS

// Migrations is the migration directory: versioned SQL files and atlas.sum, the ways back in
// down, and the functions of funcs.go.
var Migrations fs.FS = Directory{sub(migrations, "migrations")}

//go:embed objects
var objects embed.FS

// Objects are what Ent cannot say, as files of SQL: the access rules as row-level security,
// and what is written by hand.
var Objects = sub(objects, "objects")

// SchemaSQL is the whole schema as it should be.
//
//go:embed schema.sql
var SchemaSQL string

// Renamed and Backfill are what schemas say with entity.RenamedFrom and entity.Backfill: by
// the old name of a table or table.column the new one, and by table.column the SQL expression
// for rows without a value. Offer has the expression that is proposed where nothing is said,
// "" where validators may refuse any.
var (
	Renamed  = map[string]string{}
	Backfill = map[string]string{}
	Offer    = map[string]string{}
)

func sub(files embed.FS, name string) fs.FS {
	dir, err := fs.Sub(files, name)
	if err != nil {
		panic(err) // the name is a constant and valid
	}
	return dir
}
`
