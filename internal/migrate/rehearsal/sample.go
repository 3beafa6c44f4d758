package rehearsal

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
	"github.com/entgraph/entgraph/internal/sqltext"
)

// sampleTable is a table to be filled.
type sampleTable struct {
	Ident    string
	Schema   string
	Name     string
	Columns  []sampleColumn
	Keys     []sampleKey // foreign keys
	Literals []string    // constants that the table's CHECKs and partitions name
	// CheckNames are those of its CHECKs.
	CheckNames []string

	Partitioned bool
	Readable    bool // by the role
	rows        int64
}

type sampleColumn struct {
	Name    string
	Type    string // with its modifier
	Domain  bool
	Base    string // without, of a domain the type below it; such as "text" or "int4"
	Length  int    // of character types, 0 for any
	Scale   int    // of numeric
	Digits  int
	NotNull bool
	Default bool
	Always  bool   // an identity column that takes no value
	Elem    string // element type of an array
	Labels  []string
	Checks  []string // conditions on this column alone
	held    []string // those among them that only the program asks; see [Holding]
	// Sequence is the one that an identity or serial column owns, "" for none.
	Sequence string
}

type sampleKey struct {
	Ident    string // the table referred to
	Columns  []string
	Refers   []string
	Required bool
}

const selectSampleTables = `SELECT json_agg(json_build_object('Ident', format('%I.%I', n.nspname, c.relname), 'Schema', n.nspname, 'Name', c.relname,
'Partitioned', c.relkind = 'p', 'Readable', has_table_privilege(c.oid, 'SELECT'),
'Columns', (SELECT coalesce(json_agg(json_build_object('Name', attname, 'Type', format_type(atttypid, atttypmod), 'Base', b.typname, 'Domain', t.typtype = 'd',
    'Length', CASE WHEN b.typname IN ('varchar', 'bpchar') AND m.typmod > 4 THEN m.typmod - 4 ELSE 0 END,
    'Digits', CASE WHEN b.typname = 'numeric' AND m.typmod > 4 THEN ((m.typmod - 4) >> 16) & 65535 ELSE 0 END,
    'Scale', CASE WHEN b.typname = 'numeric' AND m.typmod > 4 THEN (m.typmod - 4) & 2047 ELSE 0 END,
    'NotNull', attnotnull OR t.typnotnull, 'Default', atthasdef OR attidentity <> '', 'Always', attidentity = 'a',
    'Sequence', (SELECT format('%I.%I', sn.nspname, s.relname) FROM pg_depend o JOIN pg_class s ON s.oid = o.objid AND s.relkind = 'S' JOIN pg_namespace sn ON sn.oid = s.relnamespace
      WHERE o.classid = 'pg_class'::regclass AND o.refclassid = 'pg_class'::regclass AND o.refobjid = c.oid AND o.refobjsubid = attnum AND o.deptype IN ('a', 'i') LIMIT 1),
    'Elem', CASE WHEN b.typcategory = 'A' THEN (SELECT e.typname FROM pg_type e WHERE e.oid = b.typelem) ELSE '' END,
    'Labels', (SELECT json_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = b.oid),
    'Checks', (SELECT json_agg(pg_get_expr(conbin, conrelid)) FROM pg_constraint WHERE conrelid = c.oid AND contype = 'c' AND conkey = ARRAY[attnum]))
    ORDER BY attnum), '[]') FROM pg_attribute a JOIN pg_type t ON t.oid = atttypid JOIN pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END,
    LATERAL (SELECT CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE atttypmod END AS typmod) m
    WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = ''),
'Keys', (SELECT coalesce(json_agg(json_build_object('Ident', format('%I.%I', rn.nspname, r.relname),
    'Columns', (SELECT json_agg(attname ORDER BY ord) FROM unnest(conkey) WITH ORDINALITY u(num, ord) JOIN pg_attribute ON attrelid = conrelid AND attnum = num),
    'Refers', (SELECT json_agg(attname ORDER BY ord) FROM unnest(confkey) WITH ORDINALITY u(num, ord) JOIN pg_attribute ON attrelid = confrelid AND attnum = num),
    'Required', (SELECT bool_or(attnotnull) FROM pg_attribute WHERE attrelid = conrelid AND attnum = ANY (conkey))) ORDER BY conname), '[]')
    FROM pg_constraint JOIN pg_class r ON r.oid = confrelid JOIN pg_namespace rn ON rn.oid = r.relnamespace WHERE conrelid = c.oid AND contype = 'f' AND conparentid = 0),
'CheckNames', (SELECT coalesce(json_agg(conname), '[]') FROM pg_constraint WHERE conrelid = c.oid AND contype = 'c'),
'Literals', (SELECT coalesce(json_agg(DISTINCT replace(m[1], '''''', '''')), '[]') FROM (
    SELECT pg_get_constraintdef(oid) AS def FROM pg_constraint WHERE conrelid = c.oid AND contype = 'c'
    UNION ALL SELECT pg_get_expr(p.relpartbound, p.oid) FROM pg_inherits JOIN pg_class p ON p.oid = inhrelid WHERE inhparent = c.oid) d,
    LATERAL regexp_matches(def, '''((?:[^'']|'''')*)''', 'g') m))
ORDER BY c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
AND NOT (n.nspname = 'public' AND c.relname = '` + sqlfile.Revisions + `')
AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e')`

// querier is a connection or a transaction.
type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// listSampleTables lists the tables with what is to be known to fill them.
func listSampleTables(ctx context.Context, q querier) (all []*sampleTable, err error) {
	var data []byte
	if err := q.QueryRow(ctx, selectSampleTables).Scan(&data); err != nil || data == nil {
		return nil, wrap("list tables", err)
	}
	return all, wrap("decode tables", json.Unmarshal(data, &all))
}

// names lists the columns.
func (t *sampleTable) names() []string {
	all := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		all[i] = c.Name
	}
	return all
}

// fill puts live rows into the tables that are empty, if live is not nil, and made-up
// ones into all others until each has about n; only into those of touched, if that is not
// nil. It gives a note for each table that refused all. Rows that a constraint refuses are
// left out: a table may end with fewer. Made-up rows keep to what holds; held are the columns of
// which the database does not ask it.
func (d *scratch) fill(ctx context.Context, n int, live *liveRows, touched map[schemadiff.Key]bool, holds []Holding) (notes, held []string, err error) {
	if err := d.reset(ctx); err != nil {
		return nil, nil, err
	}
	tables, err := listSampleTables(ctx, d.conn)
	if err != nil {
		return nil, nil, err
	}
	tables = slices.DeleteFunc(tables, func(t *sampleTable) bool {
		spared := touched != nil && !touched[schemadiff.Key{Kind: schemadiff.Table, Schema: t.Schema, Name: t.Name}]
		d.spared[t.Ident] = spared && !d.filled[t.Ident]
		return spared
	})
	for _, t := range tables {
		d.filled[t.Ident] = true
	}
	held = hold(tables, holds)
	if live != nil {
		if notes, err = d.load(ctx, tables, live); err != nil {
			return nil, nil, err
		}
	}
	waiting := slices.Clone(tables)
	filled := map[string]int64{}
	for len(waiting) > 0 {
		i := slices.IndexFunc(waiting, func(t *sampleTable) bool { return t.ready(filled) })
		i = max(i, 0) // a cycle: try the first
		note, err := d.fillTable(ctx, waiting[i], n, filled)
		if err == nil {
			err = d.advance(ctx, waiting[i])
		}
		if err != nil {
			return nil, nil, err
		}
		if note != "" {
			notes = append(notes, note)
		}
		waiting = slices.Delete(waiting, i, i+1)
	}
	return notes, held, d.analyze(ctx, tables)
}

// analyze counts for the planner. ANALYZE without names would read all catalogs through
// as well, which takes longer than to make the rows.
func (d *scratch) analyze(ctx context.Context, tables []*sampleTable) error {
	if len(tables) == 0 {
		return nil
	}
	idents := make([]string, len(tables))
	for i, t := range tables {
		idents[i] = t.Ident
	}
	return wrap("analyze sample rows", d.exec(ctx, "ANALYZE "+strings.Join(idents, ", ")))
}

// count counts the rows of a table.
func (d *scratch) count(ctx context.Context, t *sampleTable) error {
	return wrap("count rows of "+t.Name, d.conn.QueryRow(ctx, "SELECT count(*) FROM "+t.Ident).Scan(&t.rows))
}

// ready says whether every table it refers to was filled.
func (t *sampleTable) ready(filled map[string]int64) bool {
	return !slices.ContainsFunc(t.Keys, func(k sampleKey) bool {
		_, done := filled[k.Ident]
		return !done && k.Ident != t.Ident
	})
}

// fillTable fills one table and enters how many rows it has.
func (d *scratch) fillTable(ctx context.Context, t *sampleTable, n int, filled map[string]int64) (note string, err error) {
	if err := d.count(ctx, t); err != nil {
		return "", err
	}
	if want := int64(n) - t.rows; want > 0 && (t.rows == 0 || !d.loaded[t.Ident]) {
		block, err := d.insertBlock(ctx, t, want, filled)
		if err != nil {
			return "", err
		}
		// One message is one transaction. Chance is the same in every run: what fails once
		// fails always.
		seed := fmt.Sprintf("SELECT setseed(%v);", t.seed())
		if _, err := d.conn.PgConn().Exec(ctx, "SET CONSTRAINTS ALL IMMEDIATE;"+seed+block).ReadAll(); err != nil && sqltext.State(err) == "" {
			return "", fmt.Errorf("make rows of %s: %w", t.Name, err)
		}
		if err := d.count(ctx, t); err != nil {
			return "", err
		}
	}
	filled[t.Ident] = t.rows
	if t.rows > 0 {
		return "", nil
	}
	var why string
	if err := d.conn.QueryRow(ctx, `SELECT coalesce(current_setting('entgraph.refused', true), '')`).Scan(&why); err != nil {
		return "", fmt.Errorf("ask why rows were refused: %w", err)
	}
	return fmt.Sprintf("%s has no rows: every sample row was refused (%s); scans and rewrites of it are seen, losses are not", t.Name, why), nil
}

// seed begins the chance of a table's next rows, from -1 to 1.
func (t *sampleTable) seed() float64 {
	h := fnv.New32a()
	fmt.Fprint(h, t.Ident, t.rows)
	return float64(h.Sum32())/(1<<31) - 1
}

// insertBlock is a DO block that tries rows until want were taken. It gives up after
// forty times as many, or when none of the first 200 was.
func (d *scratch) insertBlock(ctx context.Context, t *sampleTable, want int64, filled map[string]int64) (block string, err error) {
	joins, byKey := t.keyJoins(filled)
	var columns, values []string
	for _, c := range t.Columns {
		if c.Always {
			continue
		}
		value := byKey[c.Name]
		if value == "" {
			candidates, sure := c.candidates(t.Literals)
			for _, e := range c.within() {
				candidates = append(candidates, fmt.Sprintf("(%s)::%s", e, c.Type))
			}
			if !sure || len(c.Checks) > 0 {
				if candidates, err = d.accepted(ctx, c, candidates); err != nil {
					return "", err
				}
			}
			if value = choose(candidates); value == "" {
				continue
			}
		}
		if !c.NotNull {
			value = "CASE WHEN random() < 0.8 THEN " + value + " END"
		}
		columns, values = append(columns, c.Name), append(values, value)
	}
	insert := fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM (SELECT) one %s", t.Ident, sqltext.Idents(columns), strings.Join(values, ", "), strings.Join(joins, " "))
	if len(columns) == 0 {
		insert = fmt.Sprintf("INSERT INTO %s DEFAULT VALUES", t.Ident)
	}
	return fmt.Sprintf(`DO $rehearsal$
DECLARE i bigint := %d; tries bigint := 0; made bigint := 0;
BEGIN
  WHILE made < %d AND tries < %d AND (made > 0 OR tries < 200) LOOP
    i := i + 1; tries := tries + 1;
    BEGIN
      %s;
      made := made + 1;
    EXCEPTION WHEN OTHERS THEN
      PERFORM set_config('entgraph.refused', SQLERRM, false);
    END;
  END LOOP;
END $rehearsal$`, t.rows, want, 40*want, insert), nil
}

// keyJoins joins a row of each table that is referred to, and gives the expressions of
// the columns that refer.
func (t *sampleTable) keyJoins(filled map[string]int64) (joins []string, byKey map[string]string) {
	byKey = map[string]string{}
	for i, k := range t.Keys {
		rows := filled[k.Ident]
		if k.Ident == t.Ident {
			rows = t.rows
		}
		if slices.ContainsFunc(k.Columns, func(c string) bool { return byKey[c] != "" }) {
			continue // shares a column with another key: left to chance
		}
		at := fmt.Sprintf("floor(random() * %d)::bigint", rows)
		if len(joins) == 0 {
			at = fmt.Sprintf("i %% greatest(%d, 1)", rows) // reaches each: the key may be unique
		}
		joins = append(joins, fmt.Sprintf("LEFT JOIN LATERAL (SELECT %s FROM %s OFFSET %s LIMIT 1) k%d ON true", sqltext.Idents(k.Refers), k.Ident, at, i))
		for c, name := range k.Columns {
			byKey[name] = fmt.Sprintf("k%d.%s", i, sqltext.Ident(k.Refers[c]))
		}
	}
	return joins, byKey
}

// choose gives an expression that takes one of the candidates by chance.
func choose(candidates []string) string {
	switch len(candidates) {
	case 0:
		return ""
	case 1:
		return candidates[0]
	}
	var b strings.Builder
	fmt.Fprintf(&b, "CASE floor(random() * %d)::int", len(candidates))
	for i, c := range candidates {
		fmt.Fprintf(&b, " WHEN %d THEN %s", i, c)
	}
	return b.String() + " END"
}

// accepted keeps the candidates that the column's own type and CHECKs take; all of
// them when they take none, as a trigger may still change the value; none when one of the conditions
// is the program's, which no trigger is to mend.
func (d *scratch) accepted(ctx context.Context, c sampleColumn, candidates []string) ([]string, error) {
	condition := "true"
	for _, check := range c.Checks {
		condition += " AND coalesce(" + check + ", true)"
	}
	var good []string
	for _, candidate := range candidates {
		var ok bool
		name := sqltext.Ident(c.Name)
		// The count makes Postgres compute the value also when no condition uses it.
		q := fmt.Sprintf("SELECT bool_and(%s) AND count(%s) >= 0 FROM (SELECT %s AS %s FROM generate_series(7, 1007, 500) i) x",
			condition, name, candidate, name)
		err := d.conn.QueryRow(ctx, q).Scan(&ok)
		if err != nil && sqltext.State(err) == "" {
			return nil, fmt.Errorf("try sample value of %s: %w", c.Name, err)
		}
		if err == nil && ok {
			good = append(good, candidate)
		}
	}
	if len(good) == 0 && len(c.Checks) > 0 && len(c.held) == 0 {
		return candidates, nil
	}
	return good, nil
}

// eachIdent writes names as identifiers.
func eachIdent(names []string) []string {
	all := make([]string, len(names))
	for i, n := range names {
		all[i] = sqltext.Ident(n)
	}
	return all
}
