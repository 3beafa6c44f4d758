package devpg

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// fakeDocker is a docker command that notes its arguments and answers like one
// whose container is the server behind a port.
type fakeDocker struct {
	dir string
}

func newFakeDocker(t *testing.T) *fakeDocker {
	t.Helper()
	d := &fakeDocker{dir: t.TempDir()}
	script(t, filepath.Join(d.dir, "docker"), `
dir='`+d.dir+`'
echo "$*" >>"$dir/log"
case $1 in
info) echo 28.1.0 ;;
run) touch "$dir/running"; echo 0123456789ab ;;
port) [ -e "$dir/running" ] || { echo "Error: No such container: $2" >&2; exit 1; }
	echo "0.0.0.0:1"; cat "$dir/address" ;;
stop) rm -f "$dir/running" ;;
rm) [ -e "$dir/running" ] || { echo "Error response from daemon: No such container: $3" >&2; exit 1; }
	rm -f "$dir/running" ;;
volume) ;;
*) echo "unknown command $1" >&2; exit 1 ;;
esac`)
	return d
}

// commands returns the command lines so far and forgets them.
func (d *fakeDocker) commands(t *testing.T) []string {
	t.Helper()
	path := filepath.Join(d.dir, "log")
	text := must(os.ReadFile(path))(t)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

// serve makes a real server the one in the container.
func (d *fakeDocker) serve(t *testing.T, name string) *Server {
	t.Helper()
	for range 5 { // another program may take a port that was free a moment ago
		listener := must(net.Listen("tcp", loopback+":0"))(t)
		port := listener.Addr().(*net.TCPAddr).Port
		listener.Close()
		o := Options{Root: freshRoot(t), Test: true, Port: port, extra: []string{"cluster_name=" + name}}
		s, err := Start(t.Context(), o)
		if err != nil {
			t.Log(err)
			continue
		}
		t.Cleanup(func() { stop(t, s) })
		address := net.JoinHostPort(loopback, strconv.Itoa(port)) + "\n"
		if err := os.WriteFile(filepath.Join(d.dir, "address"), []byte(address), 0o600); err != nil {
			t.Fatal(err)
		}
		return s
	}
	t.Fatal("no free port")
	return nil
}

func TestDockerDev(t *testing.T) {
	t.Parallel()
	d := newFakeDocker(t)
	root := freshRoot(t)
	o := Options{Root: root, machine: &machine{path: []string{d.dir}}}
	name := "entgraph-" + must(placeOf(root))(t).hash + "-dev"
	inside := d.serve(t, name)

	s := start(t, o)
	if s.Source() != "docker image postgres:17" {
		t.Errorf("Source() = %q", s.Source())
	}
	if err := s.CreateDatabase(t.Context(), "app"); err != nil {
		t.Fatal(err)
	}
	if got := query[string](t, s.URL("app"), "show data_directory"); got != inside.DataDir() {
		t.Errorf("URL leads to %s", got)
	}
	info, port := "info --format {{.ServerVersion}}", "port "+name+" 5432/tcp"
	checkCommands(t, d.commands(t), []string{info, port,
		"rm --force " + name,
		"run --detach --rm --name " + name + " --label entgraph.root=" + s.cluster.place.root +
			" --publish 127.0.0.1::5432 --env POSTGRES_HOST_AUTH_METHOD=trust --env POSTGRES_INITDB_ARGS=--locale=C --locale-provider=builtin --builtin-locale=C.UTF-8 --shm-size 256m" +
			" --volume " + name + "-data17:/var/lib/postgresql/data postgres:17" +
			" -c cluster_name=" + name + " -c max_connections=200 -c timezone=UTC",
		port,
	})

	attached := start(t, o)
	if attached.owner != nil || attached.URL("app") != s.URL("app") {
		t.Errorf("attached to %s", attached.URL("app"))
	}
	checkCommands(t, d.commands(t), []string{port})

	s.owner.Close() // as the kernel does when the owner is killed
	adopted := start(t, o)
	if adopted.owner == nil {
		t.Error("the container of a dead owner was not taken over")
	}
	checkCommands(t, d.commands(t), []string{info, port})

	stop(t, adopted)
	checkCommands(t, d.commands(t), []string{"stop --time 10 " + name})
	if err := Reset(o); err != nil {
		t.Error(err)
	}
	checkCommands(t, d.commands(t), []string{"rm --force " + name, "volume rm --force " + name + "-data17"})
	s.owner = nil
}

func checkCommands(t *testing.T, got, want []string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("docker commands:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestDockerStranger(t *testing.T) {
	t.Parallel()
	d := newFakeDocker(t)
	d.serve(t, "somebody-else")
	_, err := Start(t.Context(), Options{Root: freshRoot(t), machine: &machine{path: []string{d.dir}}})
	if !errors.Is(err, errStranger) {
		t.Errorf("error = %v", err)
	}
	if exists(filepath.Join(d.dir, "running")) {
		t.Error("the container is left")
	}
}

func TestDockerTestArguments(t *testing.T) {
	t.Parallel()
	p := place{root: "/src/app", hash: "01234567"}
	c := Options{Port: 5433}.cluster(p, "/dev/shm/entgraph-01234567-89", true)
	args := strings.Join(c.runArgs(), " ")
	for _, want := range []string{
		"--name entgraph-01234567-test-89 ", "--tmpfs /var/lib/postgresql/data ",
		"--publish 127.0.0.1:5433:5432 ", " postgres:17 -c ", " -c fsync=off",
	} {
		if !strings.Contains(args, want) {
			t.Errorf("no %q in %s", want, args)
		}
	}
	if strings.Contains(args, "--volume") {
		t.Errorf("a volume in %s", args)
	}
}

func TestParsePort(t *testing.T) {
	t.Parallel()
	for out, want := range map[string]int{
		"127.0.0.1:49153":              49153,
		"[::1]:1\n127.0.0.1:49154\n":   49154,
		"0.0.0.0:49153":                0, // open to others: not what we asked for
		"127.0.0.1:0":                  0,
		"127.0.0.1:65536":              0,
		"":                             0,
		"Error: No such container: xy": 0,
	} {
		if got, err := parsePort(out); got != want || (err == nil) != (want != 0) {
			t.Errorf("%q: %d, %v", out, got, err)
		}
	}
}
