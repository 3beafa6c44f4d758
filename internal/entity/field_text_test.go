package entity

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
)

type mutation struct{}

func (*mutation) SetAmount(decimal.Decimal) {}
func (*mutation) SetMaybe(*decimal.Decimal) {}
func (*mutation) SetText(string)            {}
func (*mutation) SetDay(time.Time)          {}

// TestTextForms checks what is taken as which value, and what is refused and why.
func TestTextForms(t *testing.T) {
	t.Parallel()
	field := func(typ Type) Field { return TextField("x", "x", typ, 0, (*mutation).SetText, nil) }
	money := Precise(field(Decimal), 6, 2)
	code := Padded(StringField[string]("x", "x", 0, nil), 3)
	for _, tc := range []struct {
		f    Field
		in   any
		want string // an error begins with "!"
	}{
		{field(Decimal), "12.50", "12.50"}, {field(Decimal), "-0.0", "0.0"}, {field(Decimal), "007", "7"}, {field(Decimal), int64(3), "3"}, {field(Decimal), 0.1, "0.1"},
		{field(Decimal), "1e3", "!must be a decimal"}, {field(Decimal), "NaN", "!must be a decimal"}, {field(Decimal), " 1", "!must be a decimal"}, {field(Decimal), "٣", "!must be a decimal"},
		{field(Decimal), strings.Repeat("1", 1001), "!must have at most 1000 digits"}, {field(Decimal), true, "!must be a decimal"}, {field(Decimal), ".5", "!must be a decimal"},
		{money, "1234.5", "1234.5"}, {money, "1.5000", "1.50"}, {money, "12345", "!must have at most 4 digits before the point"}, {money, "0.001", "!must have at most 2 decimals"}, {money, "1.000", "1.00"},
		{field(Date), "2024-02-29", "2024-02-29"}, {field(Date), "2026-02-29", "!must be a day"}, {field(Date), "0000-01-01", "!must be of the years"}, {field(Date), "2026-1-1", "!must be a day"}, {field(Date), "2026-01-31T00:00:00", "!must be a day"},
		{field(LocalDateTime), "2026-01-31T12:00:00.500000", "2026-01-31T12:00:00.5"}, {field(LocalDateTime), "2026-01-31T12:00:00Z", "!must be a time without zone"}, {field(LocalDateTime), "2026-01-31T24:00:00", "!must be a time"},
		{field(LocalDateTime), "2026-01-31T12:00:00.1234567", "!must have at most six"}, {field(LocalDateTime), "2026-01-31T12:00:00.1234560", "2026-01-31T12:00:00.123456"},
		{field(TimeOfDay), "23:59:59.9", "23:59:59.9"}, {field(TimeOfDay), "24:00:00", "!must be a time of day"}, {field(TimeOfDay), "12:00", "!must be a time of day"}, {field(TimeOfDay), "12:00:60", "!must be a time of day"},
		{field(Duration), "P1Y14M", "P2Y2M"}, {field(Duration), "P2W", "P14D"}, {field(Duration), "PT90M", "PT1H30M"}, {field(Duration), "PT0.000001S", "PT0.000001S"}, {field(Duration), "PT-0.5S", "PT-0.5S"},
		{field(Duration), "P1DT36H", "P1DT36H"}, {field(Duration), "PT0S", "PT0S"}, {field(Duration), "P-1M3D", "P-1M3D"}, {field(Duration), "PT1H-1M", "PT59M"}, {field(Duration), "P", "!must be a duration"}, {field(Duration), "P1DT", "!must be a duration"},
		{field(Duration), "PT1000000001H", "!must have at most 2147483647 months, 2147483647 days and 1000000000 hours"}, {field(Duration), "P99999999999D", "!must have at most 2147483647 months, 2147483647 days and 1000000000 hours"}, {field(Duration), "P99999999999999999999D", "!must have at most 2147483647 months, 2147483647 days and 1000000000 hours"}, {field(Duration), "PT1.0000001S", "!must be a duration"}, {field(Duration), "-P1D", "!must be a duration"},
		{field(Inet), "192.0.2.1/32", "192.0.2.1"}, {field(Inet), "192.0.2.1/24", "192.0.2.1/24"}, {field(Inet), "2001:DB8:0::1", "2001:db8::1"}, {field(Inet), "fe80::1%eth0", "!must be an address"}, {field(Inet), "192.0.2.01", "!must be an address"},
		{field(Cidr), "192.0.2.0/24", "192.0.2.0/24"}, {field(Cidr), "192.0.2.1", "192.0.2.1/32"}, {field(Cidr), "192.0.2.1/24", "!must have no bits set"}, {field(Cidr), "10/8", "!must be a network"},
		{field(MacAddr), "08-00-2B-01-02-03", "08:00:2b:01:02:03"}, {field(MacAddr), "08:00:2b:01:02:03:04:05", "!must be a hardware address"},
		{code, "ab", "ab"}, {code, "a ", "!must not end with a space"}, {code, "abcd", "!must have at most 3"},
		{BytesField("x", "x", 0, nil), "aGk=", "[104 105]"}, {BytesField("x", "x", 0, nil), "aGk", "!must be Base64"}, {BytesField("x", "x", 0, nil), "aGl=", "!must be Base64"}, {BytesField("x", "x", 0, nil), "aG\nk=", "!must be Base64"}, {BytesField("x", "x", 0, nil), "", "[]"},
	} {
		got := ""
		if v, err := tc.f.Parse(tc.in); err != nil {
			got = "!" + err.Error()
			got = got[:min(len(tc.want), len(got))]
		} else {
			got = fmt.Sprint(v)
		}
		if got != tc.want {
			t.Errorf("%s %v: %s, want %s", tc.f.Type.Scalar(), tc.in, got, tc.want)
		}
	}
}

// TestTextFieldGoTypes checks that a value has the type that Ent's mutation takes.
func TestTextFieldGoTypes(t *testing.T) {
	t.Parallel()
	amount := decimal.RequireFromString("12.50")
	for _, tc := range []struct {
		f        Field
		in, want any
	}{
		{TextField("x", "x", Decimal, 0, (*mutation).SetAmount, nil), "12.50", amount},
		{TextField("x", "x", Decimal, 0, (*mutation).SetMaybe, nil), "12.50", &amount},
		{TextField("x", "x", Date, 0, (*mutation).SetDay, nil), "2026-01-31", time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)},
		{TextField("x", "x", LocalDateTime, 0, (*mutation).SetDay, nil), "2026-01-31T12:00:00.5", time.Date(2026, 1, 31, 12, 0, 0, 500_000_000, time.UTC)},
	} {
		got, err := tc.f.Parse(tc.in)
		if err != nil {
			t.Errorf("%v: %v", tc.in, err)
		} else if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%v: %s", tc.in, diff)
		}
	}
}
