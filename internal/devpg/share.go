package devpg

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// All test binaries of a checkout use one test cluster. It must outlive the
// binary that came first and must not outlive the last, however they end, so no
// test process owns it: a keeper does. The keeper is the test binary itself,
// started again in a session of its own. Nothing has to be built or installed
// for it, and a plain "go test ./..." needs no wrapper.
//
// Every test process holds the shared lock on "lease" for its whole life; the
// kernel gives it back even after kill -9. When the keeper gets that lock alone,
// nobody needs the cluster. It stops the cluster a while later, with the lock in
// its hand, so that a test process which comes in that moment waits and then
// starts a new keeper. A killed keeper takes its server along.

// share is the test cluster that the test processes of one checkout have in
// common.
type share struct {
	Root  string
	PgBin string
	Idle  time.Duration // how long the cluster waits for the next test process
	Keep  time.Duration // how long databases of failed tests stay
}

const (
	shareIdle = time.Minute    // saves the next run the first half second
	shareKeep = 24 * time.Hour // long enough to look at a failure
)

func (s share) options() Options {
	return Options{Root: s.Root, PgBin: s.PgBin, Test: true}
}

func (p place) leaseFile() string   { return filepath.Join(p.testDir(), "lease") }
func (p place) startLock() string   { return filepath.Join(p.testDir(), "start.lock") }
func (p place) currentLink() string { return filepath.Join(p.testDir(), "current") }

// join returns the shared server, which runs at least until lease is closed or
// the process ends.
func (s share) join(ctx context.Context) (server *Server, lease *os.File, err error) {
	p, err := placeOf(s.Root)
	if err != nil {
		return nil, nil, err
	}
	if err := p.prepare(); err != nil {
		return nil, nil, err
	}
	lease, err = waitLock(ctx, p.leaseFile(), unix.LOCK_SH)
	if err != nil {
		return nil, nil, err
	}
	server, err = s.running(ctx, p)
	if err == nil && server == nil {
		server, err = s.startKeeper(ctx, p)
	}
	if err != nil {
		return nil, nil, errors.Join(err, lease.Close())
	}
	return server, lease, nil
}

// running returns the server that a keeper has published, nil without one.
func (s share) running(ctx context.Context, p place) (*Server, error) {
	dir, err := os.Readlink(p.currentLink())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find test server: %w", err)
	}
	return s.options().cluster(p, dir, true).attach(ctx)
}

// publish tells other processes where the cluster is. The link changes in one
// step.
func (p place) publish(c *cluster) error {
	next := p.currentLink() + ".new"
	if err := remove(next); err != nil {
		return fmt.Errorf("publish test server: %w", err)
	}
	if err := os.Symlink(c.dir, next); err != nil {
		return fmt.Errorf("publish test server: %w", err)
	}
	if err := os.Rename(next, p.currentLink()); err != nil {
		return fmt.Errorf("publish test server: %w", err)
	}
	return nil
}

// startKeeper starts a keeper unless another process was faster, and returns
// its server.
func (s share) startKeeper(ctx context.Context, p place) (*Server, error) {
	lock, err := waitLock(ctx, p.startLock(), unix.LOCK_EX)
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	if server, err := s.running(ctx, p); server != nil || err != nil {
		return server, err
	}
	report, err := s.spawnKeeper()
	if err != nil {
		return nil, fmt.Errorf("start test server: %w", err)
	}
	defer report.Close()
	if err := readReport(ctx, report); err != nil {
		return nil, err
	}
	server, err := s.running(ctx, p)
	if err == nil && server == nil {
		err = errors.New("the test server ended at once")
	}
	return server, err
}

// spawnKeeper starts a keeper and returns the pipe of its report. Its output
// goes nowhere: "go test" waits until the last holder of its own output ends.
func (s share) spawnKeeper() (report *os.File, err error) {
	spec, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	report, theirs, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	cmd := exec.Command(self)
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), keeperEnv+"="+string(spec))
	cmd.ExtraFiles = []*os.File{theirs}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, report.Close())
	}
	go cmd.Wait() // it usually outlives us; if not it must not stay a zombie
	return report, nil
}

// readReport waits for the keeper's one report: empty when its server runs, else
// what went wrong.
func readReport(ctx context.Context, report *os.File) error {
	stop := context.AfterFunc(ctx, func() { report.SetReadDeadline(time.Now()) })
	defer stop()
	text, err := io.ReadAll(report)
	switch {
	case err != nil && ctx.Err() != nil:
		return fmt.Errorf("wait for test server: %w", context.Cause(ctx))
	case err != nil:
		return fmt.Errorf("wait for test server: %w", err)
	case len(text) == 0:
		return errors.New("the process that keeps the test server ended at once")
	case string(text) != reportReady:
		return errors.New(string(text))
	}
	return nil
}
