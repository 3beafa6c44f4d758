package server

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

func TestCheckJSON(t *testing.T) {
	t.Parallel()
	for text, fine := range map[string]bool{
		`"\ud83d\ude00"`: true, `"\uD83D\uDE00 \ud83d\ude00"`: true, `"😀"`: true, `"\\ud800"`: true, `"\\\\ud800"`: true,
		`"\u0041"`: true, `"\ue000"`: true, `"\ud7ff"`: true, `"a\\"`: true, `"\"\\u0000"`: true, `"\`: true, `"\u12`: true, `"\ud8zz"`: true,
		`"\ud800"`: false, `"\uD800"`: false, `"\udc00"`: false, `"\ud800\ud800"`: false, `"\ud800\u0041"`: false, `"\ud800x"`: false,
		`"\ud83d\ude00\ude00"`: false, `{"\ud800":1}`: false, `"\\\ud800"`: false, "\"\xff\"": false, "\"\xed\xa0\x80\"": false, "\"\xc3": false,
	} {
		if err := checkJSON([]byte(text)); (err == nil) != fine {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestCheckDocument(t *testing.T) {
	t.Parallel()
	for text, fine := range map[string]bool{
		`{a(b:"\ud83d\ude00")}`: true, `{a(b:"\\ud800")}`: true, `{a(b:"""\ud800""")}`: true, "# \\ud800\n{a}": true, `{a(b:"#", c:"\u0041")}`: true,
		`{a(b:"""\""" \ud800 """)}`: true, `{a(b:"\u{1F600}")}`: true, `{a(b:"\"", c:"""\ud800""")}`: true, `{a(b:"", c:"\u0041")}`: true, `{a(b:"\u`: true,
		`{a(b:"\ud800")}`: false, `{a(b:"""x""", c:"\udc00")}`: false, "# \"\n{a(b:\"\\ud800\")}": false, `{a(b:"#\ud800")}`: false,
		`{a(b:"", c:"\ud800")}`: false, `{a(b:"\"\ud800")}`: false, "{a(b:\"\xff\")}": false, "# \xff\n{a}": false,
	} {
		if err := checkDocument(text); (err == nil) != fine {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// FuzzTexts checks that what passes is decoded without a character of replacement that
// was not sent.
func FuzzTexts(f *testing.F) {
	for _, seed := range []string{`\ud800`, `\ud83d\ude00`, `\\ud800`, `"`, "\xff", `\u{d800}`, "#", "\n", `"""`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text := `"` + s + `"`
		var decoded string
		if checkJSON([]byte(text)) == nil && json.Unmarshal([]byte(text), &decoded) == nil {
			sent := strings.Count(s, "\ufffd") + strings.Count(strings.ToLower(s), `\ufffd`)
			if strings.Count(decoded, "\ufffd") > sent || !utf8.ValidString(decoded) {
				t.Errorf("%q is decoded as %q", text, decoded)
			}
		}
		query := `{a(b:` + text + `)}`
		if checkDocument(query) != nil {
			return
		}
		doc, err := parser.ParseQuery(&ast.Source{Input: query})
		if err != nil {
			return
		}
		sent := strings.Count(query, "\ufffd") + strings.Count(strings.ToLower(query), `fffd`)
		for _, d := range doc.Operations {
			for _, sel := range d.SelectionSet {
				field, ok := sel.(*ast.Field)
				if !ok {
					continue
				}
				for _, arg := range field.Arguments {
					if strings.Count(arg.Value.Raw, "\ufffd") > sent {
						t.Errorf("%q is parsed as %q", query, arg.Value.Raw)
					}
				}
			}
		}
	})
}
