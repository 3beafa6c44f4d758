package devpg

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
)

// newReused makes a database for reuse on the test server.
func newReused(t *testing.T) *reused {
	t.Helper()
	s := must(tests())(t)
	r := must(s.make(t.Context(), t.Name()))(t)
	t.Cleanup(func() {
		if err := s.discard(r); err != nil {
			t.Error(err)
		}
	})
	return r
}

// What a test may do to its database, and whether emptying is enough.
func TestReuseEmpties(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sql  string
		keep bool
	}{
		"nothing": {"", true},
		"tables": {`create table a (id bigint generated always as identity primary key, b text unique);
			create table c (a bigint references a, d int check (d > 0)) partition by range (d);
			create table c1 partition of c for values from (1) to (5); create statistics st on a, d from c;
			create index on c (d); insert into a default values; create view v as select * from a;
			create materialized view m as select * from v; create rule r as on insert to v do instead nothing;
			comment on column a.b is 'x'; alter table a enable row level security; create policy p on a using (true);
			analyze`, true},
		"types": {`create type e as enum ('a', 'b'); create type co as (a int, b e); create type ra as range (subtype = int);
			create domain d as co[] check (value is not null); create table t (d d, r ra, n name collate "C")`, true},
		"functions": {`create function f(a int, variadic b text[]) returns int language sql as 'select 1';
			create procedure pr() language plpgsql as 'begin end'; create aggregate su(int) (sfunc = int4pl, stype = int);
			create operator === (leftarg = int, rightarg = int, function = int4eq); create sequence s;
			create function tr() returns trigger language plpgsql as 'begin return new; end'; create table t (a int);
			create trigger tr before insert on t for each row execute function tr();
			create function et() returns event_trigger language plpgsql as 'begin end';
			create event trigger et on ddl_command_end execute function et()`, true},
		"schemas":           {`create schema other; create table other.t (a int); create type other.e as enum ('x')`, true},
		"extension":         {`create extension plperl_is_not_here`, true},
		"publication":       {`create table t (a int); create publication p for table t`, true},
		"foreign":           {`create foreign data wrapper w; create server s foreign data wrapper w; create foreign table f (a int) server s`, true},
		"large object":      {`select lo_create(0)`, true},
		"settings":          {`set search_path = x; set role pg_monitor; create temp table z (a int); select pg_advisory_lock(1); listen l`, true},
		"a privilege":       {`grant create on schema public to public`, false},
		"a comment":         {`comment on schema public is 'mine'`, false},
		"no schema":         {`drop schema public`, false},
		"no language":       {`drop extension plpgsql`, false},
		"database setting":  {`do $$ begin execute format('alter database %I set work_mem = ''8MB''', current_database()); end $$`, false},
		"system function":   {`alter function pg_catalog.abs(int) cost 5`, false},
		"default privilege": {`alter default privileges grant select on tables to public`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newReused(t)
			before := everything(t, r.conn)
			_, err := r.conn.ExecContext(t.Context(), c.sql)
			if (err != nil) != (name == "extension") {
				t.Fatal(err)
			}
			err = r.empty(t.Context())
			if (err == nil) != c.keep {
				t.Errorf("got error %v, want to keep it: %v", err, c.keep)
			}
			if err == nil && before != everything(t, r.conn) {
				t.Errorf("the database is not as before:\n%s\n%s", before, everything(t, r.conn))
			}
		})
	}
}

// everything describes the settings of a session and what pg_dump would find.
func everything(t *testing.T, conn *sql.Conn) (all string) {
	t.Helper()
	err := conn.QueryRowContext(t.Context(), `select (select string_agg(name || setting, ',' order by name) from pg_settings where name not like 'plpgsql.%')
		|| (select string_agg(oid::regclass::text, ',' order by oid) from pg_class where relnamespace <> 'pg_toast'::regnamespace)
		|| (select string_agg(oid::text || typname, ',' order by oid) from pg_type) || (select string_agg(oid::regprocedure::text, ',' order by oid) from pg_proc)
		|| (select string_agg(n::text, ',' order by oid) from pg_namespace n where nspname !~ 'temp')
		|| (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()) || (select count(*) from pg_listening_channels())`).Scan(&all)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A test gets the database and the session of the one before it, empty.
func TestReuseGivesItOn(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	for range 5 {
		t.Run("use", func(t *testing.T) {
			url, conn := Reuse(t)
			seen[url]++
			var pid int
			if err := conn.QueryRowContext(t.Context(), "select pg_backend_pid()").Scan(&pid); err != nil {
				t.Fatal(err)
			}
			if _, err := conn.ExecContext(t.Context(), "create table t (a int)"); err != nil {
				t.Error(err)
			}
		})
	}
	if len(seen) != 1 {
		t.Errorf("used %v", seen)
	}
}

// A session that a test has closed or lost is not given on.
func TestReuseLostSession(t *testing.T) {
	t.Parallel()
	r := newReused(t)
	if err := r.conn.Close(); err != nil {
		t.Fatal(err)
	}
	if err := r.empty(context.Background()); !errors.Is(err, sql.ErrConnDone) {
		t.Errorf("got error %v", err)
	}
}

// A dropped scratch database is the next one, without the sessions of the last use.
func TestScratchGivesItOn(t *testing.T) {
	t.Parallel()
	var (
		seen  = map[string]int{}
		ended []*pgx.Conn
	)
	scratch := Scratch(t)
	for range 3 {
		url, drop, err := scratch(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		seen[url]++
		conn := must(pgx.Connect(t.Context(), url))(t)
		must(conn.Exec(t.Context(), "create table t (a int); create temp table u (a int); begin; lock table t"))(t)
		ended = append(ended, conn)
		if err := drop(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(seen) != 1 {
		t.Errorf("used %v", seen)
	}
	for _, conn := range ended {
		if err := conn.Ping(t.Context()); err == nil {
			t.Error("a session lives on")
		}
	}
}

// What SQL has prepared is gone. Without the statement that compares nothing is kept.
func TestReuseForgetsStatements(t *testing.T) {
	t.Parallel()
	r := newReused(t)
	must(r.conn.ExecContext(t.Context(), "create table t (a int); prepare p as select a from t"))(t)
	if err := r.empty(t.Context()); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := r.conn.QueryRowContext(t.Context(), "select count(*) from pg_prepared_statements where from_sql").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d statements, error %v", n, err)
	}
	must(r.conn.ExecContext(t.Context(), "deallocate all"))(t)
	if err := r.empty(t.Context()); err == nil {
		t.Error("kept without the statement that compares")
	}
}
