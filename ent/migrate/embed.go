package migrate

import (
	"embed"
	"io/fs"
)

// The folder and not a pattern: the program must compile, to write the first file,
// while there is none. An empty atlas.sum is enough.
//
//go:embed migrations
var migrations embed.FS

// Migrations is the migration directory: versioned SQL files and atlas.sum, the ways
// back in down, and the functions.
var Migrations fs.FS = Directory{root()}

// SchemaSQL is the whole schema as it should be, written by "entgraph schema print".
//
//go:embed schema.sql
var SchemaSQL string

// Renamed and Backfill are what schemas say with entity.RenamedFrom and
// entity.Backfill: by the old name of a table or table.column the new one, and by
// table.column the SQL expression for rows without a value. Generated code fills them.
var (
	Renamed  = map[string]string{}
	Backfill = map[string]string{}
)

func root() fs.FS {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the name is a constant and valid
	}
	return dir
}
