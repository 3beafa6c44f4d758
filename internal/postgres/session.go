package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
)

// session is a kind of database session.
type session int

const (
	readSession  session = iota // read-only, one snapshot, nothing in the search_path
	writeSession                // read committed
	toolSession                 // as write, without timeouts
)

// sessionConfig makes the configuration of a pool of such sessions.
func sessionConfig(o Options, s session, trace *tracer) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(o.URL)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", errAddress)
	}
	config.MaxConns = cmp.Or(o.MaxConns, 10)
	config.MinConns = 0
	config.MinIdleConns = 0
	config.MaxConnIdleTime = cmp.Or(o.MaxConnIdleTime, 30*time.Minute)
	config.MaxConnLifetime = cmp.Or(o.MaxConnLifetime, time.Hour)
	// Without jitter all connections of a start are replaced in the same moment.
	config.MaxConnLifetimeJitter = config.MaxConnLifetime / 10
	config.ShouldPing = trace.live.shouldPing
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error { return prepareSession(ctx, conn, s) }

	conn := config.ConnConfig
	conn.ConnectTimeout = cmp.Or(o.ConnectTimeout, conn.ConnectTimeout)
	// The default mode must stand even if the address names another: without prepared
	// statements Postgres plans every statement again.
	conn.DefaultQueryExecMode = pgx.QueryExecModeCacheStatement
	conn.StatementCacheCapacity = cmp.Or(o.StatementCache, 256)
	conn.Tracer = trace
	setParameters(conn.RuntimeParams, o, s)
	return config, nil
}

// setParameters sets what a session starts with. Start-up parameters win over the
// settings of the database, of the role and of the address' options.
func setParameters(params map[string]string, o Options, s session) {
	params["application_name"] = cmp.Or(params["application_name"], o.ApplicationName, "entgraph")
	params["timezone"] = "UTC"
	// What compiles a plan hears no cancel and no timeout until it is done, which for a
	// large plan takes minutes; for the short statements of a server it costs more than it
	// saves.
	params["jit"] = "off"
	params["default_transaction_isolation"] = "read committed"
	params["default_transaction_read_only"] = "off"
	if s == readSession {
		params["default_transaction_isolation"] = "repeatable read"
		params["default_transaction_read_only"] = "on"
		params["search_path"] = ""
	}
	if s != toolSession {
		setTimeout(params, "statement_timeout", o.StatementTimeout)
		setTimeout(params, "idle_in_transaction_session_timeout", o.IdleInTransactionTimeout)
	}
}

func setTimeout(params map[string]string, name string, d time.Duration) {
	if d > 0 {
		// Rounded up, since 0 would turn the timeout off.
		params[name] = strconv.FormatInt(int64((d+time.Millisecond-1)/time.Millisecond), 10)
	}
}

// checks are what start-up parameters must have made of a session; a pooler can be told
// to drop them, and nobody would notice. The access rules rely on those of read sessions.
var checks = map[session]string{
	readSession: `current_setting('jit') = 'off'
		AND current_setting('search_path') IN ('', '""')
		AND current_setting('default_transaction_read_only')::bool
		AND current_setting('default_transaction_isolation') = 'repeatable read'`,
	writeSession: `current_setting('jit') = 'off'`,
	toolSession:  `true`,
}

var errNotSession = errors.New("the server or a pooler before it ignores the session parameters" +
	" jit, search_path, default_transaction_read_only and default_transaction_isolation")

// prepareSession finishes a new connection: times come in UTC, the session is what was
// asked for, and the server stops working for a client that is gone.
func prepareSession(ctx context.Context, conn *pgx.Conn, s session) error {
	conn.TypeMap().RegisterType(&pgtype.Type{
		Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
	})
	registerArrays(conn.TypeMap())
	// SET is no start-up parameter: servers before 14 and some systems refuse it, which
	// would refuse the connection. Sent below pgx, so that it is not counted or echoed.
	results, err := conn.PgConn().Exec(ctx, "SELECT "+checks[s]+"; "+enumArrays+"; SET client_connection_check_interval = '1s'").ReadAll()
	var refused *pgconn.PgError
	if err != nil && (!errors.As(err, &refused) || len(results) < 2 || len(results[0].Rows) == 0) {
		return fmt.Errorf("prepare session: %w", err)
	}
	if string(results[0].Rows[0][0]) != "t" {
		return fmt.Errorf("check session: %w", errNotSession)
	}
	return registerEnums(conn.TypeMap(), results[1].Rows)
}
