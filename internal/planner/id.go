package planner

import (
	"encoding/binary"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/key"
)

// keyCasts are the SQL types of ids as arguments, as those of other values are in [entity.Kind].
var keyCasts = map[entity.KeyType]keyCast{
	entity.UUIDKey:  {"uuid", pgtype.UUIDOID, pgtype.UUIDArrayOID},
	entity.Int16Key: {"smallint", pgtype.Int2OID, pgtype.Int2ArrayOID},
	entity.Int32Key: {"integer", pgtype.Int4OID, pgtype.Int4ArrayOID},
	entity.Int64Key: {"bigint", pgtype.Int8OID, pgtype.Int8ArrayOID},
	entity.TextKey:  {"text", pgtype.TextOID, pgtype.TextArrayOID},
}

// keyCast is how an argument is written and encoded.
type keyCast struct {
	name       string
	oid, array uint32
}

// keyOfArray is how the ids of an array of the type are stored.
func keyOfArray(oid uint32) entity.KeyType {
	for typ, c := range keyCasts {
		if c.array == oid {
			return typ
		}
	}
	return 0
}

// castOf is the SQL type of what is compared with a field.
func castOf(typ entity.Type, owner *entity.Entity) keyCast {
	if typ == entity.ID {
		return keyCasts[owner.Key()]
	}
	k := typ.Kind()
	return keyCast{k.Arg, k.OID, k.Array}
}

// idColumn is the id of an entity under an alias.
func idColumn(alias string, e *entity.Entity) string { return fieldExpr(alias, e.ID()) }

// decodeID reads an id in Postgres' binary form.
func decodeID(b []byte, typ entity.KeyType) (k key.Key, ok bool) {
	switch {
	case typ == entity.UUIDKey:
		id, err := uuid.FromBytes(b)
		return key.UUID(id), err == nil
	case typ.Integer():
		n, ok := entity.Int.Kind().Decode(b)
		if !ok {
			return k, false
		}
		k = key.Int(n.(int64))
	default:
		k = key.Text(string(b))
	}
	return k, typ.Check(k) == nil
}

// appendKey writes a key in Postgres' binary form.
func appendKey(dst []byte, k key.Key, oid uint32) ([]byte, error) {
	n, isInt := k.Int()
	id, isUUID := k.UUID()
	text, isText := k.Text()
	switch {
	case isUUID && oid == pgtype.UUIDOID:
		return append(dst, id[:]...), nil
	case isText && oid == pgtype.TextOID:
		return append(dst, text...), nil
	case isInt && oid == pgtype.Int8OID:
		return binary.BigEndian.AppendUint64(dst, uint64(n)), nil
	case isInt && oid == pgtype.Int4OID && n == int64(int32(n)):
		return binary.BigEndian.AppendUint32(dst, uint32(n)), nil
	case isInt && oid == pgtype.Int2OID && n == int64(int16(n)):
		return binary.BigEndian.AppendUint16(dst, uint16(n)), nil
	}
	return nil, fmt.Errorf("the id %q is not of the type with the OID %d, as ids are where it is compared", k, oid)
}

// appendID writes an id in Postgres' binary form as a JSON string of the API.
func appendID(dst, b []byte, e *entity.Entity) ([]byte, bool) {
	typ := e.Key()
	if typ == entity.UUIDKey {
		if len(b) != 16 {
			return dst, false
		}
		dst = append(dst, '"')
		dst = e.AppendUUID(dst, [16]byte(b))
		return append(dst, '"'), true
	}
	k, ok := decodeID(b, typ)
	if !ok {
		return dst, false
	}
	out, unfit := entity.String.Kind().Append(dst, []byte(e.FormatID(k)))
	return out, unfit == ""
}

// idList is a list of ids as Postgres takes one in an array: each after its length. What is read
// is passed on as it came, without being decoded.
type idList struct {
	typ  entity.KeyType
	n    int
	wire []byte
}

// len is how many there are; a nil list has none.
func (l *idList) len() int {
	if l == nil {
		return 0
	}
	return l.n
}

// add adds an id in Postgres' binary form.
func (l *idList) add(cell []byte) {
	l.n++
	l.wire = append(binary.BigEndian.AppendUint32(l.wire, uint32(len(cell))), cell...)
}

// addKey adds a key of the list's type.
func (l *idList) addKey(k key.Key) error {
	cell, err := appendKey(make([]byte, 0, 16), k, keyCasts[l.typ].oid)
	if err == nil {
		l.add(cell)
	}
	return err
}

// array is the list in the binary form of an array: dimensions, no NULLs, the element type,
// length and lower bound, and the elements. Source: array_recv in PostgreSQL's arrayfuncs.c.
func (l *idList) array() []byte {
	const header = 20
	dst := make([]byte, 0, header+len(l.wire))
	put := func(n uint32) { dst = binary.BigEndian.AppendUint32(dst, n) }
	put(uint32(min(l.n, 1)))
	put(0)
	put(keyCasts[l.typ].oid)
	if l.n > 0 {
		put(uint32(l.n))
		put(1)
	}
	return append(dst, l.wire...)
}

// idList adds a list of ids that is compared with a field.
func (s *statement) idList(values []any, f *entity.Field) string {
	c, list := keyCasts[f.Key], &idList{typ: f.Key}
	for _, v := range values {
		_ = list.addKey(v.(key.Key)) // it was parsed as one of the type
	}
	return s.add(list, c.name+"[]", c.array, f.Owner)
}

// first decodes as many ids as are shown to people.
func (l *idList) first(n int) []key.Key {
	var out []key.Key
	for rest := l.wire; len(rest) > 0 && len(out) < n; {
		size := binary.BigEndian.Uint32(rest)
		k, _ := decodeID(rest[4:4+size], l.typ)
		out, rest = append(out, k), rest[4+size:]
	}
	return out
}

// keySet numbers the distinct ids of a level, which come as Postgres sends them: ids of a fixed
// length in an array, texts as they are.
type keySet struct {
	fixed map[[16]byte]int32
	text  map[string]int32
}

// number gives the number of an id, and whether it was there.
func (s *keySet) number(cell []byte, typ entity.KeyType, next int32) (int32, bool) {
	if typ == entity.TextKey {
		if n, ok := s.text[string(cell)]; ok {
			return n, true
		}
		if s.text == nil {
			s.text = map[string]int32{}
		}
		s.text[string(cell)] = next
		return next, false
	}
	var id [16]byte
	copy(id[:], cell)
	if n, ok := s.fixed[id]; ok {
		return n, true
	}
	s.fixed[id] = next
	return next, false
}

func (s *keySet) len() int { return len(s.fixed) + len(s.text) }

// keySize is how long an id of a type is, in bytes; 0 for texts.
func keySize(typ entity.KeyType) int {
	return map[entity.KeyType]int{entity.UUIDKey: 16, entity.Int16Key: 2, entity.Int32Key: 4, entity.Int64Key: 8}[typ]
}
