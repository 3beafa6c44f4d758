package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/entgraph/entgraph/bench/load"
	"github.com/entgraph/entgraph/bench/workload"
)

// server is a running server.
type server struct {
	kind workload.Server
	addr string
	cmd  *exec.Cmd
	log  bytes.Buffer // what it printed; read it when the process has ended
	done chan struct{}
}

// startTimeout bounds the start of a server, which takes some 10 ms.
const startTimeout = 30 * time.Second

// start starts a server on a database and waits until it accepts connections.
func (b *bench) start(ctx context.Context, kind workload.Server, database string) (*server, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	s := &server{kind: kind, addr: addr, cmd: b.command(kind, addr, database), done: make(chan struct{})}
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", kind, err)
	}
	go func() {
		_ = s.cmd.Wait() // how it ended is told by its log
		close(s.done)
	}()
	if err := s.wait(ctx); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

// command is how a server is started: all with the same pool and the same GOGC.
func (b *bench) command(kind workload.Server, addr, database string) *exec.Cmd {
	pool := strconv.Itoa(b.pool)
	var cmd *exec.Cmd
	env := []string{"GOGC=" + b.gogc, "TZ=UTC"}
	switch kind {
	case workload.Entgraph, workload.Secured:
		cmd = exec.Command(filepath.Join(b.bin, "entgraph"), "serve")
		if kind == workload.Secured {
			database = asServer(database)
			env = append(env, "DATABASE_RLS=on")
		}
		env = append(env, "APP_ENV=production", "DATABASE_URL="+database, "ADDR="+addr,
			"DB_POOL_MAX="+pool, "LOG_LEVEL=warn")
	case workload.Stock:
		cmd = exec.Command(filepath.Join(b.bin, "stock"), "-addr", addr, "-database", database, "-pool", pool,
			"-published="+strconv.FormatBool(b.published))
	default:
		cmd = exec.Command(filepath.Join(b.bin, "limit"), "-addr", addr, "-database", database, "-pool", pool,
			"-published="+strconv.FormatBool(b.published), "-snapshot="+strconv.FormatBool(kind == workload.Limit))
	}
	// Not the whole environment, which may hold settings of entgraph and of libpq.
	cmd.Env = append(env, "PATH="+os.Getenv("PATH"), "HOME="+os.Getenv("HOME"))
	return cmd
}

// wait returns when the server accepts connections.
func (s *server) wait(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	poll := time.NewTicker(500 * time.Microsecond)
	defer poll.Stop()
	for {
		if c, err := net.Dial("tcp", s.addr); err == nil {
			return c.Close()
		}
		select {
		case <-poll.C:
		case <-s.done:
			return fmt.Errorf("start %s: it ended: %s", s.kind, s.log.Bytes())
		case <-ctx.Done():
			return fmt.Errorf("start %s: %w", s.kind, context.Cause(ctx))
		}
	}
}

// stop ends the server and waits until it has gone.
func (s *server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.done:
	case <-time.After(stopTimeout):
		_ = s.cmd.Process.Kill()
		<-s.done
	}
}

// explain adds to an error what the server printed, if the server has ended.
func (s *server) explain(err error) error {
	select {
	case <-s.done:
		return fmt.Errorf("%s ended: %w: %s", s.kind, err, s.log.Bytes())
	default:
		return fmt.Errorf("%s: %w", s.kind, err)
	}
}

// ask sends requests one after the other and gives the bodies of the answers.
func (s *server) ask(list ...load.Request) (bodies [][]byte, err error) {
	c, err := load.Dial(s.addr)
	if err != nil {
		return nil, s.explain(err)
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	for _, r := range list {
		body, err := c.Do(r)
		if err != nil {
			return nil, s.explain(err)
		}
		bodies = append(bodies, bytes.Clone(body))
	}
	return bodies, nil
}

// freeAddr finds a port of the loopback that nobody listens on.
func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}
