package devpg

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// cluster is a folder with database clusters, their locks and their sockets.
// At most one server runs on it.
type cluster struct {
	o     Options
	place place
	dir   string
	sock  string
	test  bool
}

func (o Options) cluster(p place, dir string, test bool) *cluster {
	return &cluster{o: o, place: p, dir: dir, sock: socketDir(dir), test: test}
}

func (c *cluster) ownerLock() string     { return filepath.Join(c.dir, "owner.lock") }
func (c *cluster) serverLock() string    { return filepath.Join(c.dir, "server.lock") }
func (c *cluster) logFile() string       { return filepath.Join(c.dir, "postgres.log") }
func (c *cluster) containerFile() string { return filepath.Join(c.dir, "container") }

// dataDirs are the data folders of all major versions.
func (c *cluster) dataDirs() ([]string, error) { return globDir(c.dir, "data[1-9][0-9]") }

// history returns the versions that data exists for and the user id that owns
// it, -1 without data.
func (c *cluster) history() (majors []int, owner int, err error) {
	owner = -1
	dirs, err := c.dataDirs()
	for _, dir := range dirs {
		majors = append(majors, lastNumber(filepath.Base(dir)))
		if owner, err = ownerOf(dir); err != nil {
			break
		}
	}
	return majors, owner, err
}

// run finds a Postgres and starts it on this cluster, whose owner.lock the
// caller holds.
func (c *cluster) run(ctx context.Context) (*Server, error) {
	lock, err := c.lockServer(ctx)
	if err != nil {
		return nil, err
	}
	defer lock.Close() // the server has its own copy by then
	majors, owner, err := c.history()
	if err != nil {
		return nil, err
	}
	in, err := find(ctx, c.o, c.place, owner, majors)
	if err != nil {
		return nil, err
	}
	if in.docker != "" {
		return c.runContainer(ctx, in)
	}
	data := filepath.Join(c.dir, "data"+strconv.Itoa(in.major))
	if !exists(data) {
		if len(majors) > 0 {
			note(c.o.Progress, "PostgreSQL %d starts with an empty %s; the data of version %v stays beside it",
				in.major, data, majors)
		}
		if err := c.makeData(ctx, in, data); err != nil {
			return nil, err
		}
	}
	if err := c.clearStale(data); err != nil {
		return nil, err
	}
	if err := c.makeSocketDir(in.account); err != nil {
		return nil, err
	}
	proc, err := c.spawn(in, data, lock)
	if err != nil {
		return nil, err
	}
	s := &Server{cluster: c, host: c.sock, port: c.port(), data: data, source: in.source, engine: proc}
	if err := c.settle(ctx, s, proc, data); err != nil {
		return nil, errors.Join(err, proc.stop(ctx))
	}
	return s, nil
}

// settle waits until the new server is ready and proves to be ours.
func (c *cluster) settle(ctx context.Context, s *Server, proc *process, data string) error {
	if err := c.waitReady(ctx, proc, data); err != nil {
		return err
	}
	return s.greet(ctx)
}

// makeData makes the data folder. A killed initdb leaves nothing under the real
// name.
func (c *cluster) makeData(ctx context.Context, in install, data string) error {
	defer announce(c.o.Progress, "making a database cluster with initdb")()
	unfinished := data + ".new"
	var err error
	for _, locale := range localeArgs(in.major) {
		if err = c.initdb(ctx, in, unfinished, locale); err == nil || !unknownLocale(err) {
			break
		}
	}
	if err != nil {
		return err
	}
	if err := os.Rename(unfinished, data); err != nil {
		return fmt.Errorf("finish data folder: %w", err)
	}
	return nil
}

// initdb makes a cluster in a folder that it empties first.
func (c *cluster) initdb(ctx context.Context, in install, dir string, locale []string) error {
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("clear unfinished cluster: %w", err)
	}
	if err := in.account.makeDir(dir); err != nil {
		return fmt.Errorf("make data folder: %w", err)
	}
	args := append([]string{"-D", dir, "-U", "postgres", "-E", "UTF8",
		"-A", "trust", "--no-sync", "--no-instructions"}, locale...)
	if _, err := run(ctx, in.account, filepath.Join(in.bin, "initdb"), args...); err != nil {
		return fmt.Errorf("initdb: %w", err)
	}
	return nil
}

// makeSocketDir makes the folder of the sockets, which only the account enters.
func (c *cluster) makeSocketDir(a account) error {
	uid := os.Geteuid()
	if a.switched {
		uid = a.uid
	}
	if err := makeDir(c.sock, 0o700); err != nil {
		return err
	}
	if err := a.own(c.sock); err != nil {
		return err
	}
	return checkOwn(c.sock, uid)
}

// port is the number in the socket's name, and the TCP port if there is one.
func (c *cluster) port() int {
	if c.o.Port != 0 {
		return c.o.Port
	}
	return 5432
}

// settings are the command line settings of the server.
func (c *cluster) settings() []string {
	listen := ""
	if c.o.Port != 0 {
		listen = loopback
	}
	s := []string{
		"listen_addresses=" + listen,
		"port=" + strconv.Itoa(c.port()),
		"unix_socket_permissions=0700",
		// Quoted, because the setting is a list.
		`unix_socket_directories="` + strings.ReplaceAll(c.sock, `"`, `""`) + `"`,
		"max_connections=200",
		"timezone=UTC",
		"log_timezone=UTC",
	}
	if c.test {
		// It goes with the cluster even when the server was killed.
		s = append(s, sharedMemoryInData)
		s = append(s, testSettings...)
	} else if freeBytes(memory) < roomInMemory {
		// Parallel queries fail when /dev/shm is full.
		s = append(s, sharedMemoryInData)
	}
	return append(s, c.o.extra...)
}

// testSettings give up durability for speed: test data need not survive.
var testSettings = []string{
	"fsync=off", "synchronous_commit=off", "full_page_writes=off",
	"wal_level=minimal", "max_wal_senders=0", "max_wal_size=2GB",
	"shared_buffers=128MB", "checkpoint_timeout=1h", "autovacuum=off", "jit=off",
}

// sharedMemoryInData keeps the memory that parallel queries share in the data
// folder instead of in /dev/shm.
const sharedMemoryInData = "dynamic_shared_memory_type=mmap"

// waitReady waits until the server says that it accepts connections, or ends.
func (c *cluster) waitReady(ctx context.Context, proc *process, data string) error {
	defer announce(c.o.Progress, "starting PostgreSQL")()
	ctx, cancel := context.WithTimeout(ctx, time.Minute) // recovery of a large database
	defer cancel()
	for {
		file, err := readPIDFile(data)
		if err == nil && file.pid == proc.cmd.Process.Pid && file.status == "ready" {
			return nil
		}
		select {
		case <-proc.ended:
			return c.startError(errors.New("server ended at once"))
		default:
		}
		if err := pause(ctx, 2*time.Millisecond); err != nil {
			return c.startError(err)
		}
	}
}

// startError adds the end of the server's log to why it did not start.
func (c *cluster) startError(cause error) error {
	log, err := readFile(c.logFile())
	if err != nil {
		return fmt.Errorf("start server: %w", errors.Join(cause, err))
	}
	if c.o.Port != 0 && strings.Contains(log, "Address already in use") {
		cause = fmt.Errorf("port %d of %s is taken by another program; choose another DEV_PG_PORT or none",
			c.o.Port, loopback)
	}
	return fmt.Errorf("start server: %w; its log ends with:\n%s", cause, tail(log))
}

// pidFile is what a server writes into postmaster.pid.
type pidFile struct {
	pid    int
	port   int
	status string // "starting", "ready", "stopping"; empty at first
}

func readPIDFile(data string) (pidFile, error) {
	path := filepath.Join(data, "postmaster.pid")
	text, err := readFile(path)
	if err != nil {
		return pidFile{}, err
	}
	lines := strings.Split(text, "\n")
	var f pidFile
	if f.pid, err = strconv.Atoi(strings.TrimSpace(lines[0])); err != nil {
		return pidFile{}, fmt.Errorf("read %s: %w", path, err)
	}
	if len(lines) > 3 {
		f.port, err = strconv.Atoi(strings.TrimSpace(lines[3]))
	}
	if len(lines) > 7 {
		f.status = strings.TrimSpace(lines[7])
	}
	if err != nil {
		return pidFile{}, fmt.Errorf("read %s: %w", path, err)
	}
	return f, nil
}

// remove deletes the cluster with everything in it.
func (c *cluster) remove() error {
	err := os.RemoveAll(c.dir)
	if filepath.Dir(c.sock) != c.dir {
		err = errors.Join(err, os.RemoveAll(c.sock))
	}
	if err != nil {
		return fmt.Errorf("remove cluster: %w", err)
	}
	return nil
}

// clearStale removes what a server that is gone left in the data folder. The
// caller holds server.lock, so no server of ours runs. Postgres itself would
// refuse to start when the process number was given to another process of the
// same account, or belongs to a zombie.
func (c *cluster) clearStale(data string) error {
	file, err := readPIDFile(data)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && isServer(file.pid, data) {
		return fmt.Errorf("process %d runs a server on %s that was started by hand; stop it first", file.pid, data)
	}
	paths, err := globDir(c.sock, ".s.PGSQL.*")
	if err != nil {
		return fmt.Errorf("clear after a dead server: %w", err)
	}
	for _, path := range append(paths, filepath.Join(data, "postmaster.pid")) {
		if err := remove(path); err != nil {
			return fmt.Errorf("clear after a dead server: %w", err)
		}
	}
	return nil
}

// isServer says whether a living process pid is a server on the data folder.
func isServer(pid int, data string) bool {
	return strings.Contains(commandLine(pid), data)
}

// lockServer takes server.lock. Who has owner.lock and not this one sees the
// server of a dead owner: on Linux it is shutting down already, elsewhere it has
// to be told.
func (c *cluster) lockServer(ctx context.Context) (*os.File, error) {
	lock, err := tryLock(c.serverLock())
	if lock != nil || err != nil {
		return lock, err
	}
	defer announce(c.o.Progress, "waiting for an older server to stop")()
	for _, step := range []struct {
		signal unix.Signal
		wait   time.Duration
	}{{unix.SIGINT, 10 * time.Second}, {unix.SIGQUIT, 5 * time.Second}} {
		if err := c.signal(step.signal); err != nil {
			return nil, err
		}
		limited, cancel := context.WithTimeout(ctx, step.wait)
		lock, err = waitLock(limited, c.serverLock(), unix.LOCK_EX)
		cancel()
		if err == nil || ctx.Err() != nil {
			return lock, err
		}
	}
	return nil, fmt.Errorf("an older server in %s does not stop: %w", c.dir, err)
}

// signal sends sig to every server that runs on the cluster.
func (c *cluster) signal(sig unix.Signal) error {
	dirs, err := c.dataDirs()
	if err != nil {
		return err
	}
	for _, data := range dirs {
		file, err := readPIDFile(data)
		if err != nil || !isServer(file.pid, data) {
			continue // gone, or not yet there
		}
		if err := unix.Kill(file.pid, sig); err != nil && !errors.Is(err, unix.ESRCH) {
			return fmt.Errorf("stop older server %d: %w", file.pid, err)
		}
	}
	return nil
}
