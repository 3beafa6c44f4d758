package oracle

import (
	"cmp"
	"context"
	"database/sql/driver"
	"encoding/base64"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/entgraph/entgraph/internal/entity"
)

// form is a value that the API shows as a text of its own, in the one spelling of it. Of an enum
// of Postgres rank is its place among the values of the type.
type form struct {
	typ  entity.Type
	text string
	rank int
	name string // of an enum's value, in the API
	fold string // of a citext, what it is compared by
}

// hasForm reports whether the values of a field are forms.
func hasForm(f *entity.Field) bool {
	switch {
	case f.Item != nil || f.Type == entity.Char || f.Type.Kind().Bound != 0:
		return false
	case f.Type == entity.Enum:
		return f.Native != "" || f.Renames()
	}
	return f.Type == entity.Custom || f.Type == entity.Bytes || f.Type.Kind().Cast != ""
}

// loadLabels reads the values of the enums of Postgres in their order.
func (w *World) loadLabels(ctx context.Context, db *pgxpool.Pool) error {
	w.labels = map[string][]string{}
	for _, e := range w.Graph.All() {
		for _, f := range e.Fields {
			if f.Type != entity.Enum || f.Native == "" {
				continue
			}
			var labels []string
			const query = `SELECT array_agg(enumlabel::text ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = $1::text::regtype`
			if err := db.QueryRow(ctx, query, f.Native).Scan(&labels); err != nil {
				return fmt.Errorf("read the values of %s: %w", f.Native, err)
			}
			w.labels[f.Native] = labels
		}
	}
	return nil
}

// stored turns what pgx gives for a column into a value of a [Row]; f is nil for a column that
// is no field.
func (w *World) stored(f *entity.Field, v any) any {
	switch {
	case v == nil || f == nil:
	case f.Item != nil:
		return w.storedArray(f, v.([]any))
	case f.Type.Kind().Bound != 0:
		return w.storedSpan(f.Type, v)
	case f.Type == entity.Char:
		return strings.TrimRight(fmt.Sprint(v), " ")
	case hasForm(f):
		return w.form(f, formText(v, f.Type))
	}
	return plain(v)
}

// form is a value of a field by its text.
func (w *World) form(f *entity.Field, text string) form {
	out := form{typ: f.Type, text: text}
	if f.Type == entity.Enum {
		out.text = f.Stored(text)
		out.name = f.Shown(out.text)
		text = out.text
	}
	if f.Type == entity.Citext {
		out.fold = w.Fold(text)
	}
	for i, label := range w.labels[f.Native] {
		if label == text {
			out.rank = i
		}
	}
	return out
}

// grouped is a value as the keys of groups and the ends of lists show it: what differs in its case
// alone is one of them.
func grouped(v any) any {
	if f, ok := v.(form); ok && f.typ == entity.Citext {
		f.text = f.fold
		return f
	}
	return v
}

// shown is what the API has for a form.
func (a form) shown() string { return cmp.Or(a.name, a.text) }

// formText writes what pgx gives.
func formText(v any, typ entity.Type) string {
	switch v := v.(type) {
	case time.Time:
		if typ == entity.Date {
			return v.Format("2006-01-02")
		}
		return v.Format("2006-01-02T15:04:05.999999")
	case pgtype.Time:
		return time.UnixMicro(v.Microseconds).UTC().Format("15:04:05.999999")
	case pgtype.Interval:
		return interval{int64(v.Months), int64(v.Days), v.Microseconds}.String()
	case netip.Prefix:
		if typ == entity.Inet && v.IsSingleIP() {
			return v.Addr().String()
		}
	case []byte:
		return base64.StdEncoding.EncodeToString(v)
	case driver.Valuer: // a numeric
		if text, err := v.Value(); err == nil {
			return fmt.Sprint(text)
		}
	}
	return fmt.Sprint(v)
}

// parseForm reads what a client sends.
func parseForm(typ entity.Type, text string) (string, error) {
	switch typ {
	case entity.LocalDateTime, entity.TimeOfDay:
		if strings.Contains(text, ".") {
			text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
		}
	case entity.Duration:
		d, err := parseInterval(text)
		return d.String(), err
	case entity.Inet, entity.Cidr:
		p, err := parsePrefix(text)
		if err != nil {
			return "", err
		}
		return formText(p, typ), nil
	case entity.MacAddr:
		a, err := net.ParseMAC(text)
		return a.String(), err
	}
	return text, nil
}

// compare orders two forms of one type; days, times and hardware addresses have an order that
// is that of their texts.
func (a form) compare(b form) int {
	switch a.typ {
	case entity.Enum:
		return cmp.Or(a.rank-b.rank, strings.Compare(a.text, b.text))
	case entity.Citext:
		return strings.Compare(a.fold, b.fold)
	case entity.Decimal:
		return rational(a.text).Cmp(rational(b.text))
	case entity.Duration:
		return length(a.text).Cmp(length(b.text))
	case entity.Inet, entity.Cidr:
		return comparePrefixes(a.text, b.text)
	}
	return strings.Compare(a.text, b.text)
}

func rational(text string) *big.Rat {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		panic("not a decimal: " + text)
	}
	return r
}

func parsePrefix(text string) (netip.Prefix, error) {
	if strings.Contains(text, "/") {
		return netip.ParsePrefix(text)
	}
	a, err := netip.ParseAddr(text)
	return netip.PrefixFrom(a, a.BitLen()), err
}

// comparePrefixes orders by family, the network that both have, how long it is, and the rest.
// Source: network_cmp_internal in PostgreSQL's network.c.
func comparePrefixes(a, b string) int {
	x, _ := parsePrefix(a)
	y, _ := parsePrefix(b)
	if x.Addr().Is4() != y.Addr().Is4() {
		return x.Addr().BitLen() - y.Addr().BitLen()
	}
	bits := min(x.Bits(), y.Bits())
	if c := netip.PrefixFrom(x.Addr(), bits).Masked().Addr().Compare(netip.PrefixFrom(y.Addr(), bits).Masked().Addr()); c != 0 {
		return c
	}
	if c := x.Bits() - y.Bits(); c != 0 {
		return c
	}
	return x.Addr().Compare(y.Addr())
}

// within reports whether an address is in a network, or is it.
func within(a, b form) bool {
	x, _ := parsePrefix(a.text)
	y, _ := parsePrefix(b.text)
	return x.Addr().Is4() == y.Addr().Is4() && x.Bits() >= y.Bits() && y.Masked().Contains(x.Addr())
}

// interval is a duration as Postgres keeps it.
type interval struct{ months, days, micros int64 }

// String writes ISO 8601.
func (d interval) String() string {
	var date, clock string
	add := func(text *string, n int64, unit string) {
		if n != 0 {
			*text += strconv.FormatInt(n, 10) + unit
		}
	}
	add(&date, d.months/12, "Y")
	add(&date, d.months%12, "M")
	add(&date, d.days, "D")
	add(&clock, d.micros/3_600_000_000, "H")
	add(&clock, d.micros/60_000_000%60, "M")
	if seconds := d.micros % 60_000_000; seconds != 0 {
		text := big.NewRat(seconds, 1_000_000).FloatString(6)
		clock += strings.TrimRight(strings.TrimRight(text, "0"), ".") + "S"
	}
	switch {
	case date+clock == "":
		return "PT0S"
	case clock == "":
		return "P" + date
	}
	return "P" + date + "T" + clock
}

var intervalPart = regexp.MustCompile(`(-?[\d.]+)([A-Z])`)

func parseInterval(text string) (d interval, err error) {
	date, clock, _ := strings.Cut(strings.TrimPrefix(text, "P"), "T")
	for i, parts := range []string{date, clock} {
		for _, m := range intervalPart.FindAllStringSubmatch(parts, -1) {
			n := rational(m[1])
			whole := n.Num().Int64()
			switch m[2] + strconv.Itoa(i) {
			case "Y0":
				d.months += 12 * whole
			case "M0":
				d.months += whole
			case "W0":
				d.days += 7 * whole
			case "D0":
				d.days += whole
			case "H1":
				d.micros += 3_600_000_000 * whole
			case "M1":
				d.micros += 60_000_000 * whole
			case "S1":
				d.micros += n.Mul(n, big.NewRat(1_000_000, 1)).Num().Int64()
			default:
				return d, fmt.Errorf("%q is no duration", text)
			}
		}
	}
	return d, nil
}

// length is a duration in microseconds, of months of 30 days.
func length(text string) *big.Int {
	d, _ := parseInterval(text)
	n := big.NewInt(d.months*30 + d.days)
	return n.Add(n.Mul(n, big.NewInt(86_400_000_000)), big.NewInt(d.micros))
}

// truncated cuts a time, a day or a time without zone; NULL stays.
func truncated(v any, unit string, zone *time.Location) any {
	switch v := v.(type) {
	case time.Time:
		return truncate(v, unit, zone)
	case form:
		layout := "2006-01-02"
		if v.typ == entity.LocalDateTime {
			layout = "2006-01-02T15:04:05.999999"
		}
		t, err := time.Parse(strings.TrimSuffix(layout, ".999999"), v.text)
		if err != nil {
			panic(err) // of a value in a row
		}
		if v.typ != entity.Date || unit != "HOUR" {
			v.text = truncate(t, unit, time.UTC).Format(layout)
		}
		return v
	}
	return v
}

// formCandidates are values to fill rows with and to ask for.
var formCandidates = map[entity.Type][]string{
	entity.Decimal:       {"0", "1", "-1", "0.1", "10", "9.99", "99.9", "0.01"},
	entity.Date:          {"2026-01-01", "2025-12-31", "2024-02-29", "0001-01-01", "9999-12-31", "2026-01-05"},
	entity.LocalDateTime: {"2026-01-01T00:00:00", "2026-01-01T00:00:00.000001", "2025-12-31T23:59:59.999999", "0001-01-01T00:00:00", "9999-12-31T23:59:59.999999"},
	entity.TimeOfDay:     {"00:00:00", "23:59:59.999999", "12:00:00", "12:00:00.5", "09:30:00"},
	entity.Duration:      {"PT0S", "PT1H", "P1D", "PT36H", "P1M", "P31D", "P-1D", "P1Y2M3DT4H5M6.7S", "PT-0.5S"},
	entity.Inet:          {"192.0.2.1", "192.0.2.1/24", "192.0.2.0/24", "10.0.0.0/8", "10.1.2.3", "::1", "2001:db8::/32", "2001:db8::1"},
	entity.Cidr:          {"192.0.2.0/24", "192.0.2.0/25", "192.0.2.1/32", "10.0.0.0/8", "0.0.0.0/0", "::/0", "2001:db8::/32"},
	entity.MacAddr:       {"00:00:00:00:00:00", "08:00:2b:01:02:03", "08:00:2b:01:02:04", "ff:ff:ff:ff:ff:ff"},
	entity.Bytes:         {"", "AA==", "aGk=", "AAEC/f7/"},
	entity.Citext:        {"", "a", "A", "b", "Ä", "ä", "a b", "ΟΔΟΣ", "%"},
	entity.Char:          {"", "a", "A", "b", "0", "%"},
}
