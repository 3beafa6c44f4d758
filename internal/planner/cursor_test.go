package planner

import (
	"encoding/base64"
	"encoding/binary"
	"testing"

	"entgo.io/ent"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/rule"
)

// notes is an entity with a field of every kind that can be ordered by.
func notes(t testing.TB) *entity.Entity {
	t.Helper()
	open := ent.Policy(rule.Policy{Read: rule.Everyone()})
	g, err := entity.New([]entity.Entity{{
		Name: "Note", Field: "note", Plural: "notes", Prefix: "note", Table: "notes", Policy: &open,
		Fields: []entity.Field{
			entity.IDField[any, [16]byte](nil, "id", entity.UUIDKey),
			entity.StringField[string]("title", "title", 0, nil),
			entity.StringField[string]("mood", "mood", entity.Nullable, nil),
			entity.IntField[int]("size", "size", entity.Int, 0, nil),
			entity.FloatField[float64]("score", "score", entity.Nullable, nil),
			entity.BoolField("done", "done", 0),
			entity.TimeField("at", "at", 0),
		},
	}}, nil, entity.Store{})
	if err != nil {
		t.Fatal(err)
	}
	return g.Entity("Note")
}

func order(t testing.TB, e *entity.Entity, fields ...string) []orderKey {
	t.Helper()
	var list []any
	for _, f := range fields {
		list = append(list, map[string]any{"field": f, "direction": "DESC"})
	}
	keys, err := bindOrder(e, list)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func be64(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func TestCursorRoundTrip(t *testing.T) {
	t.Parallel()
	e := notes(t)
	keys := order(t, e, "TITLE", "MOOD", "SIZE", "SCORE", "DONE", "AT")
	values := [][]byte{[]byte("ä\"x"), nil, be64(7), be64(0x3ff8000000000000), {1}, be64(1), make([]byte, 16)}
	text, _ := appendCursor(nil, nil, orderHash(e, keys), values)
	c, err := decodeCursor(string(text), e, keys)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.values) != 7 || c.values[0] != "ä\"x" || c.values[1] != nil || c.values[2] != int64(7) || c.values[3] != 1.5 || c.values[4] != true {
		t.Errorf("decoded %v", c.values)
	}
	if _, err := decodeCursor(string(text), e, order(t, e, "TITLE")); err != errOrder {
		t.Errorf("under another ordering: %v, want %v", err, errOrder)
	}
}

func TestCursorIsBoundToItsOrdering(t *testing.T) {
	t.Parallel()
	e := notes(t)
	seen := map[uint32]string{}
	add := func(keys []orderKey) {
		name := orderName(e, keys)
		if other, ok := seen[orderHash(e, keys)]; ok && other != name {
			t.Errorf("%q and %q have one hash", other, name)
		}
		seen[orderHash(e, keys)] = name
	}
	for _, dir := range []string{"ASC", "DESC"} {
		for _, nulls := range []any{nil, "FIRST", "LAST"} {
			for _, o := range e.Orders() {
				keys, err := bindOrder(e, []any{map[string]any{"field": o.Name, "direction": dir, "nulls": nulls}})
				if err != nil {
					t.Fatal(err)
				}
				add(keys)
			}
		}
	}
	// 7 fields in 2 directions; where nulls are possible (2 fields), 2 placements each.
	if len(seen) != 5*2+2*2*2 {
		t.Errorf("%d orderings differ, want 18", len(seen))
	}
}

// FuzzDecodeCursor checks that no text makes the decoder panic, and that what it takes
// is a value for every key.
func FuzzDecodeCursor(f *testing.F) {
	e := notes(f)
	keys := order(f, e, "MOOD", "SCORE", "AT")
	text, _ := appendCursor(nil, nil, orderHash(e, keys), [][]byte{nil, be64(1), be64(2), make([]byte, 16)})
	f.Add(string(text))
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		// Also with the right head, so that the values are reached.
		head := append([]byte{cursorVersion}, binary.BigEndian.AppendUint32(nil, orderHash(e, keys))...)
		for _, in := range []string{text, base64.RawURLEncoding.EncodeToString(append(head, text...))} {
			c, err := decodeCursor(in, e, keys)
			if err == nil && len(c.values) != len(keys) {
				t.Errorf("%q gives %d values for %d keys", in, len(c.values), len(keys))
			}
		}
	})
}
