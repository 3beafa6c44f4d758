package plan

import (
	"context"
	"strings"

	entschema "entgo.io/ent/dialect/sql/schema"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/sqltext"
)

// External describes the tables of others for [database.UpOptions]: what stands in for them in
// development and tests has their columns and indexes, and no foreign keys.
func External(ctx context.Context, tables []*entschema.Table) (database.External, error) {
	var out database.External
	if len(tables) == 0 {
		return out, nil
	}
	var bare []*entschema.Table
	for _, t := range tables {
		out.Tables = append(out.Tables, sqltext.Table(t.Schema, t.Name))
		copied := entity.WithForeignKeys(t, nil)
		if copied.Schema == "" {
			copied.Schema = sqltext.Public // search_path is the session's own
		}
		bare = append(bare, copied)
	}
	text, err := SchemaSQL(ctx, bare)
	out.SQL = onlyMissing.Replace(text)
	return out, err
}

// onlyMissing has statements of Ent make what is not there.
var onlyMissing = strings.NewReplacer(
	"CREATE SCHEMA \"", "CREATE SCHEMA IF NOT EXISTS \"", "CREATE TABLE \"", "CREATE TABLE IF NOT EXISTS \"",
	"CREATE INDEX \"", "CREATE INDEX IF NOT EXISTS \"", "CREATE UNIQUE INDEX \"", "CREATE UNIQUE INDEX IF NOT EXISTS \"",
)
