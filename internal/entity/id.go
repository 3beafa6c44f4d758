package entity

import (
	"fmt"
	"strings"

	"github.com/google/uuid"
	"go.jetify.com/typeid"
)

// alphabet is Crockford's base 32 in lower case. Source: the TypeID specification.
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// suffixLen is the length of a UUID in base 32: 26 digits of 5 bits hold 128.
const suffixLen = 26

// AppendID appends the text form of an id, such as "post_01h455vb4pex5vsknk084sn02q".
func (e *Entity) AppendID(dst []byte, id [16]byte) []byte {
	dst = append(dst, e.Prefix...)
	dst = append(dst, '_')
	// The UUID is one big-endian number; the first digit holds its top 3 bits.
	var acc uint32
	bits := 2
	for _, b := range id {
		acc = acc<<8 | uint32(b)
		bits += 8
		for bits >= 5 {
			bits -= 5
			dst = append(dst, alphabet[acc>>bits&31])
		}
	}
	return dst
}

// FormatID returns the text form of an id.
func (e *Entity) FormatID(id uuid.UUID) string {
	return string(e.AppendID(make([]byte, 0, len(e.Prefix)+1+suffixLen), id))
}

// ParseID reads the text form of an id of this entity. The error is for the client
// and tells an id of another entity from a malformed one.
func (e *Entity) ParseID(v any) (uuid.UUID, error) {
	s, ok := v.(string)
	if !ok {
		return uuid.UUID{}, badInput("must be the id of a " + e.Name)
	}
	prefix, id, ok := splitID(s)
	switch {
	case !ok:
		return uuid.UUID{}, badInput("is not the id of a " + e.Name)
	case prefix != e.Prefix:
		return uuid.UUID{}, badInput(fmt.Sprintf("is the id of another type (%s), not of a %s", prefix, e.Name))
	}
	return id, nil
}

// ParseID reads the text form of any entity's id.
func (g *Graph) ParseID(v any) (*Entity, uuid.UUID, error) {
	s, _ := v.(string)
	prefix, id, ok := splitID(s)
	e := g.byPrefix[prefix]
	if !ok || e == nil {
		return nil, uuid.UUID{}, badInput("is not an id of this API")
	}
	return e, id, nil
}

// splitID reads prefix and UUID. Only the one canonical spelling is taken, so that
// equal ids are equal texts.
func splitID(s string) (string, uuid.UUID, bool) {
	i := strings.LastIndexByte(s, '_')
	if i < 1 || len(s)-i-1 != suffixLen || i > 63 {
		return "", uuid.UUID{}, false
	}
	id, err := typeid.FromString(s)
	if err != nil {
		return "", uuid.UUID{}, false
	}
	return s[:i], uuid.UUID(id.UUIDBytes()), true
}
