package seed

import (
	"database/sql/driver"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/key"
)

// shape makes a value of one kind: a text, an int64, a float64, a bool, a time.Time, a
// uuid.UUID, bytes, or for JSON anything.
type shape func(r *row) any

// choose decides how a column gets its values.
func (t *table) choose(c *column) {
	inKey, unset := slices.Contains(t.key, c), !c.notNull || c.filled
	hidden := t.entity != nil && c.field == nil && !inKey
	managed := c.field != nil && !inKey && c.field.Flags.Has(entity.ReadOnly) && !isCreated(c.name) && !isUpdated(c.name)
	switch {
	case c.computed, c.numbered && !inKey:
		c.omit = true
	case t.refOf(c) != nil:
	case t.account != nil && c.name == t.account.PasswordHash:
		c.always = passwordHash(c)
	case (hidden || managed) && unset:
		c.omit = true // what the app alone knows how to fill
	case inKey:
		c.shapes = keyShapes(c, t)
	default:
		c.shapes = c.kind(t)
		c.account(t.account)
	}
}

// passwordHash gives each account the demo password. Without one nobody signs in: there is
// no password for the hash "!".
func passwordHash(c *column) func(*row) any {
	return func(r *row) any {
		switch {
		case r.password != "":
			return r.password
		case c.notNull:
			return "!"
		}
		return nil
	}
}

// account lets the first account be the one that the demo signs in with: an admin, if there
// are admins. All others have the role of new users.
func (c *column) account(a *entity.Account) {
	if a == nil {
		return
	}
	first := func(value any, others shape) {
		c.shapes = slices.Insert(c.shapes, 0, func(r *row) any {
			if r.i == 0 && r.number == 0 {
				return value
			}
			return others(r)
		})
	}
	switch c.name {
	case a.Username:
		first("demo", c.shapes[0])
	case a.Email:
		first("demo@example.com", c.shapes[0])
	case a.Role:
		isAdmin := func(s string) bool { return strings.Contains(strings.ToLower(s), "admin") }
		admin := slices.IndexFunc(c.enums, isAdmin)
		others := slices.DeleteFunc(slices.Clone(c.enums), isAdmin)
		if admin < 0 || len(others) == 0 {
			return
		}
		member := others[len(others)-1]
		if s, ok := c.standard.(string); ok && slices.Contains(others, s) {
			member = s
		}
		first(c.enums[admin], func(*row) any { return member })
	}
}

// keyShapes makes ids: version 7 UUIDs, numbers from one on, texts that no two rows share, or what
// else the validator of a text takes.
func keyShapes(c *column, t *table) []shape {
	switch c.typ {
	case "uuid":
		return []shape{func(r *row) any { return r.uuid(r.at) }}
	case "smallint", "integer", "bigint":
		return []shape{func(r *row) any { return r.next() }}
	case "character varying", "text", "character", "citext":
		return append([]shape{func(r *row) any { return r.letters("0123456789abcdefghjkmnpqrstvwxyz", 20) }}, textShapes(c, t)...)
	}
	return c.kind(nil)
}

var errNothing = errors.New("no value of this kind")

// accept turns what a shape has made into what is stored: parsed and validated by the
// field, and within the bounds of the column.
func (c *column) accept(v any) (any, error) {
	if v == nil {
		return nil, errNothing
	}
	if s, ok := v.(string); ok && c.length > 0 && c.typ != "numeric" && utf8.RuneCountInString(s) > c.length {
		v = strings.TrimSpace(string([]rune(s)[:c.length]))
	}
	if c.field != nil {
		parsed, err := c.field.Parse(sent(v, c.field))
		if err != nil {
			return nil, err
		}
		v = parsed
	}
	if c.typ == "jsonb" || c.typ == "json" {
		text, err := json.Marshal(v)
		return string(text), err
	}
	if c.field != nil && c.field.Type == entity.ID { // of an app's own type, perhaps
		k, err := key.Of(v)
		if err != nil {
			return nil, err
		}
		v = k.Any()
	}
	v = plain(v)
	switch c.typ {
	case "interval":
		return duration(v), nil
	case "interval[]":
		if texts, ok := v.([]string); ok {
			return durations(texts), nil
		}
	}
	if text, ok := v.(string); ok && rangeColumns[c.typ] != nil {
		return written(c.typ, text)
	}
	if texts, ok := v.([]string); ok && c.typ != "text[]" && c.typ != "character varying[]" && !c.ofEnums() {
		return "{" + strings.Join(texts, ",") + "}", nil // numbers or addresses, which pgx reads as text alone
	}
	return v, c.holds(v)
}

// sent gives a value the form in which the API gets it for a field.
func sent(v any, f *entity.Field) any {
	if f.Item != nil {
		items := slices.Clone(entity.Items(v))
		for i := range items {
			items[i] = sent(items[i], f.Item)
		}
		return items
	}
	switch v := v.(type) {
	case span:
		return v.sent(f)
	case time.Time:
		switch f.Type {
		case entity.Date:
			return v.Format(time.DateOnly)
		case entity.LocalDateTime:
			return v.UTC().Format("2006-01-02T15:04:05.999999")
		}
		return v.Format(time.RFC3339Nano)
	case pgtype.Time:
		return time.UnixMicro(v.Microseconds).UTC().Format("15:04:05.999999")
	case time.Duration:
		return fmt.Sprintf("PT%dS", int64(v.Seconds()))
	case []byte:
		return base64.StdEncoding.EncodeToString(v)
	case float64:
		if f.Type == entity.Decimal && f.Length > 0 {
			return strconv.FormatFloat(v, 'f', f.Scale, 64)
		}
	case fmt.Stringer: // an id, an address
		return v.String()
	}
	return v
}

// plain gives a value a type that the driver knows; a field may have one of its own.
func plain(v any) any {
	switch v := v.(type) {
	case time.Time, time.Duration, uuid.UUID, pgtype.Time, netip.Addr, netip.Prefix, net.HardwareAddr, []byte, []string, []int64, []float64, []bool, []time.Time, []uuid.UUID:
		return v
	case span:
		return v.String()
	case driver.Valuer: // such as a decimal
		if out, err := v.Value(); err == nil {
			return out
		}
	}
	switch rv := reflect.ValueOf(v); {
	case rv.Kind() == reflect.String:
		return rv.String()
	case rv.CanInt():
		return rv.Int()
	case rv.CanUint():
		return int64(rv.Uint())
	case rv.CanFloat():
		return rv.Float()
	case rv.Kind() == reflect.Bool:
		return rv.Bool()
	case rv.Kind() == reflect.Slice:
		return sliceOf(rv)
	}
	return v
}

// duration is what the driver sends as an interval, for which it does not read ISO 8601. Shapes make
// hours, minutes and seconds alone; other texts stay.
func duration(v any) any {
	text, ok := v.(string)
	if clock, is := strings.CutPrefix(text, "PT"); ok && is {
		if d, err := time.ParseDuration(strings.ToLower(clock)); err == nil {
			return d
		}
	}
	return v
}

func durations(texts []string) []any {
	out := make([]any, len(texts))
	for i, text := range texts {
		out[i] = duration(text)
	}
	return out
}

// sliceOf gives a slice of numbers or texts a type that the driver knows.
func sliceOf(rv reflect.Value) any {
	var numbers []int64
	var floats []float64
	texts := []string{}
	for i := range rv.Len() {
		switch v := plain(rv.Index(i).Interface()).(type) {
		case int64:
			numbers = append(numbers, v)
		case float64:
			floats = append(floats, v)
		case string:
			texts = append(texts, v)
		default:
			return rv.Interface()
		}
	}
	switch {
	case numbers != nil:
		return numbers
	case floats != nil:
		return floats
	}
	return texts
}

// holds refuses what the column's type cannot store.
func (c *column) holds(v any) error {
	n, isInt := v.(int64)
	f, isFloat := v.(float64)
	if isInt {
		f = float64(n)
	}
	bits := map[string]int{"smallint": 16, "integer": 32}[c.typ]
	switch s, isText := v.(string); {
	case isInt && bits > 0 && (n < -1<<(bits-1) || n >= 1<<(bits-1)),
		(isInt || isFloat) && c.typ == "numeric" && c.length > 0 && math.Abs(f) >= math.Pow10(c.length)-1:
		return fmt.Errorf("%v is out of the range of %s", v, c.typ)
	case isText && c.length > 0 && c.typ != "numeric" && utf8.RuneCountInString(s) > c.length:
		return fmt.Errorf("must have at most %d characters", c.length)
	}
	return nil
}
