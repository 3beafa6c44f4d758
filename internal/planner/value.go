package planner

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/entgraph/entgraph/internal/entity"
)

// postgresEpoch is 2000-01-01, from which Postgres counts, in Unix microseconds.
const postgresEpoch = 946_684_800_000_000

// fieldExpr is the SQL of a field under an alias. Types whose binary form depends on
// the column's are cast to the one that decodeValue and appendValue read; a cast to
// the type that the column has is free.
func fieldExpr(alias string, f *entity.Field) string {
	expr := alias + "." + ident(f.Column)
	switch f.Type {
	case entity.Float:
		return expr + "::float8"
	case entity.Time:
		return expr + "::timestamptz"
	case entity.JSON:
		return expr + "::text"
	}
	return expr
}

// decodeValue reads a value in Postgres' binary form: a string, int64, float64, bool,
// time.Time, uuid.UUID or, for a time beyond all others, a pgtype.Timestamptz.
func decodeValue(b []byte, typ entity.Type) (any, bool) {
	switch typ {
	case entity.Int, entity.BigInt:
		return decodeInt(b)
	case entity.Float:
		if len(b) != 8 {
			return nil, false
		}
		return math.Float64frombits(binary.BigEndian.Uint64(b)), true
	case entity.Bool:
		if len(b) != 1 || b[0] > 1 {
			return nil, false
		}
		return b[0] == 1, true
	case entity.ID, entity.UUID:
		id, err := uuid.FromBytes(b)
		return id, err == nil
	case entity.Time:
		if len(b) != 8 {
			return nil, false
		}
		return decodeTime(int64(binary.BigEndian.Uint64(b)))
	default:
		return string(b), utf8.Valid(b) && bytes.IndexByte(b, 0) < 0
	}
}

func decodeInt(b []byte) (any, bool) {
	switch len(b) {
	case 2:
		return int64(int16(binary.BigEndian.Uint16(b))), true
	case 4:
		return int64(int32(binary.BigEndian.Uint32(b))), true
	case 8:
		return int64(binary.BigEndian.Uint64(b)), true
	}
	return nil, false
}

// timeMin and timeMax bound a timestamptz: 4713 BC and 294276 AD. Source: PostgreSQL
// manual, section 8.5.
const (
	timeMin = -211_813_488_000_000_000
	timeMax = 9_223_371_331_200_000_000 - 1
)

func decodeTime(micros int64) (any, bool) {
	switch {
	case micros == math.MaxInt64:
		return pgtype.Timestamptz{InfinityModifier: pgtype.Infinity, Valid: true}, true
	case micros == math.MinInt64:
		return pgtype.Timestamptz{InfinityModifier: pgtype.NegativeInfinity, Valid: true}, true
	case micros < timeMin || micros > timeMax-postgresEpoch:
		return nil, false
	}
	return time.UnixMicro(micros + postgresEpoch).UTC(), true
}

// appendValue writes a value in Postgres' binary form as JSON.
func appendValue(dst, b []byte, c *column) []byte {
	switch c.typ {
	case entity.ID:
		if len(b) != 16 {
			return append(dst, "null"...)
		}
		dst = append(dst, '"')
		dst = c.entity.AppendID(dst, [16]byte(b))
		return append(dst, '"')
	case entity.JSON:
		return append(dst, b...)
	case entity.String, entity.Enum:
		return appendString(dst, b)
	}
	v, ok := decodeValue(b, c.typ)
	if !ok {
		return append(dst, "null"...)
	}
	switch v := v.(type) {
	case int64:
		if c.typ == entity.BigInt {
			dst = append(dst, '"')
			return append(strconv.AppendInt(dst, v, 10), '"')
		}
		return strconv.AppendInt(dst, v, 10)
	case float64:
		return appendFloat(dst, v)
	case bool:
		return strconv.AppendBool(dst, v)
	case uuid.UUID:
		return append(append(append(dst, '"'), v.String()...), '"')
	case time.Time:
		dst = append(dst, '"')
		dst = v.AppendFormat(dst, "2006-01-02T15:04:05.999999Z07:00")
		return append(dst, '"')
	}
	return append(dst, "null"...) // an infinite time has no RFC 3339 form
}

// appendFloat writes a number as encoding/json does; NaN and infinity have no JSON
// form and become null.
func appendFloat(dst []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(dst, "null"...)
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(dst, f, format, -1, 64)
}

const hex = "0123456789abcdef"

// jsonLen is how long a text is as a JSON string, without its quotes.
func jsonLen(s []byte) int {
	n := len(s)
	for _, b := range s {
		switch {
		case b == '"', b == '\\', b == '\n', b == '\t', b == '\r':
			n++
		case b < ' ':
			n += len(`\u0000`) - 1
		}
	}
	return n
}

// appendString writes a text as a JSON string. Postgres has checked that it is UTF-8.
func appendString(dst, s []byte) []byte {
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
			dst = append(dst, '\\', 'u', '0', '0', hex[b>>4], hex[b&15])
		}
	}
	return append(append(dst, s[start:]...), '"')
}
