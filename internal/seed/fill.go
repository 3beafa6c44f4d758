package seed

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/brianvoe/gofakeit/v7"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// until is the default of Options.Until.
var until = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)

// filler makes the rows of one table.
type filler struct {
	s       *Seeder
	t       *table
	columns []*column // those that get a value
	parents map[*ref][]parent
	own     map[*ref][]parent // of keys that lead to the table itself
	proto   *row
	start   time.Time
	step    time.Duration
	number  int
	last    int64 // of ids that are numbers
	staged  bool  // the table for CHECKs is there
}

// row makes the source of values for one purpose.
func (s *Seeder) row(t *table, purpose string) *row {
	source := newChance(s.options.Number, purpose)
	r := &row{Rand: rand.New(source), fake: gofakeit.NewFaker(source, false), until: s.options.Until, password: s.PasswordHash}
	if r.until.IsZero() {
		r.until = until
	}
	return r
}

// The sizes of batches: the first is small, because from it is learnt which values CHECKs
// let pass.
const (
	firstBatch = 50
	nextBatch  = 2_000
)

// misses is how many rows in turn may fail for their unique keys before the table counts as
// full.
const misses = 20

// fill writes n rows of a table, or fewer when a unique key allows no more.
func (s *Seeder) fill(ctx context.Context, t *table, n int) error {
	f, err := s.newFiller(ctx, t, n)
	if err != nil || f == nil {
		return err
	}
	n = f.most(n)
	size := firstBatch
	for i, missed := 0, 0; i < n && missed < misses; size = nextBatch {
		var rows []*row
		for len(rows) < size && i < n && missed < misses {
			r, err := f.make(i)
			if err != nil {
				return err
			}
			if r == nil {
				missed++
				continue
			}
			rows, missed, i = append(rows, r), 0, i+1
		}
		if rows, err = f.mend(ctx, rows); err != nil {
			return err
		}
		f.settle(rows)
		if err := f.copy(ctx, rows); err != nil {
			return err
		}
	}
	return f.finish(ctx)
}

// newFiller gets everything ready. It gives nil for a table that can have no rows because
// what it belongs to has none.
func (s *Seeder) newFiller(ctx context.Context, t *table, n int) (*filler, error) {
	f := &filler{s: s, t: t, parents: map[*ref][]parent{}, own: map[*ref][]parent{}, proto: s.row(t, t.name)}
	for _, k := range t.refs {
		if k.to == t.name {
			continue
		}
		list, err := s.schema.readParents(ctx, s.Tx, k)
		if err != nil {
			return nil, err
		}
		if len(list) == 0 && k.required() {
			if s.schema.tables[k.to] == nil {
				return nil, fmt.Errorf("table %s cannot be filled: column %s must lead to a row of %s, which sample data does not go into; %s",
					t.name, k.columns[0].name, k.to, ownSeed)
			}
			return nil, nil
		}
		f.parents[k] = list
	}
	part := 365 * day / time.Duration(max(s.schema.depth, 1))
	f.start = f.proto.until.Add(part*time.Duration(t.level) - 365*day)
	f.step = max(part/time.Duration(max(f.most(n), 1)), time.Microsecond).Truncate(time.Microsecond)
	if err := f.remember(ctx); err != nil {
		return nil, err
	}
	return f, f.probe()
}

// threeLinks asks for three links of each row on the side that has more of them, but not
// for more than half of all that are possible.
const threeLinks = -1

// most is how many rows there will be at most, as far as foreign keys say.
func (f *filler) most(n int) int {
	links := n == threeLinks
	if links {
		n = 0
		for _, list := range f.parents {
			n = max(n, 3*len(list))
		}
	}
	for _, u := range f.t.uniques {
		pairs, known := 1, true
		for _, c := range u.columns {
			k := f.t.refOf(c)
			if k == nil || k.to == f.t.name || c != k.columns[0] || !k.required() {
				known = false
				break
			}
			pairs = min(pairs*len(f.parents[k]), 1<<30)
		}
		if known && links {
			pairs = (pairs + 1) / 2
		}
		if known {
			n = min(n, pairs)
		}
	}
	return n
}

// probe tries every column before a row is written. One that is defeated stays null or
// keeps its default; an error names one that can do neither.
func (f *filler) probe() error {
	r, last := f.begin(0), f.last
	defer func() { f.last = last }() // no id is lost
	for _, c := range f.t.columns {
		switch {
		case c.omit:
			continue
		case c.always != nil || f.t.refOf(c) != nil:
			f.columns = append(f.columns, c)
			continue
		}
		if err := f.learn(r, c); err != nil {
			if c.notNull && !c.filled {
				return err
			}
			c.omit = true
			continue
		}
		f.columns = append(f.columns, c)
	}
	return nil
}

// learn finds the first shape that the column takes.
func (f *filler) learn(r *row, c *column) error {
	err := fmt.Errorf("no values are made for the type %s", c.typ)
	for i, s := range c.shapes {
		for range max(20-i, 5) {
			r.first, r.last = r.fake.FirstName(), r.fake.LastName()
			if _, err = c.accept(s(r)); err == nil {
				c.best = i
				return nil
			}
		}
	}
	return c.defeated(err)
}

func (c *column) defeated(err error) error {
	what := "its type"
	if c.field != nil {
		what = "its validator"
	}
	return fmt.Errorf("table %s cannot be filled: column %s is defeated by %s, which refuses all values that were tried (%w): make it nullable or give it a default, or write the app's own Seed function",
		c.table, c.name, what, err)
}

// begin starts a row, so long after the one before.
func (f *filler) begin(i int) *row {
	r := *f.proto
	r.i, r.values = i, map[*column]any{}
	r.at = f.start.Add(time.Duration(i)*f.step + r.upTo(f.step)).Truncate(time.Microsecond)
	r.first, r.last = r.fake.FirstName(), r.fake.LastName()
	return &r
}

// make makes a row. It gives nil when no row with values of its own was found.
func (f *filler) make(i int) (*row, error) {
	r := f.begin(i)
	for _, k := range f.t.refs {
		if k.to != f.t.name && !f.refer(r, k) {
			return nil, nil
		}
	}
	for _, c := range f.columns {
		if f.t.refOf(c) != nil {
			continue
		}
		if err := f.set(r, c, 0); err != nil {
			return nil, err
		}
	}
	for _, k := range f.t.refs {
		for i, c := range k.columns {
			if k.to == f.t.name && c.notNull {
				r.values[c] = r.values[f.t.column(k.target[i])]
			}
		}
	}
	ok, err := f.distinct(r)
	if err != nil || !ok {
		return nil, err
	}
	return r, nil
}

// set gives a column a value of its best shape or, when the offset is not 0, of another one.
func (f *filler) set(r *row, c *column, offset int) error {
	if c.always != nil {
		r.values[c] = c.always(r)
		return nil
	}
	r.values[c] = nil
	if !c.notNull && r.Float64() < c.emptiness() {
		return nil
	}
	err := errors.New("there are none")
	for k := range c.shapes {
		for range 8 {
			var v any
			if v, err = c.accept(c.shapes[(c.best+offset+k)%len(c.shapes)](r)); err == nil {
				r.values[c] = v
				return nil
			}
		}
	}
	if !c.notNull {
		return nil
	}
	return c.defeated(err)
}

// emptiness is the share of rows that have null.
func (c *column) emptiness() float64 {
	if like(c.name, "deleted_at archived_at removed_at banned_at blocked_at suspended_at revoked_at cancelled_at canceled_at failed_at locked_at") {
		return 0.9
	}
	return 0.15
}

// copy writes rows.
func (f *filler) copy(ctx context.Context, rows []*row) error {
	columns := make([]string, len(f.columns))
	for i, c := range f.columns {
		columns[i] = c.name
	}
	err := f.s.Copy(ctx, f.t.name, columns, len(rows), func(i int) []any { return rows[i].list(f.columns) })
	if err != nil {
		return fmt.Errorf("%w: the rows that were made do not fit; write the app's own Seed function", err)
	}
	return nil
}

func (r *row) list(columns []*column) []any {
	out := make([]any, len(columns))
	for i, c := range columns {
		out[i] = r.values[c]
	}
	return out
}

// finish lets the sequences of the table go on behind the rows.
func (f *filler) finish(ctx context.Context) error {
	for _, c := range f.t.key {
		if !slices.Contains([]string{"smallint", "integer", "bigint"}, c.typ) || !c.filled {
			continue
		}
		query := fmt.Sprintf("SELECT setval(s::regclass, (SELECT max(%s) FROM %s)) FROM pg_get_serial_sequence($1, $2) s WHERE s IS NOT NULL AND EXISTS (SELECT FROM %[2]s)", sqltext.Ident(c.name), sqltext.Ident(f.t.name))
		if _, err := f.s.Tx.Exec(ctx, query, sqltext.Ident(f.t.name), c.name); err != nil {
			return fmt.Errorf("advance the sequence of %s: %w", f.t.name, err)
		}
	}
	for _, u := range f.t.uniques {
		clear(u.seen)
	}
	if f.staged {
		if _, err := f.s.Tx.Exec(ctx, "DROP TABLE "+stage); err != nil {
			return fmt.Errorf("drop the table of candidates: %w", err)
		}
	}
	return nil
}
