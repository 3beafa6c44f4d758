package house_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gomodule "golang.org/x/mod/module"
	modzip "golang.org/x/mod/zip"
)

// stranger is somebody who has no checkout of entgraph, and a module proxy that has releases.
type stranger struct {
	proxy, cache string // folders: of the proxy, and where Go keeps the modules of it
	environ      []string
	client       *http.Client
}

// The releases that there are.
const (
	first  = "v0.1.0-test"
	second = "v0.2.0-test"
)

// release is a version with the hash of all that it is made of, so that what was built of it
// before is used again, and nothing else.
type release struct {
	version string
	files   []releasedFile
}

func newRelease(t *testing.T, name string, files []releasedFile) release {
	t.Helper()
	sum := sha256.New()
	for _, f := range files {
		content, err := os.ReadFile(f.disk)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(sum, "%s %d\n%s", f.path, len(content), content)
	}
	return release{name + ".h" + hex.EncodeToString(sum.Sum(nil))[:12], files}
}

func (r release) command() string { return module + "/cmd/entgraph@" + r.version }

// newStranger gives somebody with a proxy that has nothing yet. All that is of other modules
// they share with the checkout: the module cache, and what was compiled of it.
func newStranger(t *testing.T) *stranger {
	t.Helper()
	env := strings.Split(strings.TrimRight(output(t, "go", "env", "GOPROXY", "GOMODCACHE"), "\n"), "\n")
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &stranger{proxy: t.TempDir(), cache: env[1], client: &http.Client{Jar: jar}}
	// Projects run for seconds: to compile them without optimisation takes a third. For the
	// framework such flags, or -trimpath, would cost more: "go tool" knows none, so that its
	// packages, and those of others, would be compiled twice.
	flags := "'-ldflags=-s -w' '-gcflags=example.com/...=-N -l -dwarf=false'"
	s.environ = append(os.Environ(), "GOPROXY=file://"+s.proxy+","+env[0], "GONOSUMDB="+module, "GOFLAGS="+flags, "GOWORK=off", "CI=", "ADDR=127.0.0.1:0")
	return s
}

// forget removes a release from the module cache, which would otherwise keep one of each run.
func (s *stranger) forget(t *testing.T, r release) {
	t.Helper()
	tree := filepath.Join(s.cache, filepath.FromSlash(module)+"@"+r.version)
	err := filepath.WalkDir(tree, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			return os.Chmod(path, 0o755)
		}
		return err
	})
	files, _ := filepath.Glob(filepath.Join(s.cache, "cache", "download", filepath.FromSlash(module), "@v", r.version+".*"))
	if err != nil || len(files) == 0 {
		t.Errorf("%s is not where it came from by the proxy: %v, %d files", r.version, err, len(files))
	}
	for _, path := range append(files, tree) {
		if err := os.RemoveAll(path); err != nil {
			t.Error(err)
		}
	}
}

// releasedFile is a file of a release.
type releasedFile struct{ path, disk string }

// Path, Lstat and Open implement zip.File.
func (f releasedFile) Path() string                 { return f.path }
func (f releasedFile) Lstat() (fs.FileInfo, error)  { return os.Lstat(f.disk) }
func (f releasedFile) Open() (io.ReadCloser, error) { return os.Open(f.disk) }

// released lists what a release is made of: what git has, without modules of their own, and the
// built pages.
func released(t *testing.T) []releasedFile {
	t.Helper()
	paths := strings.Split(strings.TrimRight(output(t, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"), "\x00"), "\x00")
	pages, err := filepath.Glob("web/dist/*")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(pages, "web/dist/playground.html") {
		t.Fatal("the pages are not built; run: ./run.sh build")
	}
	for _, dir := range []string{"web/dist/assets"} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				pages = append(pages, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var modules []string
	for _, path := range paths {
		if dir, file := filepath.Split(path); file == "go.mod" && dir != "" {
			modules = append(modules, dir)
		}
	}
	var out []releasedFile
	for _, path := range slices.Compact(slices.Sorted(slices.Values(append(paths, pages...)))) {
		own := slices.ContainsFunc(modules, func(dir string) bool { return strings.HasPrefix(path, dir) })
		if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() && !own {
			out = append(out, releasedFile{filepath.ToSlash(path), path})
		}
	}
	return out
}

// publish adds a release to what the proxy serves. Source: Go Modules Reference, GOPROXY
// protocol.
func (s *stranger) publish(t *testing.T, r release) {
	t.Helper()
	dir := filepath.Join(s.proxy, filepath.FromSlash(module), "@v")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	var list []modzip.File
	for _, f := range r.files {
		list = append(list, f)
	}
	for _, path := range []string{"app.go", "web/dist/playground.html", "internal/scaffold/project/main.go.tmpl"} {
		if !slices.ContainsFunc(r.files, func(f releasedFile) bool { return f.path == path }) {
			t.Fatalf("the release has no %s", path)
		}
	}
	var archive bytes.Buffer
	if err := modzip.Create(&archive, gomodule.Version{Path: module, Version: r.version}, list); err != nil {
		t.Fatalf("make the module's zip: %v", err)
	}
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	info, err := json.Marshal(map[string]any{"Version": r.version, "Time": time.Unix(0, 0).UTC()})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{r.version + ".zip": archive.Bytes(), r.version + ".mod": mod, r.version + ".info": info} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	versions, err := os.OpenFile(filepath.Join(dir, "list"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := versions.WriteString(r.version + "\n"); err != nil {
		t.Fatal(err)
	}
	if err := versions.Close(); err != nil {
		t.Fatal(err)
	}
}

func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return string(out)
}

// run runs a program as the stranger and gives what it wrote.
func (s *stranger) run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	out, err := s.try(t, dir, name, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return out
}

// try is run for a program that may fail.
func (s *stranger) try(t *testing.T, dir, name string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), name, args...) // cleaning up is done later
	cmd.Dir, cmd.Env = dir, s.environ
	out, err := cmd.CombinedOutput()
	if p := cmd.ProcessState; p != nil {
		t.Logf("%5.1fs of CPU: %s %s", (p.UserTime() + p.SystemTime()).Seconds(), name, strings.Join(args, " "))
	}
	return string(out), err
}
