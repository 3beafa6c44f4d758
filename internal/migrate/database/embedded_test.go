package database_test

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	entmigrate "github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/migratetest"
)

// selectSchema describes everything in a database but its rows, a line each.
const selectSchema = `SELECT line FROM (
  SELECT format('column %s.%s %s %s %s %s %s', a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod),
    a.attnotnull, a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid)) AS line
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'S') AND c.relnamespace = 'public'::regnamespace
  UNION ALL SELECT format('constraint %s.%s %s %s', conrelid::regclass, conname, convalidated, pg_get_constraintdef(oid))
  FROM pg_constraint WHERE connamespace = 'public'::regnamespace
  UNION ALL SELECT format('index %s %s', indisvalid, pg_get_indexdef(indexrelid))
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relnamespace = 'public'::regnamespace
  UNION ALL SELECT format('type %s %s', t.oid::regtype, (SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid))
  FROM pg_type t WHERE t.typnamespace = 'public'::regnamespace AND t.typtype IN ('e', 'd')
  UNION ALL SELECT format('function %s', p.oid::regprocedure) FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
  UNION ALL SELECT format('extension %s', extname) FROM pg_extension
  UNION ALL SELECT format('comment %s %s %s', d.objoid::regclass,
    (SELECT attname FROM pg_attribute WHERE attrelid = d.objoid AND attnum = d.objsubid), d.description)
  FROM pg_description d JOIN pg_class c ON c.oid = d.objoid AND d.classoid = 'pg_class'::regclass WHERE c.relnamespace = 'public'::regnamespace
) AS all_of_it ORDER BY line`

// dump describes a database's schema without the revisions table.
func dump(t *testing.T, conn *pgx.Conn) string {
	t.Helper()
	var kept []string
	for _, line := range migratetest.Column[string](t, conn, selectSchema) {
		if !strings.Contains(line, "atlas_schema_revisions") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}

// Every migration of the program has a way back that leads to where it came from.
func TestEmbeddedMigrationsGoDownAndUp(t *testing.T) {
	t.Parallel()
	dir := entmigrate.Migrations
	if err := folder.Validate(dir); err != nil {
		t.Fatal(err)
	}
	files, err := fs.Glob(dir, "*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("migrations: %v, %v", files, err)
	}
	url := empty(t)
	conn := migratetest.Connect(t, url)
	for _, name := range files {
		before := dump(t, conn)
		oneUp := func() {
			if _, err := database.Up(t.Context(), url, dir, database.UpOptions{Limit: 1}); err != nil {
				t.Fatal(err)
			}
		}
		oneUp()
		after := dump(t, conn)
		reverted, err := database.Down(t.Context(), url, dir, database.DownOptions{})
		if err != nil || len(reverted) != 1 || reverted[0].Name != name {
			t.Fatalf("%s: took back %v: %v", name, reverted, err)
		}
		if diff := cmp.Diff(before, dump(t, conn)); diff != "" {
			t.Errorf("%s, before and after up and down (-before +after):\n%s", name, diff)
		}
		oneUp()
		if diff := cmp.Diff(after, dump(t, conn)); diff != "" {
			t.Errorf("%s, the second time up (-first +second):\n%s", name, diff)
		}
	}
	if _, err := database.Down(t.Context(), url, dir, database.DownOptions{To: folder.Base}); err != nil {
		t.Fatal(err)
	}
	if st, err := database.ReadStatus(t.Context(), url, dir); err != nil || st.Unmanaged || len(st.Applied) > 0 {
		t.Errorf("at the base: %+v, %v", st, err)
	}
}
