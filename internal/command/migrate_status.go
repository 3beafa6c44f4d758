package command

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/folder"
)

func (a *app) statusCommand() *cobra.Command {
	f := &migrateFlags{app: a}
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say where the database stands",
		Args:  cobra.NoArgs,
		RunE: a.onDatabase(func(ctx context.Context, url string, _ []string) error {
			status, err := database.NewGate(f.fsys(), f.tables(), f.external()...).Read(ctx, url)
			if err != nil {
				return err
			}
			out := map[string]any{"current": status.Current, "applied": status.Complete(),
				"pending": filesJSON(status.Pending, nil), "ok": true}
			if err := status.Err(); err != nil {
				out["ok"], out["error"] = false, err.Error()
			}
			return a.show(f.json, out, status.String())
		}),
	}
	f.source(cmd)
	f.output(cmd)
	return cmd
}

// entryJSON is a version for machines.
type entryJSON struct {
	Version     string     `json:"version"`
	Description string     `json:"description"`
	State       string     `json:"state"`
	Edited      bool       `json:"edited,omitempty"`
	OutOfOrder  bool       `json:"out_of_order,omitempty"`
	Reversible  bool       `json:"reversible"`
	AppliedAt   *time.Time `json:"applied_at,omitempty"`
	ElapsedMS   int64      `json:"elapsed_ms,omitempty"`
	Operator    string     `json:"operator,omitempty"`
	Error       string     `json:"error,omitempty"`
}

func (a *app) historyCommand() *cobra.Command {
	f := &migrateFlags{app: a}
	cmd := &cobra.Command{
		Use:   "history",
		Short: "List all versions of the directory and of the database",
		Args:  cobra.NoArgs,
		RunE: a.onDatabase(func(ctx context.Context, url string, _ []string) error {
			entries, err := database.ReadHistory(ctx, url, f.fsys())
			if err != nil {
				return err
			}
			out := make([]entryJSON, len(entries))
			for i, e := range entries {
				out[i] = entryJSON{Version: e.Version, Description: e.Description, State: e.State, Edited: e.Edited,
					OutOfOrder: e.OutOfOrder, Reversible: e.Reversible}
				if r := e.Revision; r != nil {
					out[i].AppliedAt, out[i].ElapsedMS = &r.ExecutedAt, r.ExecutionTime.Milliseconds()
					out[i].Operator, out[i].Error = r.OperatorVersion, r.Error
				}
			}
			return a.show(f.json, out, historyText(out))
		}),
	}
	f.source(cmd)
	f.output(cmd)
	return cmd
}

func historyText(entries []entryJSON) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, e := range entries {
		state := e.State
		if e.Edited {
			state += ", edited"
		}
		if e.OutOfOrder {
			state += ", out of order"
		}
		if !e.Reversible {
			state += ", no down file"
		}
		at := ""
		if e.AppliedAt != nil {
			at = e.AppliedAt.UTC().Format(time.DateTime) + "  by " + e.Operator
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", e.Version, e.Description, state, at)
	}
	_ = w.Flush() // a Builder does not fail
	return b.String()
}

func (a *app) showCommand() *cobra.Command {
	f := &migrateFlags{app: a}
	cmd := &cobra.Command{
		Use:   "show VERSION|head",
		Short: "Show one migration with its way back",
		Args:  cobra.ExactArgs(1),
		RunE: work(func(_ context.Context, args []string) error {
			m, err := folder.Show(f.fsys(), args[0])
			if err != nil {
				return err
			}
			text := fmt.Sprintf("-- %s\n%s", m.Name, m.SQL)
			if m.Down != "" {
				text += fmt.Sprintf("\n-- down/%s\n%s", m.Name, m.Down)
			} else {
				text += "\n-- there is no down file\n"
			}
			return a.show(f.json, map[string]any{"file": m.Name, "version": m.Version, "statements": m.Statements,
				"transaction": m.InTx, "checkpoint": m.Checkpoint, "sql": m.SQL, "down": m.Down}, text)
		}),
	}
	f.source(cmd)
	f.output(cmd)
	return cmd
}

func (a *app) validateCommand() *cobra.Command {
	f := &migrateFlags{app: a}
	cmd := &cobra.Command{
		Use:   "validate",
		Short: "Check the migration directory: sums, names, versions, down files",
		Args:  cobra.NoArgs,
		RunE: work(func(context.Context, []string) error {
			if err := folder.Validate(f.fsys()); err != nil {
				return err
			}
			return a.show(f.json, map[string]any{"valid": true}, "the migration directory is valid\n")
		}),
	}
	f.source(cmd)
	f.output(cmd)
	return cmd
}
