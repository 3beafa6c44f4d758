package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/entgraph/entgraph/internal/config"
	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/fair"
	"github.com/entgraph/entgraph/internal/postgres"
)

// stopTimeout bounds the stop of the private Postgres, which takes about 50 ms.
const stopTimeout = 15 * time.Second

// app is what the commands share.
type app struct {
	Program
	environ        []string
	stdout, stderr io.Writer
}

func (a *app) config() (config.Config, error) { return config.Load(a.environ) }

// logger writes to stderr in the configured form.
func (a *app) logger(cfg config.Config) *slog.Logger {
	o := &slog.HandlerOptions{Level: cfg.LogLevel}
	if cfg.LogFormat == config.JSON {
		return slog.New(slog.NewJSONHandler(a.stderr, o))
	}
	return slog.New(slog.NewTextHandler(a.stderr, o))
}

// devLogger is the logger of the server of dev: short where its lines are for people.
func (a *app) devLogger(cfg config.Config) *slog.Logger {
	log := a.logger(cfg)
	if cfg.LogFormat == config.JSON || a.variable("LOG_FORMAT") != "" {
		return log // as production writes it
	}
	return slog.New(brief{log.Handler(), a.stderr})
}

// open connects to the database at url.
func (a *app) open(ctx context.Context, cfg config.Config, url string, log *slog.Logger) (*postgres.DB, error) {
	o := postgres.Options{
		URL:                      url,
		ApplicationName:          a.Name,
		MaxConns:                 cfg.DBPoolMax,
		Reserved:                 cfg.DBPoolReserved,
		ConnectTimeout:           cfg.DBConnectTimeout,
		StatementTimeout:         cfg.DBStatementTimeout,
		IdleInTransactionTimeout: cfg.DBIdleInTransactionTimeout,
		MaxConnIdleTime:          cfg.DBMaxConnIdleTime,
		MaxConnLifetime:          cfg.DBMaxConnLifetime,
		StatementCache:           cfg.DBStatementCache,
		RowSecurity:              bool(cfg.DatabaseRLS),
	}
	o.Queue = shares(cfg)
	if cfg.SQLEcho {
		o.Echo = log
	}
	db, err := postgres.Open(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	return db, nil
}

// shares says how clients share what is scarce.
func shares(cfg config.Config) fair.Options {
	return fair.Options{
		PerClient: cfg.MaxConcurrentPerClient, MaxPerClient: cfg.MaxQueuePerClient, Max: cfg.MaxQueue, Timeout: cfg.DBAcquireTimeout,
	}
}

// withDatabase runs f with the address of the configured database for its owner, else with
// that of the private Postgres, which it starts for the time unless it runs already.
func (a *app) withDatabase(ctx context.Context, cfg config.Config, f func(url string) error) error {
	if url := cfg.OwnerURL(); url != "" {
		return f(string(url))
	}
	o, err := a.private(cfg)
	if err != nil {
		return fmt.Errorf("%w, or set DATABASE_URL", err)
	}
	return withServer(ctx, o, func(s *devpg.Server) error {
		if err := s.CreateDatabase(ctx, a.databaseName()); err != nil {
			return err
		}
		return f(s.URL(a.databaseName()))
	})
}

// withScratch runs f with a server for scratch databases: the private Postgres of the
// checkout, elsewhere one of this command's own, of which nothing stays.
func (a *app) withScratch(ctx context.Context, cfg config.Config, f func(*devpg.Server) error) error {
	o, err := a.private(cfg)
	if err == nil {
		return withServer(ctx, o, f)
	}
	if !errors.Is(err, errNoCheckout) {
		return err
	}
	// The root of the machine stands for a checkout: what a killed command leaves is removed
	// by the next one.
	return explainScratch(withServer(ctx, devpg.Options{Root: "/", Test: true, PgBin: cfg.PGBin, Progress: a.stderr}, f))
}

// explainScratch says what a server is for that cannot be had: DATABASE_URL does not help.
func explainScratch(err error) error {
	var none *devpg.NotFoundError
	if !errors.As(err, &none) {
		return err
	}
	return fmt.Errorf("this works on a scratch server, for which Postgres' programs must be on this machine (PG_BIN names their folder); migrate stamp --force needs none, as it records without comparing: %w", err)
}

// withServer runs f with a private Postgres, which is started again when it ends in the
// meantime.
func withServer(ctx context.Context, o devpg.Options, f func(*devpg.Server) error) (err error) {
	s, err := devpg.Start(ctx, o)
	if err != nil {
		return err
	}
	keeping, stopKeeping := context.WithCancel(context.WithoutCancel(ctx))
	var kept sync.WaitGroup
	kept.Go(func() { s.Keep(keeping) })
	defer func() {
		stopKeeping()
		kept.Wait()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		err = errors.Join(err, s.Stop(ctx))
	}()
	return f(s)
}

func (a *app) private(cfg config.Config) (devpg.Options, error) {
	root, err := checkout()
	if err != nil {
		return devpg.Options{}, err
	}
	return devpg.Options{Root: root, PgBin: cfg.PGBin, Port: cfg.DevPGPort, Progress: a.stderr}, nil
}

// What a project has below its root: the migration directory, what Ent cannot say, the
// migrations in Go, and the settings of "migrate lint".
const (
	migrateDir    = "ent/migrate"
	migrationDir  = migrateDir + "/migrations"
	objectsDir    = migrateDir + "/objects"
	functionsFile = migrateDir + "/funcs.go"
	lintSettings  = migrateDir + "/lint.yaml"
)

// script is the entry of a project for people, which builds the program before it runs it.
const script = "./run.sh"

// rebuilt is how this program is built and run with a command, where that matters: by the
// project's script, if it has one.
func (a *app) rebuilt(command string) string {
	if root, err := checkout(); err == nil && isProgram(filepath.Join(root, script)) {
		return script + " " + command
	}
	return a.Name + " " + command
}

// errNoCheckout is what errors of [checkout] are when there is none.
var errNoCheckout = errors.New("not in a checkout")

// checkout finds the root of the checkout that holds the working directory. Without one its
// error is errNoCheckout.
func checkout() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the checkout: %w", err)
	}
	for d := dir; ; d = filepath.Dir(d) {
		if info, err := os.Stat(filepath.Join(d, migrationDir)); err == nil && info.IsDir() {
			return d, nil
		}
		if d == filepath.Dir(d) {
			return "", fmt.Errorf("%s is %w (there is no %s in it or above); go to one", dir, errNoCheckout, migrationDir)
		}
	}
}
