package planner

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// DB is where a read runs: in the transaction of a mutation, or on a connection of a
// pool of its own.
type DB struct {
	// Tx is the transaction of a mutation; the read sees what it wrote.
	Tx pgx.Tx
	// Pool gives a connection when Tx is nil. Its sessions are read-only at repeatable
	// read, so that one implicit transaction is one snapshot.
	Pool *pgxpool.Pool
}

// batcher sends several statements at once.
type batcher interface {
	SendBatch(context.Context, *pgx.Batch) pgx.BatchResults
}

// run reads the levels and everything below them.
func run(ctx context.Context, db DB, roots []*level) error {
	if len(roots) == 0 {
		return nil
	}
	if db.Tx != nil {
		return walk(ctx, db.Tx, roots, false)
	}
	return db.Pool.AcquireFunc(ctx, func(conn *pgxpool.Conn) error {
		err := walk(ctx, conn, roots, depth(roots) > 1)
		if err != nil && conn.Conn().PgConn().TxStatus() != 'I' {
			rollback(ctx, conn)
		}
		return err
	})
}

// rollback ends a transaction that failed, also after the request was cancelled. When
// it cannot, the pool drops the connection.
func rollback(ctx context.Context, conn *pgxpool.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_, _ = conn.Exec(ctx, "ROLLBACK")
}

func depth(levels []*level) int {
	most := 0
	for _, l := range levels {
		most = max(most, depth(l.children)+1)
	}
	return most
}

// walk runs the levels breadth first: all statements of one depth are one round trip.
// With snapshot set the first is preceded by BEGIN and the last followed by COMMIT,
// in the same round trips.
func walk(ctx context.Context, conn batcher, levels []*level, snapshot bool) error {
	for first := true; len(levels) > 0; first = false {
		var next []*level
		for _, l := range levels {
			next = append(next, l.children...)
		}
		if err := step(ctx, conn, levels, snapshot && first, snapshot && len(next) == 0); err != nil {
			return err
		}
		levels = next
	}
	return nil
}

// step runs the statements of one depth.
func step(ctx context.Context, conn batcher, levels []*level, begin, commit bool) (err error) {
	batch := &pgx.Batch{}
	var reads []func(pgx.Rows) error
	if begin {
		batch.Queue("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
		reads = append(reads, nil)
	}
	for _, l := range levels {
		l.prepare()
		if l.keyed() && len(l.ids) == 0 {
			continue
		}
		reads = l.queue(batch, reads)
	}
	if commit {
		batch.Queue("COMMIT")
		reads = append(reads, nil)
	}
	if batch.Len() == 0 {
		return nil
	}
	results := conn.SendBatch(ctx, batch)
	defer func() {
		if e := results.Close(); err == nil {
			err = e
		}
	}()
	for _, read := range reads {
		if err := consume(results, read); err != nil {
			return err
		}
	}
	return nil
}

func consume(results pgx.BatchResults, read func(pgx.Rows) error) error {
	if read == nil {
		_, err := results.Exec()
		return err
	}
	rows, err := results.Query()
	if err != nil {
		return err
	}
	defer rows.Close()
	if err := read(rows); err != nil {
		return err
	}
	return rows.Err()
}

// queue adds the statements of a level.
func (l *level) queue(batch *pgx.Batch, reads []func(pgx.Rows) error) []func(pgx.Rows) error {
	add := func(q *query, read func(pgx.Rows) error) {
		batch.Queue(q.sql, q.withKeys(l.ids)...)
		reads = append(reads, read)
	}
	if l.rows {
		add(l.rowsQuery, l.readRows)
	}
	if l.count {
		add(l.countQuery, l.readTotals)
	}
	for _, a := range l.aggregates {
		add(a.query, a.read)
	}
	return reads
}

// prepare collects the distinct keys of a level from its parent's rows.
func (l *level) prepare() {
	if l.parent != nil {
		l.collectKeys()
	}
	n := 1
	if l.keyed() {
		n = len(l.ids)
	}
	l.groups, l.totals = make([]group, n), make([]int64, n)
}

func (l *level) collectKeys() {
	p := l.parent
	l.keyOf = make([]int32, p.data.len())
	seen := map[uuid.UUID]int32{}
	for row := range l.keyOf {
		l.keyOf[row] = -1
		if !p.kept(row) {
			continue
		}
		cell := p.data.cell(row, l.keyCol)
		if len(cell) != 16 {
			continue
		}
		id := uuid.UUID(cell)
		key, ok := seen[id]
		if !ok {
			key = int32(len(l.ids))
			seen[id] = key
			l.ids = append(l.ids, id)
		}
		l.keyOf[row] = key
	}
}

// kept reports whether a row is on a page, and not the one more that was read to know
// whether there are more.
func (l *level) kept(row int) bool {
	key := 0
	if l.keyed() {
		key = int(l.data.keys[row])
	}
	g := l.groups[key]
	return row >= g.start && row < g.start+g.n
}

// readRows stores the rows of a level and marks off the page of each key.
func (l *level) readRows(rows pgx.Rows) error {
	l.data.columns = len(l.columns)
	if l.page != nil {
		l.data.columns += len(l.page.keys)
	}
	for rows.Next() {
		key, values := l.keyOfRow(rows.RawValues())
		if len(values) != l.data.columns {
			return fmt.Errorf("read %s: %d columns instead of %d", l.entity.Name, len(values), l.data.columns)
		}
		g := &l.groups[key]
		if g.n == 0 {
			g.start = l.data.len()
		}
		g.n++
		l.data.append(key, values)
	}
	if l.page == nil {
		return nil
	}
	for i := range l.groups {
		g := &l.groups[i]
		g.reverse = l.page.backward
		if g.n > l.page.limit {
			g.n, g.more = l.page.limit, true
		}
	}
	return nil
}

// keyOfRow splits off the ordinal of the key, the first column of a level with keys.
func (l *level) keyOfRow(values [][]byte) (int, [][]byte) {
	if !l.keyed() {
		return 0, values
	}
	return int(binary.BigEndian.Uint64(values[0])) - 1, values[1:]
}

func (l *level) readTotals(rows pgx.Rows) error {
	for rows.Next() {
		key, values := l.keyOfRow(rows.RawValues())
		l.totals[key] = int64(binary.BigEndian.Uint64(values[0]))
	}
	return nil
}
