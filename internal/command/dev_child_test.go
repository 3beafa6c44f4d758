package command

import (
	"bytes"
	"context"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"golang.org/x/sys/unix"

	"github.com/entgraph/entgraph/internal/config"
	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/watch"
)

// screen is what the supervisor and its children write to, at once.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *screen) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *screen) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// supervised is a supervisor of testdata/api.sh, on a database that it leaves alone.
func supervised(t *testing.T, does string) (*supervisor, *screen) {
	t.Helper()
	cfg, err := config.Load([]string{"APP_ENV=development", "DATABASE_URL=postgres://127.0.0.1:1/none"})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	program, err := filepath.Abs(filepath.Join("testdata", "api.sh"))
	if err != nil {
		t.Fatal(err)
	}
	var out screen
	root := t.TempDir()
	s := &supervisor{
		app: &app{Program: Program{Name: "shop"}, stdout: &out, stderr: io.Discard}, cfg: cfg, ln: ln.(*net.TCPListener),
		src: &source{root: root, program: program}, file: filepath.Join(root, "development.json"),
	}
	s.does(does)
	return s, &out
}

func (s *supervisor) does(what string) { s.environ = []string{"PATH=/usr/bin:/bin", "API=" + what} }

// An API that ends by itself and does not start again is gone until a change is saved.
func TestReviveFails(t *testing.T) {
	t.Parallel()
	s, out := supervised(t, "dies")
	if err := s.swap(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-s.child.ended
	s.does("fails")
	s.revive(t.Context())
	if said := out.String(); !strings.Contains(said, "(exit status 3); starting it again\n  no database\n  no API runs") || strings.Contains(said, "goes on") {
		t.Errorf("said %s", said)
	}
	s.does("")
	s.round(t.Context(), nil)
	if !s.child.started() || s.state.Problem != nil || !strings.Contains(out.String(), "  ready, ") {
		t.Errorf("after a change %+v: %s", s.state, out)
	}
	s.end()

	s.child = &child{}
	s.end()
}

// One that is started again and ends at once is not started for ever.
func TestReviveOnce(t *testing.T) {
	t.Parallel()
	s, out := supervised(t, "dies")
	if err := s.swap(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		<-s.child.ended
		s.revive(t.Context())
	}
	if s.child.started() || strings.Count(out.String(), "starting it again") != 1 || !strings.Contains(out.String(), "has ended by itself again (exit status 3)\n  no API runs") {
		t.Errorf("said %s", out)
	}
	if p := s.state.Problem; p == nil || p.Kind != problemStart {
		t.Errorf("the playground is told %+v", p)
	}
	s.end()
}

// The end of an API does not wait for what it has started.
func TestChildOfChild(t *testing.T) {
	t.Parallel()
	s, _ := supervised(t, "holds")
	if err := s.swap(t.Context()); err != nil {
		t.Fatal(err)
	}
	group := s.child.cmd.Process.Pid
	t.Cleanup(func() { _ = unix.Kill(-group, unix.SIGKILL) })
	s.end()
}

// The listener of the process that watches does not block after another one got it.
func TestDuplicateListener(t *testing.T) {
	t.Parallel()
	s, _ := supervised(t, "")
	if err := s.swap(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	defer s.end()
	raw, err := s.ln.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var flags int
	var ferr error
	if err := raw.Control(func(fd uintptr) { flags, ferr = unix.FcntlInt(fd, unix.F_GETFL, 0) }); err != nil || ferr != nil {
		t.Fatal(err, ferr)
	}
	if flags&unix.O_NONBLOCK == 0 {
		t.Error("it blocks")
	}
}

// A program that does not start at first is started after a change.
func TestStartWaits(t *testing.T) {
	t.Parallel()
	s, out := supervised(t, "second")
	s.url, s.changes = devpg.Empty(t), make(chan []watch.Change)
	s.Migrations = fstest.MapFS{"atlas.sum": {Data: []byte("h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")}}
	go func() { s.changes <- []watch.Change{{Path: "a.sql", Kind: watch.Objects}} }() // taken when it waits
	if err := s.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.end()
	if said := out.String(); !strings.Contains(said, "  not yet\n  waiting for a change\na.sql\n") || s.state.Problem != nil {
		t.Errorf("said %s", said)
	}
}
