package seed

import (
	"context"
	"fmt"
	"regexp"
	"strconv"

	"github.com/jackc/pgx/v5"
)

// The tables are looked for in the schemas of the search_path, see [Options.setUp], and not by
// their bare name, which may mean a temporary table, see [Func].
const from = ` FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = ANY (current_schemas(false)) `

// names lists the columns of a key in its order.
func names(relation, numbers string) string {
	return `ARRAY(SELECT attname::text FROM unnest(` + numbers + `) WITH ORDINALITY part(number, place)
		JOIN pg_attribute ON attrelid = ` + relation + ` AND attnum = part.number ORDER BY place)`
}

// A domain counts as the type it is made of.
var columnsQuery = `SELECT c.relname::text, a.attname::text,
	CASE t.typtype WHEN 'd' THEN format_type(t.typbasetype, t.typtypmod) ELSE format_type(a.atttypid, a.atttypmod) END,
	a.attnotnull OR t.typnotnull, a.atthasdef OR a.attidentity <> '', a.attgenerated <> '',
	coalesce((SELECT pg_get_expr(adbin, adrelid) ~ '^nextval\(' FROM pg_attrdef WHERE adrelid = a.attrelid AND adnum = a.attnum), false),
	ARRAY(SELECT enumlabel::text FROM pg_enum WHERE enumtypid = t.oid ORDER BY enumsortorder)` + from + `
	JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
	JOIN pg_type t ON t.oid = a.atttypid
	WHERE c.relname = ANY($1) ORDER BY c.relname, a.attnum`

var checksQuery = `SELECT c.relname::text, k.conname::text, pg_get_expr(k.conbin, k.conrelid), ` + names("k.conrelid", "k.conkey") + from + `
	JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'c'
	WHERE c.relname = ANY($1) ORDER BY c.relname, k.conname`

var refsQuery = `SELECT c.relname::text, k.conname::text, f.relname::text, ` +
	names("k.conrelid", "k.conkey") + `, ` + names("k.confrelid", "k.confkey") + from + `
	JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'f'
	JOIN pg_class f ON f.oid = k.confrelid
	WHERE c.relname = ANY($1) ORDER BY c.relname, k.conname`

// An index of expressions counts as one of the columns that they read. Postgres 14 does not
// have indnullsnotdistinct.
var uniquesQuery = `SELECT c.relname::text, x.relname::text,
	coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false),
	ARRAY(SELECT attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND (a.attnum = ANY((i.indkey::int2[])[0:i.indnkeyatts - 1])
		OR i.indexprs IS NOT NULL AND a.attnum IN (SELECT refobjsubid FROM pg_depend
			WHERE classid = 'pg_class'::regclass AND objid = i.indexrelid AND refobjid = c.oid)) AND a.attnum > 0 ORDER BY a.attnum)` + from + `
	JOIN pg_index i ON i.indrelid = c.oid AND i.indisunique
	JOIN pg_class x ON x.oid = i.indexrelid
	WHERE c.relname = ANY($1) ORDER BY c.relname, x.relname`

func (m *model) readCatalog(ctx context.Context, tx pgx.Tx, tables []string) error {
	read := func(query string, into []any, add func()) error {
		rows, err := tx.Query(ctx, query, tables)
		if err == nil {
			_, err = pgx.ForEachRow(rows, into, func() error { add(); return nil })
		}
		if err != nil {
			return fmt.Errorf("read the catalogs: %w", err)
		}
		return nil
	}
	var relation, name, text string
	var a, b, c, d bool
	var list, more []string
	if err := read(columnsQuery, []any{&relation, &name, &text, &a, &b, &c, &d, &list}, func() {
		col := &column{table: relation, name: name, notNull: a, filled: b, computed: c, numbered: d, enums: list}
		col.typ, col.length = parseType(text)
		m.tables[relation].columns = append(m.tables[relation].columns, col)
	}); err != nil {
		return err
	}
	if err := read(checksQuery, []any{&relation, &name, &text, &list}, func() {
		t := m.tables[relation]
		t.checks = append(t.checks, &check{name: name, expression: text, columns: t.named(list)})
	}); err != nil {
		return err
	}
	if err := read(refsQuery, []any{&relation, &name, &text, &list, &more}, func() {
		t := m.tables[relation]
		t.refs = append(t.refs, &ref{name: name, columns: t.named(list), to: text, target: more})
	}); err != nil {
		return err
	}
	return read(uniquesQuery, []any{&relation, &name, &a, &list}, func() {
		t := m.tables[relation]
		if len(list) > 0 {
			t.uniques = append(t.uniques, &unique{name: name, columns: t.named(list), nulls: a, seen: map[uint64]struct{}{}})
		}
	})
}

var sized = regexp.MustCompile(`^([a-z" ]+?)\((\d+)(?:,(-?\d+))?\)(.*)$`)

// parseType takes the length off a type: the characters of a text, the digits before the
// point of a numeric.
func parseType(text string) (string, int) {
	m := sized.FindStringSubmatch(text)
	if m == nil {
		return text, 0
	}
	n, _ := strconv.Atoi(m[2]) // digits
	scale, _ := strconv.Atoi(m[3])
	return m[1] + m[4], max(n-scale, 1)
}
