package config_test

import (
	"math"
	"testing"

	"github.com/entgraph/entgraph/internal/config"
)

func TestMemoryLimits(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		bytes   config.MemoryLimit
		printed string
	}{
		"1":      {1, "1B"},
		"1000B":  {1000, "1000B"},
		"2048":   {2048, "2KiB"},
		"3KiB":   {3 << 10, "3KiB"},
		"256MiB": {256 << 20, "256MiB"},
		"2GiB":   {2 << 30, "2GiB"},
		"1TiB":   {1 << 40, "1TiB"},
		"off":    {math.MaxInt64, "off"},
	} {
		var l config.MemoryLimit
		if err := l.UnmarshalText([]byte(text)); err != nil || l != want.bytes || l.String() != want.printed {
			t.Errorf("%s: %d bytes, printed %s, error %v", text, int64(l), l, err)
		}
	}
}
