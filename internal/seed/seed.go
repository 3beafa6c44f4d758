package seed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/entgraph/entgraph/internal/postgres"
)

// ErrNotEmpty says that the database has data already. Sample data is never mixed
// with other data.
var ErrNotEmpty = errors.New("the database is not empty")

// DemoUser, an admin, and all others of the small data set that [Small] writes sign in
// with DemoPassword. Everybody knows it.
const (
	DemoUser     = administrator
	DemoPassword = "entgraph-demo"

	// demoHash is that of DemoPassword at the cost of package auth.
	demoHash = "$argon2id$v=19$m=19456,t=2,p=1$hxGk9KLNFuUZ1Fk3ypV1tw$t32jg1/5Quu0z+6sa60Lbc18+F+XqdGTdWy8P2AGxUs"
)

// HasDemo says whether the demo user is there and has kept the password.
func HasDemo(ctx context.Context, db *postgres.DB) (has bool, err error) {
	err = db.Read.QueryRow(ctx, "SELECT EXISTS (SELECT FROM public.users WHERE username = $1 AND password_hash = $2)", DemoUser, demoHash).Scan(&has)
	if err != nil {
		return false, fmt.Errorf("look for the demo user: %w", err)
	}
	return has, nil
}

// batch is how many rows one COPY sends. Postgres checks the foreign keys of a COPY
// at its end, so progress counts whole batches; and a batch costs one round trip.
const batch = 10_000

// Small writes 20 users, 19 profiles, 13 tags, 200 posts and their taggings. It fails
// with [ErrNotEmpty] if one of these tables has a row. The database must have the
// current schema. It is for databases that nobody else reaches: one of the users is an
// admin with a password that everybody knows.
func Small(ctx context.Context, db *postgres.DB) error { return SmallFor(ctx, db, demoHash) }

// SmallFor is [Small] with the hash of another password, with which all users sign in.
func SmallFor(ctx context.Context, db *postgres.DB, passwordHash string) error {
	return load(ctx, db, smallData(passwordHash).tables(), silent{})
}

// Scale writes 10,000 users with profiles, 500 tags, 100,000 posts and 300,000
// taggings, about 150 MB with indexes, and brings the planner's statistics and the
// visibility map up to date. It fails with [ErrNotEmpty] if one of these tables has a
// row. The database must have the current schema.
//
// It takes some seconds and reports to progress: a bar if that is a terminal, else a
// line at most every two seconds and one at the end; nil reports nothing.
func Scale(ctx context.Context, db *postgres.DB, progress io.Writer) error {
	return scale(ctx, db, fullSize, progress)
}

func scale(ctx context.Context, db *postgres.DB, s size, progress io.Writer) error {
	tables := scaleData(s).tables()
	report := newReporter(progress, count(tables))
	if err := load(ctx, db, tables, report); err != nil {
		report.fail()
		return err
	}
	report.step("vacuum and analyze")
	if err := vacuum(ctx, db, tables); err != nil {
		report.fail()
		return err
	}
	report.done()
	return nil
}

// Empty says whether the database has no users yet.
func Empty(ctx context.Context, db *postgres.DB) (bool, error) {
	var empty bool
	if err := db.Write.QueryRow(ctx, "SELECT NOT EXISTS (SELECT FROM users)").Scan(&empty); err != nil {
		return false, fmt.Errorf("look for users: %w", err)
	}
	return empty, nil
}

// load writes the tables in one transaction.
func load(ctx context.Context, db *postgres.DB, tables []table, report reporter) error {
	err := pgx.BeginFunc(ctx, db.Write, func(tx pgx.Tx) error {
		if err := claim(ctx, tx, tables); err != nil {
			return err
		}
		for _, t := range tables {
			report.step(t.name)
			if err := t.copyTo(ctx, tx, report); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("write sample data: %w", err)
	}
	return nil
}

// claim keeps other writers away until the end of the transaction and makes sure that
// the tables are empty.
func claim(ctx context.Context, tx pgx.Tx, tables []table) error {
	// A limit made for requests is too short for bulk work. And VACUUM marks no page as
	// visible to all while its commit, or a later one nearby, waits to be flushed.
	// Source: access/transam/clog.c of Postgres, CLOG_XACTS_PER_LSN_GROUP.
	// Sample rows are no changes that anybody made.
	if _, err := tx.Exec(ctx, "SET LOCAL statement_timeout = 0; SET LOCAL synchronous_commit = on; SET LOCAL entgraph.audit = 'off'"); err != nil {
		return fmt.Errorf("set up transaction: %w", err)
	}
	if _, err := tx.Exec(ctx, "LOCK TABLE "+names(tables)+" IN SHARE ROW EXCLUSIVE MODE"); err != nil {
		return fmt.Errorf("lock tables: %w", err)
	}
	for _, t := range tables {
		var filled bool
		err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM "+t.identifier().Sanitize()+")").Scan(&filled)
		if err != nil {
			return fmt.Errorf("look into table %s: %w", t.name, err)
		}
		if filled {
			return fmt.Errorf("%w: table %s has rows", ErrNotEmpty, t.name)
		}
	}
	return nil
}

// vacuum does now what autovacuum would do about a minute later, in the middle of a
// measurement.
func vacuum(ctx context.Context, db *postgres.DB, tables []table) error {
	err := db.Write.AcquireFunc(ctx, func(conn *pgxpool.Conn) error {
		// VACUUM runs outside a transaction, so SET LOCAL is no help here.
		if _, err := conn.Exec(ctx, "SET statement_timeout = 0; SET synchronous_commit = on"); err != nil {
			return err
		}
		_, err := conn.Exec(ctx, "VACUUM (ANALYZE) "+names(tables))
		_, reset := conn.Exec(ctx, "RESET statement_timeout; RESET synchronous_commit")
		return errors.Join(err, reset)
	})
	if err != nil {
		return fmt.Errorf("vacuum sample data: %w", err)
	}
	return nil
}

func names(tables []table) string {
	list := make([]string, len(tables))
	for i, t := range tables {
		list[i] = t.identifier().Sanitize()
	}
	return strings.Join(list, ", ")
}

func count(tables []table) int {
	n := 0
	for _, t := range tables {
		n += t.rows
	}
	return n
}
