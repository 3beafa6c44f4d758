package command

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"golang.org/x/mod/modfile"
	"golang.org/x/sys/unix"
)

// source is where this program comes from, when its sources are there: a checkout.
type source struct {
	root    string
	main    string   // the package of the program
	flags   []string // with which it was built
	program string   // where a build of it goes

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
	for _, set := range info.Settings {
		// So that packages are taken from the build cache that the first build has filled.
		switch {
		case set.Key == "-race" || set.Key == "-trimpath":
			s.flags = append(s.flags, set.Key+"="+set.Value)
		case set.Key == "-tags" || set.Key == "-ldflags" || set.Key == "-gcflags":
			s.flags = append(s.flags, set.Key, set.Value)
		}
	}
	return s
}

// generate writes what follows from the schemas, as ./run.sh generate does.
func (s *source) generate(ctx context.Context) error {
	args := []string{"tool", "entgraph", "generate"}
	if _, err := os.Stat(filepath.Join(s.root, "ent", "entc.go")); err == nil {
		args = []string{"run", "-buildvcs=false", "ent/entc.go"}
	}
	if err := s.goTool(ctx, problemGenerate, args...); err != nil {
		return err
	}
	// Sources that are newer than this file make ./run.sh generate before it builds.
	return os.WriteFile(filepath.Join(s.root, ".dev", "generated"), nil, 0o644)
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

// build builds the program. A program that stays the same is not touched.
func (s *source) build(ctx context.Context) error {
	args := append([]string{"build", "-buildvcs=false", "-o", s.program}, s.flags...)
	return s.goTool(ctx, problemBuild, append(args, s.main)...)
}

// goTool runs the go command in the project. Its error is a problem.
func (s *source) goTool(ctx context.Context, kind string, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = s.root
	if os.Getenv("GOGC") == "" {
		cmd.Env = append(cmd.Environ(), "GOGC=400") // the compiler and the linker end before memory matters
	}
	// What it has started ends too: it would wait for a compiler.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.CombinedOutput()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		out = bytes.ReplaceAll(out, []byte(s.root+string(filepath.Separator)), nil)
		return said(kind, string(out), err)
	}
	return nil
}

// built identifies the program that was built last, "" for none. The go command may write one
// anew that is the same, such as after a build that failed. It is for one goroutine.
func (s *source) built() (string, error) {
	f, err := os.Open(s.program)
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
