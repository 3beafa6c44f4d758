package command

import (
	"context"
	"errors"
	"log/slog"
	"os"

	"github.com/entgraph/entgraph/internal/config"
	"github.com/entgraph/entgraph/internal/server"
)

// Open opens the database of DATABASE_URL and makes the server of a program, for an
// http.Server of somebody's own, with the settings of environ. It refuses what serve refuses:
// settings that are not valid, a schema that does not fit, row-level security that is not as
// it is configured. Without a log, lines go to the standard error. Call done when the last
// request has been answered.
func Open(ctx context.Context, p Program, environ []string, log *slog.Logger) (_ *server.Server, done func(), err error) {
	if err := p.check(); err != nil {
		return nil, nil, err
	}
	a := &app{Program: p, environ: environ, stdout: os.Stderr, stderr: os.Stderr}
	cfg, err := config.LoadFor(config.Production, environ)
	if err != nil {
		return nil, nil, err
	}
	if cfg.DatabaseURL == "" {
		return nil, nil, errors.New("DATABASE_URL is not set")
	}
	if log == nil {
		log = a.logger(cfg)
	}
	db, err := a.open(ctx, cfg, string(cfg.DatabaseURL), log)
	if err != nil {
		return nil, nil, err
	}
	if err := a.checkDatabase(ctx, db); err != nil {
		db.Close()
		return nil, nil, err
	}
	s, err := a.server(ctx, cfg, db, log, "")
	if err != nil {
		db.Close()
		return nil, nil, err
	}
	return s, db.Close, nil
}
