package rehearsal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
	"github.com/entgraph/entgraph/internal/sqltext"
)

// liveRows are rows of a database in use, all of one moment. They are held in memory.
type liveRows struct {
	version string // the newest migration there, "" without a history
	tables  map[string]*liveTable
	notes   []string
	use     []indexUse
}

// liveTable is a table of a database in use.
type liveTable struct {
	sampleTable
	picked map[rowID]bool
	full   bool // more rows would be too many
	lines  [][]byte
}

// rowID finds a row as long as the snapshot is held.
type rowID struct {
	table uint32 // differs from the table's own in partitions
	place string // ctid
}

// liveSettings make values read the same in another database, and keep the reader from
// waiting behind somebody who changes a table, where others would wait behind it.
const liveSettings = sqlfile.SetLocalLockTimeout + `; SET LOCAL client_encoding = 'UTF8'; SET LOCAL DateStyle = 'ISO'; SET LOCAL IntervalStyle = 'postgres';
SET LOCAL extra_float_digits = 3; SET LOCAL synchronize_seqscans = off`

// takeLive reads up to n rows of each table of the database at url, and the rows that
// these refer to. It changes nothing there: the transaction is read only.
func takeLive(ctx context.Context, url string, n int) (_ *liveRows, err error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("parse the url of the rows: %w", err)
	}
	cfg.RuntimeParams["application_name"] = "entgraph rehearsal"
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("connect to the database of the rows: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, fmt.Errorf("begin transaction: %w", err)
	}
	if _, err := conn.PgConn().Exec(ctx, liveSettings).ReadAll(); err != nil {
		return nil, fmt.Errorf("prepare to read rows: %w", err)
	}
	l := &liveRows{tables: map[string]*liveTable{}}
	for _, f := range []func(context.Context, pgx.Tx, int) error{l.list, l.readUse, l.pick, l.follow, l.copy} {
		if err := f(ctx, tx, n); err != nil {
			return nil, err
		}
	}
	return l, tx.Rollback(ctx)
}

// list finds the tables that can be read, and the version.
func (l *liveRows) list(ctx context.Context, tx pgx.Tx, _ int) error {
	all, err := listSampleTables(ctx, tx)
	if err != nil {
		return err
	}
	var hidden []string
	for _, t := range all {
		switch {
		case !t.Readable:
			hidden = append(hidden, t.Name)
		case len(t.Columns) > 0:
			l.tables[t.Ident] = &liveTable{sampleTable: *t, picked: map[rowID]bool{}}
		}
	}
	if len(hidden) > 0 {
		l.notes = append(l.notes, "the role may not read "+strings.Join(hidden, ", ")+" in the database of the rows")
	}
	var known bool
	if err := tx.QueryRow(ctx, `SELECT coalesce(has_table_privilege(to_regclass('`+sqlfile.RevisionTable+`'), 'SELECT'), false)`).Scan(&known); err != nil || !known {
		return wrap("look for the history", err)
	}
	return wrap("read the history", tx.QueryRow(ctx, `SELECT coalesce(max(version COLLATE "C"), '') FROM `+sqlfile.RevisionTable+` WHERE version NOT LIKE '.%'`).Scan(&l.version))
}

// source is the table as it is read: without tables that only inherit from it.
func (t *liveTable) source() string {
	if t.Partitioned {
		return t.Ident
	}
	return "ONLY " + t.Ident
}

// pick takes the first rows of each table.
func (l *liveRows) pick(ctx context.Context, tx pgx.Tx, n int) error {
	for _, t := range l.tables {
		if _, err := t.add(ctx, tx, fmt.Sprintf("SELECT tableoid::oid, ctid::text FROM %s LIMIT %d", t.source(), n)); err != nil {
			return err
		}
	}
	return nil
}

// add picks the rows of a query and gives those that are new.
func (t *liveTable) add(ctx context.Context, tx pgx.Tx, query string, args ...any) (fresh []rowID, err error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("pick rows of %s: %w", t.Name, err)
	}
	var id rowID
	_, err = pgx.ForEachRow(rows, []any{&id.table, &id.place}, func() error {
		if !t.picked[id] {
			t.picked[id] = true
			fresh = append(fresh, id)
		}
		return nil
	})
	return fresh, wrap("pick rows of "+t.Name, err)
}

// follow adds the rows that foreign keys of picked rows lead to, and what these refer
// to, so that the keys hold. A chain without an end is cut at ten times n rows.
func (l *liveRows) follow(ctx context.Context, tx pgx.Tx, n int) error {
	fresh := map[*liveTable][]rowID{}
	for _, t := range l.tables {
		fresh[t] = slices.Collect(maps.Keys(t.picked))
	}
	for len(fresh) > 0 {
		next := map[*liveTable][]rowID{}
		for _, t := range slices.SortedFunc(maps.Keys(fresh), func(a, b *liveTable) int { return strings.Compare(a.Name, b.Name) }) {
			for _, k := range t.Keys {
				parent := l.tables[k.Ident]
				if parent == nil || parent.full {
					continue
				}
				found, err := t.parents(ctx, tx, k, parent, fresh[t])
				if err != nil {
					return err
				}
				if parent.full = len(parent.picked) > 10*n; parent.full {
					l.notes = append(l.notes, fmt.Sprintf("%s: foreign keys lead to more than %d live rows; the rest is left out", parent.Name, 10*n))
				}
				if len(found) > 0 {
					next[parent] = append(next[parent], found...)
				}
			}
		}
		fresh = next
	}
	return nil
}

// parents picks the rows that a key of the given rows refers to.
func (t *liveTable) parents(ctx context.Context, tx pgx.Tx, k sampleKey, parent *liveTable, ids []rowID) (fresh []rowID, err error) {
	query := fmt.Sprintf("SELECT DISTINCT p.tableoid::oid, p.ctid::text FROM %s c JOIN %s p ON %s WHERE c.tableoid = $1 AND c.ctid = ANY ($2::text[]::tid[])",
		t.source(), parent.source(), k.condition())
	for table, places := range places(ids) {
		found, err := parent.add(ctx, tx, query, table, places)
		if err != nil {
			return nil, err
		}
		fresh = append(fresh, found...)
	}
	return fresh, nil
}

// condition joins a row c with the row p that it refers to.
func (k sampleKey) condition() string {
	all := make([]string, len(k.Columns))
	for i := range all {
		all[i] = "p." + sqltext.Ident(k.Refers[i]) + " = c." + sqltext.Ident(k.Columns[i])
	}
	return strings.Join(all, " AND ")
}

// places groups rows by the table that they are in.
func places(ids []rowID) map[uint32][]string {
	all := map[uint32][]string{}
	for _, id := range ids {
		all[id.table] = append(all[id.table], id.place)
	}
	return all
}

// copy reads the picked rows.
func (l *liveRows) copy(ctx context.Context, tx pgx.Tx, _ int) error {
	for _, t := range l.tables {
		for table, places := range places(slices.Collect(maps.Keys(t.picked))) {
			var data bytes.Buffer
			query := fmt.Sprintf(`COPY (SELECT %s FROM %s WHERE tableoid = %d AND ctid = ANY ('{"%s"}')) TO STDOUT`,
				sqltext.Idents(t.names()), t.source(), table, strings.Join(places, `","`))
			if _, err := tx.Conn().PgConn().CopyTo(ctx, &data, query); err != nil {
				return fmt.Errorf("read rows of %s: %w", t.Name, err)
			}
			// A newline in a value is written as \n: each line is a row.
			for line := range bytes.Lines(data.Bytes()) {
				t.lines = append(t.lines, bytes.TrimSuffix(line, []byte("\n")))
			}
		}
	}
	return nil
}

// position says how the database of the rows stands to the version before the rehearsal.
func (l *liveRows) position(before string) string {
	at := "before the first migration"
	if before != "" {
		at = "at " + before
	}
	switch {
	case l.version == before:
		return ""
	case l.version == "":
		return "the database of the rows has no history of migrations, the rehearsal begins " + at + ": what only one of them has is left out"
	case l.version < before:
		return "the database of the rows is older, at " + l.version + ", than where the rehearsal begins, " + at + ": what only one of them has is left out"
	}
	return "the database of the rows is newer, at " + l.version + ", than where the rehearsal begins, " + at + ": what only one of them has is left out"
}

// wrap says what failed, if anything did.
func wrap(what string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
