package entity

import (
	"encoding/binary"
	"sync"

	"github.com/jackc/pgx/v5/pgtype"
)

// list is the bit of a [Type] that says that a column is an array.
const list Type = 0x80

// ListOf is the type of arrays of a type's values.
func ListOf(t Type) Type { return t | list }

// IsList reports whether the column is an array.
func (t Type) IsList() bool { return t&list != 0 }

// Item is the type of an array's elements, and any other type itself.
func (t Type) Item() Type { return t &^ list }

// listed are what may be asked of arrays: whether they are the same, and which elements they
// have. They are not ordered: Postgres compares them element by element, which says little.
var listed = []Op{EQ, NEQ, Has, HasAny, HasAll, IsEmpty}

// listKinds are those of the arrays of all types, by the type of the elements.
var listKinds = sync.OnceValue(func() *[len(kinds)]Kind {
	out := &[len(kinds)]Kind{}
	m := pgtype.NewMap()
	for t := range kinds {
		if t > 0 && kinds[t].List != nil {
			out[t] = listKind(&kinds[t], m)
		}
	}
	return out
})

// listKindOf is the kind of arrays of a type's values.
func listKindOf(item Type) *Kind {
	all := listKinds()
	if int(item) >= len(all) {
		return &all[0]
	}
	return &all[item]
}

// listKind is the kind of arrays, made from that of their elements.
func listKind(item *Kind, m *pgtype.Map) Kind {
	k := Kind{
		Arg: item.Arg + "[]", OID: item.Array, Ops: listed, Unordered: true,
		Decode: func(wire []byte) (any, bool) { return decodeList(wire, item) },
		Append: func(dst, wire []byte) ([]byte, string) { return appendList(dst, wire, item) },
	}
	if item.Scalar != "" {
		k.Scalar = "[" + item.Scalar + "!]"
	}
	if item.Cast != "" {
		k.Cast = item.Cast + "[]"
	}
	for _, oid := range item.Read {
		if t, ok := m.TypeForOID(oid); ok {
			if array, ok := m.TypeForName("_" + t.Name); ok {
				k.Read = append(k.Read, array.OID)
			}
		}
	}
	return k
}

// Why an array has no form in the API; each follows "it".
const (
	unfitDimensions = "has more than one dimension"
	unfitBound      = "does not begin at 1"
	unfitNull       = "has an element that is null"
	unfitElement    = "has an element that "
)

// elements calls f for each element of an array in Postgres' binary form: how many dimensions
// there are, whether there are NULLs, the type, and the length and lower bound of each
// dimension; then each element after its length. Source: array_send in PostgreSQL's arrayfuncs.c.
func elements(wire []byte, f func([]byte) (unfit string)) (unfit string) {
	next := func() (n int, ok bool) {
		if len(wire) < 4 {
			return 0, false
		}
		n = int(int32(binary.BigEndian.Uint32(wire)))
		wire = wire[4:]
		return n, true
	}
	var head [5]int // dimensions, NULLs, type, length, lower bound
	for i := range head {
		n, ok := next()
		switch {
		case !ok && i == 3 && head[0] == 0:
			return "" // has no element
		case !ok:
			return unfitForm
		case i == 0 && n > 1:
			return unfitDimensions
		}
		head[i] = n
	}
	if head[4] != 1 {
		return unfitBound
	}
	for range head[3] {
		n, ok := next()
		switch {
		case ok && n == -1:
			return unfitNull
		case !ok || n < 0 || n > len(wire):
			return unfitForm
		}
		if unfit = f(wire[:n:n]); unfit != "" {
			return unfitElement + unfit
		}
		wire = wire[n:]
	}
	return ""
}

func appendList(dst, wire []byte, item *Kind) ([]byte, string) {
	out := append(dst, '[')
	unfit := elements(wire, func(b []byte) (unfit string) {
		if len(out) > len(dst)+1 {
			out = append(out, ',')
		}
		out, unfit = item.Append(out, b)
		return unfit
	})
	if unfit != "" {
		return dst, unfit
	}
	return append(out, ']'), ""
}

func decodeList(wire []byte, item *Kind) (any, bool) {
	values := []any{}
	unfit := elements(wire, func(b []byte) string {
		v, ok := item.Decode(b)
		if values = append(values, v); !ok {
			return unfitForm
		}
		return ""
	})
	if unfit != "" {
		return nil, false
	}
	for _, v := range values {
		if _, infinite := v.(pgtype.Timestamptz); infinite {
			return nil, false
		}
	}
	return item.List(values), true
}
