package load

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// Request is what is sent again and again.
type Request struct {
	Method string
	Target string // path and query
	Body   []byte // JSON, if any
	Cookie string // name=value, if any
}

// wire is the request as it is sent.
func (r Request) wire() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: bench\r\nAccept: application/json\r\n", r.Method, r.Target)
	if r.Body != nil {
		fmt.Fprintf(&b, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(r.Body))
	}
	if r.Cookie != "" {
		b.WriteString("Cookie: " + r.Cookie + "\r\n")
	}
	b.WriteString("\r\n")
	b.Write(r.Body)
	return b.Bytes()
}

// Conn is one connection that is kept open. It does less than net/http, so that the
// load takes little of the machine that the servers run on.
type Conn struct {
	conn net.Conn
	r    *bufio.Reader
	body []byte
}

// requestTimeout is far beyond what any request takes.
const requestTimeout = 30 * time.Second

// Dial connects to a server.
func Dial(addr string) (*Conn, error) {
	c, err := net.DialTimeout("tcp", addr, requestTimeout)
	if err != nil {
		return nil, fmt.Errorf("connect to server: %w", err)
	}
	return &Conn{conn: c, r: bufio.NewReaderSize(c, 64<<10)}, nil
}

// Close closes the connection.
func (c *Conn) Close() error { return c.conn.Close() }

// Do sends a request and gives the body of its answer, which is valid until the next
// call. Another status than 200 is an error.
func (c *Conn) Do(r Request) ([]byte, error) { return c.do(r.wire()) }

func (c *Conn) do(request []byte) ([]byte, error) {
	if err := c.conn.SetDeadline(time.Now().Add(requestTimeout)); err != nil {
		return nil, err
	}
	if _, err := c.conn.Write(request); err != nil {
		return nil, fmt.Errorf("send request: %w", err)
	}
	body, err := c.read()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF // io.EOF would look like a regular end
	}
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	return body, nil
}

func (c *Conn) read() ([]byte, error) {
	status, err := c.line()
	if err != nil {
		return nil, err
	}
	ok := bytes.HasPrefix(status, []byte("HTTP/1.1 200"))
	statusText := string(status)
	length, err := c.header()
	if err != nil {
		return nil, err
	}
	c.body = c.body[:0]
	if length < 0 {
		err = c.chunks()
	} else {
		err = c.take(length)
	}
	if err == nil && !ok {
		err = fmt.Errorf("%s: %s", statusText, c.body)
	}
	return c.body, err
}

// header reads to the body and gives its length, -1 when it comes in chunks.
func (c *Conn) header() (int, error) {
	length := 0
	for {
		line, err := c.line()
		if err != nil || len(line) == 0 {
			return length, err
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(value)); err != nil {
				return 0, err
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			length = -1
		}
	}
}

func (c *Conn) chunks() error {
	for {
		line, err := c.line()
		if err != nil {
			return err
		}
		n, err := strconv.ParseUint(string(line), 16, 31)
		if err != nil {
			return err
		}
		if err := c.take(int(n)); err != nil {
			return err
		}
		if _, err := c.line(); err != nil || n == 0 {
			return err
		}
	}
}

// take appends n bytes to the body.
func (c *Conn) take(n int) error {
	start := len(c.body)
	if cap(c.body) < start+n {
		c.body = append(make([]byte, 0, 2*(start+n)), c.body...)
	}
	c.body = c.body[:start+n]
	_, err := io.ReadFull(c.r, c.body[start:])
	return err
}

// line reads a line without its end.
func (c *Conn) line() ([]byte, error) {
	line, err := c.r.ReadSlice('\n')
	return bytes.TrimRight(line, "\r\n"), err
}
