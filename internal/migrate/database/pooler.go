package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/entgraph/entgraph/internal/migrate"
)

// A pooler that gives each transaction another session breaks all that a migration keeps in
// its own: the lock stays behind in a session that nobody knows, two migrations run at once,
// settings are those of others, and answers belong to other questions. So it is found out
// before anything else is asked, by the one form of a query that is a single message.

const (
	poolerDetail = "it gives each transaction another session, in which the lock and the settings of a migration would stay behind"
	poolerAdvice = "give the address of the server itself, in MIGRATE_DATABASE_URL where programs are to use the pooler"

	startupParameter = "unsupported startup parameter"

	// poolerProbes is how many sessions are looked into for one that belongs to somebody
	// else, and poolerPatience how long one is waited for.
	poolerProbes   = 4
	poolerPatience = 2 * time.Second
)

// poolerError makes an error of what a pooler says to a new connection, nil for another.
func poolerError(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == pgerrcode.ProtocolViolation && strings.Contains(pg.Message, startupParameter) {
		return migrate.Refuse(migrate.ErrPooler, pg.Message, poolerAdvice)
	}
	return nil
}

// refusePooler fails with ErrPooler when the connection has no session of its own. One
// message tells for a server without a pooler.
func refusePooler(ctx context.Context, conn *sql.Conn) error {
	return conn.Raw(func(driver any) error {
		c, ok := driver.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("open connection: not one of pgx but %T", driver)
		}
		pid, path, err := whoAnswers(ctx, c.Conn().PgConn())
		if err != nil && c.Conn().IsClosed() && ctx.Err() == nil {
			return fmt.Errorf("%w: %w", io.ErrUnexpectedEOF, err) // a server that stops, or starts again
		}
		if err != nil {
			return err
		}
		if want := c.Conn().Config().RuntimeParams["search_path"]; path != want {
			return migrate.Refuse(migrate.ErrPooler, fmt.Sprintf("the session has search_path %q and not %q, as it was told at its start", path, want), poolerAdvice)
		}
		if pid == c.Conn().PgConn().PID() {
			return nil
		}
		shared, err := sharesSession(ctx, c.Conn(), pid)
		if err != nil || !shared {
			return err
		}
		return migrate.Refuse(migrate.ErrPooler, poolerDetail, poolerAdvice)
	})
}

// whoAnswers gives the process that answers a connection, and its search_path.
func whoAnswers(ctx context.Context, conn *pgconn.PgConn) (pid uint32, path string, err error) {
	results, err := conn.Exec(ctx, "SELECT pg_backend_pid(), current_setting('search_path')").ReadAll()
	if err != nil {
		return 0, "", err
	}
	if len(results) != 1 || len(results[0].Rows) != 1 {
		return 0, "", errors.New("ask for the server process: no answer")
	}
	row := results[0].Rows[0]
	n, err := strconv.ParseUint(string(row[0]), 10, 32)
	return uint32(n), string(row[1]), err
}

// sharesSession reports whether the process pid, which has just answered the idle
// connection, answers others meanwhile, or no longer the connection itself. Each of the
// others keeps a transaction open, so that the next one gets another process. A pooler that
// gives a client a session of its own lets them wait, or gives them others.
func sharesSession(ctx context.Context, conn *pgx.Conn, pid uint32) (shared bool, err error) {
	for range poolerProbes {
		other, err := connectWithin(ctx, conn.Config(), poolerPatience)
		if err != nil {
			break // no more sessions
		}
		defer func() { _ = other.Close(context.WithoutCancel(ctx)) }() // it has changed nothing
		within, cancel := context.WithTimeout(ctx, poolerPatience)
		var got uint32
		if _, err = other.PgConn().Exec(within, "BEGIN").ReadAll(); err == nil {
			got, _, err = whoAnswers(within, other.PgConn())
		}
		cancel()
		if err != nil {
			break
		}
		if got == pid {
			return true, nil
		}
	}
	within, cancel := context.WithTimeout(ctx, poolerPatience)
	defer cancel()
	now, _, err := whoAnswers(within, conn.PgConn())
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	return err != nil || now != pid, nil // who has a session of its own need not wait for it
}

func connectWithin(ctx context.Context, cfg *pgx.ConnConfig, timeout time.Duration) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return pgx.ConnectConfig(ctx, cfg.Copy())
}
