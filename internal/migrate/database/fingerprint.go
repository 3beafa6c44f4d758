package database

import (
	"context"
	"fmt"
	"strings"

	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
)

// selectFingerprint describes all that a migration may have made outside of Postgres'
// own schemas, a line each, names in full: tables with their columns, constraints,
// indexes, sequences, types, functions, triggers, policies, rules, views, comments,
// extensions, owners and privileges.
//
// It is not schemadiff.Read on purpose. A checkpoint is planned from what that sees, so
// comparing with it would agree with whatever it leaves out: privileges, clustered
// indexes and all that it only names.
const selectFingerprint = `WITH own AS (SELECT oid, nspname, nspowner, nspacl FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'),
member AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e'),
rel AS (SELECT c.* FROM pg_class c JOIN own ON own.oid = c.relnamespace
  WHERE NOT (own.nspname = 'public' AND c.relname ~ '^` + sqlfile.Revisions + `(_pkey)?$')
  AND (c.tableoid, c.oid) NOT IN (SELECT classid, objid FROM member))
SELECT line FROM (
SELECT format('schema %s %s %s', nspname, nspowner::regrole, nspacl) AS line FROM own
UNION ALL SELECT format('extension %s', extname) FROM pg_extension
UNION ALL SELECT format('relation %s.%s %s %s %s %s %s %s %s %s', relnamespace::regnamespace, relname, relkind, relpersistence,
  relrowsecurity, relforcerowsecurity, reloptions, relacl, pg_get_expr(relpartbound, oid), relowner::regrole) FROM rel WHERE relkind <> 'i'
UNION ALL SELECT format('column %s.%s.%s %s %s %s %s %s %s %s', rel.relnamespace::regnamespace, rel.relname, a.attname,
  format_type(a.atttypid, a.atttypmod), a.attcollation::regcollation, a.attnotnull, a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid), a.attacl)
  FROM rel JOIN pg_attribute a ON a.attrelid = rel.oid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE a.attnum > 0 AND NOT a.attisdropped AND rel.relkind <> 'i'
UNION ALL SELECT format('constraint %s.%s %s %s %s', conrelid::regclass, contypid::regtype, conname, convalidated, pg_get_constraintdef(oid))
  FROM pg_constraint WHERE connamespace IN (SELECT oid FROM own) AND conrelid IN (SELECT oid FROM rel UNION SELECT 0::oid)
UNION ALL SELECT format('index %s %s %s', i.indisvalid, i.indisclustered, pg_get_indexdef(i.indexrelid)) FROM pg_index i JOIN rel ON rel.oid = i.indexrelid
UNION ALL SELECT format('view %s.%s %s', relnamespace::regnamespace, relname, pg_get_viewdef(oid)) FROM rel WHERE relkind IN ('v', 'm')
UNION ALL SELECT format('sequence %s.%s %s %s %s %s %s', schemaname, sequencename, data_type, start_value, increment_by, max_value, cycle)
  FROM pg_sequences
UNION ALL SELECT format('type %s %s %s %s %s', t.oid::regtype, t.typtype, coalesce(
  (SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid), format_type(t.typbasetype, t.typtypmod)), t.typowner::regrole, t.typacl)
  FROM pg_type t WHERE t.typnamespace IN (SELECT oid FROM own) AND t.typtype IN ('e', 'd', 'r') AND (t.tableoid, t.oid) NOT IN (SELECT classid, objid FROM member)
UNION ALL SELECT format('function %s %s %s %s', p.oid::regprocedure, p.proowner::regrole, p.proacl, CASE WHEN p.prokind IN ('f', 'p') THEN pg_get_functiondef(p.oid) END)
  FROM pg_proc p WHERE p.pronamespace IN (SELECT oid FROM own) AND (p.tableoid, p.oid) NOT IN (SELECT classid, objid FROM member)
UNION ALL SELECT format('trigger %s', pg_get_triggerdef(t.oid)) FROM pg_trigger t JOIN rel ON rel.oid = t.tgrelid WHERE NOT t.tgisinternal
UNION ALL SELECT format('policy %s %s %s %s %s %s %s', schemaname, tablename, policyname, roles, cmd, qual, with_check) FROM pg_policies
UNION ALL SELECT format('default privileges %s %s %s %s', defaclrole::regrole, nullif(defaclnamespace, 0)::regnamespace, defaclobjtype, defaclacl) FROM pg_default_acl
UNION ALL SELECT format('rule %s', pg_get_ruledef(r.oid)) FROM pg_rewrite r JOIN rel ON rel.oid = r.ev_class WHERE r.rulename <> '_RETURN'
UNION ALL SELECT format('comment %s %s %s', pg_describe_object(d.classoid, d.objoid, d.objsubid), d.objsubid > 0, d.description)
  FROM pg_description d WHERE d.objoid IN (SELECT oid FROM rel) AND d.classoid = 'pg_class'::regclass
) AS everything ORDER BY line`

// fingerprint describes the database's schemas and how many rows each table has. Two
// databases with one text hold the same, but for the content of the rows.
func (s *session) fingerprint(ctx context.Context) (string, error) {
	lines, err := scanAll(ctx, s.conn, selectFingerprint)
	if err != nil {
		return "", fmt.Errorf("describe database: %w", err)
	}
	tables, err := scanAll(ctx, s.conn, `SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables
WHERE schemaname !~ '^pg_' AND schemaname <> 'information_schema' AND tablename <> '`+sqlfile.Revisions+`' ORDER BY 1`)
	if err != nil {
		return "", fmt.Errorf("describe database: %w", err)
	}
	for _, table := range tables {
		var n int64
		if err := scanOne(ctx, s.conn, &n, "SELECT count(*) FROM "+table); err != nil {
			return "", fmt.Errorf("count rows of %s: %w", table, err)
		}
		lines = append(lines, fmt.Sprintf("rows %s %d", table, n))
	}
	return strings.Join(lines, "\n"), nil
}
