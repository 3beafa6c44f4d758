package devpg

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestDevDataSurvivesRestart(t *testing.T) {
	t.Parallel()
	root := freshRoot(t)
	progress := &lines{}
	s := start(t, Options{Root: root, Progress: progress})
	for range 2 { // the second finds it
		if err := s.CreateDatabase(t.Context(), "app"); err != nil {
			t.Fatal(err)
		}
	}
	execSQL(t, s.URL("app"), "create table note (text text)")
	execSQL(t, s.URL("app"), "insert into note values ('kept')")
	if got := query[string](t, s.URL("app"), "show data_directory"); got != s.DataDir() {
		t.Errorf("DataDir() = %s, the server says %s", s.DataDir(), got)
	}
	if !strings.HasPrefix(s.Source(), "installed binaries /") {
		t.Errorf("Source() = %q", s.Source())
	}
	for range 2 {
		stop(t, s)
	}
	begin := time.Now()
	s = start(t, Options{Root: root, Progress: progress})
	t.Logf("warm start: %v", time.Since(begin).Round(time.Millisecond))
	if got := query[string](t, s.URL("app"), "select text from note"); got != "kept" {
		t.Errorf("note = %q", got)
	}
	if strings.Contains(progress.String(), "waiting") {
		t.Errorf("progress = %q", progress)
	}
}

func TestDevServerIsDurableAndPrivate(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Root: newRoot(t)})
	for setting, want := range map[string]string{
		"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on",
		"listen_addresses": "", "unix_socket_permissions": "0700", "TimeZone": "UTC",
		"server_encoding": "UTF8", "lc_collate": "C",
	} {
		got := query[string](t, s.URL(maintenance), "select coalesce(current_setting('"+setting+"', true), 'C')")
		if got != want {
			t.Errorf("%s = %q, want %q", setting, got, want)
		}
	}
	for _, dir := range []string{s.DataDir(), s.host} {
		info := must(os.Stat(dir))(t)
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is open to others: %v", dir, info.Mode())
		}
		if uid := must(ownerOf(dir))(t); uid == 0 {
			t.Errorf("%s belongs to root", dir)
		}
	}
}

func TestDevRootsHaveTheirOwnServers(t *testing.T) {
	t.Parallel()
	a, b := start(t, Options{Root: newRoot(t)}), start(t, Options{Root: newRoot(t)})
	if a.URL("x") == b.URL("x") || a.DataDir() == b.DataDir() {
		t.Errorf("both are %s on %s", a.URL("x"), a.DataDir())
	}
}

func TestDevSecondStartAttaches(t *testing.T) {
	t.Parallel()
	root := newRoot(t)
	const n = 6
	servers := make([]*Server, n)
	var all sync.WaitGroup
	for i := range servers {
		all.Go(func() {
			s, err := Start(t.Context(), Options{Root: root})
			if err != nil {
				t.Error(err)
				return
			}
			servers[i] = s
		})
	}
	all.Wait()
	var owner *Server
	for _, s := range servers {
		switch {
		case s == nil:
			t.FailNow()
		case s.owner == nil:
			stop(t, s) // leaves the server to its owner
		case owner != nil:
			t.Error("two owners")
		default:
			owner = s
		}
	}
	if owner == nil {
		t.Fatal("no owner")
	}
	for _, s := range servers {
		query[int](t, s.URL(maintenance), "select 1")
		if s.URL("app") != owner.URL("app") || s.DataDir() != owner.DataDir() {
			t.Errorf("attached to %s on %s", s.URL("app"), s.DataDir())
		}
	}
	stop(t, owner)
	if s := start(t, Options{Root: root}); s.owner == nil {
		t.Error("the owner is gone and the next start owns nothing")
	}
}

func TestDevProcessesShareOneServer(t *testing.T) {
	t.Parallel()
	o := Options{Root: freshRoot(t)}
	first := runHelper(t, helperEnv, o)
	second := runHelper(t, helperEnv, o)
	if !first.facts.Owner || second.facts.Owner || first.facts.PID != second.facts.PID {
		t.Errorf("first %+v, second %+v", first.facts, second.facts)
	}
	second.quit(t)
	query[int](t, first.facts.URL, "select 1")
	first.quit(t)
	if line := commandLine(first.facts.PID); line != "" {
		t.Errorf("left: %s", line)
	}
}

func TestDevPort(t *testing.T) {
	t.Parallel()
	root := newRoot(t)
	listener := must(net.Listen("tcp", loopback+":0"))(t)
	port := listener.Addr().(*net.TCPAddr).Port
	_, err := Start(t.Context(), Options{Root: root, Port: port})
	if err == nil || !strings.Contains(err.Error(), "is taken by another program") {
		t.Errorf("error = %v", err)
	}
	listener.Close()
	s := start(t, Options{Root: root, Port: port})
	query[int](t, s.URL(maintenance), "select 1")
	tcp := "postgres://postgres@" + net.JoinHostPort(loopback, strconv.Itoa(port)) + "/postgres?sslmode=disable"
	if got := query[string](t, tcp, "show data_directory"); got != s.DataDir() {
		t.Errorf("port %d leads to %s", port, got)
	}
	if got := query[string](t, tcp, "show listen_addresses"); got != loopback {
		t.Errorf("listen_addresses = %s", got)
	}
	if attached := start(t, Options{Root: root}); attached.URL("app") != s.URL("app") {
		t.Errorf("attached to %s", attached.URL("app"))
	}
	if _, err := Start(t.Context(), Options{Root: root, Port: port%60000 + 1}); err == nil {
		t.Error("attached without the port asked for")
	}
}

func TestDevLongAndOddPaths(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		strings.Repeat("long", 30), `a, b "c" d'e% +é&=?#`, "closed",
	} {
		t.Run(name[:6], func(t *testing.T) {
			t.Parallel()
			root := filepath.Join(t.TempDir(), name)
			if err := os.Mkdir(root, 0o700); err != nil {
				t.Fatal(err)
			}
			o := Options{Root: seedRoot(t, root)}
			s := start(t, o)
			query[int](t, s.URL(maintenance), "select 1")
			if attached := start(t, o); attached.owner != nil {
				t.Error("two owners")
			}
		})
	}
}

func TestDevUnfinishedInitdb(t *testing.T) {
	t.Parallel()
	root := newRoot(t)
	s := start(t, Options{Root: root})
	stop(t, s)
	if err := os.Rename(s.data, s.data+".new"); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(s.data+".new", "PG_VERSION")); err != nil {
		t.Fatal(err)
	}
	query[int](t, start(t, Options{Root: root}).URL(maintenance), "select 1")
}

func TestDevFailedStartShowsLog(t *testing.T) {
	t.Parallel()
	root := newRoot(t)
	_, err := Start(t.Context(), Options{Root: root, extra: []string{"shared_buffers=nonsense"}})
	if err == nil || !strings.Contains(err.Error(), `invalid value for parameter "shared_buffers"`) {
		t.Errorf("error = %v", err)
	}
	start(t, Options{Root: root}) // no lock is left behind
}

func TestDevCancelledStart(t *testing.T) {
	t.Parallel()
	root := newRoot(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if s, err := Start(ctx, Options{Root: root}); !errors.Is(err, context.Canceled) {
		t.Errorf("server %v, error %v", s, err)
	}
	start(t, Options{Root: root})
}

func TestDevStopWithDeadContext(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Root: newRoot(t)})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Stop(ctx); err != nil { // immediate instead of fast
		t.Error(err)
	}
	query[int](t, start(t, Options{Root: s.cluster.place.root}).URL(maintenance), "select 1")
}

func TestDevScratch(t *testing.T) {
	t.Parallel()
	root := newRoot(t)
	s := start(t, Options{Root: root})
	url, drop, err := s.Scratch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	execSQL(t, url, "create table t ()")
	forgotten, _, err := s.Scratch(t.Context())
	if err != nil || forgotten == url {
		t.Fatal(forgotten, err)
	}
	if err := drop(t.Context()); err != nil {
		t.Error(err)
	}
	count := "select count(*) from pg_database where datname like 'entgraph%'"
	if n := query[int](t, s.URL(maintenance), count); n != 1 {
		t.Errorf("%d scratch databases, want the forgotten one", n)
	}
	stop(t, s)
	s = start(t, Options{Root: root})
	if n := query[int](t, s.URL(maintenance), count); n != 0 {
		t.Errorf("%d scratch databases after a new start", n)
	}
}

func TestDevReset(t *testing.T) {
	t.Parallel()
	o := Options{Root: newRoot(t)}
	if err := Reset(o); err != nil {
		t.Errorf("nothing there: %v", err)
	}
	p := runHelper(t, helperEnv, o)
	execSQL(t, p.facts.URL, "create table note ()")
	if err := Reset(o); err != nil {
		t.Fatal(err)
	}
	if exists(p.facts.Data) || isServer(p.facts.PID, p.facts.Data) {
		t.Error("data or server left")
	}
	p.quit(t)
	s := start(t, o)
	if n := query[int](t, s.URL(maintenance), "select count(*) from pg_class where relname = 'note'"); n != 0 {
		t.Error("old data is back")
	}
}
