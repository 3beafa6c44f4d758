package rehearsal

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// selectState describes every object outside of Postgres' own schemas, a line each,
// by name: what must be the same after a migration went up, down and up again.
const selectState = `WITH own AS (SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'),
member AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e'),
rel AS (SELECT c.*, format('%I.%I', own.nspname, c.relname) AS name FROM pg_class c JOIN own ON own.oid = c.relnamespace
  WHERE NOT (own.nspname = 'public' AND c.relname IN ('atlas_schema_revisions', 'atlas_schema_revisions_pkey'))
  AND ('pg_class'::regclass, c.oid) NOT IN (SELECT classid, objid FROM member))
SELECT line FROM (
SELECT format('schema %I', nspname) AS line FROM own
UNION ALL SELECT format('extension %I', extname) FROM pg_extension
UNION ALL SELECT format('%s %s%s%s%s%s', CASE relkind WHEN 'S' THEN 'sequence' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' ELSE 'table' END, name,
  CASE WHEN relpersistence <> 'p' THEN ' persistence ' || relpersistence::text END, CASE WHEN relrowsecurity THEN ' row security' END,
  CASE WHEN relforcerowsecurity THEN ' forced' END, ' ' || array_to_string(reloptions, ',')) || coalesce(' ' || pg_get_expr(relpartbound, oid), '')
  FROM rel WHERE relkind NOT IN ('i', 'I', 'c')
UNION ALL SELECT format('column %s.%I %s%s%s%s%s', rel.name, attname, format_type(atttypid, atttypmod), CASE WHEN attnotnull THEN ' not null' END,
  ' default ' || pg_get_expr(adbin, adrelid), CASE WHEN attidentity <> '' THEN ' identity ' || attidentity::text END, CASE WHEN attgenerated <> '' THEN ' generated' END)
  || coalesce(' collate ' || (SELECT l.collname FROM pg_collation l JOIN pg_type t ON t.oid = a.atttypid WHERE l.oid = a.attcollation AND a.attcollation <> t.typcollation), '')
  FROM rel JOIN pg_attribute a ON a.attrelid = rel.oid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE attnum > 0 AND NOT attisdropped AND relkind NOT IN ('i', 'I', 'S')
UNION ALL SELECT format('constraint %s%s %I %s', (SELECT name FROM rel WHERE rel.oid = conrelid), NULLIF(contypid, 0)::regtype, conname, pg_get_constraintdef(oid))
  FROM pg_constraint WHERE connamespace IN (SELECT oid FROM own) AND (conrelid = 0 OR conrelid IN (SELECT oid FROM rel)) AND contype <> 't'
UNION ALL SELECT format('index %s%s', pg_get_indexdef(indexrelid), CASE WHEN NOT indisvalid THEN ' invalid' END) FROM pg_index JOIN rel ON rel.oid = indexrelid
UNION ALL SELECT format('view %s as %s', name, pg_get_viewdef(oid)) FROM rel WHERE relkind IN ('v', 'm')
UNION ALL SELECT format('sequence %I.%I %s start %s by %s from %s to %s cycle %s', schemaname, sequencename, data_type, start_value, increment_by, min_value, max_value, cycle)
  FROM pg_sequences
UNION ALL SELECT format('type %s %s %s', t.oid::regtype, typtype, coalesce((SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid),
  (SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = t.typrelid AND NOT attisdropped),
  format_type(typbasetype, typtypmod))) FROM pg_type t LEFT JOIN pg_class c ON c.oid = typrelid
  WHERE typnamespace IN (SELECT oid FROM own) AND (typtype IN ('e', 'd', 'r') OR c.relkind = 'c') AND ('pg_type'::regclass, t.oid) NOT IN (SELECT classid, objid FROM member)
UNION ALL SELECT format('function %s %s', p.oid::regprocedure, CASE WHEN prokind IN ('f', 'p') THEN pg_get_functiondef(p.oid) END)
  FROM pg_proc p WHERE pronamespace IN (SELECT oid FROM own) AND ('pg_proc'::regclass, p.oid) NOT IN (SELECT classid, objid FROM member)
UNION ALL SELECT format('trigger %s %s', pg_get_triggerdef(t.oid), tgenabled) FROM pg_trigger t JOIN rel ON rel.oid = tgrelid WHERE NOT tgisinternal
UNION ALL SELECT format('policy %I on %I.%I %s %s to %s using %s check %s', policyname, schemaname, tablename, permissive, cmd, roles, qual, with_check) FROM pg_policies
UNION ALL SELECT format('rule %s', pg_get_ruledef(r.oid)) FROM pg_rewrite r JOIN rel ON rel.oid = ev_class WHERE rulename <> '_RETURN'
UNION ALL SELECT format('statistics %s', pg_get_statisticsobjdef(oid)) FROM pg_statistic_ext
UNION ALL SELECT format('comment on %s %s', pg_describe_object(classoid, objoid, objsubid), description) FROM pg_description
  WHERE classoid = 'pg_class'::regclass AND objoid IN (SELECT oid FROM rel)
) AS everything WHERE line IS NOT NULL ORDER BY line COLLATE "C"`

// readState describes the schema of a database. Equal databases have equal lines.
func readState(ctx context.Context, conn *pgx.Conn) ([]string, error) {
	rows, err := conn.Query(ctx, selectState)
	if err != nil {
		return nil, fmt.Errorf("describe schema: %w", err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("describe schema: %w", err)
	}
	return lines, nil
}

// difference lists what want has and got lacks, with "-", and the reverse, with "+".
// It is "" for equal states.
func difference(want, got []string) string {
	var lines []string
	for _, l := range want {
		if !slices.Contains(got, l) {
			lines = append(lines, "- "+l)
		}
	}
	for _, l := range got {
		if !slices.Contains(want, l) {
			lines = append(lines, "+ "+l)
		}
	}
	return strings.Join(lines, "\n")
}
