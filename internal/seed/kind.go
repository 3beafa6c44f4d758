package seed

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/entgraph/entgraph/internal/entity"
)

// ofEnums reports whether the column is an array of an enum.
func (c *column) ofEnums() bool {
	return c.field != nil && c.field.Item != nil && c.field.Item.Type == entity.Enum
}

// kind lists the shapes of a column's values: first what its name suggests, then what else
// its type can hold, for validators and CHECKs that want something else. None means that no
// values of the type are made.
func (c *column) kind(t *table) []shape {
	if c.ofEnums() {
		values := c.field.Item.Members()
		return []shape{func(r *row) any { return values[:r.IntN(len(values)+1)] }}
	}
	if len(c.enums) > 0 {
		values := c.enums
		return []shape{func(r *row) any { return pick(r, values) }}
	}
	mined := c.mine(t)
	switch c.typ {
	case "character varying", "text", "character", "citext", "name":
		return slices.Concat(mined, textShapes(c, t))
	case "smallint", "integer", "bigint":
		return slices.Concat(mined, intShapes(c))
	case "numeric", "real", "double precision":
		return slices.Concat(mined, floatShapes(c))
	}
	if f := kinds[c.typ]; f != nil {
		return f(c)
	}
	return nil
}

// kinds are the types of which the name says little.
var kinds = map[string]func(*column) []shape{
	"boolean":                     boolShapes,
	"timestamp with time zone":    timeShapes,
	"timestamp without time zone": timeShapes,
	"date":                        timeShapes,
	"uuid":                        one(func(r *row) any { return r.uuid(r.at) }),
	"jsonb":                       jsonShapes,
	"json":                        jsonShapes,
	"bytea":                       byteShapes,
	"inet":                        one(func(r *row) any { return netip.MustParseAddr("192.0.2." + r.digits(2)) }), // RFC 5737
	"cidr":                        one(func(r *row) any { return netip.MustParsePrefix("192.0.2.0/24") }),
	"macaddr": one(func(r *row) any {
		return net.HardwareAddr{2, 0, 0, byte(r.IntN(256)), byte(r.IntN(256)), byte(r.IntN(256))}
	}),
	"interval": one(func(r *row) any { return time.Duration(5*(1+r.IntN(48))) * time.Minute }),
	"time without time zone": one(func(r *row) any {
		return pgtype.Time{Microseconds: (5 * time.Minute * time.Duration(r.IntN(288))).Microseconds(), Valid: true}
	}),
	"int4range":                     one(numbers),
	"int8range":                     one(numbers),
	"numrange":                      one(numbers),
	"tsrange":                       times(time.Hour, 72),
	"tstzrange":                     times(time.Hour, 72),
	"daterange":                     times(day, 14),
	"text[]":                        one(func(r *row) any { return r.words() }),
	"character varying[]":           one(func(r *row) any { return r.words() }),
	"smallint[]":                    one(someNumbers),
	"integer[]":                     one(someNumbers),
	"bigint[]":                      one(someNumbers),
	"real[]":                        one(someFloats),
	"double precision[]":            one(someFloats),
	"numeric[]":                     one(func(r *row) any { return []string{r.digits(1), r.digits(1)} }),
	"boolean[]":                     one(func(r *row) any { return []bool{r.IntN(2) == 0, r.IntN(2) == 0} }),
	"timestamp with time zone[]":    one(someTimes),
	"timestamp without time zone[]": one(someTimes),
	"date[]":                        one(func(r *row) any { return []time.Time{r.at.Truncate(day), r.at.Truncate(day).Add(day)} }),
	"uuid[]":                        one(func(r *row) any { return []uuid.UUID{r.uuid(r.at), r.uuid(r.at)} }),
	"cidr[]":                        one(func(r *row) any { return []string{"192.0.2.0/24", "10." + strconv.Itoa(r.IntN(256)) + ".0.0/16"} }),
	"macaddr[]":                     one(func(r *row) any { return []string{fmt.Sprintf("02:00:00:00:%02x:%02x", r.IntN(256), r.IntN(256))} }),
	"time without time zone[]":      one(func(r *row) any { return []string{clock(r) + ":00"} }),
	"interval[]":                    one(func(r *row) any { return []string{fmt.Sprintf("PT%dM", 5*(1+r.IntN(11)))} }),
	"inet[]":                        one(func(r *row) any { return []string{"192.0.2." + r.digits(2)} }),
}

func someNumbers(r *row) any { return []int64{r.Int64N(100), r.Int64N(100)} }

func someFloats(r *row) any { return []float64{float64(r.IntN(400)) / 4, float64(r.IntN(400)) / 4} }

func someTimes(r *row) any { return []time.Time{r.at, r.at.Add(time.Hour)} }

func one(s shape) func(*column) []shape { return func(*column) []shape { return []shape{s} } }

// like reports whether a column's name is one of the words or ends in one.
func like(name, words string) bool {
	for word := range strings.FieldsSeq(words) {
		if name == word || strings.HasSuffix(name, "_"+word) {
			return true
		}
	}
	return false
}

// begins reports whether a column's name begins with one of the words.
func begins(name, words string) bool {
	first, _, _ := strings.Cut(name, "_")
	return slices.Contains(strings.Fields(words), first)
}

func boolShapes(c *column) []shape {
	share := 0.5
	switch {
	case like(c.name, "active enabled verified confirmed public published visible available paid read accepted"):
		share = 0.85
	case like(c.name, "deleted archived banned blocked hidden private locked suspended featured spam test internal pinned"):
		share = 0.1
	case c.standard == true:
		share = 0.8
	case c.standard == false:
		share = 0.2
	}
	return []shape{
		func(r *row) any { return r.Float64() < share },
		func(r *row) any { return r.Float64() < 0.5 },
	}
}

func byteShapes(c *column) []shape {
	var out []shape
	for _, n := range []int{32, 16, 20, 64, 12, 24, 8, 4, 1, 128, 256} {
		out = append(out, func(r *row) any {
			b := make([]byte, n)
			for i := range b {
				b[i] = byte(r.Uint32())
			}
			return b
		})
	}
	return out
}

func isCreated(name string) bool {
	return like(name, "created_at created create_time inserted_at created_on")
}

func isUpdated(name string) bool {
	return like(name, "updated_at updated modified_at changed_at update_time modified updated_on last_modified")
}

const day = 24 * time.Hour

// timeShapes makes times in the past and in order: nothing ends before it begins or happens
// before the row was made.
func timeShapes(c *column) []shape {
	after := func(least, most time.Duration) shape {
		return func(r *row) any { return r.at.Add(least + r.upTo(most-least)) }
	}
	past := func(s shape) shape {
		return func(r *row) any {
			if at := s(r).(time.Time); at.Before(r.until) {
				return at
			}
			return r.at.Add(r.upTo(r.until.Sub(r.at)))
		}
	}
	var out []shape
	name := strings.TrimSuffix(strings.TrimSuffix(c.name, "_at"), "_on")
	switch {
	case isCreated(c.name):
		return []shape{func(r *row) any { return r.at }}
	case isUpdated(c.name):
		out = []shape{func(r *row) any {
			if r.Float64() < 0.6 {
				return r.at
			}
			return past(after(time.Hour, 60*day))(r)
		}}
	case like(name, "birthday birthdate birth_date date_of_birth born dob"):
		out = []shape{func(r *row) any { return r.until.Add(-18*365*day - r.upTo(50*365*day)).Truncate(day) }}
	case like(name, "expires expires_at expiry expiration due deadline valid_until valid_to renews"):
		out = []shape{after(30*day, 400*day)}
	case like(name, "end ends ended until finish finished finishes complete completed closed close to checkout check_out arrived arrival delivered"):
		out = []shape{past(after(6*day, 20*day)), after(6*day, 20*day)}
	case like(name, "start starts started begin begins began from opened open checkin check_in departed departure shipped"):
		out = []shape{past(after(time.Hour, 5*day)), after(time.Hour, 5*day)}
	default:
		out = []shape{past(after(time.Minute, 20*day))}
	}
	return append(out,
		past(after(0, 10*day)),
		func(r *row) any { return r.at },
		func(r *row) any { return r.at.Add(-r.upTo(30 * day)) },
		after(time.Hour, 400*day),
		func(r *row) any { return r.until.Add(3650 * day).Add(r.upTo(3650 * day)) },
		func(r *row) any { return r.at.Truncate(day) },
		func(r *row) any { return r.until.Add(-3650 * day).Add(-r.upTo(3650 * day)) },
	)
}
