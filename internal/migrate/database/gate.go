package database

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"time"

	entschema "entgo.io/ent/dialect/sql/schema"
)

// recheck is how long a database counts as having the tables that it had. Whoever drops
// one by hand changes no history.
const recheck = 30 * time.Second

// Gate decides whether a program fits a database: by the history of its migrations, and by
// the tables and columns that are really there. These it looks up when the history has
// changed, and otherwise twice a minute. Safe for concurrent use.
type Gate struct {
	dir              fs.FS
	tables, external []*entschema.Table

	mu    sync.Mutex
	seen  string // the history for which nothing was missing
	until time.Time
}

// NewGate makes the gate of a program with the given migrations, which uses the given
// tables, nil looks for none, and those of others.
func NewGate(dir fs.FS, tables []*entschema.Table, external ...*entschema.Table) *Gate {
	return &Gate{dir: dir, tables: tables, external: external}
}

// Status is [ReadStatusFrom], with what is missing.
func (g *Gate) Status(ctx context.Context, q Querier) (Status, error) {
	st, err := ReadStatusFrom(ctx, q, g.dir)
	if err != nil {
		return st, err
	}
	if err := st.besides(ctx, q, namesOf(g.external)); err != nil {
		return Status{}, err
	}
	if st.Err() != nil || g.known(st) {
		return st, nil
	}
	if st.Missing, err = missing(ctx, q, g.tables); err != nil {
		return Status{}, err
	}
	if st.Theirs, err = missing(ctx, q, g.external); err != nil {
		return Status{}, err
	}
	if len(st.Missing)+len(st.Theirs) == 0 {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.seen, g.until = history(st), time.Now().Add(recheck)
	}
	return st, nil
}

// Read connects to url for [Gate.Status].
func (g *Gate) Read(ctx context.Context, url string) (_ Status, err error) {
	db, err := openDB(url)
	if err != nil {
		return Status{}, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return g.Status(ctx, db)
}

func (g *Gate) known(st Status) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.seen == history(st) && time.Now().Before(g.until)
}

// history identifies what was applied.
func history(st Status) string {
	var b strings.Builder
	for _, r := range st.Applied {
		fmt.Fprintln(&b, r.Version, r.Applied, r.Hash)
	}
	return b.String()
}

// The function to_regclass fails for a schema that the role may not use.
const selectMissing = `SELECT w.s, w.t, w.c, r.oid IS NULL
FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS w (s, t, c, i)
LEFT JOIN (pg_catalog.pg_class r JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace) ON n.nspname = w.s AND r.relname = w.t
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a
  WHERE a.attrelid = r.oid AND a.attname = w.c AND a.attnum > 0 AND NOT a.attisdropped)
ORDER BY w.i`

// missing lists the tables and columns that are not there, under the names of flags.
func missing(ctx context.Context, q Querier, tables []*entschema.Table) (all []string, err error) {
	var schemas, names, columns []string
	for _, t := range tables {
		schema := t.Schema
		if schema == "" {
			schema = publicSchema
		}
		for _, c := range t.Columns {
			schemas, names, columns = append(schemas, schema), append(names, t.Name), append(columns, c.Name)
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	rows, err := q.QueryContext(ctx, selectMissing, schemas, names, columns)
	if err != nil {
		return nil, fmt.Errorf("look for tables and columns: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var schema, table, column string
		var gone bool
		if err := rows.Scan(&schema, &table, &column, &gone); err != nil {
			return nil, fmt.Errorf("look for tables and columns: %w", err)
		}
		if schema != publicSchema {
			table = schema + "." + table
		}
		text := "column " + table + "." + column
		if gone {
			text = "table " + table
		}
		if len(all) == 0 || all[len(all)-1] != text {
			all = append(all, text)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("look for tables and columns: %w", err)
	}
	return all, nil
}

// oneALine is listed with one thing a line, the first on a line of its own when there are more.
func oneALine(all []string) string {
	const most = 20
	text := strings.Join(all[:min(most, len(all))], "\n")
	switch {
	case len(all) > most:
		return fmt.Sprintf("\n%s\nand %d more", text, len(all)-most)
	case len(all) > 1:
		return "\n" + text
	}
	return text
}

// listed names the first of many things, and how many more there are.
func listed(all []string) string {
	const most = 5
	if len(all) <= most {
		return strings.Join(all, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(all[:most], ", "), len(all)-most)
}
