package devpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// process is a postgres that is our child.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{}
}

// spawn starts postgres on the data folder. The server inherits lock and with it
// holds server.lock until its last process has gone.
func (c *cluster) spawn(in install, data string, lock *os.File) (*process, error) {
	log, err := os.OpenFile(c.logFile(), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open server log: %w", err)
	}
	defer log.Close()
	args := []string{"-D", data}
	for _, setting := range c.settings() {
		args = append(args, "-c", setting)
	}
	cmd := exec.Command(filepath.Join(in.bin, "postgres"), args...)
	cmd.SysProcAttr = childAttr()
	in.account.server().prepare(cmd)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.ExtraFiles = []*os.File{lock}
	p := &process{cmd: cmd, ended: make(chan struct{})}
	started := make(chan error)
	go p.run(started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start server: %w", err)
	}
	return p, nil
}

// run starts the process and waits for its end on one thread: the kernel sends
// the parent-death signal when the thread ends that started the child.
func (p *process) run(started chan<- error) {
	runtime.LockOSThread()
	err := p.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	// How it ended shows in its log; all that matters here is that it did.
	_ = p.cmd.Wait()
	close(p.ended)
}

func (p *process) done() <-chan struct{} { return p.ended }

// stop asks for a fast shutdown, after ten seconds or the end of ctx for an
// immediate one, and kills at last.
func (p *process) stop(ctx context.Context) error {
	var err error
	for _, step := range []struct {
		signal os.Signal
		wait   time.Duration
		ctx    context.Context
	}{
		{unix.SIGINT, 10 * time.Second, ctx},
		{unix.SIGQUIT, 5 * time.Second, context.Background()},
		{unix.SIGKILL, time.Second, context.Background()},
	} {
		if err := p.cmd.Process.Signal(step.signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("signal server: %w", err)
		}
		if err = p.wait(step.ctx, step.wait); err == nil {
			return nil
		}
	}
	return fmt.Errorf("server %d does not end: %w", p.cmd.Process.Pid, err)
}

// wait waits for the end of the process.
func (p *process) wait(ctx context.Context, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	select {
	case <-p.ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
