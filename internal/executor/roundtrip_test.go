package executor_test

import (
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/viewer"
)

// wire stands between a server and Postgres and counts how often the server waits: it has
// sent something after it had got an answer.
type wire struct {
	address    string
	roundTrips atomic.Int64
}

func newWire(t *testing.T, database string) (*wire, string) {
	t.Helper()
	config, err := pgx.ParseConfig(database)
	if err != nil {
		t.Fatal("the address of the database cannot be read")
	}
	network, target := "tcp", net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port)))
	if strings.HasPrefix(config.Host, "/") {
		network, target = "unix", filepath.Join(config.Host, ".s.PGSQL."+strconv.Itoa(int(config.Port)))
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	w := &wire{}
	go w.accept(ln, network, target)
	u := url.URL{Scheme: "postgres", User: url.UserPassword(config.User, config.Password), Host: ln.Addr().String(), Path: "/" + config.Database}
	u.RawQuery = url.Values{"sslmode": {"disable"}}.Encode()
	return w, u.String()
}

func (w *wire) accept(ln net.Listener, network, target string) {
	for {
		client, err := ln.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial(network, target)
		if err != nil {
			_ = client.Close()
			continue
		}
		var mu sync.Mutex
		answered := true
		go relay(client, server, func() { mu.Lock(); answered = true; mu.Unlock() })
		go relay(server, client, func() {
			mu.Lock()
			if answered {
				w.roundTrips.Add(1)
			}
			answered = false
			mu.Unlock()
		})
	}
}

// relay copies and calls seen before each piece is passed on.
func relay(to, from net.Conn, seen func()) {
	defer to.Close()
	buffer := make([]byte, 1<<20)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			seen()
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil { // one of them has closed
			return
		}
	}
}

// TestRowSecurityTakesNoRoundTrip sends the same operations to a server without and with
// row-level security and compares statements and round trips, once everything is prepared.
func TestRowSecurityTakesNoRoundTrip(t *testing.T) {
	t.Parallel()
	type cost struct {
		statements int
		roundTrips int64
	}
	costs := map[string][]cost{}
	for _, on := range []bool{false, true} {
		w, address := newWire(t, apitest.SecuredDatabase(t))
		l := newLibrary(t, func(o *apitest.Options) { o.Database, o.RowSecurity = address, on })
		for name, query := range map[string]string{
			"nested":        `{ posts(first: 3) { totalCount nodes { title author { username } tags { nodes { name } } } } }`,
			"look-up":       `{ userByUsername(username: "ada") { id email } }`,
			"related posts": `{ relatedPosts(id: @ada_PUBLISHED, first: 3) { title } }`,
			"update":        `mutation { updatePost(id: @ada_DRAFT, input: {title: "new"}) { post { title } } }`,
			"links":         `mutation { updatePost(id: @ada_DRAFT, input: {tagIDs: [@tag]}) { post { tags { nodes { name } } } } }`,
			"create":        `mutation { createPost(input: {title: "x", authorID: @ada}) { post { title author { username } } } }`,
		} {
			api := l.api.As(viewer.Viewer{UserID: key.UUID(l.ada), Role: "MEMBER"})
			var c cost
			for range 8 { // on each connection a statement is prepared when it comes again
				before := w.roundTrips.Load()
				answer := api.Query(t, l.text(query), nil)
				answer.OK(t)
				if n := w.roundTrips.Load() - before; c.roundTrips == 0 || n < c.roundTrips {
					c = cost{answer.Statements, n}
				}
			}
			costs[name] = append(costs[name], c)
		}
	}
	for name, c := range costs {
		if name == "related posts" { // two queries of Ent, each in a transaction of its own
			c[0].statements += 4
			c[0].roundTrips += 4
		}
		if c[0] != c[1] || c[0].roundTrips == 0 {
			t.Errorf("%s: %+v without and %+v with row-level security", name, c[0], c[1])
		}
		t.Logf("%s: %+v", name, c)
	}
}
