package database_test

import (
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// cut says where a fault strikes: at the n-th thing that the client asks, counted from
// 1, and how far the server gets with it.
type cut struct {
	n    int64
	mode string
}

// The modes of a cut. Before one request is, for the server, after the one before it.
const (
	cutBefore = "before" // the server never hears of it
	cutInside = "inside" // the server hears of it, and the client is gone at once
	cutCrash  = "crash"  // the server process is killed while it works on it
)

// proxy stands between a client and Postgres and breaks the connection at a cut. For
// the server that is what a killed client looks like.
type proxy struct {
	t       *testing.T
	cut     cut
	crash   func(pid int)
	network string // of the server
	address string
	ln      net.Listener
	url     string
	asked   atomic.Int64 // by the first connection, the one that migrates
	struck  atomic.Bool
	conns   atomic.Int64
}

// newProxy starts a proxy in front of the server of url.
func newProxy(t *testing.T, address string, at cut, crash func(pid int)) *proxy {
	t.Helper()
	cfg, err := pgconn.ParseConfig(address)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{t: t, cut: at, crash: crash}
	p.network, p.address = pgconn.NetworkAddress(cfg.Host, cfg.Port)
	// A short path: that of a socket is bounded.
	if p.ln, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.ln.Close() })
	host, port, err := net.SplitHostPort(p.ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	u := url.URL{Scheme: "postgres", User: url.UserPassword(cfg.User, cfg.Password), Host: net.JoinHostPort(host, port), Path: "/" + cfg.Database}
	u.RawQuery = "sslmode=disable"
	p.url = u.String()
	go p.serve()
	return p
}

func (p *proxy) serve() {
	for {
		client, err := p.ln.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial(p.network, filepath.Clean(p.address))
		if err != nil {
			_ = client.Close()
			continue
		}
		l := &link{p: p, client: client, server: server, first: p.conns.Add(1) == 1}
		go l.forward()
		go l.back()
	}
}

// link is one connection through the proxy.
type link struct {
	p              *proxy
	client, server net.Conn
	first          bool // the one whose requests are counted
	pid            atomic.Int64
	once           sync.Once
}

func (l *link) end() {
	l.once.Do(func() {
		_ = l.client.Close()
		_ = l.server.Close()
	})
}

// message reads one message; the first one of a client has no type.
func message(r io.Reader, typed bool) (kind byte, whole []byte, err error) {
	head := make([]byte, 4)
	if typed {
		head = make([]byte, 5)
	}
	if _, err := io.ReadFull(r, head); err != nil {
		return 0, nil, err
	}
	n := binary.BigEndian.Uint32(head[len(head)-4:])
	body := make([]byte, n-4)
	if _, err := io.ReadFull(r, body); err != nil {
		return 0, nil, err
	}
	if typed {
		kind = head[0]
	}
	return kind, append(head, body...), nil
}

// forward passes on what the client says, up to the cut.
func (l *link) forward() {
	defer l.end()
	executes := false
	for typed := false; ; typed = true {
		kind, m, err := message(l.client, typed)
		if err != nil {
			return
		}
		executes = executes || kind == 'E'
		// A query, or the end of a group of messages that runs one.
		asks := kind == 'Q' || kind == 'S' && executes
		strike := l.first && asks && l.p.asked.Add(1) == l.p.cut.n
		executes = executes && kind != 'S'
		if strike {
			l.p.struck.Store(true)
			if l.p.cut.mode == cutBefore {
				return
			}
		}
		if _, err := l.server.Write(m); err != nil {
			return
		}
		switch {
		case strike && l.p.cut.mode == cutCrash:
			l.p.crash(int(l.pid.Load()))
			return
		case strike && l.p.cut.mode == cutInside:
			return
		}
	}
}

// back passes on what the server says.
func (l *link) back() {
	defer l.end()
	for {
		kind, m, err := message(l.server, true)
		if err != nil {
			return
		}
		if kind == 'K' {
			l.pid.Store(int64(binary.BigEndian.Uint32(m[5:])))
		}
		if _, err := l.client.Write(m); err != nil {
			return
		}
	}
}
