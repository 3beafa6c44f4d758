package entity

import (
	"cmp"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// ranged are what may be asked of ranges: whether they are the same, and how they lie to each
// other and to values. They are ordered, empty ones first and then by their lower bounds, but
// that one is greater than another says nothing that people ask.
var ranged = slices.Concat(equality, []Op{Contains, Covers, Within, Overlaps, Before, After, IsEmpty})

func init() {
	kinds[IntRange] = rangeKind("IntRange", "int4range", pgtype.Int4rangeOID, Int, "integer", "{lower: 1, upper: 5}", boundOf[IntRange])
	kinds[BigIntRange] = rangeKind("BigIntRange", "int8range", pgtype.Int8rangeOID, BigInt, "bigint", `{lower: "1", upper: "5"}`, boundOf[BigIntRange])
	kinds[DecimalRange] = rangeKind("DecimalRange", "numrange", pgtype.NumrangeOID, Decimal, "numeric", `{lower: "1.50", upper: "2"}`, boundOf[DecimalRange])
	kinds[LocalDateTimeRange] = rangeKind("LocalDateTimeRange", "tsrange", pgtype.TsrangeOID, LocalDateTime, "timestamp", `{lower: "2026-01-31T12:00:00", upper: null}`, boundOf[LocalDateTimeRange])
	kinds[TimeRange] = rangeKind("TimeRange", "tstzrange", pgtype.TstzrangeOID, Time, "timestamptz", `{lower: "2026-01-31T12:00:00Z", upper: null}`, boundOf[TimeRange])
	kinds[DateRange] = rangeKind("DateRange", "daterange", pgtype.DaterangeOID, Date, "date", `{lower: "2026-01-31", upper: "2026-02-03"}`, boundOf[DateRange])
}

// rangeKind is the kind of the ranges of a type, whose values are bounds of an SQL type.
func rangeKind(scalar, cast string, oid uint32, item Type, sqlType, example string, b *bound) Kind {
	doc := "A range, such as " + example + ": null is no bound, and bounds says which\nof the two it includes, \"[)\" by default, \"[]\", \"(]\" or \"()\". One that holds nothing has\nno bounds, and is \"empty\"."
	if b.next != nil {
		doc += " Answers include the lower bound and not the upper one."
	}
	k := sentAsText(Kind{Scalar: scalar, Doc: doc, Ops: ranged, Bound: item, BoundSQL: sqlType}, cast, oid, b.parseRange, b.showRange)
	k.Append = func(dst, wire []byte) ([]byte, string) { return appendRange(dst, wire, &kinds[item]) }
	return k
}

var boundOf = [...]*bound{
	IntRange:    intBound(Int, math.MaxInt32),
	BigIntRange: intBound(BigInt, math.MaxInt64),
	DecimalRange: {
		parse: parseDecimal, show: showDecimal,
		compare: func(a, b string) int { return decimalOf(a).Cmp(decimalOf(b)) },
	},
	LocalDateTimeRange: {parse: parseLocal, show: showLocal, compare: strings.Compare},
	TimeRange:          {parse: parseTimeForm, show: showTimeForm, compare: compareTimes},
	DateRange:          {parse: parseDate, show: showDate, compare: strings.Compare, next: nextDay},
}

// decimalOf is a number in a form that parse has given.
func decimalOf(form string) *big.Rat {
	n, ok := new(big.Rat).SetString(form)
	if !ok {
		n = new(big.Rat)
	}
	return n
}

func intBound(typ Type, most int64) *bound {
	number := func(form string) int64 {
		n, _ := strconv.ParseInt(form, 10, 64) // which parse has given
		return n
	}
	return &bound{
		parse: func(v any) (string, error) {
			n, err := parseInteger[int64](v, typ)
			return strconv.FormatInt(n, 10), err
		},
		show: func(wire []byte) (form, unfit string) {
			n, ok := wireInt(wire)
			if !ok {
				return "", ""
			}
			return strconv.FormatInt(n, 10), ""
		},
		compare: func(a, b string) int { return cmp.Compare(number(a), number(b)) },
		next: func(form string) (string, bool) {
			n := number(form)
			return strconv.FormatInt(n+1, 10), n < most
		},
	}
}

// nextDay is the day after, of the years that the API has.
func nextDay(form string) (string, bool) {
	t, err := time.Parse(dateForm, form)
	t = t.AddDate(0, 0, 1)
	return t.Format(dateForm), err == nil && ValidTime(t)
}

// timeForm is a Time as a bound of a range, without the Z at its end.
const timeForm = localForm

func parseTimeForm(v any) (string, error) {
	t, err := ParseTime(v)
	if err != nil {
		return "", err
	}
	return t.Format(timeForm) + "Z", nil
}

// compareTimes leaves out the Z, which comes after the point of decimals.
func compareTimes(a, b string) int {
	return strings.Compare(strings.TrimSuffix(a, "Z"), strings.TrimSuffix(b, "Z"))
}

func showTimeForm(wire []byte) (form, unfit string) {
	form, unfit = showLocal(wire) // whose binary form is the same
	if unfit == unfitInfinite || form == "" {
		return form, unfit
	}
	if date, era, _ := strings.Cut(form, " "); era != "" {
		return date + "Z " + era, unfit
	}
	return form + "Z", unfit
}
