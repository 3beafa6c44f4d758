package planner

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/fnv"
	"slices"

	"github.com/entgraph/entgraph/internal/entity"
)

// cursorVersion begins every cursor, so that its form can change.
const cursorVersion = 1

// cursor is a decoded cursor: one value for each key of its ordering, nil for NULL.
type cursor struct{ values []any }

var (
	errCursor = errors.New("is not a cursor of this API")
	errOrder  = errors.New("is a cursor of another ordering: give the orderBy under which it was given")
	errSearch = errors.New("is a cursor of another ordering or search: give the orderBy and the search under which it was given")
)

// A cursor is base64url of: the version, a hash of the ordering's name, and for each
// key a length (varint, 0 for NULL, else the length plus one) and the value as
// Postgres sends it in binary.

// orderHash is the hash of an ordering that its cursors carry.
func orderHash(e *entity.Entity, keys []orderKey) uint32 {
	h := fnv.New32a()
	h.Write([]byte(orderName(e, keys)))
	return h.Sum32()
}

// appendCursor appends the cursor of a row, whose values of the keys are given in
// Postgres' binary form, nil for NULL.
func appendCursor(dst, scratch []byte, hash uint32, values [][]byte) (out, buf []byte) {
	buf = append(scratch[:0], cursorVersion)
	buf = binary.BigEndian.AppendUint32(buf, hash)
	for _, v := range values {
		if v == nil {
			buf = append(buf, 0)
			continue
		}
		buf = binary.AppendUvarint(buf, uint64(len(v))+1)
		buf = append(buf, v...)
	}
	return base64.RawURLEncoding.AppendEncode(dst, buf), buf
}

// decode reads a value of the key as Postgres sends it.
func (k orderKey) decode(b []byte) (any, bool) {
	if f := k.order.Field; f != nil && f.Type == entity.ID {
		id, ok := decodeID(b, f.Key)
		return id, ok
	}
	return decodeValue(b, k.typ())
}

// decodeCursor reads a cursor of the given ordering. The error is for the client.
func decodeCursor(text string, e *entity.Entity, keys []orderKey) (*cursor, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) < 5 || raw[0] != cursorVersion {
		return nil, errCursor
	}
	if binary.BigEndian.Uint32(raw[1:]) != orderHash(e, keys) {
		if slices.ContainsFunc(keys, func(k orderKey) bool { return k.order.Relevance }) {
			return nil, errSearch
		}
		return nil, errOrder
	}
	raw = raw[5:]
	c := &cursor{}
	for _, k := range keys {
		n, size := binary.Uvarint(raw)
		if size <= 0 || n > uint64(len(raw)-size)+1 {
			return nil, errCursor
		}
		raw = raw[size:]
		if n == 0 {
			if !k.order.Nullable() {
				return nil, errCursor
			}
			c.values = append(c.values, nil)
			continue
		}
		v, ok := k.decode(raw[:n-1])
		if !ok {
			return nil, errCursor
		}
		c.values = append(c.values, v)
		raw = raw[n-1:]
	}
	if len(raw) > 0 {
		return nil, errCursor
	}
	return c, nil
}
