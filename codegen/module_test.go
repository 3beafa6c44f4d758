package codegen_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/devpg"
)

// module is a copy of this module that a test changes, generates, builds and runs.
type module struct {
	dir string
}

// copyModule copies what a clone has, without tests. The copy is always in the same
// folder, whose name is a part of what Go compiles: so the next test, and the next run,
// finds the copy's own packages in the build cache, and any run those of other modules,
// which -trimpath would keep apart from those that all other builds use.
func copyModule(t *testing.T) *module {
	t.Helper()
	root := ".."
	m := &module{dir: ownFolder(t, root)}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == root {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if strings.HasPrefix(name, ".") || slices.Contains([]string{"node_modules", "testdata", "bin", "bench"}, name) {
				return fs.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(name, "_test.go") || !d.Type().IsRegular() {
			return nil
		}
		inside, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		return copyFile(path, filepath.Join(m.dir, inside))
	})
	if err != nil {
		t.Fatalf("copy the module: %v", err)
	}
	return m
}

// ownFolder gives an empty folder, in the checkout where that can be written, to one test
// of all processes at a time: the others wait.
func ownFolder(t *testing.T, root string) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join(root, ".dev", "copies", "module"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return t.TempDir() // a checkout that this user may only read
	}
	lock, err := os.OpenFile(dir+".lock", os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return t.TempDir() // made by another user
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
		t.Fatalf("lock %s: %v", dir, err)
	}
	t.Cleanup(func() {
		// The lock ends with the file; the next run would find what is left.
		if err := errors.Join(os.RemoveAll(dir), lock.Close()); err != nil {
			t.Error(err)
		}
	})
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func copyFile(from, to string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, content, 0o644)
}

// overlay puts the files below a folder over the copy.
func (m *module) overlay(t *testing.T, folder string) {
	t.Helper()
	if err := os.CopyFS(m.dir, os.DirFS(folder)); err != nil {
		t.Fatalf("add %s: %v", folder, err)
	}
}

func (m *module) read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(m.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func (m *module) write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(m.dir, name), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// edit puts text before the one place where a file says so.
func (m *module) edit(t *testing.T, name, before, text string) {
	t.Helper()
	content := m.read(t, name)
	if n := strings.Count(content, before); n != 1 {
		t.Fatalf("%s has %d places with %q, want one", name, n, before)
	}
	m.write(t, name, strings.Replace(content, before, text+before, 1))
}

// command is a program that runs in the copy.
func (m *module) command(t *testing.T, env []string, name string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	// A workspace around would name another module. The flag -buildvcs=false is that of
	// ./run.sh: the copy is in the checkout's repository, and not of it. Ent's packages are
	// large and run for a second: to compile them without optimisation takes two thirds. What
	// debuggers need takes the linker as long as all else.
	cmd.Dir, cmd.Env = m.dir, append(os.Environ(), append([]string{"GOFLAGS=-mod=mod -buildvcs=false '-ldflags=-s -w' '-gcflags=github.com/entgraph/entgraph/...=-N -l -dwarf=false'", "GOWORK=off"}, env...)...)
	return cmd
}

// run runs a program in the copy and logs what it took.
func (m *module) run(t *testing.T, env []string, name string, args ...string) {
	t.Helper()
	start, cmd := time.Now(), m.command(t, env, name, args...)
	var stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stderr, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s", filepath.Base(name), strings.Join(args, " "), err, stderr.String())
	}
	cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	t.Logf("%6.1fs, of the processors %6.1fs  %s %s", time.Since(start).Seconds(), cpu.Seconds(), filepath.Base(name), strings.Join(args[:min(3, len(args))], " "))
}

// generate does what ./run.sh generate does with the schemas.
func (m *module) generate(t *testing.T) {
	t.Helper()
	m.run(t, nil, "go", "run", "-mod=mod", "ent/entc.go")
}

func (m *module) binary() string { return filepath.Join(m.dir, "bin", "entgraph") }

func (m *module) build(t *testing.T) {
	t.Helper()
	m.run(t, nil, "go", "build", "-o", m.binary(), "./cmd/entgraph")
}

// plan writes a migration of what was generated, before the program is built: Ent's
// client is above the embedded migrations and would be compiled again.
func (m *module) plan(t *testing.T, name string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(m.dir, "cmd", "plan")); err != nil {
		m.overlay(t, "testdata/plan")
	}
	m.run(t, nil, "go", "run", "./cmd/plan", name, devpg.Empty(t), devpg.Empty(t))
}

// up applies the migrations in the program.
func (m *module) up(t *testing.T, database string) {
	t.Helper()
	m.run(t, []string{"DATABASE_URL=" + database}, m.binary(), "migrate", "up")
}

// serve runs the server, with more settings, until the test ends or stop is called.
func (m *module) serve(t *testing.T, database string, settings ...string) (api *apitest.API, stop func()) {
	t.Helper()
	cmd := exec.Command(m.binary(), "serve")
	cmd.Dir = m.dir
	cmd.Env = append(os.Environ(), "DATABASE_URL="+database, "ADDR=127.0.0.1:0", "LOG_FORMAT=json", "API_PREFIX=", "APP_ENV=development")
	cmd.Env = append(cmd.Env, settings...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	address, done := make(chan string, 1), make(chan struct{})
	var log strings.Builder
	go func() {
		defer close(done)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			var line struct{ Msg, API string }
			if json.Unmarshal(lines.Bytes(), &line) != nil || line.Msg != "operation" {
				log.WriteString(lines.Text() + "\n")
			}
			if line.Msg == "listening" {
				address <- line.API
			}
		}
	}()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		_ = cmd.Process.Signal(os.Interrupt)
		<-done
		if err := cmd.Wait(); err != nil {
			t.Errorf("the server ended with %v", err)
		}
		if t.Failed() {
			t.Logf("log of the server:\n%s", log.String())
		}
	}
	t.Cleanup(stop)
	select {
	case url := <-address:
		return &apitest.API{Endpoint: url, DatabaseURL: database, Log: &apitest.Log{}, Subject: apitest.Subject()}, stop
	case <-done:
		t.Fatalf("the server did not start:\n%s", log.String())
	case <-time.After(time.Minute):
		t.Fatal("the server did not start in a minute")
	}
	return nil, stop
}
