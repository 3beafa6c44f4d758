package devpg

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sys/unix"
)

// withServerFacts asks the server at f.URL who it is.
func withServerFacts(ctx context.Context, f *facts) error {
	return withConn(ctx, f.URL, func(conn *pgx.Conn) error {
		if err := conn.QueryRow(ctx, "show data_directory").Scan(&f.Data); err != nil {
			return err
		}
		file, err := readPIDFile(f.Data)
		f.PID = file.pid
		return err
	})
}

// cloneOnce clones a template whose making leaves one more byte in a file.
func cloneOnce(ctx context.Context, s *testServer, root string) error {
	tpl := Template{Key: "counted", Build: func(ctx context.Context, url string) error {
		f, err := os.OpenFile(filepath.Join(root, "built"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		defer f.Close()
		if _, err := f.WriteString("x"); err != nil {
			return err
		}
		return withConn(ctx, url, func(conn *pgx.Conn) error {
			_, err := conn.Exec(ctx, "create table note as select 'built' as text")
			return err
		})
	}}
	name := testName(time.Now(), "cloneOnce")
	if err := s.clone(ctx, tpl, name); err != nil {
		return err
	}
	return withConn(ctx, s.url(""), func(conn *pgx.Conn) error { return dropDatabase(ctx, conn, name) })
}

func newShare(t *testing.T) share {
	return share{Root: freshRoot(t), Idle: 100 * time.Millisecond, Keep: time.Hour}
}

// gone waits until the shared server of f has ended and its cluster is removed.
func gone(t *testing.T, f facts) {
	t.Helper()
	eventually(t, "end of the shared server", func() bool {
		return !isServer(f.PID, f.Data) && !exists(filepath.Dir(f.Data))
	})
}

func TestShareOneServerAndOneTemplate(t *testing.T) {
	t.Parallel()
	s := newShare(t)
	const n = 5
	programs := make(chan *program, n)
	errs := make(chan error, n)
	for range n {
		go func() {
			p, err := tryHelper(shareEnv, s)
			programs <- p
			errs <- err
		}()
	}
	var all []*program
	for range n {
		if p := <-programs; p != nil {
			t.Cleanup(p.kill)
			all = append(all, p)
		}
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if t.Failed() {
		return
	}
	for _, p := range all {
		if p.facts.PID != all[0].facts.PID || p.facts.URL != all[0].facts.URL {
			t.Errorf("%+v and %+v", p.facts, all[0].facts)
		}
	}
	if built := must(os.ReadFile(filepath.Join(s.Root, "built")))(t); string(built) != "x" {
		t.Errorf("template built %d times", len(built))
	}
	last := all[n-1]
	for _, p := range all[:n-1] { // however they end
		p.kill()
	}
	time.Sleep(4 * s.Idle) // the server has to stay for longer than the idle time
	query[int](t, last.facts.URL, "select 1")
	last.kill()
	gone(t, last.facts)
}

func TestShareIsReusedWhileIdle(t *testing.T) {
	t.Parallel()
	s := newShare(t)
	s.Idle = time.Minute
	first := runHelper(t, shareEnv, s)
	first.kill()
	second := runHelper(t, shareEnv, s)
	if first.facts.PID != second.facts.PID {
		t.Errorf("%+v and %+v", first.facts, second.facts)
	}
	second.quit(t)
}

func TestShareKilledKeeper(t *testing.T) {
	t.Parallel()
	s := newShare(t)
	first := runHelper(t, shareEnv, s)
	keeper := parentOf(t, first.facts.PID)
	kill(t, keeper, unix.SIGKILL)
	eventually(t, "end of the server", func() bool { return !isServer(first.facts.PID, first.facts.Data) })
	second := runHelper(t, shareEnv, s)
	if first.facts.Data == second.facts.Data {
		t.Error("same cluster")
	}
	if exists(filepath.Dir(first.facts.Data)) {
		t.Errorf("%s is left", first.facts.Data)
	}
	first.kill()
	second.kill()
	gone(t, second.facts)
}

func TestShareDeadServer(t *testing.T) {
	t.Parallel()
	s := newShare(t)
	first := runHelper(t, shareEnv, s)
	kill(t, first.facts.PID, unix.SIGKILL)
	gone(t, first.facts) // its keeper sees it
	second := runHelper(t, shareEnv, s)
	query[int](t, second.facts.URL, "select 1")
}

func TestShareStopsWhenTheCheckoutIsGone(t *testing.T) {
	t.Parallel()
	s := newShare(t)
	p := runHelper(t, shareEnv, s)
	if err := os.RemoveAll(must(placeOf(s.Root))(t).base); err != nil {
		t.Fatal(err)
	}
	gone(t, p.facts)
}

func TestShareErrorReachesTheTest(t *testing.T) {
	t.Parallel()
	s := newShare(t)
	s.PgBin = t.TempDir()
	_, _, err := s.join(t.Context())
	if want := "start private postgres: use PG_BIN " + s.PgBin + ": no initdb in " + s.PgBin; err == nil || err.Error() != want {
		t.Errorf("error = %v, want %s", err, want)
	}
}

func TestShareKeepsDatabases(t *testing.T) {
	t.Parallel()
	s := newShare(t)
	p := runHelper(t, shareEnv, s)
	fresh := testName(time.Now(), "Fresh")
	old := testName(time.Now().Add(-2*s.Keep), "Old")
	many := make([]string, mostKept+3)
	for i := range many {
		many[i] = testName(time.Now().Add(time.Duration(i-len(many))*time.Second), "Many")
	}
	for _, name := range append(many, fresh, old) {
		execSQL(t, p.facts.URL, "create database "+name+" strategy file_copy")
	}
	p.kill()
	eventually(t, "removal of old databases", func() bool {
		return query[int](t, p.facts.URL, "select count(*) from pg_database where datname ~ '"+testPattern+"'") == mostKept
	})
	if n := query[int](t, p.facts.URL, "select count(*) from pg_database where datname = '"+fresh+"'"); n != 1 {
		t.Error("the newest is gone")
	}
	time.Sleep(4 * s.Idle) // the server has to stay for longer than the idle time
	query[int](t, p.facts.URL, "select 1")
	if err := Reset(s.options()); err != nil {
		t.Error(err)
	}
	gone(t, p.facts)
}

func TestKeeperOver(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for name, c := range map[string]struct {
		idle, kept time.Duration // ago; zero kept: none
		want       bool
	}{
		"just used":            {time.Second, 0, false},
		"idle":                 {2 * time.Minute, 0, true},
		"idle, one kept":       {2 * time.Minute, time.Hour, false},
		"idle, kept for a day": {2 * time.Minute, 25 * time.Hour, true},
	} {
		k := keeper{share: share{Idle: shareIdle, Keep: shareKeep}, idleFrom: now.Add(-c.idle)}
		if c.kept != 0 {
			k.newest = now.Add(-c.kept)
		}
		if got := k.over(now); got != c.want {
			t.Errorf("%s: over = %v", name, got)
		}
	}
}
