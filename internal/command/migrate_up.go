package command

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/plan"
)

func (a *app) upCommand() *cobra.Command {
	f, to := &migrateFlags{app: a}, ""
	cmd := &cobra.Command{
		Use:   "up [N|VERSION|head]",
		Short: "Apply pending migrations",
		Long: `Apply pending migrations, in order: all, the next N, or up to a version.

It is safe to run on many machines at once and again after a crash, and it says which
session it waits for.`,
		Args: cobra.MaximumNArgs(1),
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		in := cmd.InOrStdin()
		return a.onDatabase(func(ctx context.Context, url string, args []string) error {
			cfg, err := a.config()
			if err != nil {
				return err
			}
			o := database.UpOptions{To: to, Operator: a.Name, LockTimeout: f.wait, StatementLockTimeout: f.lockTimeout, Progress: a.progress(f), StandIns: cfg.OwnerURL() == ""}
			if o.External, err = plan.External(ctx, a.Ent.External); err != nil {
				return err
			}
			if err := upTarget(f, args, &o); err != nil {
				return err
			}
			if root, ok := a.drafted(cfg); ok && !f.dryRun {
				return a.upDrafted(ctx, cfg, root, f, o, in)
			}
			return a.up(ctx, url, f, o)
		})(cmd, args)
	}
	cmd.Flags().StringVar(&to, "to", "", "last `version` to apply (default: all)")
	f.source(cmd)
	f.output(cmd)
	f.dry(cmd)
	f.waiting(cmd)
	return cmd
}

func upTarget(f *migrateFlags, args []string, o *database.UpOptions) error {
	if len(args) == 0 {
		return nil
	}
	if o.To != "" {
		return errors.New("give the version as an argument or with --to, not both")
	}
	count, version, err := folder.ParseTarget(f.fsys(), args[0])
	switch {
	case err != nil:
		return err
	case version == folder.Base:
		return fmt.Errorf("base is where down leads; run: %s migrate down base", f.app.Name)
	}
	o.Limit, o.To = count, version
	return nil
}

func (a *app) up(ctx context.Context, url string, f *migrateFlags, o database.UpOptions) error {
	if f.dryRun {
		plan, err := database.PlanUp(ctx, url, f.fsys(), o)
		if err != nil {
			return err
		}
		text := listing("", plan.Files, plan.SQL)
		if text == "" {
			if text, err = nothingToDo(ctx, url, f); err != nil {
				return err
			}
		}
		return a.show(f.json, map[string]any{"would_apply": filesJSON(plan.Files, plan.SQL)}, text)
	}
	applied, err := database.Up(ctx, url, f.fsys(), o)
	if err != nil {
		return err
	}
	text := ""
	if len(applied) == 0 {
		if text, err = nothingToDo(ctx, url, f); err != nil {
			return err
		}
	}
	return a.show(f.json, map[string]any{"applied": filesJSON(applied, nil)}, text)
}

// nothingToDo says why up has applied nothing.
func nothingToDo(ctx context.Context, url string, f *migrateFlags) (string, error) {
	st, err := database.ReadStatus(ctx, url, f.fsys())
	switch {
	case err != nil:
		return "", err
	case st.CompatiblyNewer():
		return "nothing to do: the database is newer, by compatible migrations\n", nil
	}
	return "nothing to do: the database is up to date\n", nil
}

func (a *app) downCommand() *cobra.Command {
	f, allowLoss := &migrateFlags{app: a}, false
	cmd := &cobra.Command{
		Use:   "down [N|VERSION|base]",
		Short: "Take the newest migrations back",
		Long: `Take the newest migrations back by their down files, newest first: the last one,
the last N, all after a version, or all.

Before it changes anything it looks for data that would be lost. Then it asks, or without
a terminal requires --allow-loss.`,
		Args: cobra.MaximumNArgs(1),
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		in := cmd.InOrStdin()
		return a.onDatabase(func(ctx context.Context, url string, args []string) error {
			o := database.DownOptions{AllowLoss: allowLoss, LockTimeout: f.wait, StatementLockTimeout: f.lockTimeout, Progress: a.progress(f)}
			if err := downTarget(f, args, &o); err != nil {
				return err
			}
			return a.down(ctx, url, f, o, in)
		})(cmd, args)
	}
	cmd.Flags().BoolVar(&allowLoss, "allow-loss", false, "lose the data that the migrations' tables and columns hold")
	f.source(cmd)
	f.output(cmd)
	f.dry(cmd)
	f.waiting(cmd)
	return cmd
}

func downTarget(f *migrateFlags, args []string, o *database.DownOptions) (err error) {
	if len(args) == 0 {
		return nil
	}
	if args[0] == folder.Head {
		return fmt.Errorf("head is where up leads; run: %s migrate up", f.app.Name)
	}
	o.Count, o.To, err = folder.ParseTarget(f.fsys(), args[0])
	return err
}

func (a *app) down(ctx context.Context, url string, f *migrateFlags, o database.DownOptions, in io.Reader) error {
	if f.dryRun {
		plan, err := database.PlanDown(ctx, url, f.fsys(), o)
		if err != nil {
			return err
		}
		text := listing("down/", plan.Files, plan.SQL)
		for _, l := range plan.Losses {
			text += fmt.Sprintf("would lose data: %v\n", l)
		}
		if text == "" {
			text = "nothing to do: no migration is applied after that\n"
		}
		return a.show(f.json, map[string]any{"would_take_back": filesJSON(plan.Files, plan.SQL), "losses": lossesJSON(plan.Losses)}, text)
	}
	reverted, err := database.Down(ctx, url, f.fsys(), o)
	if errors.Is(err, migrate.ErrDestructive) && terminal(in) {
		if !a.confirm(in, fmt.Sprintf("%v\nLose it? Type yes: ", err)) {
			return errors.New("nothing was changed")
		}
		o.AllowLoss = true
		reverted, err = database.Down(ctx, url, f.fsys(), o)
	}
	if err != nil {
		return err
	}
	text := ""
	if len(reverted) == 0 {
		text = "nothing to do: no migration is applied after that\n"
	}
	return a.show(f.json, map[string]any{"taken_back": filesJSON(reverted, nil)}, text)
}

type lossJSON struct {
	Table  string `json:"table"`
	Column string `json:"column,omitempty"`
	Reason string `json:"reason"`
	Rows   int64  `json:"rows"`
	More   bool   `json:"more,omitempty"`
}

func lossesJSON(losses []database.Loss) []lossJSON {
	all := make([]lossJSON, len(losses))
	for i, l := range losses {
		all[i] = lossJSON(l)
	}
	return all
}

// terminal says whether somebody can answer, which nobody can for /dev/null.
func terminal(in io.Reader) bool {
	f, ok := in.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// confirm asks a question whose answer is yes or anything else.
func (a *app) confirm(in io.Reader, question string) bool {
	answer, err := a.ask(in, question)
	return err == nil && answer == "yes"
}

// ask gives the line that answers a question. What ends without one gets a line end, so that
// the next message begins a line.
func (a *app) ask(in io.Reader, question string) (string, error) {
	fmt.Fprint(a.stderr, question)
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil {
		fmt.Fprintln(a.stderr)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read answer: %w", err)
	}
	return strings.TrimSpace(line), nil
}
