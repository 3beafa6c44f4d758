package rehearsal

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
)

// state is what must be the same after a migration went up, down and up again.
type state struct {
	schema *schemadiff.State
	rest   []string // see selectRest
}

// selectRest describes what a plan of changes need not know, a line each, by name: what
// partitions have of their own, the columns of views and foreign tables, and the indexes
// of constraints.
const selectRest = `WITH own AS (SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'),
rel AS (SELECT c.*, format('%I.%I', own.nspname, c.relname) AS name FROM pg_class c JOIN own ON own.oid = c.relnamespace
  WHERE NOT (own.nspname = 'public' AND c.relname IN ('` + sqlfile.Revisions + `', '` + sqlfile.Revisions + `_pkey'))
  AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e'))
SELECT line FROM (
SELECT format('column %s.%I %s%s%s%s', rel.name, attname, format_type(atttypid, atttypmod), CASE WHEN attnotnull THEN ' not null' END,
  ' default ' || pg_get_expr(adbin, adrelid), CASE WHEN attgenerated <> '' THEN ' generated' END)
  || coalesce(' collate ' || (SELECT l.collname FROM pg_collation l JOIN pg_type t ON t.oid = a.atttypid WHERE l.oid = a.attcollation AND a.attcollation <> t.typcollation), '') AS line
  FROM rel JOIN pg_attribute a ON a.attrelid = rel.oid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE attnum > 0 AND NOT attisdropped AND (attinhcount > 0 AND relkind IN ('r', 'p') OR relkind IN ('v', 'm', 'f'))
UNION ALL SELECT format('constraint %s %I %s', name, conname, pg_get_constraintdef(k.oid)) FROM pg_constraint k JOIN rel ON rel.oid = conrelid
  WHERE (conparentid <> 0 OR coninhcount > 0 OR relkind = 'f') AND contype <> 't'
UNION ALL SELECT format('index %s%s', pg_get_indexdef(indexrelid), CASE WHEN NOT indisvalid THEN ' invalid' END) FROM pg_index JOIN rel ON rel.oid = indexrelid
  WHERE EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid) OR EXISTS (SELECT FROM pg_inherits WHERE inhrelid = indexrelid)
UNION ALL SELECT format('trigger %s %s', pg_get_triggerdef(t.oid), tgenabled) FROM pg_trigger t JOIN rel ON rel.oid = tgrelid
  WHERE NOT tgisinternal AND (tgparentid <> 0 OR relkind = 'f')
UNION ALL SELECT format('comment on %s %s', pg_describe_object(classoid, objoid, objsubid), description) FROM pg_description JOIN rel ON rel.oid = objoid
  WHERE classoid = 'pg_class'::regclass AND (objsubid > 0 OR relkind IN ('i', 'I', 'S', 'f'))
) AS rest ORDER BY line COLLATE "C"`

// readState describes the schema of a database.
func readState(ctx context.Context, d *scratch) (s state, err error) {
	if err := d.reset(ctx); err != nil { // a watched file may have become somebody else
		return state{}, err
	}
	if s.schema, err = d.session.Read(ctx); err != nil {
		return state{}, err
	}
	rows, err := d.conn.Query(ctx, selectRest)
	if err != nil {
		return state{}, fmt.Errorf("describe schema: %w", err)
	}
	s.rest, err = pgx.CollectRows(rows, pgx.RowTo[string])
	return s, wrap("describe schema", err)
}

// difference lists how got differs from want, "" for equal states. What is in the rest is
// told when nothing else is, as much of it follows from other differences: with "-" what
// want has and got lacks, with "+" the reverse.
func difference(want, got state) string {
	if all := schemadiff.Differences(got.schema, want.schema); len(all) > 0 {
		return schemadiff.Lines(all)
	}
	var lines []string
	for _, l := range want.rest {
		if !slices.Contains(got.rest, l) {
			lines = append(lines, "- "+l)
		}
	}
	for _, l := range got.rest {
		if !slices.Contains(want.rest, l) {
			lines = append(lines, "+ "+l)
		}
	}
	return strings.Join(lines, "\n")
}
