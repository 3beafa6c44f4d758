package entity

import (
	"slices"

	"github.com/jackc/pgx/v5/pgtype"
)

// The types whose values are sent to Postgres as text, in one form for each value, and cast
// there: in Go they have many types, and Postgres reads them better than drivers write them.
const (
	// Decimal is a numeric: exact, with the decimals that are stored.
	Decimal Type = iota + Float32 + 1
	// Date is a day without a time of day and zone.
	Date
	// LocalDateTime is a timestamp without time zone.
	LocalDateTime
	// TimeOfDay is a time without time zone.
	TimeOfDay
	// Duration is an interval of months, days and microseconds.
	Duration
	// Inet is an address with or without a network, Cidr a network.
	Inet
	Cidr
	// MacAddr is a hardware address of six bytes.
	MacAddr
	// Char is a character(n), in which spaces at the end mean nothing.
	Char
	// Bytes is a bytea, Base64 in the API.
	Bytes
	// IntRange and its kin are ranges of the values of another type.
	IntRange
	BigIntRange
	DecimalRange
	LocalDateTimeRange
	TimeRange
	DateRange
	// Custom is what an app declares a scalar for, by the text of its column.
	Custom
	// Citext is a text that Postgres compares without regard to case: a type of an extension.
	Citext
)

// sentAsText is the kind of a type whose values are sent as text. The functions give the form
// in which Postgres reads the value and the API shows it: parse of what a client sends, whose
// error is for the client, and show of Postgres' binary form, with a reason when that form is
// one that the API does not have. An empty form is of what is no value at all.
func sentAsText(k Kind, cast string, oid uint32, parse func(any) (string, error), show func([]byte) (form, unfit string)) Kind {
	k.Arg, k.OID, k.Array, k.Cast, k.Read = "text", pgtype.TextOID, pgtype.TextArrayOID, cast, []uint32{oid}
	k.Operand = func(v any) (any, error) { return parse(v) }
	k.List = listOf[string]
	k.Decode = func(wire []byte) (any, bool) {
		form, _ := show(wire)
		return form, form != ""
	}
	k.Append = func(dst, wire []byte) ([]byte, string) {
		switch form, unfit := show(wire); {
		case unfit != "":
			return dst, unfit
		case form == "":
			return dst, unfitForm
		default:
			return append(append(append(dst, '"'), form...), '"'), ""
		}
	}
	return k
}

const rfc3339URL = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6"

// caseless are what may be asked of texts whose case never counts.
var caseless = append(slices.Clone(ordered), Contains, HasPrefix, HasSuffix)

// network are what may be asked of addresses besides their order.
var network = append(slices.Clone(ordered), Within, Covers)

func init() {
	kinds[Decimal] = sentAsText(Kind{
		Scalar: "Decimal",
		Doc:    "An exact decimal number, written as a string so that no client rounds it, such as\n\"12.50\": with the decimals that are stored and without an exponent. Inputs may be strings\nor numbers.",
		Ops:    ordered, Bounded: true, Sum: Decimal, Avg: Decimal,
	}, "numeric", pgtype.NumericOID, parseDecimal, showDecimal)
	kinds[Date] = sentAsText(Kind{
		Scalar: "Date", SpecifiedBy: rfc3339URL, Doc: "A day such as \"2026-01-31\", of the years 1 to 9999: the full-date of RFC 3339.",
		Ops: ordered, Bounded: true, Truncated: true,
	}, "date", pgtype.DateOID, parseDate, showDate)
	kinds[LocalDateTime] = sentAsText(Kind{
		Scalar: "LocalDateTime", SpecifiedBy: rfc3339URL,
		Doc: "A day and a time of day such as \"2026-01-31T12:00:00\", of the years 1 to 9999 and with up\nto six decimals. It has no zone, so that it is a point in time only together with a place.",
		Ops: ordered, Bounded: true, Truncated: true,
	}, "timestamp", pgtype.TimestampOID, parseLocal, showLocal)
	kinds[TimeOfDay] = sentAsText(Kind{
		Scalar: "TimeOfDay", SpecifiedBy: rfc3339URL,
		Doc: "A time of day such as \"12:00:00\", with up to six decimals and without a zone: the\npartial-time of RFC 3339.",
		Ops: ordered, Bounded: true,
	}, "time", pgtype.TimeOID, parseTimeOfDay, showTimeOfDay)
	kinds[Duration] = sentAsText(Kind{
		Scalar: "Duration", SpecifiedBy: "https://www.iso.org/standard/70907.html",
		Doc: "A duration as ISO 8601, such as \"P1Y2M3DT4H5M6.5S\"; each number may be negative. It is\ncompared with a month as 30 days and a day as 24 hours.",
		Ops: ordered, Bounded: true,
	}, "interval", pgtype.IntervalOID, parseDuration, showDuration)
	kinds[Inet] = sentAsText(Kind{
		Scalar: "Inet", Doc: "An IPv4 or IPv6 address, with or without its network, such as \"192.0.2.1\" or\n\"2001:db8::1/64\".", SpecifiedBy: "https://www.rfc-editor.org/rfc/rfc5952",
		Ops: network,
	}, "inet", pgtype.InetOID, parseInet, showInet)
	kinds[Cidr] = sentAsText(Kind{
		Scalar: "Cidr", Doc: "A network of IPv4 or IPv6 addresses, such as \"192.0.2.0/24\".", SpecifiedBy: "https://www.rfc-editor.org/rfc/rfc4632",
		Ops: network,
	}, "cidr", pgtype.CIDROID, parseCidr, showCidr)
	kinds[MacAddr] = sentAsText(Kind{
		Scalar: "MacAddr", Doc: "A hardware address of six bytes, such as \"08:00:2b:01:02:03\".",
		Ops: ordered,
	}, "macaddr", pgtype.MacaddrOID, parseMacAddr, showMacAddr)
	kinds[Char] = Kind{
		Scalar: "String", Arg: "text", OID: pgtype.TextOID, Array: pgtype.TextArrayOID, Cast: "bpchar", Read: []uint32{pgtype.BPCharOID},
		Ops: textual, Bounded: true, Operand: func(v any) (any, error) { return parseText(v) }, List: listOf[string],
		Decode: func(wire []byte) (any, bool) { return decodeText(withoutPadding(wire)) },
		Append: func(dst, wire []byte) ([]byte, string) { return appendText(dst, withoutPadding(wire)) },
	}
	kinds[Citext] = Kind{
		Scalar: "String", Arg: "text", OID: pgtype.TextOID, Array: pgtype.TextArrayOID, Cast: "citext", // of which nobody knows the OID
		Ops: caseless, Bounded: true, Operand: func(v any) (any, error) { return parseText(v) }, List: listOf[string], Decode: decodeText, Append: appendText,
	}
	kinds[Custom] = Kind{
		Arg: "text", OID: pgtype.TextOID, Array: pgtype.TextArrayOID, Read: []uint32{pgtype.TextOID}, // is read as text
		Unordered: true, List: listOf[string], Decode: decodeText, Append: appendText,
	}
	kinds[Bytes] = Kind{
		Scalar: "Bytes", Doc: "Bytes as Base64 with padding, such as \"aGVsbG8=\".", SpecifiedBy: "https://www.rfc-editor.org/rfc/rfc4648#section-4",
		Arg: "bytea", OID: pgtype.ByteaOID, Array: pgtype.ByteaArrayOID, Read: []uint32{pgtype.ByteaOID},
		Ops: equality, Unordered: true,
		Operand: func(v any) (any, error) { return parseBytes(v) }, List: listOf[[]byte],
		Decode: func(wire []byte) (any, bool) { return slices.Clone(wire), true }, Append: appendBytes,
	}
}
