package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"
)

// What the server of dev gets from the process that watches, beside its standard input, which
// ends when that has gone: the listener, and where it says that it accepts requests.
const (
	fdListener = 3
	fdReady    = 4
)

const (
	// startLimit is how long a server may take until it accepts requests.
	startLimit = time.Minute
	// stopMargin is what a server that ends gets beyond the time for its requests.
	stopMargin = 5 * time.Second
)

// apiOptions are the flags of the server of dev.
type apiOptions struct {
	url         string // of the private Postgres, "" for DATABASE_URL
	development string // see server.Options
}

func (o apiOptions) args() []string {
	return []string{"dev", "api", "--url", o.url, "--development", o.development}
}

// apiCommand is the server of dev as a process of its own, which another build can replace.
func (a *app) apiCommand() *cobra.Command {
	var o apiOptions
	cmd := &cobra.Command{
		Use: "api", Short: "Serve on a listener that dev hands over", Hidden: true, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return work(func(ctx context.Context, _ []string) error { return a.serveChild(ctx, cmd.InOrStdin(), o) })(cmd, args)
		},
	}
	cmd.Flags().StringVar(&o.url, "url", "", "`address` of the private Postgres")
	cmd.Flags().StringVar(&o.development, "development", "", "`file` that the playground is told")
	return cmd
}

// serveChild serves until ctx ends, or the process that has started this one.
func (a *app) serveChild(ctx context.Context, parent io.Reader, o apiOptions) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	ctx, end := context.WithCancel(ctx)
	defer end()
	go func() {
		_, _ = io.Copy(io.Discard, parent)
		end()
		time.Sleep(cfg.ShutdownDelay + cfg.ShutdownTimeout + stopMargin)
		fmt.Fprintln(a.stderr, "the API from before does not end by itself; it is cut")
		os.Exit(1) // nobody is there any more who could end it
	}()
	tune(cfg)
	file := os.NewFile(fdListener, "listener")
	ln, err := net.FileListener(file)
	if err != nil {
		return fmt.Errorf("take the listener: %w", err)
	}
	_ = file.Close() // ln has one of its own
	defer ln.Close()
	if root, err := checkout(); err == nil {
		a.Migrations = a.onDisk(root) // a new file does not wait for a build
	}
	log := a.devLogger(cfg)
	db, err := a.open(ctx, cfg, a.serverURL(cfg, o.url), log)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := a.checkDatabase(ctx, db); err != nil {
		return err
	}
	s, err := a.server(ctx, cfg, db, log, o.development)
	if err != nil {
		return err
	}
	ready := os.NewFile(fdReady, "ready")
	if _, err := ready.WriteString("ready"); err != nil {
		return fmt.Errorf("say that the API is ready: %w", err)
	}
	_ = ready.Close() // it is written
	return s.Serve(ctx, ln)
}

// child is a server of dev.
type child struct {
	cmd   *exec.Cmd
	built string        // its program
	alive io.Closer     // its standard input
	errs  *held         // its standard error
	ended chan struct{} // closed when it has ended; cmd says how
	again time.Time     // when it was started because the one before had ended by itself
}

// startChild starts the server of a program on a listener, and waits until it accepts
// requests. What it writes before that is in the error when it does not.
func startChild(ctx context.Context, program string, environ []string, dir string, ln *net.TCPListener, o apiOptions, stdout, stderr io.Writer) (*child, error) {
	file, err := duplicate(ln)
	if err != nil {
		return nil, fmt.Errorf("hand over the listener: %w", err)
	}
	defer file.Close()
	ready, tell, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start the API: %w", err)
	}
	defer ready.Close()
	c := &child{cmd: exec.Command(program, o.args()...), errs: &held{w: stderr}, ended: make(chan struct{})}
	c.cmd.Env, c.cmd.Dir, c.cmd.ExtraFiles = environ, dir, []*os.File{file, tell}
	c.cmd.Stdout, c.cmd.Stderr = stdout, c.errs
	c.cmd.WaitDelay = stopMargin // something that it has started may hold them
	// An interrupt of the terminal is for the process that watches alone, which then ends it.
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if c.alive, err = c.cmd.StdinPipe(); err != nil {
		return nil, errors.Join(fmt.Errorf("start the API: %w", err), tell.Close())
	}
	err = c.cmd.Start()
	_ = tell.Close() // the process has its own
	if err != nil {
		return nil, fmt.Errorf("start the API: %w", err)
	}
	go func() {
		_ = c.cmd.Wait() // the state says how it has ended
		close(c.ended)
	}()
	return c, c.await(ctx, ready)
}

// duplicate gives a file of a listener for another process. Processes share whether it blocks,
// and that of TCPListener.File is made blocking when a process gets it: accept would then
// keep the API from before from closing its own.
func duplicate(ln *net.TCPListener) (*os.File, error) {
	raw, err := ln.SyscallConn()
	if err != nil {
		return nil, err
	}
	var fd int
	var derr error
	err = raw.Control(func(l uintptr) { fd, derr = unix.FcntlInt(l, unix.F_DUPFD_CLOEXEC, 0) })
	if err = errors.Join(err, derr); err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), "listener"), nil
}

// await waits until the process says that it is ready.
func (c *child) await(ctx context.Context, ready io.Reader) error {
	const word = "ready"
	told := make(chan bool, 1)
	go func() {
		text := make([]byte, len(word)) // not to the end, which something that it has started can keep open
		_, err := io.ReadFull(ready, text)
		told <- err == nil && string(text) == word
	}()
	var late error
	select {
	case <-ctx.Done():
		c.stop()
		<-c.ended
		return ctx.Err()
	case ok := <-told:
		if ok {
			c.errs.release()
			return nil
		}
		c.stop()
	case <-c.ended:
		select {
		case ok := <-told: // the word may be on its way yet
			if ok {
				c.errs.release()
				return nil
			}
		case <-time.After(time.Second): // what it has started keeps the pipe open
		}
	case <-time.After(startLimit):
		late = fmt.Errorf("the API is not ready after %s", startLimit)
		_ = c.cmd.Process.Kill() // it may have ended
	}
	<-c.ended
	if late == nil {
		late = fmt.Errorf("the API has ended before it was ready (%v)", c.cmd.ProcessState)
	}
	return said(problemStart, c.errs.text(filepath.Base(c.cmd.Path)+": "), late)
}

// stop tells the process to end, after what is under way.
func (c *child) stop() {
	if !c.started() {
		return
	}
	_ = c.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	_ = c.alive.Close()
}

// started reports whether there is a process; the zero child stands in for one that is not
// started again.
func (c *child) started() bool { return c.cmd != nil }

// held keeps what is written until it is released, and passes it on from then on.
type held struct {
	mu   sync.Mutex
	w    io.Writer
	kept bytes.Buffer
	free bool
}

// Write implements io.Writer.
func (h *held) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.free {
		return h.w.Write(p)
	}
	return h.kept.Write(p)
}

func (h *held) release() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.free = true
	_, _ = h.w.Write(h.kept.Bytes()) // nobody else is there to tell
}

// text is what was kept, without the name of the program.
func (h *held) text(name string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return strings.ReplaceAll("\n"+h.kept.String(), "\n"+name, "\n")
}
