package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/entgraph/entgraph/internal/postgres"
)

func TestConstraint(t *testing.T) {
	t.Parallel()
	db := open(t)
	exec(t, db.Write, `CREATE TABLE parents (id int PRIMARY KEY, name text CONSTRAINT name_taken UNIQUE)`)
	exec(t, db.Write, `CREATE TABLE kids (
		id int NOT NULL,
		parent int CONSTRAINT kids_parent REFERENCES parents,
		age int CONSTRAINT age_range CHECK (age >= 0),
		during int4range,
		CONSTRAINT no_overlap EXCLUDE USING gist (during WITH &&))`)
	exec(t, db.Write, "INSERT INTO parents VALUES (1, 'a'), (2, 'b')")
	exec(t, db.Write, "INSERT INTO kids VALUES (1, 1, 5, '[1,5)')")
	tests := map[string]struct {
		sql, code, name string
		kind            postgres.ConstraintKind
	}{
		"unique":      {"INSERT INTO parents VALUES (3, 'a')", "23505", "name_taken", postgres.UniqueConstraint},
		"primary key": {"INSERT INTO parents VALUES (1, 'c')", "23505", "parents_pkey", postgres.UniqueConstraint},
		"reference":   {"INSERT INTO kids VALUES (2, 9)", "23503", "kids_parent", postgres.ForeignKeyConstraint},
		"still used":  {"DELETE FROM parents WHERE id = 1", "23503", "kids_parent", postgres.ForeignKeyConstraint},
		"check":       {"UPDATE kids SET age = -1", "23514", "age_range", postgres.CheckConstraint},
		"not null":    {"INSERT INTO kids VALUES (NULL)", "23502", "id", postgres.NotNullConstraint},
		"exclusion":   {"INSERT INTO kids VALUES (2, 1, 5, '[4,9)')", "23P01", "no_overlap", postgres.ExclusionConstraint},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := db.Write.Exec(t.Context(), test.sql)
			err = fmt.Errorf("outer: %w", err)
			got, kind, ok := postgres.Constraint(err)
			if got != test.name || kind != test.kind || !ok || postgres.Code(err) != test.code {
				t.Errorf("constraint %q, kind %v, ok %v, code %s of %v", got, kind, ok, postgres.Code(err), err)
			}
			if postgres.IsTimeout(err) || postgres.IsUnavailable(err) {
				t.Errorf("%v: is a timeout or unavailable", err)
			}
		})
	}
}

func TestErrorKinds(t *testing.T) {
	t.Parallel()
	server := func(code string) error { return &pgconn.PgError{Code: code, Message: "m"} }
	tests := map[string]struct {
		err                  error
		timeout, unavailable bool
		conflict             bool
	}{
		"nil":               {nil, false, false, false},
		"other":             {errors.New("x"), false, false, false},
		"syntax":            {server("42601"), false, false, false},
		"statement timeout": {server("57014"), true, false, false},
		"lock timeout":      {server("55P03"), true, false, false},
		"idle in tx":        {server("25P03"), true, false, false},
		"tx timeout":        {server("25P04"), true, false, false},
		"deadlock":          {server("40P01"), false, false, true},
		"serialization":     {server("40001"), false, false, true},
		"disk full":         {server("53100"), false, true, false},
		"idle session":      {server("57P05"), false, true, false},
		"unreachable":       {&postgres.UnreachableError{Err: context.DeadlineExceeded}, true, true, false},
		"admin shutdown":    {server("57P01"), false, true, false},
		"starting":          {server("57P03"), false, true, false},
		"too many":          {server("53300"), false, true, false},
		"connection":        {server("08006"), false, true, false},
		"cut":               {io.ErrUnexpectedEOF, false, true, false},
		"conn closed":       {pgconn.ErrConnClosed, false, true, false},
		"deadline":          {context.DeadlineExceeded, true, false, false},
		"cancelled":         {context.Canceled, false, false, false},
		"cancelled at work": {errors.Join(context.Canceled, server("57014")), false, false, false},
	}
	for name, test := range tests {
		err := test.err
		if err != nil {
			err = fmt.Errorf("outer: %w", err)
		}
		if got := postgres.IsTimeout(err); got != test.timeout {
			t.Errorf("%s: timeout %v", name, got)
		}
		if got := postgres.IsUnavailable(err); got != test.unavailable {
			t.Errorf("%s: unavailable %v", name, got)
		}
		if got := postgres.IsConflict(err); got != test.conflict {
			t.Errorf("%s: conflict %v", name, got)
		}
		// What the network says may be about another service, unless a statement says it.
		if !test.conflict && postgres.CanRepeat(err) {
			t.Errorf("%s: can be repeated without being marked", name)
		}
		want := test.conflict || test.unavailable && name != "unreachable"
		if got := postgres.CanRepeat(postgres.Lost(err)); got != want {
			t.Errorf("%s: can be repeated: %v", name, got)
		}
		if _, _, ok := postgres.Constraint(err); ok {
			t.Errorf("%s: is a constraint", name)
		}
	}
}

func TestLostConnectionIsUnavailable(t *testing.T) {
	t.Parallel()
	db := open(t)
	tx, err := db.Write.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.WithoutCancel(t.Context()))
	exec(t, db.Write, "SELECT pg_terminate_backend($1)", one[int](t, tx, "SELECT pg_backend_pid()"))
	// The backend may still answer a statement before it sees the signal.
	for err == nil {
		_, err = tx.Exec(t.Context(), "SELECT 1")
	}
	if !postgres.IsUnavailable(err) || postgres.IsTimeout(err) {
		t.Errorf("error %v, want unavailable", err)
	}
	exec(t, db.Write, "SELECT 1") // the pool recovers
}

func TestContextErrors(t *testing.T) {
	t.Parallel()
	db := open(t)
	for cause, timeout := range map[error]bool{context.Canceled: false, context.DeadlineExceeded: true} {
		ctx := endedContext(t, cause)
		_, err := db.Write.Exec(ctx, "SELECT 1")
		if postgres.IsTimeout(err) != timeout || postgres.IsUnavailable(err) {
			t.Errorf("%v: timeout %v, unavailable %v", err, postgres.IsTimeout(err), postgres.IsUnavailable(err))
		}
	}
}

func endedContext(t *testing.T, cause error) context.Context {
	t.Helper()
	if errors.Is(cause, context.DeadlineExceeded) {
		ctx, cancel := context.WithTimeout(t.Context(), 0)
		t.Cleanup(cancel)
		return ctx
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

func TestBadValues(t *testing.T) {
	t.Parallel()
	db := open(t)
	exec(t, db.Write, `CREATE TABLE things (short varchar(3), small int2, price numeric(4,2), at timestamptz, address inet, long text CONSTRAINT long_taken UNIQUE, words tsvector)`)
	for name, test := range map[string]struct {
		sql, code, want string
		tooComplex      bool
	}{
		"too long":          {"INSERT INTO things (short) VALUES ('four')", "22001", "is too long", false},
		"too large a cast":  {"INSERT INTO things (small) VALUES (40000)", "22003", "is out of range", false},
		"numeric overflow":  {"INSERT INTO things (price) VALUES (100)", "22003", "is out of range", false},
		"float overflow":    {"SELECT sum(x) FROM (VALUES ('1e308'::float8), ('1e308')) v(x)", "22003", "is out of range", false},
		"no date":           {"INSERT INTO things (at) VALUES ('soon')", "22007", "is not a date or time that the database accepts", false},
		"date out of range": {"INSERT INTO things (at) VALUES ('2026-02-30')", "22008", "is a date or time out of range", false},
		"no address":        {"INSERT INTO things (address) VALUES ('300.1.1.1')", "22P02", "does not have the form that the database accepts", false},
		"zero byte":         {`SELECT '"\u0000"'::jsonb->>0`, "22P05", "has a character that the database does not accept", false},
		"division":          {"SELECT 1 / 0", "22012", "is not a value that the database accepts", false},
		"too large a row of an index": {"INSERT INTO things (long) SELECT string_agg(md5(i::text), '') FROM generate_series(1, 300) i",
			"54000", "is too large for the database", false},
		"too many words":      {"SELECT to_tsvector(string_agg(md5(i::text), ' ')) FROM generate_series(1, 90000) i", "54000", "is too large for the database", false},
		"too deep":            {"SELECT repeat('[', 100000)::jsonb", "54001", "", true},
		"a constraint's":      {"INSERT INTO things (long) VALUES ('a'), ('a')", "23505", "", false},
		"the statement's own": {"SELECT nothing", "42703", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := db.Write.Exec(t.Context(), test.sql)
			err = fmt.Errorf("outer: %w", err)
			if postgres.Code(err) != test.code || postgres.BadValue(err) != test.want || postgres.IsTooComplex(err) != test.tooComplex {
				t.Errorf("code %s, bad value %q, too complex %t of %v", postgres.Code(err), postgres.BadValue(err), postgres.IsTooComplex(err), err)
			}
		})
	}
	if postgres.BadValue(nil) != "" || postgres.BadValue(io.EOF) != "" || postgres.IsTooComplex(io.EOF) {
		t.Error("an error of another kind is taken for one of a value")
	}
}
