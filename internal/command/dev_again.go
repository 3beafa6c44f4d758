package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// mostAgain is how often dev begins again because the private Postgres has ended.
	mostAgain = 5
	// backLimit is how long it then waits for the one that is started in its place.
	backLimit = time.Minute
)

// ended reports whether an error says that Postgres ended meanwhile, or is not there.
func ended(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return slices.Contains([]string{pgerrcode.AdminShutdown, pgerrcode.CrashShutdown, pgerrcode.CannotConnectNow}, pg.Code)
	}
	var p *problem
	if errors.As(err, &p) { // of the API, which says it in words
		return p.Kind == problemStart && (strings.Contains(p.Text, "SQLSTATE 57P0") || strings.Contains(p.Text, "failed to connect"))
	}
	var connect *pgconn.ConnectError
	var network *net.OpError
	return errors.As(err, &connect) || errors.As(err, &network) || errors.Is(err, io.ErrUnexpectedEOF)
}

// back waits until the private Postgres accepts connections again: a command that had started it
// stops it when that command ends, and dev then starts it again. It reports whether an error is
// of that kind, and the server is back.
func (s *supervisor) back(ctx context.Context, err error) bool {
	if !usesPrivate(s.cfg) || !ended(err) || s.again >= mostAgain {
		return false
	}
	s.again++
	fmt.Fprintln(s.stdout, "the private Postgres was stopped by the command that had started it; beginning again")
	ctx, cancel := context.WithTimeout(ctx, backLimit)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.url)
		if err == nil {
			return conn.Close(ctx) == nil
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(100 * time.Millisecond):
		}
	}
}
