package seed

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// Func writes an app's sample data. The database is empty but for what the function has
// written before it calls the Seeder. An error takes everything back.
//
// For `seed --reset` on a database of DATABASE_URL it is called on temporary tables, to learn
// which rows are sample data: it should write the same ids each time and name tables without
// their schema.
type Func func(ctx context.Context, s *Seeder) error

// Seeder is what an app's seed function works with. It is for one goroutine.
type Seeder struct {
	// Tx is a transaction as the owner of the tables: access rules do not hold, and no
	// change is written to the audit log. Others cannot write until it ends. The function
	// must not end it.
	Tx pgx.Tx
	// Scale says that much data is wanted, to measure with (seed --scale).
	Scale bool
	// PasswordHash is that of the password with which the sample's users sign in. It is ""
	// with Scale, where nobody signs in, and for an app without passwords.
	PasswordHash string

	options Options
	report  reporter
	schema  *model // read on first use
}

// The sizes of [Seeder.Rows] without a function of the app.
const (
	smallRows = 20
	scaleRows = 10_000
)

// generated is the Func of an app that has none.
func generated(ctx context.Context, s *Seeder) error {
	n := smallRows
	if s.Scale {
		n = scaleRows
	}
	return s.Rows(ctx, n)
}

// batch is how many rows one COPY sends. Postgres checks the foreign keys of a COPY
// at its end, so progress counts whole batches; and a batch costs one round trip.
const batch = 10_000

// Copy writes n rows of a table by COPY. The function gives the values of one row in the
// order of the columns; it is called once for each i from 0, in order. Values are what pgx
// takes for the column's type. Other columns get their defaults.
func (s *Seeder) Copy(ctx context.Context, table string, columns []string, n int, row func(i int) []any) error {
	s.report.step(table)
	for from := 0; from < n; from += batch {
		size := min(batch, n-from)
		source := pgx.CopyFromSlice(size, func(i int) ([]any, error) { return row(from + i), nil })
		if _, err := s.Tx.CopyFrom(ctx, pgx.Identifier{table}, columns, source); err != nil {
			return fmt.Errorf("fill table %s: %w", table, err)
		}
		s.report.add(size)
	}
	return nil
}

// Rows writes believable rows of every entity that has none yet: n of one that stands alone,
// five times as many of one that belongs to another, and three times as many links. There
// are fewer where a unique key allows no more. An error names the column that could not be
// filled and says what to do.
func (s *Seeder) Rows(ctx context.Context, n int) error {
	m, err := s.model(ctx)
	if err != nil {
		return err
	}
	if m.circle != nil {
		return m.circle
	}
	var filled []*table
	for _, t := range m.order {
		empty, err := isEmpty(ctx, s.Tx, sqltext.Ident(t.name))
		if err != nil {
			return err
		}
		if !empty {
			continue
		}
		if err := s.fill(ctx, t, t.share(n)); err != nil {
			return err
		}
		filled = append(filled, t)
	}
	for _, t := range filled {
		if err := s.connect(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// Generate writes n believable rows of one entity, named as in the API or by its table. They
// refer to rows that are there already, so an entity that it belongs to comes first. There
// are fewer where a unique key allows no more.
func (s *Seeder) Generate(ctx context.Context, entity string, n int) error {
	m, err := s.model(ctx)
	if err != nil {
		return err
	}
	for _, t := range m.order {
		if t.name == entity || t.entity != nil && t.entity.Name == entity {
			return s.fill(ctx, t, n)
		}
	}
	return fmt.Errorf("generate rows: there is no entity %s that sample data goes into", entity)
}

// model reads the schema once.
func (s *Seeder) model(ctx context.Context) (*model, error) {
	if s.schema == nil {
		m, err := readModel(ctx, s.Tx, s.options)
		if err != nil {
			return nil, err
		}
		s.schema = m
	}
	return s.schema, nil
}

// newChance gives an independent sequence for each purpose, so that a change of one table
// leaves the others as they are.
func newChance(number uint64, purpose string) *rand.PCG {
	return rand.NewPCG(number, hash(purpose))
}
