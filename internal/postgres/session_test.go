package postgres_test

import (
	"io"
	"net"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/postgres"
)

// TestDroppedParametersAreNoticed opens a database through a pooler that does not pass on
// a parameter of the session.
func TestDroppedParametersAreNoticed(t *testing.T) {
	t.Parallel()
	address := devpg.Empty(t)
	db := openAt(t, address)
	name := one[string](t, db.Write, "SELECT current_database()")
	// Where the parameter is dropped, the value of the database stands.
	exec(t, db.Write, "ALTER DATABASE "+pgx.Identifier{name}.Sanitize()+" SET jit = on")
	exec(t, db.Write, "ALTER DATABASE "+pgx.Identifier{name}.Sanitize()+" SET search_path = public")
	for _, tc := range []struct{ drop, want string }{
		{"", ""}, {"timezone", ""},
		{"jit", "ignores the session parameters jit"},
		{"search_path", "ignores the session parameters"},
		{"default_transaction_read_only", "ignores the session parameters"},
		{"default_transaction_isolation", "ignores the session parameters"},
	} {
		db, err := postgres.Open(t.Context(), postgres.Options{URL: pooler(t, address, tc.drop), MaxConns: 1})
		if err == nil {
			db.Close()
		}
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("without %q: error %v, want %q", tc.drop, err, tc.want)
		}
	}
}

// pooler is the address of something before a server that drops a start-up parameter.
func pooler(t *testing.T, address, drop string) string {
	t.Helper()
	config, err := pgx.ParseConfig(address)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	network, target := pgconn.NetworkAddress(config.Host, config.Port)
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer client.Close()
				message, err := pgproto3.NewBackend(client, client).ReceiveStartupMessage()
				start, ok := message.(*pgproto3.StartupMessage)
				if err != nil || !ok {
					return
				}
				delete(start.Parameters, drop)
				server, err := net.Dial(network, target)
				if err != nil {
					return
				}
				defer server.Close()
				text, err := start.Encode(nil)
				if err != nil {
					return
				}
				if _, err := server.Write(text); err != nil {
					return
				}
				go func() {
					_, _ = io.Copy(server, client)
					server.Close()
				}()
				_, _ = io.Copy(client, server)
			}()
		}
	}()
	host, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return "host=" + host + " port=" + port + " sslmode=disable user=" + config.User + " password='" + config.Password + "' dbname=" + config.Database
}
