package devpg

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// hidden is this machine with npm and without any Postgres or Docker.
func hidden(t *testing.T) *machine {
	t.Helper()
	dir := t.TempDir()
	npm := must(exec.LookPath("npm"))(t)
	if err := os.Symlink(npm, filepath.Join(dir, "npm")); err != nil {
		t.Fatal(err)
	}
	return &machine{path: []string{dir}}
}

// TestNpmPackage installs the real package; npm's cache makes it quick.
func TestNpmPackage(t *testing.T) {
	t.Parallel()
	root := freshRoot(t)
	o := Options{Root: root, machine: hidden(t)}
	s := start(t, o)
	if !strings.HasPrefix(s.Source(), "npm package "+npmPackage()+" in /") {
		t.Errorf("Source() = %q", s.Source())
	}
	if filepath.Base(s.DataDir()) != "data18" {
		t.Errorf("DataDir() = %s", s.DataDir())
	}
	execSQL(t, s.URL(maintenance), "create extension pg_trgm")
	if got := query[string](t, s.URL(maintenance), "select lower('ÄÖ')"); got != "äö" {
		t.Errorf("lower = %q: the locale is not C.UTF-8", got)
	}
	stop(t, s)

	o.machine = &machine{} // without npm: the unpacked copy serves
	s = start(t, o)
	query[int](t, s.URL(maintenance), "select 1")
	stop(t, s)

	bin := filepath.Join(npmNative(s.cluster.place.npmPrefix()), "bin")
	t.Run("binaries below a closed folder", func(t *testing.T) { useClosedBinaries(t, bin) })
}

// useClosedBinaries starts a server with binaries that only this user reaches.
func useClosedBinaries(t *testing.T, bin string) {
	closed := filepath.Join(t.TempDir(), "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("cp", "-a", filepath.Dir(bin), closed).CombinedOutput(); err != nil {
		t.Fatalf("copy: %v: %s", err, out)
	}
	o := Options{Root: freshRoot(t), Test: true, PgBin: filepath.Join(closed, "native", "bin")}
	s := start(t, o)
	execSQL(t, s.URL(maintenance), "create extension pg_trgm")
	must(find(t.Context(), o, s.cluster.place, -1, nil))(t) // uses the copy again
	copies := must(globDir(must(placeOf(o.Root))(t).base, "copy*"))(t)
	if want := os.Geteuid() == 0; len(copies) > 1 || (len(copies) == 1) != want {
		t.Errorf("copies = %v", copies)
	}
}

func TestNpmFails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	script(t, filepath.Join(dir, "npm"), "echo 'npm error code ENOTFOUND' >&2; exit 1")
	root := freshRoot(t)
	_, err := Start(t.Context(), Options{Root: root, machine: &machine{path: []string{dir}}})
	if err == nil || !strings.Contains(err.Error(), "npm install: exit status 1: npm error code ENOTFOUND") {
		t.Errorf("error = %v", err)
	}
	if exists(must(placeOf(root))(t).npmPrefix()) {
		t.Error("a failed install looks complete")
	}
}

func TestLinkLibrariesStaysInThePackage(t *testing.T) {
	t.Parallel()
	native := filepath.Join(t.TempDir(), "native")
	if err := os.MkdirAll(filepath.Join(native, "lib"), 0o755); err != nil {
		t.Fatal(err)
	}
	write := func(text string) {
		if err := os.WriteFile(filepath.Join(native, "pg-symlinks.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`[{"source":"native/lib/a.so.1.2","target":"native/lib/a.so"}]`)
	for range 2 { // a link that is there is fine
		if err := linkLibraries(native); err != nil {
			t.Fatal(err)
		}
	}
	if got := must(os.Readlink(filepath.Join(native, "lib", "a.so")))(t); got != "a.so.1.2" {
		t.Errorf("link = %s", got)
	}
	write(`[{"source":"native/lib/a","target":"../../evil"}]`)
	if err := linkLibraries(native); err == nil {
		t.Error("a link outside of the package was made")
	}
}
