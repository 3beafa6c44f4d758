package entity

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/google/uuid"
	"go.jetify.com/typeid"

	"github.com/entgraph/entgraph/key"
)

// alphabet is Crockford's base 32 in lower case. Source: the TypeID specification.
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// suffixLen is the length of a UUID in base 32: 26 digits of 5 bits hold 128.
const suffixLen = 26

// appendSuffix appends the digits of a UUID.
func appendSuffix(dst []byte, id [16]byte) []byte {
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

// parseSuffix reads the digits of a UUID.
func parseSuffix(s string) (uuid.UUID, bool) {
	if len(s) != suffixLen {
		return uuid.UUID{}, false
	}
	id, err := typeid.FromString(s)
	if err != nil {
		return uuid.UUID{}, false
	}
	return uuid.UUID(id.UUIDBytes()), true
}

// AppendUUID appends the text form of an id that is a UUID, such as
// "post_01h455vb4pex5vsknk084sn02q".
func (e *Entity) AppendUUID(dst []byte, id [16]byte) []byte {
	return appendSuffix(append(append(dst, e.Prefix...), '_'), id)
}

// FormatID returns the text form of an id: after the prefix the 26 digits of a UUID, or the number
// or text as it is, such as "order_42".
func (e *Entity) FormatID(k key.Key) string {
	if id, ok := k.UUID(); ok {
		return string(e.AppendUUID(make([]byte, 0, len(e.Prefix)+1+suffixLen), id))
	}
	return e.Prefix + "_" + k.String()
}

// anSound are beginnings of names that are spoken with a vowel first, unlike those of aSound: an Order, a User.
var (
	anSound = regexp.MustCompile(`^(?i:[aeio]|un|up|um)`)
	aSound  = regexp.MustCompile(`^(?i:eu|ewe|one|once|uni[^nm])`)
)

// AnyOne is the name of an entity with its article: "a Post", "an Order".
func AnyOne(name string) string {
	if anSound.MatchString(name) && !aSound.MatchString(name) {
		return "an " + name
	}
	return "a " + name
}

// ParseID reads the text form of an id of this entity. The error is for the client
// and tells an id of another entity from a malformed one.
func (e *Entity) ParseID(v any) (key.Key, error) {
	s, ok := v.(string)
	if !ok {
		return key.Key{}, badInput("must be the id of " + AnyOne(e.Name))
	}
	if k, ok := e.parseID(s); ok {
		return k, nil
	}
	if other, _, err := e.graph.ParseID(s); err == nil && other != e {
		return key.Key{}, badInput(fmt.Sprintf("is the id of another type (%s), not of %s", other.Prefix, AnyOne(e.Name)))
	}
	return key.Key{}, badInput("is not the id of " + AnyOne(e.Name))
}

func (e *Entity) parseID(s string) (key.Key, bool) {
	text, ours := strings.CutPrefix(s, e.Prefix+"_")
	if !ours {
		return key.Key{}, false
	}
	k, ok := e.Key().parse(text)
	return k, ok && e.ID().fits(k)
}

// maxID is how long an id can be, in bytes: no prefix is longer than 63.
const maxID = 63 + 1 + maxTextKey

// ParseID reads the text form of any entity's id. Texts may hold the sign that ends a prefix, and
// so may prefixes: of what an id may be, one entity at most takes it, see checkPrefixes.
func (g *Graph) ParseID(v any) (*Entity, key.Key, error) {
	s, _ := v.(string)
	for i := 1; i < len(s) && len(s) <= maxID; i++ {
		if s[i] != '_' {
			continue
		}
		if e := g.byPrefix[s[:i]]; e != nil {
			if k, ok := e.parseID(s); ok {
				return e, k, nil
			}
		}
	}
	return nil, key.Key{}, badInput("is not an id of this API")
}

// checkPrefixes refuses an entity whose ids, being texts, could be those of another one.
func (g *Graph) checkPrefixes() error {
	var errs []error
	for _, e := range g.entities {
		for _, other := range g.entities {
			if e.Key() == TextKey && strings.HasPrefix(other.Prefix, e.Prefix+"_") {
				errs = append(errs, fmt.Errorf("the ids of %s, which are texts after %q, may look like those of %s, which begin with %q: give one of them entity.Prefix(...)", e.Name, e.Prefix+"_", other.Name, other.Prefix+"_"))
			}
		}
	}
	return errors.Join(errs...)
}
