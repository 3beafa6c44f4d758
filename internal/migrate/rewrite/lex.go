package rewrite

import (
	"regexp"
	"strings"
)

// token is a word, a quoted name, a literal or a sign of SQL.
type token struct {
	text       string
	start, end int // bytes in what was read
}

// is compares with a keyword, which is given in capitals, or a sign.
func (t token) is(word string) bool { return strings.EqualFold(t.text, word) }

// name gives the name that Postgres stores for an identifier.
func (t token) name() string {
	if strings.HasPrefix(t.text, `"`) && len(t.text) > 1 {
		return strings.ReplaceAll(t.text[1:len(t.text)-1], `""`, `"`)
	}
	return strings.ToLower(t.text)
}

func (t token) identifier() bool { return identifier.MatchString(t.text) }

var (
	identifier = regexp.MustCompile(`^(?:"(?:[^"]|"")+"|[\pL_][\pL\pN_$]*)$`)
	space      = regexp.MustCompile(`^\s+`)
	word       = regexp.MustCompile(`^[\pL\pN_][\pL\pN_$]*`)
	escaped    = regexp.MustCompile(`^[eE]'(?:[^'\\]|''|\\(?s:.))*'`)
	literal    = regexp.MustCompile(`^'(?:[^']|'')*'`)
	quoted     = regexp.MustCompile(`^"(?:[^"]|"")*"`)
	dollar     = regexp.MustCompile(`^\$(?:[\pL_][\pL\pN_]*)?\$`)
	lineNote   = regexp.MustCompile(`^--[^\n]*`)
)

// lex reads all tokens. It fails on literals, names and comments without an end.
func lex(sql string) (all []token, ok bool) {
	for pos := 0; ; {
		skipped, ok := blank(sql[pos:])
		if !ok {
			return nil, false
		}
		if pos += skipped; pos == len(sql) {
			return all, true
		}
		n := tokenLen(sql[pos:])
		if n == 0 {
			return nil, false
		}
		all = append(all, token{sql[pos : pos+n], pos, pos + n})
		pos += n
	}
}

// tokenLen gives the length of the token at the beginning, 0 for one without an end.
func tokenLen(sql string) int {
	for _, p := range []*regexp.Regexp{escaped, literal, quoted} {
		if m := p.FindString(sql); m != "" {
			return len(m)
		}
	}
	if mark := dollar.FindString(sql); mark != "" {
		end := strings.Index(sql[len(mark):], mark)
		if end < 0 {
			return 0
		}
		return len(mark)*2 + end
	}
	if sql[0] == '\'' || sql[0] == '"' || len(sql) > 1 && (sql[0] == 'e' || sql[0] == 'E') && sql[1] == '\'' {
		return 0 // one with an end was found above
	}
	return max(1, len(word.FindString(sql)))
}

// blank gives the length of the white space and comments at the beginning.
func blank(sql string) (n int, ok bool) {
	for {
		rest := sql[n:]
		switch {
		case strings.HasPrefix(rest, "/*"):
			end := noteEnd(rest)
			if end == 0 {
				return 0, false
			}
			n += end
		case strings.HasPrefix(rest, "--"):
			n += len(lineNote.FindString(rest))
		case space.MatchString(rest):
			n += len(space.FindString(rest))
		default:
			return n, true
		}
	}
}

// noteEnd gives the length of a comment, which may hold others, 0 without an end.
func noteEnd(sql string) int {
	depth := 0
	for i := 0; i+1 < len(sql); i++ {
		switch sql[i : i+2] {
		case "/*":
			depth++
			i++
		case "*/":
			i++
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}

// reader goes through tokens.
type reader struct {
	sql  string
	toks []token
	pos  int
}

func read(sql string) (*reader, bool) {
	toks, ok := lex(sql)
	if n := len(toks); ok && n > 0 && toks[n-1].text == ";" {
		toks = toks[:n-1]
	}
	return &reader{sql: sql, toks: toks}, ok
}

// take goes over the given words if they are next.
func (r *reader) take(words ...string) bool {
	if len(r.toks)-r.pos < len(words) {
		return false
	}
	for i, w := range words {
		if !r.toks[r.pos+i].is(w) {
			return false
		}
	}
	r.pos += len(words)
	return true
}

func (r *reader) done() bool { return r.pos >= len(r.toks) }

// ident goes over one identifier.
func (r *reader) ident() (token, bool) {
	if r.done() || !r.toks[r.pos].identifier() {
		return token{}, false
	}
	r.pos++
	return r.toks[r.pos-1], true
}

// path goes over a name that may have a schema, and gives it as written and its last part.
func (r *reader) path() (text, last string, ok bool) {
	first, ok := r.ident()
	if !ok {
		return "", "", false
	}
	text, last = first.text, first.name()
	for r.take(".") {
		t, ok := r.ident()
		if !ok {
			return "", "", false
		}
		text, last = text+"."+t.text, t.name()
	}
	return text, last, true
}

// brackets goes over a bracket with all that is in it.
func (r *reader) brackets() (text string, ok bool) {
	if r.done() || r.toks[r.pos].text != "(" {
		return "", false
	}
	from, depth := r.pos, 0
	for ; !r.done(); r.pos++ {
		switch r.toks[r.pos].text {
		case "(":
			depth++
		case ")":
			if depth--; depth == 0 {
				r.pos++
				return r.text(from, r.pos), true
			}
		}
	}
	return "", false
}

// text is what was written from one token up to another.
func (r *reader) text(from, to int) string {
	if from >= to {
		return ""
	}
	return r.sql[r.toks[from].start:r.toks[to-1].end]
}

// rest is what was written from the next token on.
func (r *reader) rest() string { return r.text(r.pos, len(r.toks)) }

// end is where the last token ends.
func (r *reader) end() int {
	if len(r.toks) == 0 {
		return 0
	}
	return r.toks[len(r.toks)-1].end
}

// mentions says whether a statement has the name among its words.
func mentions(sql, name string) bool {
	toks, ok := lex(sql)
	if !ok {
		return true
	}
	for _, t := range toks {
		if t.identifier() && t.name() == name || strings.HasPrefix(t.text, "'") && strings.Contains(t.text, name) || strings.HasPrefix(t.text, "$") && strings.Contains(t.text, name) {
			return true
		}
	}
	return false
}

// has says whether a statement has one of the keywords.
func has(sql string, words ...string) bool {
	toks, ok := lex(sql)
	if !ok {
		return true
	}
	for _, t := range toks {
		for _, w := range words {
			if t.is(w) {
				return true
			}
		}
	}
	return false
}
