package wire_test

import (
	"context"
	"net"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/entgraph/entgraph/bench/wire"
	"github.com/entgraph/entgraph/internal/devpg"
)

// TestCount sends statements by every way that pgx has.
func TestCount(t *testing.T) {
	t.Parallel()
	conn, p := connect(t)
	ctx := t.Context()
	tests := []struct {
		name string
		send func() error
		want wire.Count
	}{
		{"prepared", func() error { _, err := conn.Exec(ctx, "SELECT $1::int", 1); return err }, wire.Count{Statements: 1, Trips: 1}},
		{"simple", func() error {
			_, err := conn.Exec(ctx, "SELECT 1", pgx.QueryExecModeSimpleProtocol)
			return err
		}, wire.Count{Statements: 1, Trips: 1}},
		{"ping", func() error { return conn.Ping(ctx) }, wire.Count{Trips: 1}},
		{"transaction", func() error {
			return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
				_, err := tx.Exec(ctx, "SELECT $1::int", 1)
				return err
			})
		}, wire.Count{Statements: 1, Control: 2, Trips: 3}},
		{"batch", func() error {
			b := &pgx.Batch{}
			b.Queue("BEGIN")
			b.Queue("SELECT $1::int", 1)
			b.Queue("SELECT $1::int", 2)
			b.Queue("COMMIT")
			return conn.SendBatch(ctx, b).Close()
		}, wire.Count{Statements: 2, Control: 2, Trips: 1}},
	}
	for _, test := range tests {
		if err := test.send(); err != nil { // prepares
			t.Fatalf("%s: %v", test.name, err)
		}
		before := p.Count()
		if err := test.send(); err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		if got := p.Count().Minus(before); got != test.want {
			t.Errorf("%s: %+v, want %+v", test.name, got, test.want)
		}
	}
}

func TestCloseEndsConnections(t *testing.T) {
	t.Parallel()
	conn, p := connect(t)
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if err := conn.Ping(t.Context()); err == nil {
		t.Error("the connection still works")
	}
}

// connect opens a connection to a database of the test's own through a proxy.
func connect(t *testing.T) (*pgx.Conn, *wire.Proxy) {
	t.Helper()
	config, err := pgx.ParseConfig(devpg.Empty(t))
	if err != nil {
		t.Fatal(err)
	}
	network, address := pgconn.NetworkAddress(config.Host, config.Port)
	p, err := wire.Listen(func() (net.Conn, error) { return net.Dial(network, address) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	config.Host, config.Port, config.TLSConfig, config.Fallbacks = "127.0.0.1", uint16(p.Port()), nil, nil
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn, p
}
