package database_test

import (
	"errors"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/migratetest"
)

// pooler stands between clients and a few sessions of a server, as PgBouncer does: a
// client has one for a transaction, or with whole for as long as it is connected. It drops
// what clients say at their start.
type pooler struct {
	t     *testing.T
	whole bool
	fifo  bool // gives the session that has been idle for longest
	mu    sync.Mutex
	freed *sync.Cond
	idle  []*pgconn.HijackedConn
}

// newPooler gives the address of a pooler with so many sessions of the database at url.
func newPooler(t *testing.T, address string, sessions int, whole, fifo bool) string {
	t.Helper()
	p := &pooler{t: t, whole: whole, fifo: fifo}
	p.freed = sync.NewCond(&p.mu)
	for range sessions {
		cfg, err := pgconn.ParseConfig(address)
		if err != nil {
			t.Fatal(err)
		}
		cfg.RuntimeParams["search_path"] = "public" // as ALTER DATABASE may set it
		conn, err := pgconn.ConnectConfig(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := conn.Hijack()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = raw.Conn.Close() })
		p.idle = append(p.idle, raw)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			client, err := ln.Accept()
			if err != nil {
				return
			}
			go p.serve(client)
		}
	}()
	return (&url.URL{Scheme: "postgres", User: url.User("postgres"), Host: ln.Addr().String(), Path: "/pooled", RawQuery: "sslmode=disable"}).String()
}

func (p *pooler) take() *pgconn.HijackedConn {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.idle) == 0 {
		p.freed.Wait()
	}
	at := len(p.idle) - 1
	if p.fifo {
		at = 0
	}
	s := p.idle[at]
	p.idle = append(p.idle[:at:at], p.idle[at+1:]...)
	return s
}

func (p *pooler) give(s *pgconn.HijackedConn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = append(p.idle, s)
	p.freed.Signal()
}

// serve is one client. Whatever breaks ends it, as the client then sees.
func (p *pooler) serve(conn net.Conn) {
	defer conn.Close()
	client := pgproto3.NewBackend(conn, conn)
	if _, err := client.ReceiveStartupMessage(); err != nil {
		return
	}
	client.Send(&pgproto3.AuthenticationOk{})
	client.Send(&pgproto3.ParameterStatus{Name: "client_encoding", Value: "UTF8"})
	client.Send(&pgproto3.ParameterStatus{Name: "standard_conforming_strings", Value: "on"})
	client.Send(&pgproto3.BackendKeyData{ProcessID: 1 << 30, SecretKey: []byte{1, 2, 3, 4}})
	client.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	if client.Flush() != nil {
		return
	}
	var server *pgconn.HijackedConn
	status := byte('I')
	defer func() {
		if server != nil && status == 'I' {
			p.give(server)
		} else if server != nil { // in a transaction: as PgBouncer, which ends the session
			_ = server.Conn.Close()
		}
	}()
	for {
		msg, err := client.Receive()
		if err != nil {
			return
		}
		if _, end := msg.(*pgproto3.Terminate); end {
			return
		}
		if server == nil {
			server = p.take()
		}
		server.Frontend.Send(msg)
		switch msg.(type) {
		case *pgproto3.Query, *pgproto3.Sync:
		default:
			continue
		}
		if server.Frontend.Flush() != nil {
			return
		}
		if status, err = p.answer(client, server); err != nil {
			return
		}
		if status == 'I' && !p.whole {
			p.give(server)
			server = nil
		}
	}
}

// answer passes on what the server answers.
func (p *pooler) answer(client *pgproto3.Backend, server *pgconn.HijackedConn) (status byte, err error) {
	for {
		msg, err := server.Frontend.Receive()
		if err != nil {
			return 0, err
		}
		client.Send(msg)
		if ready, ok := msg.(*pgproto3.ReadyForQuery); ok {
			return ready.TxStatus, client.Flush()
		}
	}
}

// A pooler that has no session for a migration is found out before anything is written,
// and leaves nothing behind; one that has is as good as the server.
func TestPooler(t *testing.T) {
	t.Parallel()
	dir := migrations(t, map[string]string{"20260101000000_x.sql": "CREATE TABLE pooled (id int);\n"})
	tests := map[string]struct {
		sessions    int
		whole, fifo bool
	}{
		"one session":                       {1, false, false},
		"the last used first":               {3, false, false},
		"in turn":                           {3, false, true},
		"a session for each client":         {6, true, false},
		"a session for each, all in use":    {1, true, false},
		"a session for each, given in turn": {6, true, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			direct := devpg.Empty(t)
			address := newPooler(t, direct, test.sessions, test.whole, test.fifo)
			_, err := database.Up(t.Context(), address, dir, database.UpOptions{})
			conn := migratetest.Connect(t, direct)
			var tables, locks int
			if err := conn.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM pg_tables WHERE schemaname = 'public'),
(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`).Scan(&tables, &locks); err != nil {
				t.Fatal(err)
			}
			if test.whole {
				if err != nil || tables != 2 {
					t.Errorf("%v, %d tables", err, tables)
				}
				return
			}
			if !errors.Is(err, migrate.ErrPooler) || !strings.Contains(err.Error(), "MIGRATE_DATABASE_URL") {
				t.Errorf("got %v", err)
			}
			if tables != 0 || locks != 0 {
				t.Errorf("left behind: %d tables, %d locks", tables, locks)
			}
			if _, err := database.Up(t.Context(), direct, dir, database.UpOptions{}); err != nil {
				t.Errorf("up without the pooler: %v", err)
			}
		})
	}
}
