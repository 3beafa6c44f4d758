package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/sqltext"
)

// observer runs the statements of one file, each in a transaction of its own.
type observer struct {
	db    *scratch
	src   folder.Contents
	start *catalog // before the file
	last  *catalog // before the next statement
	// settings are the SET and RESET statements so far: a SET LOCAL would otherwise end with
	// the statement's transaction.
	settings []string
	became   bool // a statement may have become another role
	held     map[string]Lock
}

var setStatement = regexp.MustCompile(`(?i)^\s*(?:SET|RESET)\s`)

// becomeSelf goes back to the role that has connected, until the transaction ends: what a
// statement did is read as that one.
const becomeSelf = "SET LOCAL SESSION AUTHORIZATION DEFAULT; SET LOCAL role TO DEFAULT"

// observeFile runs all statements of src. On an error the file holds what was seen.
func observeFile(ctx context.Context, db *scratch, src folder.Contents) (File, error) {
	f := File{Name: src.Name, Version: src.Version, Transactional: src.Transactional, text: src.Text}
	if err := db.reset(ctx); err != nil {
		return f, err
	}
	start, err := readCatalog(ctx, db.conn, nil)
	if err != nil {
		return f, err
	}
	f.start = start
	o := &observer{db: db, src: src, start: start, last: start, held: map[string]Lock{}}
	for _, stmt := range src.Statements {
		s, err := o.run(ctx, stmt)
		f.Statements = append(f.Statements, *s)
		f.Verdict = max(f.Verdict, s.Verdict)
		if err != nil {
			return f, err
		}
	}
	return f, nil
}

// run runs one statement. What it gives is never nil.
func (o *observer) run(ctx context.Context, stmt folder.Statement) (*Statement, error) {
	s := &Statement{Line: stmt.Line, SQL: stmt.SQL, before: o.last}
	o.db.notices = nil
	err := o.db.session.WithRoles(ctx, func() error { return o.inTransaction(ctx, s) })
	if refusesTransaction(err) && o.src.Func == nil {
		s.Bare = true
		err = o.bare(ctx, s)
	}
	s.notices = o.db.notices
	if err != nil {
		s.failure = sqltext.State(err)
		if s.failure == "" && o.src.Func == nil {
			return s, err
		}
		return s, &FailureError{File: o.src.Name, Line: s.Line, Step: "statement", Detail: shorten(s.SQL, 60), Err: err}
	}
	o.compare(s)
	o.last = s.after
	if setStatement.MatchString(s.SQL) && o.src.Transactional {
		o.settings = append(o.settings, s.SQL)
	}
	return s, nil
}

// inTransaction runs the statement, asks its backend what it did, and commits.
func (o *observer) inTransaction(ctx context.Context, s *Statement) (err error) {
	tx, err := o.db.conn.Begin(ctx)
	if err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tx.Rollback(context.WithoutCancel(ctx)))
		}
	}()
	for _, set := range o.settings {
		if _, err := tx.Exec(ctx, set); err != nil {
			return err
		}
	}
	before, err := o.readCounters(ctx)
	if err != nil {
		return err
	}
	start := time.Now()
	if err := o.exec(ctx, s.SQL); err != nil {
		return err
	}
	s.Elapsed = Duration(time.Since(start))
	if o.became = o.became || database.ChangesRole.MatchString(s.SQL); o.became {
		if err := o.db.exec(ctx, becomeSelf); err != nil {
			return err
		}
	}
	// The counters first: reading the state reads tables through.
	if err := o.askCounters(ctx, s, before); err != nil {
		return err
	}
	untouched, err := o.askLocks(ctx, s)
	if err != nil {
		return err
	}
	if err := o.askState(ctx, s, untouched); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// exec runs the statement, or the Go function that stands for the file.
func (o *observer) exec(ctx context.Context, sql string) error {
	if o.src.Func != nil {
		return o.db.session.Call(ctx, o.src.Func)
	}
	sql, err := o.db.session.Local(ctx, sql)
	if err != nil || sql == "" {
		return err
	}
	return o.db.exec(ctx, sql)
}

// counters is how often a table was read through, and how many rows were updated or
// deleted.
type counters struct{ scans, written int64 }

// readCounters gives what the backend has not told the statistics yet. That is more
// than this transaction: only a difference within one says something.
func (o *observer) readCounters(ctx context.Context) (map[uint32]counters, error) {
	rows, err := o.db.conn.Query(ctx, `SELECT relid, seq_scan, n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables`)
	if err != nil {
		return nil, fmt.Errorf("read counters: %w", err)
	}
	var (
		all = map[uint32]counters{}
		oid uint32
		c   counters
	)
	_, err = pgx.ForEachRow(rows, []any{&oid, &c.scans, &c.written}, func() error {
		all[oid] = c
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read counters: %w", err)
	}
	return all, nil
}

// askCounters notes what was read through and written since before was read.
func (o *observer) askCounters(ctx context.Context, s *Statement, before map[uint32]counters) error {
	after, err := o.readCounters(ctx)
	if err != nil {
		return err
	}
	for oid, t := range s.before.Tables {
		if o.start.Tables[oid] == nil {
			continue
		}
		if after[oid].scans > before[oid].scans {
			s.Scanned = append(s.Scanned, TableRows{Table: t.Name, Rows: t.rows, Whole: true, oid: oid})
		}
		if n := after[oid].written - before[oid].written; n > 0 {
			s.Wrote = append(s.Wrote, TableRows{Table: t.Name, Rows: n, Whole: n >= t.rows, oid: oid})
		}
	}
	return nil
}

// askLocks notes the locks of the transaction, and gives the tables that it cannot have
// changed: whoever writes a table holds its lock to the end.
func (o *observer) askLocks(ctx context.Context, s *Statement) (untouched map[uint32]*table, err error) {
	locks, err := readLocks(ctx, o.db.conn, o.db.conn.PgConn().PID())
	if err != nil {
		return nil, err
	}
	o.addLocks(s, locks)
	untouched = maps.Clone(o.last.Tables)
	maps.DeleteFunc(untouched, func(_ uint32, t *table) bool { return t.Children })
	for _, l := range locks {
		if l.lock >= RowExclusive {
			delete(untouched, l.relation)
		}
	}
	return untouched, nil
}

// askState reads the catalog after the statement; the rows of untouched tables are as
// they were before it.
func (o *observer) askState(ctx context.Context, s *Statement, untouched map[uint32]*table) (err error) {
	if s.after, err = readCatalog(ctx, o.db.conn, untouched); err != nil {
		return err
	}
	var timeout string
	if err := o.db.conn.QueryRow(ctx, `SELECT current_setting('lock_timeout')`).Scan(&timeout); err != nil {
		return fmt.Errorf("read lock_timeout: %w", err)
	}
	s.lockTimeout = timeout != "0"
	return nil
}

// addLocks keeps the strongest lock on each table that was there before the file. One
// on an index is one on its table: nothing plans a query without the indexes. But what
// runs concurrently locks an index only after it has hidden it from all others.
func (o *observer) addLocks(s *Statement, locks []relationLock) {
	strongest := map[uint32]Lock{}
	for _, l := range locks {
		oid := o.start.tableOf(l.relation)
		if oid != 0 && (oid == l.relation || !s.Bare) {
			strongest[oid] = max(strongest[oid], l.lock)
		}
	}
	for oid, l := range strongest {
		s.Locks = append(s.Locks, TableLock{o.start.Tables[oid].Name, l})
		s.Lock = max(s.Lock, l)
	}
	slices.SortFunc(s.Locks, func(a, b TableLock) int { return strings.Compare(a.Table, b.Table) })
}

// compare works out what the catalogs before and after say, and the verdict.
func (o *observer) compare(s *Statement) {
	for oid, before := range s.before.Tables {
		if o.start.Tables[oid] == nil {
			continue
		}
		after := s.after.Tables[oid]
		s.Lost = append(s.Lost, lost(before, after)...)
		truncated := after != nil && before.rows > 0 && after.rows == 0
		if after != nil && after.Filenode != before.Filenode && !truncated {
			s.Rewritten = append(s.Rewritten, TableRows{Table: before.Name, Rows: before.rows, Whole: true, oid: oid})
		}
	}
	for _, all := range [][]TableRows{s.Scanned, s.Rewritten, s.Wrote} {
		slices.SortFunc(all, func(a, b TableRows) int { return strings.Compare(a.Table, b.Table) })
	}
	slices.SortFunc(s.Lost, func(a, b Loss) int { return strings.Compare(a.Table+"."+a.Column, b.Table+"."+b.Column) })
	o.hold(s)
	s.extrapolate()
	s.Verdict, s.Effect = s.judge(), s.effect()
}

// hold notes which locks of earlier statements are still held, and adds the own ones.
func (o *observer) hold(s *Statement) {
	if !o.src.Transactional {
		return
	}
	for table, l := range o.held {
		if l >= Share {
			s.Held = append(s.Held, TableLock{table, l})
		}
	}
	slices.SortFunc(s.Held, func(a, b TableLock) int { return strings.Compare(a.Table, b.Table) })
	for _, l := range s.Locks {
		o.held[l.Table] = max(o.held[l.Table], l.Lock)
	}
}

// lost compares a table before and after; after is nil for one that was dropped.
func lost(before, after *table) []Loss {
	if before.Kind == "p" && after != nil {
		return nil // its rows are counted in the partitions
	}
	if after == nil {
		if before.rows == 0 || before.Kind == "m" {
			return nil
		}
		return []Loss{{Table: before.Name, Count: before.rows}}
	}
	var all []Loss
	if gone := before.rows - after.rows; gone > 0 {
		all = append(all, Loss{Table: before.Name, Count: gone})
	}
	for num, b := range before.Columns {
		a := after.Columns[num]
		switch {
		case b.Generated != "": // can be computed again
		case a == nil && b.values > 0:
			all = append(all, Loss{Table: before.Name, Column: b.Name, Count: b.values})
		case a == nil || after.rows < before.rows:
		case a.values < b.values:
			all = append(all, Loss{Table: before.Name, Column: b.Name, Count: b.values - a.values})
		case a.Type != b.Type && a.distinct < b.distinct:
			all = append(all, Loss{Table: before.Name, Column: b.Name, Count: b.distinct - a.distinct, Merged: true})
		}
	}
	return all
}

// extrapolate estimates the time for a million rows of the tables that were touched.
func (s *Statement) extrapolate() {
	var rows int64
	for _, all := range [][]TableRows{s.Scanned, s.Rewritten, s.Wrote} {
		for _, t := range all {
			rows = max(rows, t.Rows)
		}
	}
	if rows > 0 {
		s.PerMillion = Duration(float64(s.Elapsed) * 1e6 / float64(rows))
	}
}

var spaces = regexp.MustCompile(`\s+`)

// shorten puts a statement on one line of at most n characters.
func shorten(sql string, n int) string {
	text := []rune(strings.TrimSuffix(strings.TrimSpace(spaces.ReplaceAllString(sql, " ")), ";"))
	if len(text) > n {
		text = append(text[:n-1], '…')
	}
	return string(text)
}
