package rewrite

import (
	"slices"
	"strings"
	"testing"
)

func words(toks []token) []string {
	var all []string
	for _, t := range toks {
		all = append(all, t.text)
	}
	return all
}

func TestLex(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]string{
		"":                                  "",
		" \n\t":                             "",
		"SELECT 1":                          "SELECT|1",
		"a.b,c":                             "a|.|b|,|c",
		`"a ""b""" x`:                       `"a ""b"""|x`,
		"'it''s' 'a;b'":                     "'it''s'|'a;b'",
		`E'it\'s' e'\\'`:                    `E'it\'s'|e'\\'`,
		"$$a;b$$ $x$ $$ $x$":                "$$a;b$$|$x$ $$ $x$",
		"U&'d\\0061t'":                      "U|&|'d\\0061t'",
		"-- a\nb -- c":                      "b",
		"/* a /* b */ c */ d /**/":          "d",
		"a/*x*/b--y":                        "a|b",
		"a::int[1]":                         "a|:|:|int|[|1|]",
		"größe_1 $1":                        "größe_1|$|1",
		"x <> '--' || \"/*\"":               "x|<|>|'--'|" + `||||"/*"`,
		"f($1) FROM t; -- the end\n/* ! */": "f|(|$|1|)|FROM|t|;",
	} {
		toks, ok := lex(sql)
		if got := strings.Join(words(toks), "|"); !ok || got != want {
			t.Errorf("%q is read as %q, %t, want %q", sql, got, ok, want)
		}
		for _, tok := range toks {
			if sql[tok.start:tok.end] != tok.text {
				t.Errorf("%q: %q is not at %d", sql, tok.text, tok.start)
			}
		}
	}
	for _, sql := range []string{"'a", `"a`, "$$a", "$x$ a $y$", "/* a", "/* /* */", `E'a\'`} {
		if toks, ok := lex(sql); ok {
			t.Errorf("%q has no end, but is read as %q", sql, words(toks))
		}
		if !mentions(sql, "nobody") || !has(sql, "NOTHING") {
			t.Errorf("%q cannot be read: it may mention everything", sql)
		}
	}
}

func TestTokenNames(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		name       string
		identifier bool
	}{
		"Users": {"users", true}, `"Users"`: {"Users", true}, `"a ""b"""`: {`a "b"`, true}, "größe": {"größe", true}, "_a$1": {"_a$1", true},
		"1a": {"1a", false}, "'a'": {"'a'", false}, "(": {"(", false}, `""`: {"", false},
	} {
		tok := token{text: text}
		if tok.name() != want.name || tok.identifier() != want.identifier {
			t.Errorf("%s: name %q, identifier %t", text, tok.name(), tok.identifier())
		}
	}
}

func TestReaderPaths(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string][3]string{ // path, last part, rest
		"users SET":          {"users", "users", "SET"},
		`app."Users"(id)`:    {`app."Users"`, "Users", "(id)"},
		"a . b.C x;":         {"a.b.C", "c", "x"},
		"db.app.users":       {"db.app.users", "users", ""},
		"public.posts /* */": {"public.posts", "posts", ""},
	} {
		r, _ := read(sql)
		path, last, ok := r.path()
		if got := [3]string{path, last, r.rest()}; !ok || got != want {
			t.Errorf("%q: %q, %t", sql, got, ok)
		}
	}
	for _, sql := range []string{"", "(a)", "a.", "a.(b)", "'a'"} {
		r, _ := read(sql)
		if path, _, ok := r.path(); ok {
			t.Errorf("%q has the path %q", sql, path)
		}
	}
}

func TestReaderBrackets(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]string{
		"(a) b": "(a)", "(a, (b), ')') c": "(a, (b), ')')", "( /* ) */ a )": "( /* ) */ a )", "a": "", "(a": "", "": "",
	} {
		r, _ := read(sql)
		if got, ok := r.brackets(); got != want || ok != (want != "") {
			t.Errorf("%q: %q, %t", sql, got, ok)
		}
	}
}

func TestMentions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		sql, name string
		want      bool
	}{
		{"DROP TABLE users", "users", true}, {"DROP TABLE Users", "users", true}, {`DROP TABLE "Users"`, "users", false},
		{"DROP TABLE users_old", "users", false}, {"-- users\nSELECT 1", "users", false},
		{"SELECT 'users'", "users", true}, {"DO $$ EXECUTE 'DROP TABLE users' $$", "users", true}, {"SELECT app.users.id", "users", true},
	} {
		if got := mentions(test.sql, test.name); got != test.want {
			t.Errorf("%q mentions %s: %t", test.sql, test.name, got)
		}
	}
	if !has("alter table a Rename to b", "DROP", "RENAME") || has("SELECT 'DROP' -- RENAME", "DROP", "RENAME") {
		t.Error("keywords are words outside of strings and comments, in any case")
	}
}

func TestNotes(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string][]string{
		"SELECT 1":                          nil,
		"-- a\nSELECT /* b */ 1 -- c":       {"-- a", "/* b */", "-- c"},
		"SELECT '-- a', $$/* b */$$ --":     {"--"},
		"/* a /* b */ */ x /* c */ /* d */": {"/* a /* b */ */", "/* c */", "/* d */"},
		"SELECT 'open":                      nil,
	} {
		if got := notesIn(sql); !slices.Equal(got, want) {
			t.Errorf("%q has the comments %q, want %q", sql, got, want)
		}
	}
	if got := bare("SELECT 1 /* a */; -- b"); got != "SELECT 1" {
		t.Errorf("bare is %q", got)
	}
	if got := carry("-- kept\nALTER /* lost */ TABLE t -- end", "-- kept\nALTER TABLE t"); got != "/* lost */\n-- end\n" {
		t.Errorf("carried %q", got)
	}
}
