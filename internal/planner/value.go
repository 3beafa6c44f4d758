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
	"github.com/entgraph/entgraph/internal/sqltext"
)

// postgresEpoch is 2000-01-01, from which Postgres counts, in Unix microseconds.
const postgresEpoch = 946_684_800_000_000

// fieldExpr is the SQL of a field under an alias. Its type is one that the generator
// lets a field have, see [entity.Pairs], which checkColumns holds the database to. A
// document is read as its text.
func fieldExpr(alias string, f *entity.Field) string {
	expr := alias + "." + sqltext.Ident(f.Column)
	if f.Type == entity.JSON {
		return expr + "::text"
	}
	return expr
}

// decodeValue reads a value in Postgres' binary form: a string, int64, float64,
// float32, bool, time.Time, uuid.UUID or, for a time beyond all others, a pgtype.Timestamptz.
func decodeValue(b []byte, typ entity.Type) (any, bool) {
	switch typ {
	case entity.Int, entity.BigInt:
		return decodeInt(b)
	case entity.Float:
		if len(b) != 8 {
			return nil, false
		}
		return math.Float64frombits(binary.BigEndian.Uint64(b)), true
	case entity.Float32:
		if len(b) != 4 {
			return nil, false
		}
		return math.Float32frombits(binary.BigEndian.Uint32(b)), true
	case entity.Bool:
		if len(b) != 1 || b[0] > 1 {
			return nil, false
		}
		return b[0] == 1, true
	case entity.UUID:
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

// A ValueError says why a value that is stored has no form in the API, such as a time of
// the year 10000 that was written by SQL.
type ValueError struct{ message string }

// Error is for the client.
func (e *ValueError) Error() string { return e.message }

// unfit is a ValueError about a value of a column.
func (c *column) unfit(reason string) *ValueError {
	scalar := c.typ.Scalar()
	if c.typ == entity.Enum {
		scalar = "a value of its enum"
	}
	return &ValueError{"the stored value cannot be shown as " + scalar + ": it " + reason}
}

// appendValue writes a value in Postgres' binary form as JSON. With an error nothing is
// written.
func appendValue(dst, b []byte, c *column) ([]byte, *ValueError) {
	switch c.typ {
	case entity.ID:
		out, ok := appendID(dst, b, c.entity)
		if !ok {
			return dst, c.unfit("is no id")
		}
		return out, nil
	case entity.JSON:
		return append(dst, b...), nil
	case entity.String:
		if !utf8.Valid(b) { // in a database of another encoding
			return dst, c.unfit("is not UTF-8")
		}
		return appendString(dst, b), nil
	case entity.Enum: // see writer.knows
		return appendString(dst, b), nil
	}
	v, ok := decodeValue(b, c.typ)
	if !ok {
		return dst, c.unfit("has another form")
	}
	switch v := v.(type) {
	case int64:
		return appendInt(dst, v, c)
	case float64:
		return appendFloat(dst, v, 64, c)
	case float32:
		return appendFloat(dst, float64(v), 32, c)
	case bool:
		return strconv.AppendBool(dst, v), nil
	case uuid.UUID:
		return append(append(append(dst, '"'), v.String()...), '"'), nil
	case time.Time:
		if !entity.ValidTime(v) {
			return dst, c.unfit("is not of the years 1 to 9999")
		}
		dst = append(dst, '"')
		dst = v.AppendFormat(dst, "2006-01-02T15:04:05.999999Z07:00")
		return append(dst, '"'), nil
	}
	return dst, c.unfit("is infinite") // a time
}

// value is a value for a computed field, nil for NULL.
func (c *column) value(b []byte) (any, *ValueError) {
	if b == nil {
		return nil, nil
	}
	if c.typ == entity.ID {
		id, ok := decodeID(b, c.entity.Key())
		if !ok {
			return nil, c.unfit("is no id")
		}
		return id.Any(), nil
	}
	v, ok := decodeValue(b, c.typ)
	switch v := v.(type) {
	case float32:
		return float64(v), nil
	case pgtype.Timestamptz:
		return nil, c.unfit("is infinite")
	}
	if !ok {
		return nil, c.unfit("has another form")
	}
	return v, nil
}

func appendInt(dst []byte, n int64, c *column) ([]byte, *ValueError) {
	switch {
	case c.typ == entity.BigInt:
		dst = append(dst, '"')
		return append(strconv.AppendInt(dst, n, 10), '"'), nil
	case n < math.MinInt32 || n > math.MaxInt32:
		return dst, c.unfit("needs more than 32 bits")
	}
	return strconv.AppendInt(dst, n, 10), nil
}

// appendFloat writes a number of so many bits as encoding/json does, with as few digits
// as tell it from others.
func appendFloat(dst []byte, f float64, bits int, c *column) ([]byte, *ValueError) {
	switch {
	case math.IsNaN(f):
		return dst, c.unfit("is not a number")
	case math.IsInf(f, 0):
		return dst, c.unfit("is infinite")
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(dst, f, format, -1, bits), nil
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

// appendString writes a text, which is UTF-8, as a JSON string.
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
