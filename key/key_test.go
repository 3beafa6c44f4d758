package key_test

import (
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/google/uuid"

	"github.com/entgraph/entgraph/key"
)

type (
	number int32
	code   string
	raw    [16]byte
	tiny   uint8
	// prefixed is stored as another text than it is.
	prefixed struct{ text string }
)

func (p prefixed) Value() (driver.Value, error) { return p.text[2:], nil }
func (p *prefixed) Scan(v any) error            { p.text = "x:" + fmt.Sprint(v); return nil }

func same[T comparable](t *testing.T, id T, want key.Key, text string) {
	t.Helper()
	k, err := key.Of(id)
	if err != nil || k != want || k.String() != text {
		t.Fatalf("Of(%v) = %v, %v; want %v", id, k, err, want)
	}
	back, err := key.To[T](k)
	if err != nil || back != id {
		t.Errorf("To(%v) = %v, %v; want %v", k, back, err, id)
	}
}

func TestGoTypes(t *testing.T) {
	t.Parallel()
	id := uuid.MustParse("018f0000-0000-7000-8000-000000000001")
	same(t, id, key.UUID(id), id.String())
	same(t, raw(id), key.UUID(id), id.String())
	same(t, 42, key.Int(42), "42")
	same(t, int64(math.MinInt64), key.Int(math.MinInt64), "-9223372036854775808")
	same(t, uint64(math.MaxInt64), key.Int(math.MaxInt64), "9223372036854775807")
	same(t, number(-7), key.Int(-7), "-7")
	same(t, tiny(255), key.Int(255), "255")
	same(t, "DE", key.Text("DE"), "DE")
	same(t, code("DE"), key.Text("DE"), "DE")
	same(t, prefixed{"x:DE"}, key.Text("DE"), "DE")
}

func TestWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	for _, bad := range []any{nil, 1.5, true, []byte{1}, uint64(math.MaxUint64), struct{}{}, (*prefixed)(nil)} {
		if k, err := key.Of(bad); err == nil {
			t.Errorf("Of(%v) is %v", bad, k)
		}
	}
	_, low := key.To[tiny](key.Int(-1))
	_, high := key.To[tiny](key.Int(256))
	_, text := key.To[int](key.Text("1"))
	_, id := key.To[string](key.Int(1))
	_, number := key.To[uuid.UUID](key.Int(1))
	_, none := key.To[int](key.Key{})
	for i, err := range []error{low, high, text, id, number, none} {
		if err == nil {
			t.Errorf("%d: a key was made to what does not hold it", i)
		}
	}
}

// Keys of different kinds are different, however they look.
func TestKinds(t *testing.T) {
	t.Parallel()
	seen := map[key.Key]bool{{}: true}
	for _, k := range []key.Key{key.Int(0), key.Int(1), key.Text(""), key.Text("1"), key.UUID(uuid.Nil), key.UUID(uuid.UUID{15: 1})} {
		if seen[k] {
			t.Errorf("%v is equal to another key", k)
		}
		seen[k] = true
		text, err := json.Marshal(k)
		var back key.Key
		if err = errors.Join(err, json.Unmarshal(text, &back)); err != nil || back != k {
			t.Errorf("%v is %s as JSON and back %v: %v", k, text, back, err)
		}
	}
	for k, zero := range map[key.Key]bool{{}: true, key.Int(0): true, key.Text(""): true, key.UUID(uuid.Nil): true, key.Int(1): false, key.Text("a"): false} {
		if k.IsZero() != zero {
			t.Errorf("IsZero of %#v is %t", k, !zero)
		}
	}
}
