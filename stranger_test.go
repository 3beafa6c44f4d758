package entgraph_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	gomodule "golang.org/x/mod/module"
	modzip "golang.org/x/mod/zip"
)

var asStranger = flag.Bool("stranger", false, "begin, test and serve projects with nothing but the module's zip; takes some minutes")

// TestRelease makes the module's zip of a release and looks at what nobody's program works
// without. With -stranger it is used as well, by somebody who has no checkout: the framework
// comes from a proxy, they begin a project, test it, start it, sign in and open the playground.
func TestRelease(t *testing.T) {
	t.Parallel()
	s := newStranger(t)
	if !*asStranger {
		return
	}
	dir := filepath.Join(t.TempDir(), "shop")
	s.run(t, t.TempDir(), "go", "run", s.command(), "new", "shop", "--module", "example.com/shop", "--dir", dir)
	s.run(t, dir, "./run.sh", "test")
	s.serve(t, dir)
	if out := s.run(t, dir, "./run.sh", "migrate", "diff", "--dry-run", "nothing"); !strings.Contains(out, "nothing to do") {
		t.Errorf("a project that just began wants a migration: %s", out)
	}
	bare := filepath.Join(t.TempDir(), "stock")
	s.run(t, t.TempDir(), "go", "run", s.command(), "new", "stock", "--no-auth", "--dir", bare)
	s.run(t, bare, "./run.sh", "test")
}

// stranger is somebody with a module proxy that has a release.
type stranger struct {
	version string
	environ []string
}

func (s *stranger) command() string { return module + "/cmd/entgraph@" + s.version }

// newStranger makes a release of the work tree and a proxy that serves it. The version is the
// hash of what is in it, so that what was built of it before is used again.
func newStranger(t *testing.T) *stranger {
	t.Helper()
	files := released(t)
	sum := sha256.New()
	for _, f := range files {
		content, err := os.ReadFile(f.disk)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(sum, "%s %d\n%s", f.path, len(content), content)
	}
	s := &stranger{version: "v0.0.0-test." + "h" + hex.EncodeToString(sum.Sum(nil))[:12]}
	proxy := t.TempDir()
	s.publish(t, proxy, files)
	upstream := strings.TrimSpace(output(t, "go", "env", "GOPROXY"))
	// A folder of modules of its own would have to be filled with all dependencies again.
	s.environ = append(os.Environ(), "GOPROXY=file://"+proxy+","+upstream, "GONOSUMDB="+module, "GOFLAGS=", "GOWORK=off", "CI=", "ADDR=127.0.0.1:0")
	return s
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

// publish writes what a proxy serves. Source: Go Modules Reference, GOPROXY protocol.
func (s *stranger) publish(t *testing.T, proxy string, files []releasedFile) {
	t.Helper()
	dir := filepath.Join(proxy, filepath.FromSlash(module), "@v")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	var list []modzip.File
	for _, f := range files {
		list = append(list, f)
	}
	for _, path := range []string{"app.go", "web/dist/playground.html", "internal/scaffold/project/main.go.tmpl"} {
		if !slices.ContainsFunc(files, func(f releasedFile) bool { return f.path == path }) {
			t.Fatalf("the release has no %s", path)
		}
	}
	var archive bytes.Buffer
	if err := modzip.Create(&archive, gomodule.Version{Path: module, Version: s.version}, list); err != nil {
		t.Fatalf("make the module's zip: %v", err)
	}
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	info, err := json.Marshal(map[string]any{"Version": s.version, "Time": time.Unix(0, 0).UTC()})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		s.version + ".zip": archive.Bytes(), s.version + ".mod": mod, s.version + ".info": info, "list": []byte(s.version + "\n"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
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
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Env = dir, s.environ
	begin := time.Now()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	t.Logf("%s %s took %s", name, strings.Join(args, " "), time.Since(begin).Round(100*time.Millisecond))
	return string(out)
}

var apiAddress = regexp.MustCompile(`(?m)^  API +(http://127\.0\.0\.1:\d+)/graphql$`)

// serve starts the project as its owner does, and looks at what is there.
func (s *stranger) serve(t *testing.T, dir string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "./run.sh")
	cmd.Dir, cmd.Env = dir, s.environ
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 30 * time.Second
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var seen strings.Builder
	for lines := bufio.NewScanner(stdout); !strings.Contains(seen.String(), "Ctrl-C stops everything."); {
		if !lines.Scan() {
			t.Fatalf("it does not start: %s\n%s", &seen, &stderr)
		}
		seen.WriteString(lines.Text() + "\n")
	}
	found := apiAddress.FindStringSubmatch(seen.String())
	if found == nil {
		t.Fatalf("no address in: %s", &seen)
	}
	base := found[1]
	if got := ask(t, base, `{ products { totalCount } }`); !regexp.MustCompile(`"totalCount":[1-9]`).MatchString(got) {
		t.Errorf("there are no sample rows: %s", got)
	}
	got := ask(t, base, `mutation { signUp(input: {email: "ada@example.com", password: "correct horse battery"}) { user { email } } }`)
	if got != `{"data":{"signUp":{"user":{"email":"ada@example.com"}}}}` {
		t.Errorf("sign-up: %s", got)
	}
	page, err := http.Get(base + "/playground")
	if err != nil {
		t.Fatal(err)
	}
	defer page.Body.Close()
	if text, _ := io.ReadAll(page.Body); page.StatusCode != http.StatusOK || !bytes.Contains(text, []byte("/assets/")) {
		t.Errorf("the playground: %s: %.300s", page.Status, text)
	}
	cancel()
	_, _ = io.Copy(io.Discard, stdout)
	if err := cmd.Wait(); err != nil && ctx.Err() == nil {
		t.Errorf("it ends with %v\n%s", err, &stderr)
	}
}

func ask(t *testing.T, base, query string) string {
	t.Helper()
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(base+"/graphql", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
