package planner_test

import (
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/entity"
)

// TestWire reads values of the types that are sent as text from Postgres, and sends them back
// as a cursor does: also those that the API does not show.
func TestWire(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), devpg.Empty(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	const infinite, years = "it is infinite", "it is not of the years 1 to 9999"
	for typ, values := range map[entity.Type]map[string]string{
		entity.Decimal: {
			"0": "0", "0.00": "0.00", "-1.10": "-1.10", "10000": "10000", "12345678.000": "12345678.000", "0.00001": "0.00001", "-0.0000000000001": "-0.0000000000001", "1e20": "100000000000000000000",
			"99999999.99990001": "99999999.99990001", "1e1990": "1", "NaN": "it is not a number", "Infinity": infinite, "-Infinity": infinite, "1e2100": "it has more than 2000 digits",
		},
		entity.Date: {
			"2026-01-31": "2026-01-31", "0001-01-01": "0001-01-01", "9999-12-31": "9999-12-31", "1582-10-10": "1582-10-10", "2000-01-01": "2000-01-01", "1999-12-31": "1999-12-31",
			"infinity": infinite, "-infinity": infinite, "10000-01-01": years, "0044-03-15 BC": years, "5874897-12-31": years, "4713-01-01 BC": years,
		},
		entity.LocalDateTime: {
			"2026-01-31T12:00:00": "2026-01-31T12:00:00", "1999-12-31T23:59:59.999999": "1999-12-31T23:59:59.999999", "2000-01-01T00:00:00.5": "2000-01-01T00:00:00.5",
			"infinity": infinite, "-infinity": infinite, "0044-03-15T12:00:00 BC": years, "200000-12-31T23:59:59": years,
		},
		entity.TimeOfDay: {"00:00:00": "00:00:00", "23:59:59.999999": "23:59:59.999999", "12:30:00.5": "12:30:00.5", "24:00:00": "it is 24:00:00"},
		entity.Duration: {
			"0": "PT0S", "1 mon": "P1M", "14 mons -3 days": "P1Y2M-3D", "-00:00:00.5": "PT-0.5S", "25:59:01.000001": "PT25H59M1.000001S", "1 year -1 day 02:00": "P1Y-1DT2H", "-1 mon": "P-1M", "-01:30": "PT-1H-30M",
		},
		entity.Inet:    {"192.0.2.1": "192.0.2.1", "192.0.2.1/24": "192.0.2.1/24", "0.0.0.0/0": "0.0.0.0/0", "2001:db8::1": "2001:db8::1", "::ffff:1.2.3.4": "::ffff:1.2.3.4", "2001:db8::/32": "2001:db8::/32"},
		entity.Cidr:    {"192.0.2.0/24": "192.0.2.0/24", "192.0.2.1/32": "192.0.2.1/32", "::/0": "::/0"},
		entity.MacAddr: {"08:00:2b:01:02:03": "08:00:2b:01:02:03"},
	} {
		k := typ.Kind()
		for value, want := range values {
			rows, err := conn.Query(t.Context(), "SELECT $1::text::"+k.Cast, pgx.QueryResultFormats{pgx.BinaryFormatCode}, value)
			if err != nil {
				t.Fatal(err)
			}
			var wire []byte
			for rows.Next() {
				wire = slices.Clone(rows.RawValues()[0])
			}
			if err := rows.Err(); err != nil {
				t.Errorf("%s %s: %v", k.Scalar, value, err)
				continue
			}
			out, unfit := k.Append(nil, wire)
			got := "it " + unfit
			if unfit == "" {
				got = string(out[1 : len(out)-1])
			}
			if value == "1e1990" {
				got = got[:1] // and the zeros
			}
			if got != want {
				t.Errorf("%s %s is shown as %s, want %s", k.Scalar, value, got, want)
			}
			back, ok := k.Decode(wire)
			var same bool
			if err := conn.QueryRow(t.Context(), "SELECT $1::text::"+k.Cast+" = $2::text::"+k.Cast, value, back).Scan(&same); err != nil || !ok || !same {
				t.Errorf("%s %s is sent back as %v: %v", k.Scalar, value, back, err)
			}
		}
	}
}
