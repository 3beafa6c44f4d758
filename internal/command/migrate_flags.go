package command

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"entgo.io/ent/dialect/sql/schema"
	"github.com/spf13/cobra"

	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/folder"
)

// migrateFlags are the flags that the commands below migrate share.
type migrateFlags struct {
	app         *app
	dir         string
	json        bool
	dryRun      bool
	wait        time.Duration
	lockTimeout time.Duration
}

// source adds the flag for a directory that is only read.
func (f *migrateFlags) source(cmd *cobra.Command) { f.app.sourceFlag(cmd, &f.dir) }

func (a *app) sourceFlag(cmd *cobra.Command, dir *string) {
	cmd.Flags().StringVar(dir, "dir", "", "migration `directory` (default: the one in this binary)")
	cmd.PreRun = func(cmd *cobra.Command, _ []string) {
		if *dir == "" && a.stale() {
			fmt.Fprintln(cmd.ErrOrStderr(), a.staleWarning("--dir "+migrationDir))
		}
	}
}

// staleWarning says that this program works with older files than those of the checkout, and
// which flag reads these, if there is one.
func (a *app) staleWarning(flag string) string {
	text := fmt.Sprintf("warning: this program was built with other migrations than those in %s, and goes on with its own; build it again, as %s does", migrationDir, a.rebuilt("migrate"))
	if flag != "" {
		text += ", or add: " + flag
	}
	return text
}

// stale says whether the checkout has other migrations than this binary.
func (a *app) stale() bool {
	root, err := checkout()
	if err != nil {
		return false // a deployed binary
	}
	// Without sums there is no directory to speak of; broken ones are reported by what uses them.
	disk, err := os.ReadFile(filepath.Join(root, migrationDir, "atlas.sum"))
	if err != nil {
		return false
	}
	own, err := fs.ReadFile(a.Migrations, "atlas.sum")
	return err == nil && !bytes.Equal(disk, own)
}

// target adds the flag for a directory that is written to.
func (f *migrateFlags) target(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.dir, "dir", "", "migration `directory` (default: "+migrationDir+" of the checkout)")
	f.dry(cmd)
}

func (f *migrateFlags) output(cmd *cobra.Command) { jsonFlag(cmd, &f.json) }

func jsonFlag(cmd *cobra.Command, value *bool) {
	cmd.Flags().BoolVar(value, "json", false, "write JSON to the standard output")
}

func (f *migrateFlags) dry(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "only say what would be done")
}

// waiting adds how long to wait for whom.
func (f *migrateFlags) waiting(cmd *cobra.Command) {
	cmd.Flags().DurationVar(&f.wait, "wait", time.Minute, "longest `duration` to wait for another migration, or for a server that starts")
	cmd.Flags().DurationVar(&f.lockTimeout, "lock-timeout", 0, "longest `duration` that a statement waits for a lock before it fails (default: as the server says)")
}

// fsys is the directory to read.
func (f *migrateFlags) fsys() fs.FS {
	if f.dir == "" {
		return f.app.Migrations
	}
	return f.app.directory(os.DirFS(f.dir))
}

// tables are those that the program of the directory uses; nil for that of another one.
func (f *migrateFlags) tables() []*schema.Table {
	if f.dir == "" {
		return f.app.Ent.Tables
	}
	return nil
}

// external are those of others, in the same way.
func (f *migrateFlags) external() []*schema.Table {
	if f.dir == "" {
		return f.app.Ent.External
	}
	return nil
}

// folder is the directory to write to.
func (f *migrateFlags) folder() (string, error) {
	if f.dir != "" {
		return f.dir, nil
	}
	root, err := checkout()
	if err != nil {
		return "", err
	}
	return filepath.Join(root, migrationDir), nil
}

// progress tells of a running migration: on the standard error when the standard
// output holds JSON.
func (a *app) progress(f *migrateFlags) func(database.Event) {
	if f.json {
		return database.Print(a.stderr)
	}
	return database.Print(a.stdout)
}

// onDatabase makes f, which has the arguments and the database's address, a command's function.
func (a *app) onDatabase(f func(ctx context.Context, url string, args []string) error) func(*cobra.Command, []string) error {
	return work(func(ctx context.Context, args []string) error {
		cfg, err := a.config()
		if err != nil {
			return err
		}
		return a.withDatabase(ctx, cfg, func(url string) error { return f(ctx, url, args) })
	})
}

// fileJSON is a migration file for machines.
type fileJSON struct {
	File       string `json:"file"`
	Version    string `json:"version"`
	Statements int    `json:"statements"`
	Resumed    int    `json:"resumed,omitempty"`
	ElapsedMS  int64  `json:"elapsed_ms,omitempty"`
	SQL        string `json:"sql,omitempty"`
}

func filesJSON(files []folder.File, sql []string) []fileJSON {
	all := make([]fileJSON, len(files))
	for i, f := range files {
		all[i] = fileJSON{File: f.Name, Version: f.Version, Statements: f.Statements, Resumed: f.Resumed, ElapsedMS: f.Elapsed.Milliseconds()}
		if sql != nil {
			all[i].SQL = sql[i]
		}
	}
	return all
}

// listing shows files with their SQL.
func listing(prefix string, files []folder.File, sql []string) string {
	var b strings.Builder
	for i, f := range files {
		fmt.Fprintf(&b, "-- %s%s", prefix, f.Name)
		if f.Resumed > 0 {
			fmt.Fprintf(&b, " (the first %d of %d statements are applied)", f.Resumed, f.Statements)
		}
		fmt.Fprintf(&b, "\n%s\n", strings.TrimRight(sql[i], "\n"))
	}
	return b.String()
}
