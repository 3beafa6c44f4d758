package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"
)

var contentType = []string{"application/json; charset=utf-8"}

var buffers = sync.Pool{New: func() any { return new([]byte) }}

func itoa(n int) string { return strconv.Itoa(n) }

func appendInt32(out []byte, n int32) []byte { return binary.BigEndian.AppendUint32(out, uint32(n)) }

// ordinal reads a bigint that counts from 1 as an index from 0.
func ordinal(v []byte) int { return int(binary.BigEndian.Uint64(v)) - 1 }

// blocks are pieces of JSON in one buffer: of each row, with its id and its parent.
// The rows of a parent follow each other.
type blocks struct {
	buf     []byte
	ends    []int
	ids     []uuid.UUID
	parents []int
	next    int // where list goes on
}

var blocksPool = sync.Pool{New: func() any { return new(blocks) }}

func getBlocks() *blocks { return blocksPool.Get().(*blocks) }

func (b *blocks) release() {
	*b = blocks{buf: b.buf[:0], ends: b.ends[:0], ids: b.ids[:0], parents: b.parents[:0]}
	blocksPool.Put(b)
}

// add ends a block; buf is what the row was appended to.
func (b *blocks) add(id, buf []byte) {
	b.buf, b.ends, b.ids = buf, append(b.ends, len(buf)), append(b.ids, uuid.UUID(id))
}

func (b *blocks) addTo(parent int, id, buf []byte) {
	b.buf, b.ends, b.parents = buf, append(b.ends, len(buf)), append(b.parents, parent)
	if id != nil {
		b.ids = append(b.ids, uuid.UUID(id))
	}
}

func (b *blocks) at(i int) []byte {
	start := 0
	if i > 0 {
		start = b.ends[i-1]
	}
	return b.buf[start:b.ends[i]]
}

// list appends the names of a parent's tags as a connection. It is called for the
// parents in their order.
func (b *blocks) list(out []byte, parent int) []byte {
	out = append(out, `,"tags":{"edges":[`...)
	for n := 0; b.next < len(b.ends) && b.parents[b.next] == parent; n++ {
		if n > 0 {
			out = append(out, ',')
		}
		out = append(append(append(out, `{"node":{"name":`...), b.at(b.next)...), "}}"...)
		b.next++
	}
	return append(out, "]}"...)
}

// open begins the i-th edge of a list.
func open(out []byte, i int) []byte {
	if i > 0 {
		out = append(out, ',')
	}
	return append(out, `{"node":`...)
}

func appendID(out, id []byte) []byte {
	out = append(out, '"')
	for i, b := range id {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			out = append(out, '-')
		}
		out = append(out, hex[b>>4], hex[b&15])
	}
	return append(out, '"')
}

const hex = "0123456789abcdef"

// appendText appends a JSON string, null for SQL's NULL.
func appendText(out, text []byte) []byte {
	if text == nil {
		return append(out, "null"...)
	}
	out = append(out, '"')
	start := 0
	for i, c := range text {
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		out = append(out, text[start:i]...)
		switch c {
		case '"', '\\':
			out = append(out, '\\', c)
		case '\n':
			out = append(out, '\\', 'n')
		default:
			out = append(out, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		start = i + 1
	}
	return append(append(out, text[start:]...), '"')
}

// epoch is where Postgres counts microseconds from.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func timestamp(t time.Time) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(t.Sub(epoch).Microseconds()))
}

func appendTime(out, v []byte) []byte {
	t := epoch.Add(time.Duration(binary.BigEndian.Uint64(v)) * time.Microsecond)
	return append(t.AppendFormat(append(out, '"'), time.RFC3339Nano), '"')
}

const placeLen = 8 + 16

// appendPlace appends a cursor: when a post was made and its id.
func appendPlace(out, at, id []byte) []byte {
	var raw [placeLen]byte
	copy(raw[copy(raw[:], at):], id)
	return append(base64.RawURLEncoding.AppendEncode(append(out, '"'), raw[:]), '"')
}

// place reads the cursor "after" of a request; without one it is before all posts.
func place(r *http.Request) (at, id []byte, err error) {
	text := param(r, "after")
	if text == "" {
		return timestamp(time.Now().Add(24 * time.Hour)), make([]byte, 16), nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) != placeLen {
		return nil, nil, fmt.Errorf("read cursor %q: not one of this server", text)
	}
	return raw[:8], raw[8:], nil
}
