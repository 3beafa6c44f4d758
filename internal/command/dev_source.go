package command

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/mod/modfile"
	"golang.org/x/sys/unix"

	"github.com/entgraph/entgraph/internal/watch"
)

// source is where this program comes from, when its sources are there: a checkout.
type source struct {
	root    string
	main    string    // the package of the program
	flags   []string  // with which it was built
	program string    // where a build of it stays that has started
	latest  string    // what was built last, "" while that is program
	tell    io.Writer // gets what takes long, as it does; nil for nobody

	// tool is the program that generates, as long as nothing that it is made of was saved.
	tool    string
	last    os.FileInfo // of the program when it was read last
	lastSum string
}

// sources finds the sources of this program in the checkout; nil without.
func sources() *source {
	root, err := checkout()
	if err != nil {
		return nil
	}
	info, ok := debug.ReadBuildInfo()
	self, err := os.Executable()
	mod, merr := os.ReadFile(filepath.Join(root, "go.mod"))
	_, gerr := exec.LookPath("go")
	if !ok || err != nil || merr != nil || gerr != nil || modfile.ModulePath(mod) != info.Main.Path || strings.HasSuffix(info.Path, ".test") {
		return nil
	}
	s := &source{root: root, main: info.Path, program: self}
	if inside, err := filepath.Rel(root, self); err != nil || strings.HasPrefix(inside, "..") {
		s.program = filepath.Join(root, ".dev", "build", filepath.Base(self)) // somebody installed it elsewhere
	}
	s.flags = flagsOf(info.Settings)
	return s
}

// flagsOf are the flags with which a program was built, so that packages are taken from the
// build cache that the first build has filled.
func flagsOf(settings []debug.BuildSetting) (flags []string) {
	linked, trimmed := false, false
	for _, set := range settings {
		switch {
		case set.Key == "-race" || set.Key == "-trimpath":
			flags = append(flags, set.Key+"="+set.Value)
			trimmed = trimmed || set.Key == "-trimpath"
		case set.Key == "-tags" || set.Key == "-ldflags" || set.Key == "-gcflags":
			flags = append(flags, set.Key, set.Value)
			linked = linked || set.Key == "-ldflags"
		}
	}
	if trimmed && !linked { // those of the linker are not told then: they may name folders
		flags = append(flags, "-ldflags", "-s -w")
	}
	return flags
}

// generate writes what follows from the schemas, as ./run.sh generate does.
func (s *source) generate(ctx context.Context) error {
	tool, err := s.generator(ctx)
	if err != nil {
		return err
	}
	// Sources that are newer than the file make ./run.sh generate before it builds. It is made
	// first: what is saved from here on is newer.
	stamp := filepath.Join(s.root, ".dev", "generating")
	if err := os.WriteFile(stamp, nil, 0o644); err != nil {
		return fmt.Errorf("generate: %w", err)
	}
	if _, err := s.run(ctx, problemGenerate, tool[0], tool[1:]...); err != nil {
		return err
	}
	return os.Rename(stamp, filepath.Join(s.root, ".dev", "generated"))
}

// generated is when the sources were read that were generated from last; where nobody has noted
// it, now.
func (s *source) generated() time.Time {
	info, err := os.Stat(filepath.Join(s.root, ".dev", "generated"))
	if err != nil {
		return time.Now()
	}
	return info.ModTime()
}

// generator gives the command that generates. The go command builds it, and looks for what has
// changed in some hundreds of packages; it is asked again after a change of the program, and
// always where packages of other folders belong to it, which nobody watches.
func (s *source) generator(ctx context.Context) ([]string, error) {
	find, args, plain := []string{"tool", "-n", "entgraph"}, []string{"generate"}, []string{"go", "tool", "entgraph", "generate"}
	if _, err := os.Stat(filepath.Join(s.root, "ent", "entc.go")); err == nil {
		find, args = []string{"run", "-buildvcs=false", "-exec=echo", "ent/entc.go"}, nil // echo says where it is
		plain = []string{"go", "run", "-buildvcs=false", "ent/entc.go"}
	}
	// One that was just built is told where it was before it came to the build cache, which may
	// also have been cleaned.
	for try := 0; !isFile(s.tool); try++ {
		if try == 2 {
			return plain, nil
		}
		said, err := s.run(ctx, problemGenerate, "go", find...)
		if err != nil {
			return nil, err
		}
		lines := strings.Split(strings.TrimSpace(said), "\n") // of a download, maybe
		s.tool = lines[len(lines)-1]
	}
	tool := s.tool
	if !s.alone(ctx) {
		s.tool = ""
	}
	return append([]string{tool}, args...), nil
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// alone reports whether all packages of the program are of this module or of released ones.
func (s *source) alone(ctx context.Context) bool {
	text, err := os.ReadFile(filepath.Join(s.root, "go.mod"))
	if err != nil {
		return false
	}
	mod, err := modfile.Parse("go.mod", text, nil)
	if err != nil || slices.ContainsFunc(mod.Replace, func(r *modfile.Replace) bool { return modfile.IsDirectoryPath(r.New.Path) }) {
		return false
	}
	workspace, err := s.run(ctx, problemGenerate, "go", "env", "GOWORK")
	workspace = strings.TrimSpace(workspace)
	return err == nil && (workspace == "" || workspace == "off")
}

// saved is told what was saved.
func (s *source) saved(changes []watch.Change) {
	for _, c := range changes {
		if c.Kind&watch.Build != 0 || c.Path == "ent/entc.go" {
			s.tool = ""
		}
	}
}

// lock makes this the process that watches the checkout, unless another one does.
func (s *source) lock() (alone bool, unlock func() error, err error) {
	dir := filepath.Join(s.root, ".dev")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return false, nil, fmt.Errorf("watch %s: %w", s.root, err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "watch.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return false, nil, fmt.Errorf("watch %s: %w", s.root, err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == nil {
		return true, f.Close, nil
	}
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = nil
	}
	return false, nil, errors.Join(err, f.Close())
}

// build builds the program, beside the one that stays until [source.keep]. A program that is the
// same is not touched.
func (s *source) build(ctx context.Context) error {
	next := filepath.Join(s.root, ".dev", "build", "next", filepath.Base(s.program))
	if s.latest == "" {
		// The go command then sees that it is the same.
		if err := link(s.program, next); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("build: %w", err)
		}
	}
	args := append([]string{"build", "-buildvcs=false", "-o", next}, s.flags...)
	if _, err := s.run(ctx, problemBuild, "go", append(args, s.main)...); err != nil {
		return err
	}
	s.latest = next
	return nil
}

// keep puts the program that was built last, which has started, in its place: until then the
// commands find one that works.
func (s *source) keep() error {
	if s.latest == "" {
		return nil
	}
	if err := link(s.latest, s.program); err != nil {
		return fmt.Errorf("keep the program: %w", err)
	}
	return nil
}

// link makes a file another name of an existing one, in the place of what has it, if anything;
// where that cannot be, such as on two disks, a copy.
func link(existing, name string) error {
	tmp := name + ".new"
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	if err := os.Remove(tmp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Link(existing, tmp); err != nil {
		if err := copyProgram(existing, tmp); err != nil {
			return err
		}
	}
	if err := os.Rename(tmp, name); err != nil {
		return err
	}
	if err := os.Remove(tmp); err != nil && !errors.Is(err, fs.ErrNotExist) { // both were the same file already
		return err
	}
	return nil
}

func copyProgram(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// path is the program that was built last.
func (s *source) path() string { return cmp.Or(s.latest, s.program) }

// run runs a program of the build in the project, and gives what it writes. Its error is a
// problem.
func (s *source) run(ctx context.Context, kind, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = s.root
	if os.Getenv("GOGC") == "" {
		cmd.Env = append(cmd.Environ(), "GOGC=400") // the compiler and the linker end before memory matters
	}
	// What it has started ends too: it would wait for a compiler.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }
	cmd.WaitDelay = 10 * time.Second
	o := &output{tell: s.tell}
	cmd.Stdout, cmd.Stderr = o, o
	err := cmd.Run()
	out := o.all.Bytes()
	if ctx.Err() != nil && cmd.Process != nil { // also what takes no notice of an interrupt
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // mostly nothing is left
	}
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil:
		out = bytes.ReplaceAll(out, []byte(s.root+string(filepath.Separator)), nil)
		return "", said(kind, string(out), err)
	}
	return string(out), nil
}

// output keeps what a program writes, and tells its lines on what it waits for at once.
type output struct {
	all  bytes.Buffer
	at   int // what was told up to there
	tell io.Writer
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.all.Write(p)
	for o.tell != nil {
		line, _, ok := bytes.Cut(o.all.Bytes()[o.at:], []byte("\n"))
		if !ok {
			break
		}
		o.at += len(line) + 1
		if i := bytes.Index(line, []byte("still waiting for ")); i >= 0 {
			fmt.Fprintf(o.tell, "  %s\n", line[i:])
		}
	}
	return len(p), nil
}

// built identifies the program that was built last, "" for none. The go command may write one
// anew that is the same, such as after a build that failed. It is for one goroutine.
func (s *source) built() (string, error) {
	f, err := os.Open(s.path())
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the program: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", fmt.Errorf("read the program: %w", err)
	}
	if old := s.last; old != nil && os.SameFile(old, info) && old.Size() == info.Size() && old.ModTime().Equal(info.ModTime()) {
		return s.lastSum, nil
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", fmt.Errorf("read the program: %w", err)
	}
	s.last, s.lastSum = info, string(sum.Sum(nil))
	return s.lastSum, nil
}
