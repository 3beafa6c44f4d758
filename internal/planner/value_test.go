package planner

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"strconv"
	"strings"
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
		return json.Unmarshal(entity.AppendString(nil, []byte(s)), &back) == nil && back == s
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

// What Postgres counts from, and its first time; see package entity.
const (
	postgresEpoch = 946_684_800_000_000
	timeMin       = -211_813_488_000_000_000
)

func TestAppendFloatIsJSON(t *testing.T) {
	t.Parallel()
	c := &column{typ: entity.Float}
	same := func(bits uint64) bool {
		f := math.Float64frombits(bits)
		text, unfit := appendValue(nil, be64(bits), c)
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return unfit != nil && len(text) == 0
		}
		var back float64
		return unfit == nil && json.Unmarshal(text, &back) == nil && back == f
	}
	if err := quick.Check(same, &quick.Config{MaxCount: 3000}); err != nil {
		t.Error(err)
	}
	same32 := func(bits uint32) bool {
		f := math.Float32frombits(bits)
		text, unfit := appendValue(nil, be32(bits), &column{typ: entity.Float32})
		if f != f || math.IsInf(float64(f), 0) {
			return unfit != nil && len(text) == 0
		}
		var back float32
		return unfit == nil && json.Unmarshal(text, &back) == nil && back == f && len(text) <= 23
	}
	if err := quick.Check(same32, &quick.Config{MaxCount: 3000}); err != nil {
		t.Error(err)
	}
	if text, _ := appendValue(nil, be32(math.Float32bits(0.1)), &column{typ: entity.Float32}); string(text) != "0.1" {
		t.Errorf("0.1 is written as %s", text)
	}
}

func be32(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }

// TestUnfit checks what has no form in the API: nothing is written and the error says
// why.
func TestUnfit(t *testing.T) {
	t.Parallel()
	for want, tc := range map[string]struct {
		typ entity.Type
		b   []byte
	}{
		"as Int: it needs more than 32 bits":        {entity.Int, be64(math.MaxInt32 + 1)},
		"as Float: it is not a number":              {entity.Float, be64(math.Float64bits(math.NaN()))},
		"as Float: it is infinite":                  {entity.Float32, be32(math.Float32bits(float32(math.Inf(-1))))},
		"as Time: it is infinite":                   {entity.Time, be64(math.MaxInt64)},
		"as Time: it is not of the years 1 to 9999": {entity.Time, be64(uint64(253_402_300_800_000_000 - postgresEpoch))},
		"as String: it is not UTF-8":                {entity.String, []byte("a\xff")},
		"as UUID: it has another form":              {entity.UUID, []byte("short")},
	} {
		out, unfit := appendValue([]byte("x"), tc.b, &column{typ: tc.typ})
		if unfit == nil || !strings.HasSuffix(unfit.Error(), want) || string(out) != "x" {
			t.Errorf("%x: %v, want %q; written %q", tc.b, unfit, want, out)
		}
	}
	for _, n := range []int64{math.MinInt32, math.MaxInt32} {
		if out, unfit := appendValue(nil, be64(uint64(n)), &column{typ: entity.Int}); unfit != nil || string(out) != strconv.FormatInt(n, 10) {
			t.Errorf("%d is written as %s, %v", n, out, unfit)
		}
	}
}

func TestAppendTime(t *testing.T) {
	t.Parallel()
	c := &column{typ: entity.Time}
	for micros, want := range map[int64]string{
		0:                       `"2000-01-01T00:00:00Z"`,
		1:                       `"2000-01-01T00:00:00.000001Z"`,
		-1:                      `"1999-12-31T23:59:59.999999Z"`,
		500_000:                 `"2000-01-01T00:00:00.5Z"`,
		math.MaxInt64:           ``, // infinity
		math.MinInt64:           ``,
		timeMin:                 ``,
		timeMin - 1:             ``,
		-63_082_281_600_000_000: `"0001-01-01T00:00:00Z"`,
		-63_082_281_600_000_001: ``,
		31_622_400_000:          `"2000-01-01T08:47:02.4Z"`,
	} {
		out, unfit := appendValue(nil, be64(uint64(micros)), c)
		if got := string(out); got != want || (unfit == nil) != (want != "") {
			t.Errorf("%d is written as %s, want %s; %v", micros, got, want, unfit)
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
		c := &column{typ: entity.Type(typ)}
		if c.typ.Kind().Append == nil || c.typ == entity.ID || c.typ == entity.JSON || c.typ == entity.String || c.typ == entity.Enum {
			return
		}
		if out, unfit := appendValue(nil, b, c); unfit == nil && !json.Valid(out) || unfit != nil && len(out) > 0 {
			t.Errorf("%x of type %d is written as %q, %v", b, c.typ, out, unfit)
		}
	})
}
