package devpg

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// mostUses bounds how often a database is used: the server does not vacuum, and catalogs
// get slow with the rows of dropped objects.
const mostUses = 50

// reused is a database that tests of this process use one after another.
type reused struct {
	name string
	db   *sql.DB
	conn *sql.Conn
	// rows is how many the catalogs had when the database was new. The query compare asks
	// for that, and for rows that are newer.
	rows    int
	compare string
	uses    int
}

var free struct {
	sync.Mutex
	all []*reused
}

// Main runs a package's tests and then drops the databases of [Reuse], whose users call
// it in TestMain. It returns the exit code.
func Main(m *testing.M) int {
	code := m.Run()
	free.Lock()
	defer free.Unlock()
	for _, r := range free.all {
		s, err := tests()
		if err == nil {
			err = s.discard(r)
		}
		if err != nil {
			fmt.Println("drop test database:", err)
			code = max(code, 1)
		}
	}
	free.all = nil
	return code
}

// Reuse returns an empty database of the test's own and a session on it, like a database
// of [Empty], but when the test ends the next one gets it with the session. To make both
// and to drop them costs the server about 150 ms of CPU, most of which goes into the
// first queries of a session; to empty a database costs about 20 ms.
//
// A database that cannot be emptied without a trace, such as after a change of a system
// object, is dropped instead. The session has its first settings again; what a test has
// prepared by the driver stays prepared, so that only queries of system catalogs should be.
// TestMain must call [Main].
func Reuse(t testing.TB) (url string, conn *sql.Conn) {
	t.Helper()
	s, err := tests()
	if err != nil {
		t.Fatalf("test database: %v", err)
	}
	r, err := s.reuse(t.Context(), t.Name())
	if err != nil {
		t.Fatalf("test database: %v", s.explain(err))
	}
	t.Cleanup(func() { s.giveBack(t, r) })
	return s.url(r.name), r.conn
}

// Scratch makes scratch databases as [Server.Scratch] does, from those of [Reuse]: to
// drop one is to empty it for the next, and what is not dropped goes when the test ends.
// TestMain must call [Main].
func Scratch(t testing.TB) func(context.Context) (url string, drop func(context.Context) error, err error) {
	t.Helper()
	s, err := tests()
	if err != nil {
		t.Fatalf("test database: %v", err)
	}
	return func(ctx context.Context) (string, func(context.Context) error, error) {
		r, err := s.reuse(ctx, t.Name())
		if err != nil {
			return "", nil, s.explain(err)
		}
		once := sync.OnceFunc(func() { s.giveBack(t, r) })
		t.Cleanup(once)
		return s.url(r.name), func(context.Context) error { once(); return nil }, nil
	}
}

// reuse takes a free database or makes one.
func (s *testServer) reuse(ctx context.Context, test string) (*reused, error) {
	free.Lock()
	last := len(free.all) - 1
	if last >= 0 {
		r := free.all[last]
		free.all = free.all[:last]
		free.Unlock()
		return r, nil
	}
	free.Unlock()
	return s.make(ctx, test)
}

// make makes a database and a session on it.
func (s *testServer) make(ctx context.Context, test string) (*reused, error) {
	r := &reused{name: testName(time.Now(), test)}
	if err := s.empty(ctx, r.name); err != nil {
		return nil, err
	}
	cfg, err := pgx.ParseConfig(s.url(r.name))
	if err != nil {
		return nil, err
	}
	// A statement that the driver has prepared by itself may not fit the next tables.
	cfg.DefaultQueryExecMode = pgx.QueryExecModeDescribeExec
	r.db = stdlib.OpenDB(*cfg)
	if r.conn, err = r.db.Conn(ctx); err != nil {
		return nil, err
	}
	return r, r.remember(ctx)
}

// giveBack empties the database for the next test. That of a failed test stays.
func (s *testServer) giveBack(t testing.TB, r *reused) {
	t.Helper()
	if t.Failed() {
		_, _ = r.conn.Close(), r.db.Close()
		s.finish(t, r.name)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), cleanupTime)
	defer cancel()
	r.uses++
	if r.uses < mostUses && r.empty(ctx) == nil {
		free.Lock()
		defer free.Unlock()
		free.all = append(free.all, r)
		return
	}
	if err := s.discard(r); err != nil {
		t.Errorf("test database: %v", err)
	}
}

// discard ends the session and drops the database.
func (s *testServer) discard(r *reused) error {
	ctx, cancel := context.WithTimeout(context.Background(), cleanupTime)
	defer cancel()
	_, _ = r.conn.Close(), r.db.Close() // a broken session is no reason to keep it
	return s.admin(ctx, func(conn *pgx.Conn) error { return dropDatabase(ctx, conn, r.name) })
}

// errTrace says that something would be left of an emptied database's last use.
var errTrace = errors.New("the database is not as it was")

// empty removes what a test has made and looks whether that is all gone.
func (r *reused) empty(ctx context.Context) error {
	if err := r.leave(ctx); err != nil {
		return fmt.Errorf("end other sessions: %w", err)
	}
	if _, err := r.conn.ExecContext(ctx, resetSession+dropAll); err != nil {
		return fmt.Errorf("empty database: %w", err)
	}
	var rows, written int
	var shared bool
	if err := r.conn.QueryRowContext(ctx, r.compare).Scan(&rows, &written, &shared); err != nil {
		return fmt.Errorf("compare catalogs: %w", err)
	}
	if rows != r.rows || written > 0 || shared {
		return errTrace
	}
	return nil
}

// leave ends the other sessions. One that its client has closed is there for another
// moment, and removes its temporary tables in it.
func (r *reused) leave(ctx context.Context) error {
	for {
		var others int
		err := r.conn.QueryRowContext(ctx, `select count(pg_terminate_backend(pid)) from pg_stat_activity
			where datname = current_database() and pid <> pg_backend_pid()`).Scan(&others)
		if err != nil || others == 0 {
			return err
		}
		if err := pause(ctx, time.Millisecond); err != nil {
			return err
		}
	}
}

// remember notes what the new database has in its catalogs.
func (r *reused) remember(ctx context.Context) error {
	err := r.conn.QueryRowContext(ctx, `with base as materialized (select pg_current_xact_id()::xid as id)
		select string_agg(format('select count(*) as rows, count(*) filter (where age(xmin) < age(%L::xid)) as written from %s%s', base.id, c.oid::regclass,
		case when relname = 'pg_namespace' then $$ where nspname !~ '^pg_(toast_)?temp_'$$ end), ' union all ')
		from base, pg_class c where relnamespace = 'pg_catalog'::regnamespace and relkind = 'r' and not relisshared and relname <> 'pg_statistic'`).Scan(&r.compare)
	if err != nil {
		return fmt.Errorf("list catalogs: %w", err)
	}
	r.compare = "select sum(rows), sum(written), " + sharedTrace + " from (" + r.compare + ") as catalogs"
	err = r.conn.Raw(func(driver any) error {
		_, err := driver.(*stdlib.Conn).Conn().Prepare(ctx, r.compare, r.compare) // its plan takes longer than its work
		return err
	})
	if err != nil {
		return fmt.Errorf("prepare to compare catalogs: %w", err)
	}
	var written int
	var shared bool
	if err := r.conn.QueryRowContext(ctx, r.compare).Scan(&r.rows, &written, &shared); err != nil {
		return fmt.Errorf("count catalogs: %w", err)
	}
	return nil
}

// resetSession is DISCARD ALL but for prepared statements, which the driver has to forget too.
const resetSession = `reset session authorization; reset role; reset all; close all; unlisten *;
	select pg_advisory_unlock_all(); discard temp; discard sequences;`

// sharedTrace asks for what the server keeps about a database outside of it.
const sharedTrace = `exists (select from pg_db_role_setting where setdatabase = (select oid from pg_database where datname = current_database()))
	or exists (select from pg_shdepend where dbid = (select oid from pg_database where datname = current_database()))
	or (select datacl is not null or datconnlimit <> -1 or shobj_description(oid, 'pg_database') is not null
		from pg_database where datname = current_database())
	or (select count(*) from pg_stat_activity where datname = current_database()) > 1`

// dropAll drops everything that was not there in the beginning. The schema public stays,
// with its number.
const dropAll = `
do $$
declare
	statement text;
begin
	for statement in
		select format('deallocate %I', name) from pg_prepared_statements where from_sql
		union all select format('drop event trigger %I', evtname) from pg_event_trigger
		union all select format('drop publication %I', pubname) from pg_publication
		union all select format('drop extension %I cascade', extname) from pg_extension where oid >= 16384
		union all select format('drop schema %I cascade', nspname) from pg_namespace where oid >= 16384 and nspname !~ '^pg_'
		union all select format('drop foreign data wrapper %I cascade', fdwname) from pg_foreign_data_wrapper where oid >= 16384
	loop
		execute statement;
	end loop;
	for statement in
		select format('drop %s if exists %s cascade', replace(o.type, 'statistics object', 'statistics'), o.identity)
		from pg_depend d, pg_identify_object(d.classid, d.objid, 0) o
		where d.refclassid = 'pg_namespace'::regclass and d.refobjid = 'public'::regnamespace and d.objid >= 16384 and d.deptype = 'n'
		and not exists (select from pg_depend i where i.classid = d.classid and i.objid = d.objid and i.deptype in ('i', 'P') and i.refobjid <> d.objid)
	loop
		continue when statement is null; -- gone with another
		execute statement;
	end loop;
	perform lo_unlink(oid) from pg_largeobject_metadata;
end
$$`
