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
