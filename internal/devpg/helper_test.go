package devpg

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sys/unix"
)

// newRoot returns a repository root whose dev data was made already, to spare
// each test an initdb. For root it is below a closed folder, as a clone in root's
// home is. When the test ends no server may be left.
func newRoot(t *testing.T) string {
	t.Helper()
	return seedRoot(t, t.TempDir())
}

// seedRoot is newRoot for an empty folder that the test made.
func seedRoot(t *testing.T, root string) string {
	t.Helper()
	prepareRoot(t, root)
	p := must(placeOf(root))(t)
	if err := p.prepare(); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("cp", "-a", must(seed())(t), p.base).CombinedOutput(); err != nil {
		t.Fatalf("copy data: %v: %s", err, out)
	}
	return root
}

// freshRoot is newRoot without any data.
func freshRoot(t *testing.T) string {
	t.Helper()
	return prepareRoot(t, t.TempDir())
}

// common is the root of what the tests of this process share.
var common = filepath.Join(os.TempDir(), "devpg-common-"+strconv.Itoa(os.Getpid()))

// seed returns data that a server made and left in order.
var seed = sync.OnceValues(func() (string, error) {
	s, err := startCommon(Options{Root: common})
	if err != nil {
		return "", err
	}
	return s.DataDir(), s.Stop(context.Background())
})

// private is a test server on which tests may do what others must not see, such
// as to break templates, in databases of their own.
var private = sync.OnceValues(func() (*Server, error) {
	return startCommon(Options{Root: common, Test: true})
})

func startCommon(o Options) (*Server, error) {
	if err := os.MkdirAll(o.Root, 0o700); err != nil {
		return nil, err
	}
	return Start(context.Background(), o)
}

// removeCommon removes what the tests of this process shared.
func removeCommon() error {
	p, err := placeOf(common)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return errors.Join(err, Reset(Options{Root: common}), os.RemoveAll(p.base), os.RemoveAll(common))
}

// prepareRoot makes the test remove everything that belongs to root.
func prepareRoot(t *testing.T, root string) string {
	t.Helper()
	p := must(placeOf(root))(t)
	t.Cleanup(func() {
		if err := Reset(Options{Root: root}); err != nil {
			t.Errorf("reset: %v", err)
		}
		for _, pid := range serversOf(t, p) {
			t.Errorf("process %d is left: %s", pid, commandLine(pid))
		}
		clusters, err := Options{}.testClusters(p)
		if err != nil || len(clusters) > 0 {
			t.Errorf("test clusters left: %v, %v", clusters, err)
		}
		if err := os.RemoveAll(p.base); err != nil {
			t.Error(err)
		}
	})
	return root
}

// serversOf returns the processes whose command line names the place.
func serversOf(t *testing.T, p place) []int {
	t.Helper()
	var pids []int
	for _, dir := range must(globDir("/proc", "[0-9]*"))(t) {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil || pid == os.Getpid() {
			continue
		}
		line := commandLine(pid)
		if strings.Contains(line, p.base+"/") || strings.Contains(line, p.testPrefix()) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// must makes a call that cannot fail in this test read as one expression.
func must[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func start(t *testing.T, o Options) *Server {
	t.Helper()
	s, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, s) })
	return s
}

func stop(t *testing.T, s *Server) {
	t.Helper()
	if err := s.Stop(context.Background()); err != nil {
		t.Error(err)
	}
}

// query returns the one value that sql gives on the database at url.
func query[T any](t *testing.T, url, sql string) T {
	t.Helper()
	var value T
	err := withConn(context.Background(), url, func(conn *pgx.Conn) error {
		return conn.QueryRow(context.Background(), sql).Scan(&value)
	})
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return value
}

func execSQL(t *testing.T, url, sql string) {
	t.Helper()
	err := withConn(context.Background(), url, func(conn *pgx.Conn) error {
		_, err := conn.Exec(context.Background(), sql)
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// eventually waits until ok; what names it when it does not come.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("it does not come: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// program is the test binary running as a helper.
type program struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	facts facts
}

// runHelper starts the test binary as the program that env names and waits for
// its facts.
func runHelper(t *testing.T, env string, spec any) *program {
	t.Helper()
	p, err := tryHelper(env, spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.kill() })
	return p
}

func tryHelper(env string, spec any) (*program, error) {
	text, err := json.Marshal(spec)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &program{cmd: exec.Command(self)}
	p.cmd.Env = append(os.Environ(), env+"="+string(text))
	var stderr bytes.Buffer
	p.cmd.Stderr = &stderr
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &p.facts)
	}
	if err != nil {
		return nil, errors.Join(err, p.cmd.Wait(), errors.New(stderr.String()))
	}
	return p, nil
}

// kill ends the helper at once, as kill -9 does.
func (p *program) kill() {
	p.cmd.Process.Kill()
	p.cmd.Wait()
}

// quit lets the helper end by itself.
func (p *program) quit(t *testing.T) {
	t.Helper()
	p.stdin.Close()
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("helper: %v", err)
	}
}

func kill(t *testing.T, pid int, sig unix.Signal) {
	t.Helper()
	if err := unix.Kill(pid, sig); err != nil {
		t.Fatalf("kill %d: %v", pid, err)
	}
}

// lines collects progress and lets a test wait for a line.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// parentOf returns the process that started pid.
func parentOf(t *testing.T, pid int) int {
	t.Helper()
	stat := must(readFile("/proc/" + strconv.Itoa(pid) + "/stat"))(t)
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	return must(strconv.Atoi(fields[1]))(t)
}
