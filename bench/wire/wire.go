// Package wire counts the statements that a client sends to Postgres. It stands
// between them and reads the client's messages, so that every server is counted in the
// same way, whatever it says of itself.
// Source: PostgreSQL manual, "Frontend/Backend Protocol".
package wire

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
)

// Count is what was sent.
type Count struct {
	Statements int // without those of Control
	Control    int // BEGIN, COMMIT and kin
	Trips      int // how often the client asked for answers: Sync, Flush or a simple query
}

// Minus is what was sent since another count.
func (c Count) Minus(o Count) Count {
	return Count{c.Statements - o.Statements, c.Control - o.Control, c.Trips - o.Trips}
}

// Proxy forwards connections to a Postgres server and counts. Get one from [Listen].
type Proxy struct {
	listener net.Listener
	dial     func() (net.Conn, error)

	mu    sync.Mutex
	count Count
	conns map[net.Conn]bool
	wg    sync.WaitGroup
}

// Listen starts a proxy on a free port of 127.0.0.1. Connections must not be encrypted.
func Listen(dial func() (net.Conn, error)) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	p := &Proxy{listener: l, dial: dial, conns: map[net.Conn]bool{}}
	p.wg.Go(p.accept)
	return p, nil
}

// Port is where the proxy listens on 127.0.0.1.
func (p *Proxy) Port() int { return p.listener.Addr().(*net.TCPAddr).Port }

// Count is what all clients have sent so far.
func (p *Proxy) Count() Count {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count
}

// Close ends all connections and waits until nothing is forwarded any more.
func (p *Proxy) Close() error {
	err := p.listener.Close()
	p.mu.Lock()
	for c := range p.conns {
		_ = c.Close()
	}
	p.conns = nil
	p.mu.Unlock()
	p.wg.Wait()
	return err
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return // closed
		}
		server, err := p.dial()
		if err != nil {
			_ = client.Close()
			continue
		}
		if !p.keep(client, server) {
			return
		}
		p.wg.Go(func() {
			_, _ = io.Copy(client, server)
			_ = client.Close()
		})
		p.wg.Go(func() {
			_ = p.forward(client, server)
			_ = server.Close()
		})
	}
}

func (p *Proxy) keep(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		if p.conns == nil {
			_ = c.Close()
			continue
		}
		p.conns[c] = true
	}
	return p.conns != nil
}

// forward sends the client's messages on and counts them.
func (p *Proxy) forward(client io.Reader, server io.Writer) error {
	in := bufio.NewReader(client)
	out := bufio.NewWriter(server)
	if err := message(in, out, nil); err != nil { // the start-up message has no type
		return err
	}
	s := session{texts: map[string]string{}, portals: map[string]string{}}
	for {
		if in.Buffered() == 0 {
			if err := out.Flush(); err != nil {
				return err
			}
		}
		kind, err := in.ReadByte()
		if err != nil {
			return err
		}
		if err := out.WriteByte(kind); err != nil {
			return err
		}
		err = message(in, out, func(body []byte) {
			p.mu.Lock()
			defer p.mu.Unlock()
			s.see(&p.count, kind, body)
		})
		if err != nil {
			return err
		}
	}
}

// message forwards the length of a message and its body.
func message(in *bufio.Reader, out *bufio.Writer, see func([]byte)) error {
	var length [4]byte
	if _, err := io.ReadFull(in, length[:]); err != nil {
		return err
	}
	n := int(binary.BigEndian.Uint32(length[:])) - len(length)
	if n < 0 || n > 1<<30 {
		return errors.New("bad length of a message")
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(in, body); err != nil {
		return err
	}
	if see != nil {
		see(body)
	}
	if _, err := out.Write(length[:]); err != nil {
		return err
	}
	_, err := out.Write(body)
	return err
}

// session knows the texts of the prepared statements of one connection.
type session struct {
	texts   map[string]string // by the statement's name
	portals map[string]string // by the portal's name
}

// see counts one message.
func (s *session) see(c *Count, kind byte, body []byte) {
	first, rest, _ := bytes.Cut(body, []byte{0})
	second, _, _ := bytes.Cut(rest, []byte{0})
	switch kind {
	case 'P': // Parse: statement, text
		s.texts[string(first)] = string(second)
	case 'B': // Bind: portal, statement
		s.portals[string(first)] = s.texts[string(second)]
	case 'E': // Execute: portal
		c.add(s.portals[string(first)])
	case 'Q': // Query: text
		c.Trips++
		c.add(string(first))
	case 'S', 'H': // Sync, Flush
		c.Trips++
	}
}

var control = []string{"BEGIN", "START", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE"}

// add counts a statement by its first word. An empty one, as pools send to see whether
// a connection lives, is none.
func (c *Count) add(text string) {
	words := strings.Fields(strings.TrimRight(text, "; \n"))
	if len(words) == 0 || strings.HasPrefix(words[0], "--") {
		return
	}
	for _, word := range control {
		if strings.EqualFold(words[0], word) {
			c.Control++
			return
		}
	}
	c.Statements++
}
