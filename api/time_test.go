package api

import (
	"strings"
	"testing"
	"time"
)

func TestTime(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2026-01-31T12:00:00.5+01:00":      `"2026-01-31T11:00:00.5Z"`,
		"9999-12-31T23:59:59.999999Z":      `"9999-12-31T23:59:59.999999Z"`,
		"0001-01-01T00:00:00.000001Z":      `"0001-01-01T00:00:00.000001Z"`,
		"2026-01-31T12:00:00+24:00":        "",
		"2026-01-31T12:00:00.1234567Z":     "",
		"0000-01-01T00:00:00Z":             "",
		"9999-12-31T23:59:59.999999-00:01": "",
	} {
		at, err := UnmarshalTime(text)
		if (err == nil) != (want != "") {
			t.Errorf("%s: %v, %v", text, at, err)
		}
		if err != nil {
			continue
		}
		var out strings.Builder
		MarshalTime(at).MarshalGQL(&out)
		if out.String() != want {
			t.Errorf("%s is written as %s", text, &out)
		}
	}
	for _, at := range []time.Time{{}, time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC)} {
		var out strings.Builder
		MarshalTime(at).MarshalGQL(&out)
		if out.String() != "null" {
			t.Errorf("%v is written as %s", at, &out)
		}
	}
}
