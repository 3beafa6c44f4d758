package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/plan"
	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

func (a *app) schemaCommand() *cobra.Command {
	return group("schema", "Show and compare schemas", &cobra.Command{
		Use:   "print",
		Short: "Print the whole schema of this program as SQL",
		Args:  cobra.NoArgs,
		RunE: work(func(ctx context.Context, _ []string) error {
			sql, err := plan.SchemaSQL(ctx, a.Ent.Tables)
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(a.stdout, sql)
			return err
		}),
	}, a.inspectCommand(), a.schemaDiffCommand(), a.driftCommand())
}

const stateHelp = `

A state is a file of SQL or a migration directory (file://PATH), a database
(postgres://...), which is only read, or this program (ent://). SQL is loaded into
scratch databases of the private Postgres, or outside of a checkout of one that the command
starts for itself with the Postgres that is installed (PG_BIN).`

// stateFlags are the flags that the commands on states share.
type stateFlags struct {
	json    bool
	exclude []string
}

func (f *stateFlags) add(cmd *cobra.Command) {
	jsonFlag(cmd, &f.json)
	cmd.Flags().StringSliceVar(&f.exclude, "exclude", nil, "`patterns` of what to leave out: audit (a schema), logs, users.bio, tmp_*")
}

func (a *app) inspectCommand() *cobra.Command {
	f := &stateFlags{}
	cmd := &cobra.Command{
		Use:   "inspect STATE",
		Short: "Print the SQL that makes a schema",
		Long:  "Print the SQL that makes a schema in an empty database." + stateHelp,
		Args:  cobra.ExactArgs(1),
		RunE: work(func(ctx context.Context, args []string) error {
			return a.withStates(ctx, f, func(_ string, o plan.SourceOptions) error {
				if f.json {
					return a.inspectJSON(ctx, plan.Source(args[0]), o)
				}
				sql, err := plan.Inspect(ctx, plan.Source(args[0]), o)
				if err == nil {
					_, err = fmt.Fprint(a.stdout, sql)
				}
				return err
			})
		}),
	}
	f.add(cmd)
	return cmd
}

// inspectJSON lists the objects of a state, as the catalog describes them.
func (a *app) inspectJSON(ctx context.Context, src plan.Source, o plan.SourceOptions) error {
	state, err := plan.ReadSource(ctx, src, o)
	if err != nil {
		return err
	}
	return a.show(true, map[string]any{"objects": state.List()}, "")
}

func (a *app) schemaDiffCommand() *cobra.Command {
	var answers answerFlags
	var o plan.SchemaDiffOptions
	var from, to string
	f := &stateFlags{}
	cmd := &cobra.Command{
		Use:   "diff --from STATE --to STATE",
		Short: "Print the SQL that leads from one schema to another",
		Long: `Print the SQL that leads from one schema to another: nothing when they are the same.` + stateHelp + `

On a terminal it asks what the two states leave open; elsewhere it fails and lists the
flags that answer.`,
		Args: cobra.NoArgs,
	}
	answers.add(cmd)
	cmd.Flags().StringVar(&from, "from", "", "`state` to start from")
	cmd.Flags().StringVar(&to, "to", "", "`state` to reach")
	cmd.Flags().BoolVar(&o.Online, "online", false, "keep big tables in use: indexes concurrently, constraints validated later, rows filled in batches")
	_ = cmd.MarkFlagRequired("from") // fails for an unknown flag alone
	_ = cmd.MarkFlagRequired("to")
	cmd.RunE = work(func(ctx context.Context, _ []string) (err error) {
		if o.Answers, err = answers.read(); err != nil {
			return err
		}
		o.From, o.To = plan.Source(from), plan.Source(to)
		if !f.json { // who reads JSON answers by flags
			o.Ask = a.prompt(cmd)
		}
		return a.withStates(ctx, f, func(_ string, s plan.SourceOptions) error {
			o.SourceOptions = s
			parts, err := plan.SchemaDiff(ctx, o)
			if err != nil {
				return err
			}
			return a.show(f.json, map[string]any{"parts": parts}, plan.JoinParts(parts))
		})
	})
	f.add(cmd)
	return cmd
}

func (a *app) driftCommand() *cobra.Command {
	var against string
	f := &stateFlags{}
	cmd := &cobra.Command{
		Use:   "drift [DATABASE]",
		Short: "Fail when a database differs from what the migrations make",
		Long: `Fail when a database differs from what the migrations make, and say in what.

DATABASE is a postgres:// address; by default it is the configured database.` + stateHelp,
		Args: cobra.MaximumNArgs(1),
	}
	cmd.Flags().StringVar(&against, "against", "", "`state` that it should have (default: "+migrationDir+" of the checkout, else the migrations in this binary)")
	f.add(cmd)
	cmd.RunE = work(func(ctx context.Context, args []string) error {
		cfg, err := a.config()
		if err != nil {
			return err
		}
		url := strings.Join(args, "")
		return a.withStates(ctx, f, func(root string, o plan.SourceOptions) error {
			drift := func(url string) error { return a.drift(ctx, f, url, against, o) }
			switch {
			case against == "" && root == "":
				drift = func(url string) error { return a.driftDeployed(ctx, f, url, o) }
			case against == "":
				against = "file://" + filepath.Join(root, migrationDir)
			}
			if url != "" {
				return drift(url)
			}
			return a.withDatabase(ctx, cfg, drift)
		})
	})
	return cmd
}

func (a *app) drift(ctx context.Context, f *stateFlags, url, against string, o plan.SourceOptions) error {
	found, err := plan.Drift(ctx, plan.Source(url), plan.Source(against), o)
	if err != nil {
		return err
	}
	return a.drifted(ctx, f, url, against, "the database differs from "+against, found)
}

// driftDeployed compares with the migrations in this binary.
func (a *app) driftDeployed(ctx context.Context, f *stateFlags, url string, o plan.SourceOptions) error {
	dir, err := os.MkdirTemp("", a.Name+"-migrations-")
	if err != nil {
		return fmt.Errorf("unpack migrations: %w", err)
	}
	defer os.RemoveAll(dir)
	if err := os.CopyFS(dir, a.Migrations); err != nil {
		return fmt.Errorf("unpack migrations: %w", err)
	}
	against := "file://" + dir
	found, err := plan.Drift(ctx, plan.Source(url), plan.Source(against), o)
	if err != nil {
		return err
	}
	return a.drifted(ctx, f, url, against, "the database differs from the migrations in this binary", found)
}

// drifted shows what differs, and fails when something does.
func (a *app) drifted(ctx context.Context, f *stateFlags, url, against, failure string, found []schemadiff.Difference) (err error) {
	if dir, ok := strings.CutPrefix(against, "file://"); ok && len(found) > 0 {
		if failure, err = a.pendingNote(ctx, url, dir, failure); err != nil {
			return err
		}
	}
	return a.compared(f.json, found, "the database is as it should be\n", failure)
}

// pendingNote adds to a failure that migrations are pending, when against is a migration
// directory: most of what differs may be that.
func (a *app) pendingNote(ctx context.Context, url, against, failure string) (string, error) {
	if info, err := os.Stat(against); err != nil || !info.IsDir() {
		return failure, nil // read already: a file of SQL
	}
	st, err := database.ReadStatus(ctx, url, os.DirFS(against))
	switch {
	case err != nil:
		return "", err
	case len(st.Applied) > 0 && len(st.Pending) > 0:
		failure += fmt.Sprintf(", of which %s pending, see %s migrate status", count(len(st.Pending), "migration is", "migrations are"), a.Name)
	}
	return failure, nil
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// withStates runs f with the root of the checkout, "" for none, and what reading states takes.
func (a *app) withStates(ctx context.Context, flags *stateFlags, f func(root string, o plan.SourceOptions) error) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	root, err := checkout()
	if err != nil && !errors.Is(err, errNoCheckout) {
		return err
	}
	return a.withScratch(ctx, cfg, func(s *devpg.Server) error {
		return f(root, plan.SourceOptions{Desired: a.desired(root), Scratch: s.Scratch, Exclude: flags.exclude})
	})
}
