package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/entgraph/entgraph/internal/config"
	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/plan"
)

func (a *app) draftsCommand() *cobra.Command {
	undo := false
	cmd := &cobra.Command{
		Use:   "drafts",
		Short: "Show what dev has applied to the private database without a migration",
		Long: `Show what dev has applied to the private Postgres without a migration.

"migrate diff NAME" makes a migration of it, which then counts as applied there. --undo
brings the database back to what the migrations make; before rows are lost it asks.`,
		Args: cobra.NoArgs,
	}
	cmd.Flags().BoolVar(&undo, "undo", false, "bring the private database back to its migrations")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return work(func(ctx context.Context, _ []string) error {
			return a.drafts(ctx, undo, a.asks(cmd.InOrStdin()))
		})(cmd, args)
	}
	return cmd
}

func (a *app) drafts(ctx context.Context, undo bool, ask asker) error {
	root, err := checkout()
	if err != nil {
		return err
	}
	kept, err := draftsOf(root).list()
	if err != nil {
		return err
	}
	if len(kept) == 0 {
		fmt.Fprintln(a.stdout, "there are no drafts: the private database has what its migrations make")
		return nil
	}
	if !undo {
		for _, file := range kept {
			text, err := os.ReadFile(file)
			if err != nil {
				return fmt.Errorf("read the draft: %w", err)
			}
			fmt.Fprintf(a.stdout, "-- %s\n%s", filepath.Base(file), text[min(len(draftHeader), len(text)):])
		}
		return nil
	}
	cfg, err := a.config()
	if err != nil {
		return err
	}
	return a.withSettling(ctx, cfg, root, ask, func(s settling) error {
		st, err := database.ReadStatus(ctx, s.url, s.dir)
		if err != nil {
			return err
		}
		if err := s.undo(ctx, st.Current); err != nil {
			return err
		}
		fmt.Fprintln(a.stdout, "the private database is what its migrations make")
		if has, err := s.schemaHasMore(ctx, root); err != nil || !has {
			return err
		}
		fmt.Fprintln(a.stdout, stillThere)
		return draftsOf(root).markUndone()
	})
}

// stillThere is what follows from drafts that were taken back in the database alone.
const stillThere = `ent/schema still has what was taken back: take it out there too. Until then requests that use it
fail, and the next change that ./run.sh sees brings it back.`

// schemaHasMore reports whether the schema that was generated last in a checkout is another than
// what its migrations make.
func (s settling) schemaHasMore(ctx context.Context, root string) (bool, error) {
	desired, err := wanted(root)
	if err != nil {
		return false, err
	}
	missing, err := plan.Check(ctx, s.dir, desired, s.scratch)
	return len(missing) > 0, err
}

// markUndone tells a dev that runs.
func (d drafts) markUndone() error {
	file := d.undone()
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, nil, 0o600)); err != nil {
		return fmt.Errorf("tell dev: %w", err)
	}
	return nil
}

func (d drafts) undone() string { return filepath.Join(filepath.Dir(d.dir), "undone") }

func (s *supervisor) undone() string { return draftsOf(s.src.root).undone() }

// lookForUndo says that "migrate drafts --undo" has changed the database below the API that runs.
func (s *supervisor) lookForUndo() {
	if os.Remove(s.undone()) == nil {
		s.fail(&problem{Kind: problemSchema, Text: "the drafts were taken back by another command; " + stillThere})
	}
}

// withSettling calls f for the private database of a checkout.
func (a *app) withSettling(ctx context.Context, cfg config.Config, root string, ask asker, f func(settling) error) error {
	return a.withScratch(ctx, cfg, func(pg *devpg.Server) error {
		if err := pg.CreateDatabase(ctx, a.databaseName()); err != nil {
			return err
		}
		return f(settling{app: a, url: pg.URL(a.databaseName()), dir: a.onDisk(root), scratch: pg.Scratch, drafts: draftsOf(root), ask: ask})
	})
}

// drafted reports whether the database of a configuration is the private one of a checkout and
// has drafts, and gives the checkout.
func (a *app) drafted(cfg config.Config) (root string, _ bool) {
	root, err := checkout()
	if err != nil || !usesPrivate(cfg) {
		return "", false
	}
	kept, err := draftsOf(root).list()
	return root, err == nil && len(kept) > 0
}

// recordDrafts records new files of a checkout in its private database, which has had what is
// in them as drafts. It reports whether the database is at the newest file then; dev may have
// recorded it first.
func (a *app) recordDrafts(ctx context.Context, cfg config.Config, root string) (done bool, err error) {
	quiet := *a
	quiet.stdout = io.Discard
	return done, quiet.withSettling(ctx, cfg, root, asker{}, func(s settling) error {
		st, err := database.ReadStatus(ctx, s.url, s.dir)
		if err != nil {
			return err
		}
		if len(st.Pending) == 0 {
			done = st.Err() == nil
			return nil
		}
		n, err := s.record(ctx, st.Current, st.Pending)
		if err != nil || n < len(st.Pending) {
			return err
		}
		done = true
		return s.forget(ctx)
	})
}

// upDrafted is "migrate up" for a private database that has drafts.
func (a *app) upDrafted(ctx context.Context, cfg config.Config, root string, f *migrateFlags, o database.UpOptions, in io.Reader) error {
	own, text, files := *a, "", []folder.File{}
	if f.json {
		own.stdout = a.stderr
	}
	err := own.withSettling(ctx, cfg, root, a.asks(in), func(s settling) error {
		if f.dir != "" {
			s.dir = f.fsys()
		}
		if o.To != "" {
			if err := database.CheckVersion(s.dir, o.To); err != nil {
				return err
			}
		}
		st, err := database.ReadStatus(ctx, s.url, s.dir)
		if err != nil {
			return err
		}
		if len(st.Pending) == 0 {
			text = "nothing to do: the database is up to date, and has drafts; make them a migration with: " + a.rebuilt("migrate diff NAME") + "\n"
			return st.Err()
		}
		s.up, s.tell = o, func(f folder.File) { files = append(files, f) }
		return s.run(ctx)
	})
	if err != nil {
		return err
	}
	return a.show(f.json, map[string]any{"applied": filesJSON(files, nil)}, text)
}

// asks asks on the terminal, if in is one.
func (a *app) asks(in io.Reader) (ask asker) {
	if terminal(in) {
		keys := newKeyboard(in, a.stderr)
		ask.confirm, ask.choose = keys.confirm, keys.choose
	}
	return ask
}
