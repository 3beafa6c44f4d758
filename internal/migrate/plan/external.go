package plan

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"

	entschema "entgo.io/ent/dialect/sql/schema"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
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
		out.Tables = append(out.Tables, database.NameOf(t))
		copied := entity.WithForeignKeys(t, nil)
		if copied.Schema == "" {
			copied.Schema = sqltext.Public // search_path is the session's own
		}
		bare = append(bare, copied)
	}
	text, err := SchemaSQL(ctx, bare)
	out.SQL = newType.ReplaceAllString(onlyMissing.Replace(text), "DO $$entgraph$$ BEGIN\n$0\nEXCEPTION WHEN duplicate_object THEN NULL;\nEND $$entgraph$$;")
	return out, err
}

// newType is a statement that makes an enum, for which Postgres knows no IF NOT EXISTS. No line of
// SchemaSQL but that of a statement begins so.
var newType = regexp.MustCompile(`(?m)^CREATE TYPE "(?:[^"]|"")+"\."(?:[^"]|"")+" AS ENUM \(.*\);$`)

// Others says which tables of a database no migration makes.
func Others(e entity.Engine) (out schemadiff.Others) {
	ours := []string{sqltext.Public}
	for _, t := range e.Tables {
		ours = append(ours, t.Schema)
	}
	for i := range e.Entities {
		if e.Entities[i].Place != entity.External {
			ours = append(ours, e.Entities[i].Schema)
		}
	}
	for _, t := range e.External {
		schema := cmp.Or(t.Schema, sqltext.Public)
		out.Tables = append(out.Tables, schemadiff.Key{Kind: schemadiff.Table, Schema: schema, Name: t.Name})
		if !slices.Contains(ours, schema) && !slices.Contains(out.Schemas, schema) {
			out.Schemas = append(out.Schemas, schema)
		}
	}
	return out
}

// onlyMissing has statements of Ent make what is not there.
var onlyMissing = strings.NewReplacer(
	"CREATE TABLE \"", "CREATE TABLE IF NOT EXISTS \"",
	"CREATE INDEX \"", "CREATE INDEX IF NOT EXISTS \"", "CREATE UNIQUE INDEX \"", "CREATE UNIQUE INDEX IF NOT EXISTS \"",
)
