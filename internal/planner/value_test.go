package planner

import (
	"encoding/json"
	"math"
	"testing"
	"testing/quick"
	"time"
	"unicode/utf8"

	"github.com/entgraph/entgraph/internal/entity"
)

func TestAppendStringIsJSON(t *testing.T) {
	t.Parallel()
	same := func(s string) bool {
		if !utf8.ValidString(s) {
			return true // Postgres stores no such text
		}
		var back string
		return json.Unmarshal(appendString(nil, []byte(s)), &back) == nil && back == s
	}
	if err := quick.Check(same, &quick.Config{MaxCount: 3000}); err != nil {
		t.Error(err)
	}
	for c := rune(0); c < 0x300; c++ {
		if !same("a" + string(c) + "b") {
			t.Errorf("%U is not written rightly", c)
		}
	}
}

func TestAppendFloatIsJSON(t *testing.T) {
	t.Parallel()
	same := func(bits uint64) bool {
		f := math.Float64frombits(bits)
		text := appendFloat(nil, f)
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return string(text) == "null"
		}
		var back float64
		return json.Unmarshal(text, &back) == nil && back == f
	}
	if err := quick.Check(same, &quick.Config{MaxCount: 3000}); err != nil {
		t.Error(err)
	}
}

func TestAppendTime(t *testing.T) {
	t.Parallel()
	c := &column{typ: entity.Time}
	for micros, want := range map[int64]string{
		0:              `"2000-01-01T00:00:00Z"`,
		1:              `"2000-01-01T00:00:00.000001Z"`,
		-1:             `"1999-12-31T23:59:59.999999Z"`,
		500_000:        `"2000-01-01T00:00:00.5Z"`,
		math.MaxInt64:  `null`, // infinity
		math.MinInt64:  `null`,
		timeMin:        `"-4713-11-24T00:00:00Z"`,
		timeMin - 1:    `null`,
		31_622_400_000: `"2000-01-01T08:47:02.4Z"`,
	} {
		if got := string(appendValue(nil, be64(uint64(micros)), c)); got != want {
			t.Errorf("%d is written as %s, want %s", micros, got, want)
		}
	}
	same := func(micros int64) bool {
		micros %= 6_000 * 365 * 24 * 3600 * 1_000_000
		at := time.UnixMicro(micros).UTC()
		v, ok := decodeValue(be64(uint64(micros-postgresEpoch)), entity.Time)
		return ok && at.Equal(v.(time.Time))
	}
	if err := quick.Check(same, nil); err != nil {
		t.Error(err)
	}
}

func FuzzDecodeValue(f *testing.F) {
	f.Add([]byte("abc"), uint8(entity.String))
	f.Add(be64(math.MaxInt64), uint8(entity.Time))
	f.Fuzz(func(t *testing.T, b []byte, typ uint8) {
		c := &column{typ: entity.Type(typ % 11)}
		if c.typ == entity.ID || c.typ == entity.JSON || c.typ == entity.String || c.typ == entity.Enum {
			return
		}
		if out := appendValue(nil, b, c); !json.Valid(out) {
			t.Errorf("%x of type %d is written as %q", b, c.typ, out)
		}
	})
}
