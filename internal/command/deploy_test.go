package command_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/devpg"
)

// A deployed binary needs no Go, no source and no checkout to migrate: here it has an
// empty folder, an empty PATH and an empty database.
func TestDeployedBinaryMigrates(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "entgraph")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./testdata/deployed").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	folder, temp, database := t.TempDir(), t.TempDir(), devpg.Empty(t)
	for _, step := range []struct {
		args string
		code int
		want string // in what it says, both outputs together
	}{
		{"migrate status", 0, "pending"},
		{"migrate up --dry-run", 0, `CREATE TABLE "users"`},
		{"migrate up 1", 0, "statements"},
		{"migrate status", 0, "pending"},
		{"migrate up", 0, "statements"},
		{"migrate up", 0, "nothing to do"},
		{"migrate history --json", 0, `"version"`},
		{"migrate validate", 0, ""},
		{"migrate show head", 0, "-- "},
		{"migrate sql", 0, "atlas_schema_revisions"},
		{"migrate down 1 --allow-loss", 0, ""},
		{"migrate up", 0, "statement"},
		{"migrate down base --dry-run", 0, "DROP TABLE"},
		{"schema print", 0, `CREATE TABLE "users"`},
		{"schema drift", 0, "as it should be"},
		{"schema drift " + database, 0, "as it should be"},
		{"schema inspect " + database, 0, `CREATE TABLE "users"`},
		{"schema diff --from " + database + " --to ent://", 0, ""},
		{"migrate stamp head", 0, "nothing to do"},
		{"migrate stamp 123", 1, "stamp 123: no file has this version"},
		{"migrate test --latest 1 --rows 10", 0, "safe"},
		{"migrate new add_post_note", 1, "is not in a checkout"},
		{"migrate diff add_post_note", 1, "is not in a checkout"},
	} {
		cmd := exec.CommandContext(context.WithoutCancel(t.Context()), program, strings.Fields(step.args)...)
		cmd.Dir, cmd.Env = folder, []string{"PATH=", "HOME=" + folder, "TMPDIR=" + temp, "PG_BIN=" + os.Getenv("PG_BIN"), "DATABASE_URL=" + database}
		out, _ := cmd.CombinedOutput() // the exit code says it
		if strings.Contains(string(out), "DATABASE_URL") {
			t.Errorf("%s: it asks for what is set:\n%s", step.args, out)
		}
		if code := cmd.ProcessState.ExitCode(); code != step.code || !strings.Contains(string(out), step.want) {
			t.Errorf("%s: exit %d, want %d and %q:\n%s", step.args, code, step.code, step.want, out)
		}
	}
	if left, err := filepath.Glob(filepath.Join(temp, "*")); err != nil || len(left) > 0 {
		t.Errorf("it left %v, %v", left, err)
	}
	if left, err := filepath.Glob(filepath.Join(folder, "*")); err != nil || len(left) > 0 {
		t.Errorf("it left %v, %v", left, err)
	}
}
