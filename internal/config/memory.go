package config

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

const off = "off"

var errMalformed = errors.New("malformed")

// GCPercent is a value of GOGC as runtime/debug.SetGCPercent takes it: how much the
// heap may grow before the garbage collector runs again, in percent of what is in
// use; -1 for off.
type GCPercent int

// UnmarshalText reads a value of GOGC.
func (p *GCPercent) UnmarshalText(text []byte) error {
	if string(text) == off {
		*p = -1
		return nil
	}
	n, err := strconv.ParseInt(string(text), 10, 32)
	if err != nil || n < 1 {
		return errMalformed
	}
	*p = GCPercent(n)
	return nil
}

// String writes a value of GOGC.
func (p GCPercent) String() string {
	if p < 0 {
		return off
	}
	return strconv.Itoa(int(p))
}

// MemoryLimit is a value of GOMEMLIMIT as runtime/debug.SetMemoryLimit takes it, in
// bytes; math.MaxInt64 for off.
type MemoryLimit int64

// units are the suffixes of GOMEMLIMIT. Source: package runtime, environment variables.
var units = []struct {
	suffix string
	bytes  int64
}{{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}, {"", 1}}

// UnmarshalText reads a value of GOMEMLIMIT.
func (l *MemoryLimit) UnmarshalText(text []byte) error {
	if string(text) == off {
		*l = math.MaxInt64
		return nil
	}
	for _, u := range units {
		digits, ok := strings.CutSuffix(string(text), u.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || n < 1 || n > math.MaxInt64/u.bytes {
			return errMalformed
		}
		*l = MemoryLimit(n * u.bytes)
		return nil
	}
	return errMalformed
}

// String writes a value of GOMEMLIMIT.
func (l MemoryLimit) String() string {
	if l == math.MaxInt64 {
		return off
	}
	u := units[0]
	for _, u = range units {
		if int64(l)%u.bytes == 0 {
			break
		}
	}
	return strconv.FormatInt(int64(l)/u.bytes, 10) + u.suffix
}
