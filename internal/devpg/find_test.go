package devpg

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// script writes an executable shell script.
func script(t *testing.T, path, body string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+body+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

// openTemp is t.TempDir that every account may enter.
func openTemp(t *testing.T) string {
	t.Helper()
	dir := must(os.MkdirTemp(sharedTemp, "devpg-"))(t)
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// fakeServer makes programs that only know their version.
func fakeServer(t *testing.T, dir, version string) string {
	t.Helper()
	script(t, filepath.Join(dir, "initdb"), "exit 1")
	script(t, filepath.Join(dir, "postgres"), "echo 'postgres (PostgreSQL) "+version+"'")
	return dir
}

func finderFor(t *testing.T, m *machine) *finder {
	t.Helper()
	root := freshRoot(t)
	f := &finder{o: Options{Root: root, machine: m}, place: must(placeOf(root))(t)}
	if err := f.findAccounts(-1); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFindNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	script(t, filepath.Join(dir, "pg_config"), "echo "+dir)
	script(t, filepath.Join(dir, "docker"), "echo 'Cannot connect to the Docker daemon' >&2; exit 1")
	m := &machine{path: []string{dir}, known: []string{filepath.Join(dir, "*", "bin")}}
	_, err := Start(t.Context(), Options{Root: freshRoot(t), machine: m})
	var missing *NotFoundError
	if !errors.As(err, &missing) {
		t.Fatalf("error = %v", err)
	}
	for _, want := range []string{
		"pg_config --bindir: no initdb in " + dir, // pg_config names a folder without a server
		"PATH: no postgres on PATH",
		"known folders: no server in " + m.known[0],
		"npm package " + npmPackage() + ": no npm on PATH",
		"docker: docker info: exit status 1: Cannot connect to the Docker daemon",
		installCommand(), "DATABASE_URL", "TEST_DATABASE_URL", "PG_BIN",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error does not say %q:\n%v", want, err)
		}
	}
}

func TestFindNewestAndFitting(t *testing.T) {
	t.Parallel()
	dir := openTemp(t)
	for _, major := range []string{"9", "14", "16", "18"} {
		fakeServer(t, filepath.Join(dir, major, "bin"), major+".1 (Debian)")
	}
	fakeServer(t, filepath.Join(dir, "19", "bin"), "unknown")
	for name, c := range map[string]struct {
		majors []int
		want   int
	}{
		"no data":           {nil, 18},
		"data of 16":        {[]int{16}, 16},
		"data of a lost 17": {[]int{17}, 18},
	} {
		f := finderFor(t, &machine{known: []string{filepath.Join(dir, "*", "bin")}})
		f.majors = c.majors
		in, ok := f.installed(context.Background())
		if !ok || in.major != c.want {
			t.Errorf("%s: PostgreSQL %d, want %d (%v)", name, in.major, c.want, f.attempts)
		}
	}
	f := finderFor(t, &machine{known: []string{filepath.Join(dir, "14", "bin")}})
	if in, ok := f.installed(context.Background()); ok {
		t.Errorf("found %+v", in)
	}
	if text := f.attempts[2].String(); !strings.Contains(text, "older than 15") {
		t.Errorf("attempt = %s", text)
	}
}

func TestFindThroughLinkOnPath(t *testing.T) {
	t.Parallel()
	dir := openTemp(t)
	bin := fakeServer(t, filepath.Join(dir, "pgsql", "bin"), "17.2")
	links := filepath.Join(dir, "links")
	if err := os.Mkdir(links, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(bin, "postgres"), filepath.Join(links, "postgres")); err != nil {
		t.Fatal(err)
	}
	f := finderFor(t, &machine{path: []string{links}})
	if in, ok := f.installed(context.Background()); !ok || in.bin != bin || in.major != 17 {
		t.Errorf("found %+v, %v", in, f.attempts)
	}
}

func TestFindWrongPgBin(t *testing.T) {
	t.Parallel()
	o := Options{Root: freshRoot(t), PgBin: t.TempDir()}
	_, err := Start(t.Context(), o)
	if err == nil || !strings.Contains(err.Error(), "PG_BIN "+o.PgBin+": no initdb") {
		t.Errorf("error = %v", err)
	}
	o.PgBin = fakeServer(t, openTemp(t), "12.1")
	_, err = Start(t.Context(), o)
	if err == nil || !strings.Contains(err.Error(), "PostgreSQL 12") {
		t.Errorf("error = %v", err)
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	dir := openTemp(t)
	fakeServer(t, filepath.Join(dir, "16", "bin"), "16.3")
	path := filepath.Join(dir, "path")
	script(t, filepath.Join(path, "npm"), "echo 11.0.0")
	script(t, filepath.Join(path, "docker"), "echo 28.1")
	root := t.TempDir()
	attempts := Probe(Options{Root: root, machine: &machine{path: []string{path}, known: []string{dir + "/*/bin"}}})
	want := []Attempt{
		{Way: "PG_BIN", Detail: "not set"},
		{Way: "pg_config --bindir", Detail: "no pg_config on PATH"},
		{Way: "PATH", Detail: "no postgres on PATH"},
		{Way: "known folders", OK: true, Detail: "PostgreSQL 16 in " + dir + "/16/bin"},
		{Way: "unpacked " + npmPackage(), Detail: "not unpacked yet"},
		{Way: "npm package " + npmPackage(), OK: true, Detail: "npm 11.0.0 can install it"},
		{Way: "docker", OK: true, Detail: "engine 28.1 can run " + dockerImage},
	}
	if !slices.Equal(attempts, want) {
		t.Errorf("attempts:\n%v\nwant:\n%v", attempts, want)
	}
	if left := must(os.ReadDir(root))(t); len(left) > 0 || exists(must(placeOf(root))(t).base) {
		t.Errorf("probing left %v", left)
	}
}

func TestInstallCommand(t *testing.T) {
	t.Parallel()
	for release, want := range map[string]string{
		"NAME=\"Debian GNU/Linux\"\nID=debian\n":    "sudo apt-get install postgresql",
		"ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n": "sudo apt-get install postgresql",
		"ID=\"rocky\"\nID_LIKE=\"rhel centos\"\n":   "sudo dnf install postgresql-server",
		"ID=alpine\n": "apk add postgresql",
		"ID=opensuse-leap\nID_LIKE='suse opensuse'\n": "sudo zypper install postgresql-server",
		"": "the package with initdb and postgres of your system, often called postgresql or postgresql-server",
	} {
		if got := installCommandFor(release); got != want {
			t.Errorf("%q: %s, want %s", release, got, want)
		}
	}
}

func TestURL(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ host, database, want string }{
		{"/tmp/pg", "app", "postgres://postgres@/app?host=/tmp/pg&port=5432&sslmode=disable"},
		{"/a b/c+d", "x/y", "postgres://postgres@/x%2Fy?host=/a%20b/c%2Bd&port=5432&sslmode=disable"},
		{loopback, "app", "postgres://postgres@127.0.0.1:5432/app?sslmode=disable"},
	} {
		if got := (&Server{host: c.host, port: 5432}).URL(c.database); got != c.want {
			t.Errorf("URL = %s, want %s", got, c.want)
		}
	}
}
