package devpg

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// asUser runs tests of this binary as an ordinary user.
func asUser(t *testing.T, uid, gid int, run string) {
	t.Helper()
	dir := openTemp(t)
	program := filepath.Join(dir, "devpg.test")
	copyProgram(t, program)
	home := filepath.Join(dir, "home")
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(home, uid, gid); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "-test.run="+run, "-test.v")
	cmd.Dir = home
	cmd.Env = append(os.Environ(), "HOME="+home, "TMPDIR="+home)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	out, err := cmd.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("--- PASS")) {
		t.Errorf("%v:\n%s", err, out)
	}
}

// copyProgram copies the test binary: go test keeps it in a closed folder.
func copyProgram(t *testing.T, path string) {
	t.Helper()
	from := must(os.Open(must(os.Executable())(t)))(t)
	defer from.Close()
	to := must(os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o755))(t)
	must(io.Copy(to, from))(t)
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o755); err != nil {
		t.Fatal(err)
	}
}

// TestAsOrdinaryUser repeats the tests that depend on who runs them. When an
// ordinary user runs this package they have run already.
func TestAsOrdinaryUser(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Log("this user is an ordinary one")
		return
	}
	nobody := must(user.Lookup("nobody"))(t)
	uid, gid := must(strconv.Atoi(nobody.Uid))(t), must(strconv.Atoi(nobody.Gid))(t)
	asUser(t, uid, gid, "^(TestDevDataSurvivesRestart|TestDevServerIsDurableAndPrivate|TestDevProcessesShareOneServer|"+
		"TestDevKilledParent|TestDevStalePIDFile|TestDevLongAndOddPaths|TestThrowAwayCluster|TestThrowAwayClusterOnDisk|"+
		"TestShareKilledKeeper|TestFailedTestKeepsDatabase|TestReadOnlyRoot)$")
}

// TestUserWithoutName covers a container that was started with a bare user id.
func TestUserWithoutName(t *testing.T) {
	t.Parallel()
	const uid = 54321
	if os.Geteuid() != 0 {
		t.Log("only root can become another user")
		return
	}
	if _, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		t.Fatalf("user id %d has a name here", uid)
	}
	asUser(t, uid, uid, "^TestDevDataSurvivesRestart$")
}

// TestRootInNamespace covers root without the right to become another user.
func TestRootInNamespace(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Log("this user needs no namespace")
		return
	}
	self := account{name: "root as nobody", uid: nobodyID(), gid: nobodyID(), namespaced: true}
	o := Options{Root: freshRoot(t), machine: &machine{known: knownFolders, accounts: []account{self}}}
	s := start(t, o)
	execSQL(t, s.URL(maintenance), "create table note ()")
	if uid := must(ownerOf(s.DataDir()))(t); uid != 0 {
		t.Errorf("data of user id %d", uid)
	}
	stop(t, s)
	// The owner of the data decides what runs on it.
	s = start(t, Options{Root: o.Root})
	execSQL(t, s.URL(maintenance), "drop table note")
}

func TestReadOnlyRoot(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	if err := os.Chmod(root, 0o500); err != nil {
		t.Fatal(err)
	}
	s := start(t, Options{Root: prepareRoot(t, root), Test: true})
	query[int](t, s.URL(maintenance), "select 1")
	if p := must(placeOf(root))(t); !strings.HasPrefix(p.base, sharedTemp+"/entgraph-"+p.hash) {
		t.Errorf("base = %s", p.base)
	}
}

func TestLitterOfLostCheckouts(t *testing.T) {
	t.Parallel()
	lost, withData, kept := t.TempDir(), t.TempDir(), t.TempDir()
	var bases []string
	for _, root := range []string{lost, withData, kept} {
		p := place{root: root, base: filepath.Join(sharedTemp, "entgraph-litter-"+hash8(root))}
		t.Cleanup(func() { os.RemoveAll(p.base) })
		if err := p.prepare(); err != nil {
			t.Fatal(err)
		}
		bases = append(bases, p.base)
	}
	if err := os.Mkdir(filepath.Join(bases[1], "data15"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, root := range []string{lost, withData} {
		if err := os.RemoveAll(root); err != nil {
			t.Fatal(err)
		}
	}
	if err := clearLitter(); err != nil {
		t.Fatal(err)
	}
	if exists(bases[0]) || !exists(bases[1]) || !exists(bases[2]) {
		t.Errorf("left: lost %v, lost with data %v, present %v", exists(bases[0]), exists(bases[1]), exists(bases[2]))
	}
}

func TestForeignFolderIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := checkOwn(dir, os.Geteuid()); err != nil {
		t.Error(err)
	}
	if err := checkOwn(dir, os.Geteuid()+1); err == nil {
		t.Error("a folder of another user was accepted")
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if err := checkOwn(link, os.Geteuid()); err == nil {
		t.Error("a symbolic link was accepted")
	}
}

func TestDataStaysOutOfVersionControl(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	p := place{root: root, base: filepath.Join(root, ".dev", "pg")}
	for range 2 {
		if err := p.prepare(); err != nil {
			t.Fatal(err)
		}
	}
	if text := must(os.ReadFile(filepath.Join(p.base, "checkout")))(t); string(text) != root+"\n" {
		t.Errorf("checkout = %q", text)
	}
	if text := must(os.ReadFile(filepath.Join(root, ".dev", ".gitignore")))(t); string(text) != "*\n" {
		t.Errorf(".gitignore = %q", text)
	}
}
