package entity

import (
	"encoding/binary"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The forms of times without a zone, as Go writes them.
const (
	dateForm      = "2006-01-02"
	localForm     = "2006-01-02T15:04:05.999999"
	timeOfDayForm = "15:04:05.999999"
)

var (
	dateText      = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
	localText     = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.(\d+))?$`)
	timeOfDayText = regexp.MustCompile(`^(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.(\d+))?$`)
)

func parseDate(v any) (string, error) {
	return parseLocalForm(v, dateText, dateForm, "must be a day such as 2026-01-31")
}

func parseLocal(v any) (string, error) {
	return parseLocalForm(v, localText, localForm, "must be a time without zone such as 2026-01-31T12:00:00")
}

func parseTimeOfDay(v any) (string, error) {
	return parseLocalForm(v, timeOfDayText, timeOfDayForm, "must be a time of day such as 12:00:00")
}

// parseLocalForm accepts one spelling of a day or a time and gives it with no more decimals than
// it needs.
func parseLocalForm(v any, spelling *regexp.Regexp, form string, wrong badInput) (string, error) {
	text, ok := v.(string)
	if !ok {
		return "", wrong
	}
	m := spelling.FindStringSubmatch(text)
	if m == nil {
		return "", wrong
	}
	if len(m) > 1 && len(strings.TrimRight(m[1], "0")) > 6 {
		return "", badInput("must have at most six decimals of a second")
	}
	t, err := time.Parse(strings.TrimSuffix(form, ".999999"), text) // takes decimals all the same
	switch {
	case err != nil:
		return "", wrong
	case form != timeOfDayForm && t.Year() < 1:
		return "", badInput("must be of the years 1 to 9999")
	}
	return t.Format(form), nil
}

const dayMicros = 24 * 3600 * 1_000_000

// showDate reads the days since 2000-01-01.
func showDate(b []byte) (form, unfit string) {
	if len(b) != 4 {
		return "", ""
	}
	days := int32(binary.BigEndian.Uint32(b))
	switch days {
	case math.MaxInt32:
		return "infinity", unfitInfinite
	case math.MinInt32:
		return "-infinity", unfitInfinite
	}
	return showLocalTime(time.Date(2000, 1, 1+int(days), 0, 0, 0, 0, time.UTC), dateForm)
}

// showLocal reads the microseconds since 2000-01-01.
func showLocal(b []byte) (form, unfit string) {
	v, ok := decodeTime(b)
	if !ok {
		return "", ""
	}
	t, finite := v.(time.Time)
	switch {
	case finite:
		return showLocalTime(t, localForm)
	case b[0]&0x80 != 0:
		return "-infinity", unfitInfinite
	}
	return "infinity", unfitInfinite
}

// showLocalTime writes a year that the API does not show as Postgres reads it.
func showLocalTime(t time.Time, form string) (text, unfit string) {
	if ValidTime(t) {
		return t.Format(form), ""
	}
	year, era := t.Year(), ""
	if year < 1 {
		year, era = 1-year, " BC"
	}
	return fmt.Sprintf("%04d", year) + t.Format(strings.TrimPrefix(form, "2006")) + era, unfitYears
}

// showTimeOfDay reads the microseconds since midnight.
func showTimeOfDay(b []byte) (form, unfit string) {
	if len(b) != 8 {
		return "", ""
	}
	switch micros := int64(binary.BigEndian.Uint64(b)); {
	case micros < 0 || micros > dayMicros:
		return "", ""
	case micros == dayMicros:
		return "24:00:00", "is 24:00:00"
	default:
		return time.UnixMicro(micros).UTC().Format(timeOfDayForm), ""
	}
}

var durationText = regexp.MustCompile(`^P(?:(-?\d+)Y)?(?:(-?\d+)M)?(?:(-?\d+)W)?(?:(-?\d+)D)?(?:T(?:(-?\d+)H)?(?:(-?\d+)M)?(?:(-?)(\d+)(?:\.(\d{1,6}))?S)?)?$`)

// durationUnits are the parts of a duration before its seconds: how many there are in the
// part of an interval that keeps them.
var durationUnits = []struct {
	count int64
	part  int // 0 months, 1 days, 2 microseconds
}{{12, 0}, {1, 0}, {7, 1}, {1, 1}, {3600 * 1_000_000, 2}, {60 * 1_000_000, 2}}

// maxHours keeps a duration within what all versions of Postgres read.
const maxHours = 1_000_000_000

// parseDuration accepts a duration of ISO 8601 and gives it as Postgres keeps it: weeks are
// days and 90 minutes are an hour and a half, but a day is not 24 hours.
func parseDuration(v any) (string, error) {
	const form = badInput("must be a duration such as P1DT12H30M")
	text, ok := v.(string)
	m := durationText.FindStringSubmatch(text)
	if !ok || m == nil || strings.HasSuffix(text, "P") || strings.HasSuffix(text, "T") {
		return "", form
	}
	tooLarge := badInput(fmt.Sprintf("must have at most %d months, %d days and %d hours in all, or as many below zero", math.MaxInt32, math.MaxInt32, maxHours))
	var parts [3]int64
	add := func(text string, count int64, part int) bool {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n > math.MaxInt64/count/8 || n < -math.MaxInt64/count/8 {
			return false
		}
		parts[part] += n * count
		return true
	}
	for i, unit := range durationUnits {
		if m[i+1] != "" && !add(m[i+1], unit.count, unit.part) {
			return "", tooLarge
		}
	}
	if m[8] != "" {
		micros := m[9] + strings.Repeat("0", 6-len(m[9]))
		if !add(m[7]+m[8], 1_000_000, 2) || !add(m[7]+micros, 1, 2) {
			return "", tooLarge
		}
	}
	const most = maxHours * 3600 * 1_000_000
	if n := parts[0]; n > math.MaxInt32 || n < math.MinInt32+1 {
		return "", tooLarge
	}
	if n := parts[1]; n > math.MaxInt32 || n < math.MinInt32+1 {
		return "", tooLarge
	}
	if n := parts[2]; n > most || n < -most {
		return "", tooLarge
	}
	return durationOf(parts[0], parts[1], parts[2]), nil
}

// showDuration reads microseconds, days and months.
func showDuration(b []byte) (form, unfit string) {
	if len(b) != 16 {
		return "", ""
	}
	micros, days, months := int64(binary.BigEndian.Uint64(b)), int32(binary.BigEndian.Uint32(b[8:])), int32(binary.BigEndian.Uint32(b[12:]))
	switch { // of Postgres 17 on
	case micros == math.MaxInt64 && days == math.MaxInt32 && months == math.MaxInt32:
		return "infinity", unfitInfinite
	case micros == math.MinInt64 && days == math.MinInt32 && months == math.MinInt32:
		return "-infinity", unfitInfinite
	}
	return durationOf(int64(months), int64(days), micros), ""
}

// durationOf writes an interval as ISO 8601; each number has the sign of its part.
func durationOf(months, days, micros int64) string {
	out := []byte("P")
	add := func(n int64, unit byte) {
		if n != 0 {
			out = append(strconv.AppendInt(out, n, 10), unit)
		}
	}
	add(months/12, 'Y')
	add(months%12, 'M')
	add(days, 'D')
	if micros != 0 || len(out) == 1 {
		out = append(out, 'T')
		add(micros/3_600_000_000, 'H')
		add(micros/60_000_000%60, 'M')
		if rest := micros % 60_000_000; rest != 0 {
			sign := ""
			if rest < 0 {
				rest, sign = -rest, "-"
			}
			seconds := fmt.Sprintf("%s%d.%06d", sign, rest/1_000_000, rest%1_000_000)
			out = append(out, strings.TrimRight(strings.TrimRight(seconds, "0"), ".")...)
			out = append(out, 'S')
		}
	}
	if string(out) == "PT" {
		return "PT0S"
	}
	return string(out)
}
