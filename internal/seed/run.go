package seed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"entgo.io/ent/dialect/sql/schema"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/internal/sqltext"
)

// ErrNotEmpty says that the database has data already. Sample data is never mixed
// with other data.
var ErrNotEmpty = errors.New("the database is not empty")

// DemoPassword is the password of the sample's users in a private database. Everybody
// knows it.
const DemoPassword = "entgraph-demo"

// DemoHash is that of DemoPassword at the cost of package auth.
const DemoHash = "$argon2id$v=19$m=19456,t=2,p=1$hxGk9KLNFuUZ1Fk3ypV1tw$t32jg1/5Quu0z+6sa60Lbc18+F+XqdGTdWy8P2AGxUs"

// Options say what the database is and what is written into it.
type Options struct {
	// Tables are Ent's migrate.Tables; Entities is the entity table of the same schema.
	Tables   []*schema.Table
	Entities []entity.Entity
	// Account says where those who sign in are kept; nil where nobody signs in.
	Account *entity.Account
	// Unfilled are tables to which rows come by use alone: sessions, tokens, identities,
	// attempts, the audit log.
	Unfilled []string
	// Seed writes the app's rows. Default: believable rows of every entity.
	Seed Func
	// Scale asks for much data, to measure with; nobody has a password then.
	Scale bool
	// PasswordHash is that of the password of the sample's users.
	PasswordHash string
	// Progress is told how far the work is: a bar if it is a terminal, else a line at most
	// every two seconds and one at the end. Nil reports nothing.
	Progress io.Writer
	// Number chooses among many sets of believable rows.
	Number uint64
	// Until is the time before which rows were made. Default: 1 July 2026.
	Until time.Time
}

// For says what sample data of an app are: those of its own function or, for nil, believable
// rows of every entity but those that come by use alone.
func For(e entity.Engine, f Func) Options {
	o := Options{Tables: e.Tables, Entities: e.Entities, Account: e.Account, Seed: f}
	if a := e.Account; a != nil {
		o.Unfilled = []string{a.Sessions, a.Tokens, a.Identities, a.Attempts}
	}
	for _, served := range e.Entities {
		if served.Name == e.AuditLog {
			o.Unfilled = append(o.Unfilled, served.Table)
		}
	}
	return o
}

// filled lists the tables that sample data goes into.
func (o Options) filled() []string {
	var names []string
	for _, t := range o.Tables {
		if !slices.Contains(o.Unfilled, t.Name) {
			names = append(names, t.Name)
		}
	}
	return names
}

// seeder makes what the function gets.
func (o Options) seeder(tx pgx.Tx, report reporter) *Seeder {
	s := &Seeder{Tx: tx, Scale: o.Scale, options: o, report: report}
	if !o.Scale {
		s.PasswordHash = o.PasswordHash
	}
	return s
}

// write calls the app's function, or what stands for it.
func (o Options) write(ctx context.Context, s *Seeder) error {
	if o.Seed != nil {
		return o.Seed(ctx, s)
	}
	return generated(ctx, s)
}

// Run writes the sample data into a database that has the current schema. It fails with
// [ErrNotEmpty] if a table that it could fill has a row. With Scale it then brings the
// planner's statistics and the visibility map up to date.
func Run(ctx context.Context, db *postgres.DB, o Options) error {
	report := newReporter(o.Progress)
	names := o.filled()
	err := pgx.BeginFunc(ctx, db.Write, func(tx pgx.Tx) error {
		if err := o.claim(ctx, tx, names); err != nil {
			return err
		}
		return o.write(ctx, o.seeder(tx, report))
	})
	if err != nil {
		report.fail()
		return fmt.Errorf("write sample data: %w", err)
	}
	if o.Scale && len(names) > 0 {
		report.step("vacuum and analyze")
		if err := vacuum(ctx, db, o.relations(names)); err != nil {
			report.fail()
			return err
		}
	}
	report.done()
	return nil
}

// Demo gives the name with which somebody can sign in to the sample data by [DemoPassword]:
// that of the first account which has kept it. It is "" when there is none.
func Demo(ctx context.Context, db *postgres.DB, a *entity.Account) (name string, err error) {
	return First(ctx, db, a, DemoHash)
}

// First gives the name of the first account that has a password hash, "" when there is none.
func First(ctx context.Context, db *postgres.DB, a *entity.Account, passwordHash string) (name string, err error) {
	if a == nil || a.PasswordHash == "" || a.Username == "" && a.Email == "" {
		return "", nil
	}
	login := a.Username
	if login == "" {
		login = a.Email
	}
	query := fmt.Sprintf("SELECT coalesce(%s::text, '') FROM public.%s WHERE %s = $1 ORDER BY id LIMIT 1",
		sqltext.Ident(login), sqltext.Ident(a.Table), sqltext.Ident(a.PasswordHash))
	err = db.Read.QueryRow(ctx, query, passwordHash).Scan(&name)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return "", fmt.Errorf("look for a sample user: %w", err)
	}
	return name, nil
}

// Empty says whether there is no row yet in a table that sample data goes into.
func Empty(ctx context.Context, db *postgres.DB, o Options) (bool, error) {
	for _, name := range o.relations(o.filled()) {
		empty, err := isEmpty(ctx, db.Write, name)
		if err != nil || !empty {
			return false, err
		}
	}
	return true, nil
}

type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// isEmpty looks into a table, which is named as in SQL.
func isEmpty(ctx context.Context, q querier, name string) (empty bool, err error) {
	if err := q.QueryRow(ctx, "SELECT NOT EXISTS (SELECT FROM "+name+")").Scan(&empty); err != nil {
		return false, fmt.Errorf("look into table %s: %w", name, err)
	}
	return empty, nil
}

// claim keeps other writers away until the end of the transaction and makes sure that
// the tables are empty.
func (o Options) claim(ctx context.Context, tx pgx.Tx, names []string) error {
	if err := o.setUp(ctx, tx); err != nil || len(names) == 0 {
		return err
	}
	if _, err := tx.Exec(ctx, "LOCK TABLE "+sqltext.Idents(names)+" IN SHARE ROW EXCLUSIVE MODE"); err != nil {
		return fmt.Errorf("lock tables: %w", err)
	}
	for _, name := range names {
		empty, err := isEmpty(ctx, tx, sqltext.Ident(name))
		if err != nil {
			return err
		}
		if !empty {
			return fmt.Errorf("%w: table %s has rows", ErrNotEmpty, name)
		}
	}
	return nil
}

// relations are tables as statements name them outside of the transaction that setUp readies.
func (o Options) relations(names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = sqltext.Ident(name)
		for _, t := range o.Tables {
			if t.Name == name && t.Schema != "" {
				out[i] = sqltext.Ident(t.Schema, name)
			}
		}
	}
	return out
}

// setUp readies a transaction for bulk work. All schemas that tables are in are in its
// search_path, so that their bare names, of which no two are the same, are enough.
func (o Options) setUp(ctx context.Context, tx pgx.Tx) error {
	var schemas []string
	for _, t := range o.Tables {
		if t.Schema != "" && !slices.Contains(schemas, t.Schema) {
			schemas = append(schemas, t.Schema)
		}
	}
	if len(schemas) > 0 {
		if _, err := tx.Exec(ctx, "SELECT set_config('search_path', concat_ws(', ', quote_ident(current_schema()), $1::text), true)", sqltext.Idents(schemas)); err != nil {
			return fmt.Errorf("set up transaction: %w", err)
		}
	}
	// A limit made for requests is too short for bulk work. And VACUUM marks no page as
	// visible to all while its commit, or a later one nearby, waits to be flushed.
	// Source: access/transam/clog.c of Postgres, CLOG_XACTS_PER_LSN_GROUP.
	// Sample rows are no changes that anybody made.
	if _, err := tx.Exec(ctx, "SET LOCAL statement_timeout = 0; SET LOCAL synchronous_commit = on; SET LOCAL entgraph.audit = 'off'"); err != nil {
		return fmt.Errorf("set up transaction: %w", err)
	}
	return nil
}

// vacuum does now what autovacuum would do about a minute later, in the middle of a
// measurement.
func vacuum(ctx context.Context, db *postgres.DB, names []string) error {
	err := db.Write.AcquireFunc(ctx, func(conn *pgxpool.Conn) error {
		// VACUUM runs outside a transaction, so SET LOCAL is no help here.
		if _, err := conn.Exec(ctx, "SET statement_timeout = 0; SET synchronous_commit = on"); err != nil {
			return err
		}
		_, err := conn.Exec(ctx, "VACUUM (ANALYZE) "+strings.Join(names, ", "))
		_, reset := conn.Exec(ctx, "RESET statement_timeout; RESET synchronous_commit")
		return errors.Join(err, reset)
	})
	if err != nil {
		return fmt.Errorf("vacuum sample data: %w", err)
	}
	return nil
}
