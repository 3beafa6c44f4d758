package house_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// runSh is ./run.sh in a checkout of its own, where go is the given script.
func runSh(t *testing.T, goScript string, args ...string) *exec.Cmd {
	t.Helper()
	dir := t.TempDir()
	script, err := os.ReadFile("run.sh")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"run.sh": string(script), "tools/go": "#!/bin/sh\n" + goScript, "ent/migrate/schema.sql": "old\n",
		"bin/entgraph": "#!/bin/sh\necho entgraph \"$@\"\n",
	} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o755)); err != nil {
			t.Fatal(err)
		}
	}
	// A test run in the background ignores interrupts, and so would what it starts.
	ctx, stop := signal.NotifyContext(t.Context(), os.Interrupt)
	t.Cleanup(stop)
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, filepath.Join(dir, "run.sh"), args...)
	cmd.Env = append(os.Environ(), "PATH="+filepath.Join(dir, "tools")+":"+os.Getenv("PATH"))
	return cmd
}

// withoutNotice leaves out what a step says that takes longer, on a busy machine.
func withoutNotice(stderr *bytes.Buffer) string {
	return strings.ReplaceAll(stderr.String(), "generating from ent/schema ...\n", "")
}

func TestRunSh(t *testing.T) {
	t.Parallel()
	const idle, writes = "exit 0\n", "echo new > ent/migrate/schema.sql\n"
	for name, tc := range map[string]struct {
		goScript       string
		args           string
		code           int
		stdout, stderr string // how they begin
	}{
		"unknown command":    {idle, "bogus", 2, "", "run.sh: unknown command: bogus\nusage: ./run.sh"},
		"help":               {idle, "help", 0, "usage: ./run.sh", ""},
		"help of generate":   {"exit 1\n", "generate --help", 0, "usage: ./run.sh", ""},
		"arguments":          {"exit 1\n", "generate ent/schema", 2, "", "run.sh: generate takes no arguments: ent/schema\nusage:"},
		"schema":             {idle, "schema print --json", 0, "entgraph schema print --json\n", ""},
		"version":            {idle, "version", 0, "entgraph version\n", ""},
		"generate":           {idle, "generate", 0, "", ""},
		"generate of tables": {writes, "generate", 0, "", "next: ./run.sh migrate diff NAME\n"},
		"failed generate":    {writes + "echo no\nexit 1\n", "generate", 1, "", "no\nrun.sh: generating from ent/schema: failed\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := runSh(t, tc.goScript, strings.Fields(tc.args)...)
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			err := cmd.Run()
			if code := cmd.ProcessState.ExitCode(); code != tc.code {
				t.Errorf("code %d, want %d: %v", code, tc.code, err)
			}
			for _, said := range []struct{ what, got, want string }{{"stdout", stdout.String(), tc.stdout}, {"stderr", withoutNotice(&stderr), tc.stderr}} {
				if !strings.HasPrefix(said.got, said.want) || said.want == "" && said.got != "" {
					t.Errorf("%s %q, want %q", said.what, said.got, said.want)
				}
			}
		})
	}
}

// TestInterruptedRunSh interrupts a step as a terminal does: with all that runs in it.
func TestInterruptedRunSh(t *testing.T) {
	t.Parallel()
	cmd := runSh(t, "echo ready >&3\nexec sleep 600\n", "generate")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	var stderr bytes.Buffer
	cmd.Stderr, cmd.ExtraFiles = &stderr, []*os.File{write}
	if err := errors.Join(cmd.Start(), write.Close()); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(read).ReadString('\n'); line != "ready\n" {
		t.Fatalf("read %q: %v", line, err)
	}
	if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	err = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 130 || withoutNotice(&stderr) != "run.sh: interrupted\n" {
		t.Errorf("code %d: %v, stderr %q", code, err, &stderr)
	}
}
