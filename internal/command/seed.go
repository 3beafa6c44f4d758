package command

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/entgraph/entgraph/internal/auth"
	"github.com/entgraph/entgraph/internal/config"
	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/internal/seed"
)

// seedFlags are what seed is called with.
type seedFlags struct {
	scale, reset       bool
	password, database string
	in                 io.Reader
}

func (a *app) seedCommand() *cobra.Command {
	var f seedFlags
	cmd := &cobra.Command{
		Use:   "seed",
		Short: "Fill an empty database with sample data",
		Long: `Fill an empty database with sample data: the private Postgres, or the database of
DATABASE_URL. It refuses to work in production. The rows are those of the app's own seed
function or, without one, believable rows of every entity.

The users of the sample have one password, and the first may be an admin. In the private
Postgres everybody knows the password; elsewhere it is the one of --password, or a random
one that is printed once.

--reset first deletes every row of every entity. In a database of DATABASE_URL it does so
only while that holds nothing but sample data, and requires its name: typed on the
terminal, or by --database.`,
		Args: cobra.NoArgs,
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := f.check(); err != nil {
			return err
		}
		f.in = cmd.InOrStdin()
		return work(func(ctx context.Context, _ []string) error { return a.seed(ctx, f) })(cmd, args)
	}
	cmd.Flags().BoolVar(&f.scale, "scale", false, "many rows, to measure with; no user has a password")
	cmd.Flags().StringVar(&f.password, "password", "", "the `password` of the sample users")
	cmd.Flags().BoolVar(&f.reset, "reset", false, "first delete every row of every entity, of sample data alone")
	cmd.Flags().StringVar(&f.database, "database", "", "the `name` of the database that --reset may empty")
	return cmd
}

// check refuses what does not go together. Its errors are those of usage.
func (f *seedFlags) check() error {
	switch {
	case f.scale && f.password != "":
		return errors.New("--password is not for --scale: its users have none")
	case f.database != "" && !f.reset:
		return errors.New("--database is for --reset")
	case f.password != "":
		if err := auth.CheckPassword(f.password); err != nil {
			return fmt.Errorf("--password %w", err)
		}
	}
	return nil
}

func (a *app) seed(ctx context.Context, f seedFlags) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	if cfg.Production() {
		return errors.New("sample data is refused in production (APP_ENV)")
	}
	cfg.DatabaseRLS = false // the owner writes them
	return a.withDatabase(ctx, cfg, func(url string) error {
		db, err := a.open(ctx, cfg, url, a.logger(cfg))
		if err != nil {
			return err
		}
		defer db.Close()
		if err := a.checkSchema(ctx, db); err != nil {
			return err
		}
		if f.reset {
			if err := a.clear(ctx, cfg, db, f); err != nil {
				return err
			}
		}
		if f.scale {
			data := a.sampleData(cfg)
			data.Scale, data.Progress = true, a.stderr
			err = seed.Run(ctx, db, data)
		} else {
			err = a.fill(ctx, cfg, db, f.password)
		}
		if errors.Is(err, seed.ErrNotEmpty) && usesPrivate(cfg) {
			return fmt.Errorf("%w; delete all rows and fill it again with: %s seed --reset", err, a.Name)
		}
		if err != nil {
			return err
		}
		fmt.Fprintln(a.stdout, "wrote the sample data")
		return nil
	})
}

// usesPrivate says whether the configured database is the private Postgres of the checkout.
func usesPrivate(cfg config.Config) bool { return cfg.OwnerURL() == "" }

// fill writes the small data set. Where others may reach the database its users get the
// given password, or one that is made and told once.
func (a *app) fill(ctx context.Context, cfg config.Config, db *postgres.DB, password string) error {
	data := a.sampleData(cfg)
	if password == "" && usesPrivate(cfg) {
		data.PasswordHash = seed.DemoHash
		return seed.Run(ctx, db, data)
	}
	made := password == ""
	if made {
		password = rand.Text()
	}
	hash, err := auth.HashPassword(password)
	if err != nil {
		return err
	}
	data.PasswordHash = hash
	if err := seed.Run(ctx, db, data); err != nil {
		return err
	}
	if made && data.Account != nil {
		name, err := seed.First(ctx, db, data.Account, hash)
		if err != nil {
			return err
		}
		if name == "" {
			return nil
		}
		fmt.Fprintf(a.stdout, "the sample users, such as %s, have the password %s, which is shown this once\n", name, password)
	}
	return nil
}

// clear deletes every row of every entity: in the private Postgres what there is, elsewhere
// sample data alone, and when the database was named. A wrong name is refused in both.
func (a *app) clear(ctx context.Context, cfg config.Config, db *postgres.DB, f seedFlags) error {
	if !usesPrivate(cfg) || f.database != "" {
		if err := a.named(ctx, db, f); err != nil {
			return err
		}
	}
	err := seed.Clear(ctx, db, a.sampleData(cfg), usesPrivate(cfg))
	if errors.Is(err, seed.ErrForeign) {
		return fmt.Errorf("%w; nothing was deleted: to start over, create another database", err)
	}
	return err
}

// named makes sure that the database at hand is the one that somebody means.
func (a *app) named(ctx context.Context, db *postgres.DB, f seedFlags) error {
	var name string
	if err := db.Write.QueryRow(ctx, "SELECT current_database()").Scan(&name); err != nil {
		return fmt.Errorf("look for the database's name: %w", err)
	}
	given := f.database
	if given == "" && terminal(f.in) {
		var err error
		given, err = a.ask(f.in, fmt.Sprintf("This deletes every row of the database %s, at the address of DATABASE_URL.\nType its name to go on: ", name))
		if err != nil {
			return err
		}
	}
	switch given {
	case name:
		return nil
	case "":
		return fmt.Errorf("--reset deletes every row of the database %s: name it with --database", name)
	}
	return fmt.Errorf("nothing was deleted: the database is called %s and not %s", name, given)
}

// sampleData says what seed and dev write.
// sampleData is what the app's sample data are. In the private Postgres what stands in for tables of
// others is filled as well.
func (a *app) sampleData(cfg config.Config) seed.Options {
	o := seed.For(a.Ent, a.Seed)
	if usesPrivate(cfg) {
		o.Tables = slices.Concat(o.Tables, a.Ent.External)
	}
	return o
}
