package codegen

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const generatedHead = "// Code generated. DO NOT EDIT.\n"

// tree makes a folder with generated and handwritten files.
func tree(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"a.go": generatedHead + "a", "sub/b.go": generatedHead + "b", "mine.go": "by hand"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// content lists the files of a folder, and its folders.
func content(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			files[path] = "a folder"
			return err
		}
		text, err := os.ReadFile(path)
		files[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// mess is what a generator does before it fails: it deletes, changes and makes files.
const mess = `rm a.go; printf '// Code generated. DO NOT EDIT.\nx' > sub/b.go; mkdir new; cp sub/b.go new/c.go; echo edited > mine.go; `

func TestFailedAttemptChangesNothing(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]string{"fails": "exit 3", "is killed": "kill -9 $$", "crashes": "kill -SEGV $$"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := tree(t)
			want := content(t, dir)
			want[filepath.Join(dir, "mine.go")] = "edited\n" // by somebody else, meanwhile
			cmd := exec.Command("sh", "-c", mess+end)
			cmd.Dir = dir
			err := attempt(t.Context(), []string{dir, filepath.Join(dir, "sub")}, cmd)
			if err == nil || !strings.Contains(err.Error(), "no generated file was changed") {
				t.Errorf("error: %v", err)
			}
			if diff := cmp.Diff(want, content(t, dir)); diff != "" {
				t.Errorf("(-before +after):\n%s", diff)
			}
		})
	}
}

func TestStoppedAttemptChangesNothing(t *testing.T) {
	t.Parallel()
	dir := tree(t)
	want := content(t, dir)
	want[filepath.Join(dir, "mine.go")] = "edited\n"
	cmd := exec.Command("sh", "-c", mess+"echo done; exec sleep 600")
	cmd.Dir = dir
	said, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		_, _ = bufio.NewReader(said).ReadString('\n')
		stop()
	}()
	if err := attempt(ctx, []string{dir}, cmd); err == nil || !strings.Contains(err.Error(), "stopped by a signal") {
		t.Errorf("error: %v", err)
	}
	if diff := cmp.Diff(want, content(t, dir)); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}

func TestAttemptThatEndsWellStays(t *testing.T) {
	t.Parallel()
	dir := tree(t)
	cmd := exec.Command("sh", "-c", mess)
	cmd.Dir = dir
	if err := attempt(t.Context(), []string{dir}, cmd); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "a.go")); !os.IsNotExist(err) {
		t.Errorf("what it deleted is there: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "new", "c.go")); err != nil {
		t.Error(err)
	}
}
