package database_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/migratetest"
)

// writeDown writes name, content pairs as down files.
func writeDown(t *testing.T, dir string, pairs ...string) {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if err := folder.WriteDown(dir, pairs[i], []byte(pairs[i+1])); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDownSum(t *testing.T) {
	t.Parallel()
	for want, spoil := range map[string]func(down string) error{
		"": func(string) error { return nil },
		"down/" + second + " was edited": func(down string) error {
			return os.WriteFile(filepath.Join(down, second), []byte("DROP TABLE x;"), 0o644)
		},
		"down/" + third + " was added": func(down string) error {
			return os.WriteFile(filepath.Join(down, third), []byte("DROP TABLE c;"), 0o644)
		},
		"down/" + first + " was removed":  func(down string) error { return os.Remove(filepath.Join(down, first)) },
		"down/" + second + " was removed": func(down string) error { return os.Remove(filepath.Join(down, second)) },
		"down/down.sum is missing":        func(down string) error { return os.Remove(filepath.Join(down, "down.sum")) },
		"down/down.sum itself was edited": func(down string) error {
			return os.WriteFile(filepath.Join(down, "down.sum"), []byte("h1:x\n"), 0o644)
		},
	} {
		dir := migratetest.NewDir(t, first, "CREATE TABLE a ();", second, "CREATE TABLE b ();")
		writeDown(t, dir, first, "DROP TABLE a;", second, "DROP TABLE b;")
		if err := spoil(filepath.Join(dir, "down")); err != nil {
			t.Fatal(err)
		}
		err := folder.Validate(os.DirFS(dir))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestDownSumGoesWithTheLastFile(t *testing.T) {
	t.Parallel()
	dir := migratetest.NewDir(t, first, "CREATE TABLE a ();")
	writeDown(t, dir, first, "DROP TABLE a;")
	if err := os.Remove(filepath.Join(dir, "down", first)); err != nil {
		t.Fatal(err)
	}
	if err := folder.WriteDownSum(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "down")); !os.IsNotExist(err) {
		t.Errorf("the empty folder: %v", err)
	}
	if err := folder.WriteDown(dir, "../x.sql", nil); err == nil {
		t.Error("a name with a path was accepted")
	}
}

func TestDownFileWithoutMigration(t *testing.T) {
	t.Parallel()
	dir := migratetest.NewDir(t, first, "CREATE TABLE a ();")
	writeDown(t, dir, second, "DROP TABLE b;")
	if err := folder.Validate(os.DirFS(dir)); err == nil || !strings.Contains(err.Error(), "down/"+second) {
		t.Errorf("error: %v", err)
	}
}
