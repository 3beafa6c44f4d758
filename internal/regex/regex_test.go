package regex_test

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/regex"
)

// regexTexts are what expressions look at.
var regexTexts = []string{
	"", "a", "A", "b", "ab", "aab", "abc", "a b", "a.b", "a\nb", "\n", "é", "É", "k", "K", "ſ", "s", "straße", "日本語", "😀", "1", "٣", "x_1", "foo-bar", "^a$", `\`, "[a]", "a|b",
	"{2}", "(a)", "a{2}", "*", "+", "?", "-", "]", "#x", "a\tb", " a ", "\u00a0", "\u2028", "\x7f", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "\U0010ffff", "ÿ", "Ω", "İi",
}

// regexParts are what expressions are made of.
var regexParts = []string{
	"a", "b", "A", ".", "^", "$", `\d`, `\D`, `\w`, `\W`, `\s`, `\S`, `\b`, `\B`, "[a-c]", "[^a]", "[^\\n]", `[\]\-^]`, "[[:alpha:]]", "[[:^space:]]", `\pL`, `\PL`, `\p{Greek}`, `\.`, `\\`, `\x{1F600}`,
	"é", "(?i:k)", "(?i:É)", "(?i:s)", "(?s:.)", "日", " ", "-", "_", "#", `\n`, `\t`, "[a|b]", "x*", "(?:)", `\z`, `\A`, `[\x00-\x1f]`, `[\x{d000}-\x{e000}]`, `\Q.*\E`, "(?i:[a-f])", "()", "(?P<n>a)",
}

func randomRegex(r *rand.Rand, depth int) string {
	part := func() string { return regexParts[r.IntN(len(regexParts))] }
	if depth == 0 {
		return part()
	}
	inner := func() string { return randomRegex(r, depth-1) }
	switch r.IntN(7) {
	case 0:
		return "(?:" + inner() + "|" + inner() + ")"
	case 1:
		return "(" + inner() + ")" + []string{"*", "+", "?", "{2}", "{1,3}", "{2,}", "{0}", "*?", "+?", "{0,2}?"}[r.IntN(10)]
	case 2:
		return "(?i:" + inner() + ")"
	case 3:
		return part()
	}
	return inner() + inner()
}

// TestRegexIsGos compares what Postgres finds by a translated expression with what Go finds
// by the expression itself.
func TestRegexIsGos(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	r := rand.New(rand.NewPCG(13, 1))
	tried := 0
	for n := range 1500 {
		text := randomRegex(r, n%4)
		written, _, err := regex.Translate(text)
		if err != nil {
			continue
		}
		tried++
		rows, err := api.DB.Write.Query(t.Context(), `SELECT t ~ $2 FROM unnest($1::text[]) WITH ORDINALITY u(t, n) ORDER BY n`, regexTexts, written)
		if err != nil {
			t.Fatal(err)
		}
		got, err := pgx.CollectRows(rows, pgx.RowTo[bool])
		if err != nil {
			t.Errorf("%s, written %s: %v", text, written, err)
			continue
		}
		re := regexp.MustCompile(text)
		for i, s := range regexTexts {
			if want := re.MatchString(s); got[i] != want {
				t.Errorf("%s, written %s: %q is %t, want %t", text, written, s, got[i], want)
			}
		}
	}
	if tried < 1000 {
		t.Errorf("only %d expressions were tried", tried)
	}
}

// TestRegexSize: what makes an engine slow is refused or large.
func TestRegexSize(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"abc": 3, "a{50}": 50, "(?:a{20}){20}": 400, "(a{5}|b){10}": 60, "(a|b)*c": 2, `\pL+`: 42, "a{2,}": 2, "": 1, `^a$`: 41, `(^a)?\b`: 41,
	} {
		if _, size, err := regex.Translate(text); err != nil || size != want {
			t.Errorf("%s has the size %d, want %d (%v)", text, size, want, err)
		}
	}
	for text, want := range map[string]string{
		`(a)\1`: "invalid escape sequence", "(?=a)": "invalid or unsupported Perl syntax", "a{256}": "repeated more than 255", "(?m:^a)": "the flag m", "[": "missing closing ]", "a**": "invalid nested repetition",
		"(^|a|$){90}": "inside of what is repeated", `(?:\b.?)*`: "inside of what is repeated", `[^\s\S]`: "no characters", strings.Repeat("(", 2000): "", "(?:(?:(?:a{100}){100}){100})": "invalid repeat count",
	} {
		if _, _, err := regex.Translate(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text[:min(len(text), 30)], err, want)
		}
	}
}
