package hostile

import (
	"fmt"
	"strings"
)

// odd are values of every JSON type, most of them of a wrong one wherever they are sent.
var odd = []raw{
	both("null"), both("true"), both("0"), both("-1"), both("1.5"), both("-0"), both("1e3"), both("1e400"), both("-1e-400"),
	both(strings.Repeat("9", 400)), both(`""`), both(`"x"`), both("[]"), both("{}"), both("[[[]]]"), both("[null]"), both(`{a:1}`).asJSON(`{"a":1}`),
	both(deep(200)), {json: deep(9000)},
}

func (r raw) asJSON(s string) raw { r.json = s; return r }

func deep(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }

var texts = []raw{
	both(`"\u0000"`), both(`"a\u0000b"`), both(`"\u0001\u001b\u007f"`), both(`"\ud800"`), both(`"\udc00\ud800x"`), text("\U0001f600"), text("\u202eabc\u2066"),
	text("%"), text(`\`), text(`_%\_`), text(`' OR 1=1 --`), text("$1"), text("{{x}}"), text("İ"), text("\u00a0 \u2028"), text("\ufeff"), text("\uffff"),
	text("e" + strings.Repeat("\u0301", 2000)), text(strings.Repeat("x", 33)), text(strings.Repeat("x", 300)), text(scattered(9000)), text(strings.Repeat("y", 70_000)),
	text("NaN"), text("infinity"), text("\n\t\r"), text(" "), text("a@b.c"), text(strings.Repeat("word ", 20_000)), text(strings.Repeat("(", 5000)), text(`"` + strings.Repeat("a OR ", 3000)),
}

// scattered is a text that no compression makes small.
func scattered(n int) string {
	var b strings.Builder
	for x := uint32(1); b.Len() < n; {
		x = x*1664525 + 1013904223
		fmt.Fprintf(&b, "%c", 'a'+x>>24%26)
	}
	return b.String()
}

// span is a range.
func span(lower, upper, bounds string) raw {
	return raw{fmt.Sprintf(`{"lower":%s,"upper":%s,"bounds":%q}`, lower, upper, bounds), fmt.Sprintf(`{lower:%s,upper:%s,bounds:%q}`, lower, upper, bounds)}
}

// corpus holds hostile values by scalar; [corpus] of an enum is made of its values.
var corpus = map[string][]raw{
	"String": texts,
	"Int": {
		both("2147483647"), both("-2147483648"), both("2147483648"), both("-2147483649"), both("9007199254740993"), both("9223372036854775807"),
		both("9223372036854775808"), both("1.0"), both(`"1"`), both("1e9"), both("0.1"), both("100000"),
	},
	"BigInt": {
		text("9223372036854775807"), text("-9223372036854775808"), text("9223372036854775808"), text("18446744073709551615"), both("9223372036854775807"),
		both("-9223372036854775808"), both("9007199254740993"), text("1e3"), text("0x10"), text(" 1"), text("+1"), text("-0"), text("٣"), text("1_000"), text("007"), both("1.0"),
		text(strings.Repeat("1", 100_000)),
	},
	"Float": {
		both("1e308"), both("-1.7976931348623157e308"), both("1e309"), both("5e-324"), both("-0.0"), both("1e-400"), both("0.1"), both("3.5e38"), both("1e39"), both("1e-46"),
		text("NaN"), text("Infinity"), text("1"), both("123456789012345678"), both("0.92156863212585449"),
	},
	"Boolean": {text("true"), both("1"), text("TRUE"), both("false")},
	"Time": {
		text("0001-01-01T00:00:00Z"), text("9999-12-31T23:59:59.999999Z"), text("9999-12-31T23:59:59.9999999Z"), text("0000-01-01T00:00:00Z"), text("10000-01-01T00:00:00Z"),
		text("-0001-01-01T00:00:00Z"), text("2026-02-30T00:00:00Z"), text("2024-02-29T00:00:00Z"), text("2026-01-31T24:00:00Z"), text("2016-12-31T23:59:60Z"),
		text("2026-01-31T12:00:00+24:00"), text("2026-01-31T12:00:00-23:59"), text("0001-01-01T00:00:00+14:00"), text("9999-12-31T23:59:59-14:00"), text("infinity"),
		text("-infinity"), text("now"), text("epoch"), text("2026-01-31"), text("2026-01-31T12:00:00.1234567Z"), text("2026-01-31t12:00:00z"), text("2026-01-31T12:00:00,5Z"),
		text("2026-01-31T12:00:00." + strings.Repeat("1", 1000) + "Z"), text("294276-12-31T23:59:59Z"),
	},
	"Decimal": {
		text("99999999.99"), text("-99999999.99"), text("99999999.995"), text("100000000"), both("0.1"), text("1e3"), both("1e3"), text("NaN"), text("Infinity"), text("-0"), text(" 1"), text("1_0"), text("٣"),
		text("0.005"), text(".5"), text("5."), text("0x10"), text("1,5"), text("00000000000000000001"), text(strings.Repeat("9", 1000)), text("0." + strings.Repeat("1", 998)), text(strings.Repeat("9", 100_000)), both(`"\u0000"`),
	},
	"Date": {
		text("0001-01-01"), text("9999-12-31"), text("0000-01-01"), text("10000-01-01"), text("2026-02-30"), text("2026-1-1"), text("infinity"), text("today"), text("2026-01-31T00:00:00Z"), text("0044-03-15 BC"),
		text("J2451187"), text("1582-10-10"), text(" 2026-01-31"),
	},
	"LocalDateTime": {
		text("0001-01-01T00:00:00"), text("9999-12-31T23:59:59.999999"), text("9999-12-31T23:59:59.9999999"), text("2026-01-31T24:00:00"), text("2026-01-31 12:00:00"), text("2026-01-31T12:00:00Z"), text("2026-01-31T12:00:00+01:00"),
		text("infinity"), text("now"), text("2026-03-29T02:30:00"), text("2016-12-31T23:59:60"), text("2026-01-31T12:00:00,5"),
	},
	"TimeOfDay": {text("00:00:00"), text("23:59:59.999999"), text("24:00:00"), text("23:59:60"), text("12:00"), text("12:00:00Z"), text("allballs"), text("now"), text("12:00:00.1234567"), text("1:00:00"), text("12:00:00 PM")},
	"Duration": {
		text("PT0S"), text("P178956970Y"), text("P178956971Y"), text("P-178956970Y"), text("P2147483647D"), text("P2147483648D"), text("PT1000000000H"), text("PT9223372036854775807S"), text("PT-0.000001S"), text("P1Y-1M"), text("-P1D"), text("P"), text("PT"),
		text("1 day"), text("infinity"), text("P1.5D"), text("P1DT"), text("P99999999999999999999Y"), text("@ 1 minute"), text("p1d"), text("PT0.0000001S"),
	},
	"Inet": {
		text("0.0.0.0/0"), text("255.255.255.255/32"), text("::"), text("::/0"), text("2001:DB8::1"), text("::ffff:1.2.3.4/128"), text("192.0.2.1/33"), text("192.0.2"), text("192.0.2.01"), text("fe80::1%eth0"), text("fe80::1%eth0/64"), text("192.0.2.1/-1"), text("192.0.2.1/"), text("::1/129"),
	},
	"Cidr":    {text("0.0.0.0/0"), text("192.0.2.0/24"), text("192.0.2.1/24"), text("192.0.2.1"), text("10/8"), text("::/0"), text("2001:db8::/129"), text("::ffff:0:0/96")},
	"MacAddr": {text("FF:FF:FF:FF:FF:FF"), text("08-00-2b-01-02-03"), text("0800.2b01.0203"), text("08002b010203"), text("08:00:2b:01:02"), text("08:00:2b:01:02:03:04:05"), text("08:00:2b:01:02:0g")},
	"Bytes":   {text("AA=="), text("AA"), text("AB=="), text("A==="), text("_-8="), text("+/8="), text("AA==\n"), text(strings.Repeat("AAAA", 30_000)), both(`"\u0000"`)},
	"DateRange": {
		both("{}"), span(`"0001-01-01"`, `"9999-12-31"`, "[)"), span(`"0001-01-01"`, `"9999-12-31"`, "[]"), span(`"2026-01-31"`, `"2026-01-31"`, "(]"), span(`"2026-01-31"`, `"2026-02-01"`, "()"), span(`"2026-02-01"`, `"2026-01-31"`, "[)"),
		span("null", "null", "empty"), span(`"2026-01-31"`, "null", "empty"), span("null", "null", "[]"), span("null", `"infinity"`, "()"), span("1", "[]", "()"), span(`{a: 1}`, "null", "()").asJSON(`{"lower":{"a":1}}`), span("null", "null", "]["),
		span("null", `"9999-12-31"`, "(]"), span(`"2024-02-28"`, `"2024-02-28"`, "[]"), {json: `{"lower":"\u0000"}`}, {json: `{"lower":null,"lower":"2026-01-31"}`}, {json: `{"bounds":["[","]"]}`}, text("[2026-01-31,2026-02-01)"), text("empty"),
	},
	"UUID": {
		text("00000000-0000-0000-0000-000000000000"), text("FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"), text("{018f4e6a-7b7a-7c3e-8d2f-2b1c5d6e7f80}"),
		text("urn:uuid:018f4e6a-7b7a-7c3e-8d2f-2b1c5d6e7f80"), text("018f4e6a7b7a7c3e8d2f2b1c5d6e7f80"), text("018f4e6a-7b7a-7c3e-8d2f-2b1c5d6e7f8g"), both(`"\u0000"`),
	},
	"JSON": {
		both(`{a:1}`).asJSON(`{"a":1,"a":2}`), {json: `{"a":"\u0000"}`}, {json: `{"\u0000":1}`}, {json: `{"a":"\\u0000"}`}, {json: `{"a":"\ud800"}`}, {json: `{"a":1e400}`},
		{json: `{"a":750727362669608961}`}, {json: `{"a":0.92156863212585449}`}, {json: `{"a":-0}`}, {json: `{"a":` + strings.Repeat("9", 5000) + `}`}, {json: `{"a":` + deep(5000) + `}`},
		{json: `{"":null," ":[1,null,{}]}`}, {json: `["a",null,"\u0001"]`}, {json: `{"a":1e131071}`}, {json: `{"a":"` + strings.Repeat("x", 300_000) + `"}`}, text("a"), both("5"),
	},
	"ID": {
		text("_"), text("post_"), text("x_01h455vb4pex5vsknk084sn02q"), text("post_01H455VB4PEX5VSKNK084SN02Q"), text("post_81h455vb4pex5vsknk084sn02q"),
		text("post_00000000000000000000000000"), text("post_7zzzzzzzzzzzzzzzzzzzzzzzzz"), text(strings.Repeat("p", 100_000)), both(`"post_01h455vb4pex5vsknk084sn02\u0000"`), both("12"),
	},
	"Cursor": {
		text("AQ"), text("AQAAAAA"), text("===="), text("!!!!"), text(strings.Repeat("A", 100_000)), text("AQAAAAAA____________"), both(`"\u0000"`), text("𝔸"),
	},
}

// names of entities' ids that lead nowhere, by prefix.
func missingID(prefix string) raw { return text(prefix + "_01h455vb4pex5vsknk084sn02q") }
