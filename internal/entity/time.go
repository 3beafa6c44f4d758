package entity

import (
	"regexp"
	"strings"
	"time"
)

// rfc3339 is the form of RFC 3339, section 5.6, with the letters T and Z in upper case.
// time.Parse takes more: hours of one digit, a comma, and offsets beyond a day.
var rfc3339 = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.(\d+))?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$`)

// ParseTime accepts RFC 3339 within the years that Postgres and JSON both hold and with
// the decimals that Postgres keeps; it refuses the leap second 60, which Postgres takes
// for the next minute.
func ParseTime(v any) (time.Time, error) {
	const form = badInput("must be a time such as 2026-01-31T12:00:00Z")
	s, ok := v.(string)
	if !ok {
		return time.Time{}, form
	}
	s = strings.ToUpper(s) // RFC 3339 allows both
	parts := rfc3339.FindStringSubmatch(s)
	if parts == nil {
		return time.Time{}, form
	}
	if decimals := parts[1]; len(strings.TrimRight(decimals, "0")) > 6 {
		return time.Time{}, badInput("must have at most six decimals of a second")
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}, form
	}
	t = t.UTC()
	if !ValidTime(t) {
		return time.Time{}, badInput("must be a time of the years 1 to 9999")
	}
	return t, nil
}

// ValidTime reports whether the API can show a time: RFC 3339 has years of four digits.
func ValidTime(t time.Time) bool {
	y := t.UTC().Year()
	return 1 <= y && y <= 9999
}
