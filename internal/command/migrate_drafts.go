package command

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/entgraph/entgraph/internal/config"
	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/folder"
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
		return nil
	})
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
