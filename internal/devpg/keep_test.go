package devpg

import (
	"context"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// kept keeps a server until the test ends.
func kept(t *testing.T, s *Server) (end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() { s.Keep(ctx) })
	end = func() { cancel(); done.Wait() }
	t.Cleanup(end) // before the stop of start
	return end
}

// answers waits until the server answers as another process than before.
func answers(t *testing.T, s *Server, before int) int {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		if file, err := readPIDFile(s.data); err == nil && file.pid != before && file.status == "ready" && s.greet(t.Context()) == nil {
			return file.pid
		}
		if time.Now().After(deadline) {
			t.Fatal("the server does not come back")
		}
	}
}

func TestKilledServerIsStartedAgain(t *testing.T) {
	t.Parallel()
	progress := &lines{}
	s := start(t, Options{Root: newRoot(t), Progress: progress})
	end := kept(t, s)
	execSQL(t, s.URL(maintenance), "create table note as select 'kept' as text")
	pid := answers(t, s, 0)
	for range 2 {
		kill(t, must(readPIDFile(s.data))(t).pid, unix.SIGKILL)
		pid = answers(t, s, pid)
		if got := query[string](t, s.URL(maintenance), "select text from note"); got != "kept" {
			t.Errorf("note = %q", got)
		}
	}
	end()
	stop(t, s)
	if line := commandLine(pid); line != "" {
		t.Errorf("left: %s", line)
	}
}

func TestServerOutlivesItsOwner(t *testing.T) {
	t.Parallel()
	root := newRoot(t)
	owner, attached := start(t, Options{Root: root}), start(t, Options{Root: root})
	kept(t, attached)
	pid := answers(t, attached, 0)
	stop(t, owner)
	answers(t, attached, pid)
}
