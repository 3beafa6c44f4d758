package devpg

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestDevKilledParent(t *testing.T) {
	t.Parallel()
	o := Options{Root: newRoot(t)}
	p := runHelper(t, helperEnv, o)
	execSQL(t, p.facts.URL, "create table note as select 'kept' as text")
	p.kill()
	// Nobody stops it but the kernel.
	eventually(t, "end of the server", func() bool { return !isServer(p.facts.PID, p.facts.Data) })
	s := start(t, o)
	if got := query[string](t, s.URL(maintenance), "select text from note"); got != "kept" {
		t.Errorf("note = %q", got)
	}
}

func TestDevStartRightAfterKill(t *testing.T) {
	t.Parallel()
	o := Options{Root: newRoot(t)}
	for range 3 {
		p := runHelper(t, helperEnv, o)
		p.kill()
		s := start(t, o)
		if s.owner == nil {
			t.Fatal("attached to a dying server")
		}
		stop(t, s)
	}
}

func TestDevOlderServerStillStopping(t *testing.T) {
	t.Parallel()
	o := Options{Root: newRoot(t)}
	p := runHelper(t, helperEnv, o)
	// The shutdown waits for a last checkpoint, so it takes as long as we like.
	// The kernel itself would wake the postmaster, as a member of an orphaned group.
	checkpointer := query[int](t, p.facts.URL, "select pid from pg_stat_activity where backend_type = 'checkpointer'")
	kill(t, checkpointer, unix.SIGSTOP)
	p.kill()
	progress := &lines{}
	o.Progress = progress
	started := make(chan error, 1)
	go func() {
		s, err := Start(t.Context(), o)
		if err == nil {
			err = s.Stop(context.Background())
		}
		started <- err
	}()
	eventually(t, "line about the older server", func() bool {
		return strings.Contains(progress.String(), "waiting for an older server")
	})
	select {
	case err := <-started:
		t.Fatalf("started beside the older server: %v", err)
	default:
	}
	kill(t, checkpointer, unix.SIGCONT)
	if err := <-started; err != nil {
		t.Error(err)
	}
}

func TestDevKilledServer(t *testing.T) {
	t.Parallel()
	o := Options{Root: newRoot(t)}
	p := runHelper(t, helperEnv, o)
	kill(t, p.facts.PID, unix.SIGKILL) // postmaster.pid stays
	p.quit(t)
	query[int](t, start(t, o).URL(maintenance), "select 1")
}

func TestDevStalePIDFile(t *testing.T) {
	t.Parallel()
	root := newRoot(t)
	s := start(t, Options{Root: root})
	account := must(find(t.Context(), Options{Root: root}, s.cluster.place, -1, nil))(t).account
	stop(t, s)
	sleeper := func() *exec.Cmd {
		cmd := exec.Command("sleep", "600")
		account.server().prepare(cmd)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd
	}
	dead, reused, zombie := sleeper(), sleeper(), sleeper()
	dead.Process.Kill()
	dead.Wait()
	zombie.Process.Kill()
	defer zombie.Wait()
	defer reused.Wait()
	defer reused.Process.Kill()
	eventually(t, "zombie", func() bool { return commandLine(zombie.Process.Pid) == "" })
	for name, pid := range map[string]int{
		"dead": dead.Process.Pid, "reused by the same account": reused.Process.Pid, "zombie": zombie.Process.Pid,
	} {
		text := strings.Join([]string{strconv.Itoa(pid), s.data, "1700000000", "5432", s.host, "", "  1234 5", "ready   ", ""}, "\n")
		for _, path := range []string{filepath.Join(s.data, "postmaster.pid"), filepath.Join(s.host, ".s.PGSQL.5432.lock")} {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := account.own(path); err != nil {
				t.Fatal(err)
			}
		}
		again, err := Start(t.Context(), Options{Root: root})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		query[int](t, again.URL(maintenance), "select 1")
		stop(t, again)
	}
}

func TestDevServerStartedByHand(t *testing.T) {
	t.Parallel()
	root := newRoot(t)
	s := start(t, Options{Root: root})
	in := must(find(t.Context(), Options{Root: root}, s.cluster.place, -1, nil))(t)
	stop(t, s)
	cmd := exec.Command(filepath.Join(in.bin, "postgres"), "-D", s.data, "-c", "listen_addresses=", "-k", s.host)
	cmd.SysProcAttr = childAttr()
	in.account.server().prepare(cmd)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Signal(unix.SIGINT)
	eventually(t, "server", func() bool {
		file, err := readPIDFile(s.data)
		return err == nil && file.status == "ready"
	})
	_, err := Start(t.Context(), Options{Root: root})
	if err == nil || !strings.Contains(err.Error(), "started by hand") {
		t.Errorf("error = %v", err)
	}
}
