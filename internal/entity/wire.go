package entity

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"
)

type (
	uuidValue = uuid.UUID
	timeValue = time.Time
)

// Why a value that is stored has no form in the API; each follows "it".
const (
	unfitForm     = "has another form"
	unfitInfinite = "is infinite"
	unfitNaN      = "is not a number"
	unfitYears    = "is not of the years 1 to 9999"
	unfitText     = "is not UTF-8"
)

// postgresEpoch is 2000-01-01, from which Postgres counts, in Unix microseconds.
const postgresEpoch = 946_684_800_000_000

func decodeInt(b []byte) (any, bool) {
	n, ok := wireInt(b)
	return n, ok
}

func wireInt(b []byte) (int64, bool) {
	switch len(b) {
	case 2:
		return int64(int16(binary.BigEndian.Uint16(b))), true
	case 4:
		return int64(int32(binary.BigEndian.Uint32(b))), true
	case 8:
		return int64(binary.BigEndian.Uint64(b)), true
	}
	return 0, false
}

func appendInt(dst, b []byte) ([]byte, string) {
	n, ok := wireInt(b)
	switch {
	case !ok:
		return dst, unfitForm
	case n < math.MinInt32 || n > math.MaxInt32:
		return dst, "needs more than 32 bits"
	}
	return strconv.AppendInt(dst, n, 10), ""
}

func appendBigInt(dst, b []byte) ([]byte, string) {
	n, ok := wireInt(b)
	if !ok {
		return dst, unfitForm
	}
	return append(strconv.AppendInt(append(dst, '"'), n, 10), '"'), ""
}

// decodeFloat gives a float64, or of a real a float32.
func decodeFloat(b []byte) (any, bool) {
	f, bits := wireFloat(b)
	switch bits {
	case 64:
		return f, true
	case 32:
		return float32(f), true
	}
	return nil, false
}

func wireFloat(b []byte) (f float64, bits int) {
	switch len(b) {
	case 8:
		return math.Float64frombits(binary.BigEndian.Uint64(b)), 64
	case 4:
		return float64(math.Float32frombits(binary.BigEndian.Uint32(b))), 32
	}
	return 0, 0
}

// appendFloat writes a number as encoding/json does, with as few digits as tell it from
// others of its size.
func appendFloat(dst, b []byte) ([]byte, string) {
	f, bits := wireFloat(b)
	switch {
	case bits == 0:
		return dst, unfitForm
	case math.IsNaN(f):
		return dst, unfitNaN
	case math.IsInf(f, 0):
		return dst, unfitInfinite
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(dst, f, format, -1, bits), ""
}

func decodeBool(b []byte) (any, bool) {
	if len(b) != 1 || b[0] > 1 {
		return nil, false
	}
	return b[0] == 1, true
}

func appendBool(dst, b []byte) ([]byte, string) {
	v, ok := decodeBool(b)
	if !ok {
		return dst, unfitForm
	}
	return strconv.AppendBool(dst, v.(bool)), ""
}

func decodeUUID(b []byte) (any, bool) {
	id, err := uuid.FromBytes(b)
	return id, err == nil
}

func appendUUID(dst, b []byte) ([]byte, string) {
	id, err := uuid.FromBytes(b)
	if err != nil {
		return dst, unfitForm
	}
	return append(append(append(dst, '"'), id.String()...), '"'), ""
}

// timeMin and timeMax bound a timestamp: 4713 BC and 294276 AD. Source: PostgreSQL
// manual, section 8.5.
const (
	timeMin = -211_813_488_000_000_000
	timeMax = 9_223_371_331_200_000_000 - 1
)

// decodeTime gives a time.Time or, for one beyond all others, a pgtype.Timestamptz.
func decodeTime(b []byte) (any, bool) {
	if len(b) != 8 {
		return nil, false
	}
	switch micros := int64(binary.BigEndian.Uint64(b)); {
	case micros == math.MaxInt64:
		return pgtype.Timestamptz{InfinityModifier: pgtype.Infinity, Valid: true}, true
	case micros == math.MinInt64:
		return pgtype.Timestamptz{InfinityModifier: pgtype.NegativeInfinity, Valid: true}, true
	case micros < timeMin || micros > timeMax-postgresEpoch:
		return nil, false
	default:
		return time.UnixMicro(micros + postgresEpoch).UTC(), true
	}
}

func appendTime(dst, b []byte) ([]byte, string) {
	v, ok := decodeTime(b)
	if !ok {
		return dst, unfitForm
	}
	at, finite := v.(time.Time)
	switch {
	case !finite:
		return dst, unfitInfinite
	case !ValidTime(at):
		return dst, unfitYears
	}
	return append(at.AppendFormat(append(dst, '"'), "2006-01-02T15:04:05.999999Z07:00"), '"'), ""
}

func decodeText(b []byte) (any, bool) {
	return string(b), utf8.Valid(b) && bytes.IndexByte(b, 0) < 0
}

func appendText(dst, b []byte) ([]byte, string) {
	if !utf8.Valid(b) { // in a database of another encoding
		return dst, unfitText
	}
	return AppendString(dst, b), ""
}

const hexDigits = "0123456789abcdef"

// AppendString writes a text, which is UTF-8, as a JSON string.
func AppendString(dst, s []byte) []byte {
	dst = append(dst, '"')
	start := 0
	for i, b := range s {
		if b >= ' ' && b != '"' && b != '\\' {
			continue
		}
		dst = append(dst, s[start:i]...)
		start = i + 1
		switch b {
		case '"', '\\':
			dst = append(dst, '\\', b)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\t':
			dst = append(dst, '\\', 't')
		case '\r':
			dst = append(dst, '\\', 'r')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[b>>4], hexDigits[b&15])
		}
	}
	return append(append(dst, s[start:]...), '"')
}
