package migrate

import (
	"context"
	"database/sql"
	"io/fs"
)

// funcs are the migrations of data in Go, by the name in the file's name: the function
// "fill_bio" runs in the place of migrations/<version>_fill_bio.sql, which begins with
// "-- entgraph:go". It works by SQL on the given connection and not by the Ent client,
// which knows only the newest schema, and it must not end the transaction.
var funcs = map[string]func(ctx context.Context, conn *sql.Conn) error{}

// Directory is a migration directory together with the program's Go functions.
type Directory struct{ fs.FS }

// Func gives the function of a name, nil for none.
func (Directory) Func(name string) func(ctx context.Context, conn *sql.Conn) error {
	return funcs[name]
}
