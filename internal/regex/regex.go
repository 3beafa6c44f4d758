// Package regex writes regular expressions of RE2, as Go's package regexp documents them, for
// Postgres, so that a text matches there if, and only if, it matches in Go. RE2 is without what
// makes a search exponential, back references, and without what means another thing in each
// locale. Expressions are parsed and written again, so that nothing reaches Postgres that was not
// understood, and their size is known before they run. Postgres' own bounds are no help: it refuses
// (^|a|$){90} or (\b.?){40} as too complex after many seconds and 150 MB, in which it hears
// neither a cancel nor a time-out.
package regex

import (
	"errors"
	"regexp/syntax"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Translate writes an expression for Postgres' operator ~ and tells its size: of characters and
// classes, each as often as it may be repeated. The error says what is not supported, to whoever
// wrote the expression.
func Translate(text string) (written string, size int, err error) {
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return "", 0, errors.New(problem(err))
	}
	w := &writer{}
	size = w.write(tree)
	return w.String(), size, w.err
}

func problem(err error) string {
	var e *syntax.Error
	if !errors.As(err, &e) {
		return err.Error()
	}
	if e.Expr == "" {
		return string(e.Code)
	}
	return string(e.Code) + ": " + e.Expr
}

// writer writes a parsed expression as an advanced regular expression of Postgres. Source:
// PostgreSQL manual, section 9.7.3.
type writer struct {
	strings.Builder
	err      error
	repeated bool // what is written may come more than once
}

// maxRepeat is the most that Postgres repeats: DUPMAX in its regcustom.h.
const maxRepeat = 255

const (
	wordChar     = "[0-9A-Z_a-z]"
	wordBoundary = "(?:(?<=" + wordChar + ")(?!" + wordChar + ")|(?<!" + wordChar + ")(?=" + wordChar + "))"
	noBoundary   = "(?:(?<=" + wordChar + ")(?=" + wordChar + ")|(?<!" + wordChar + ")(?!" + wordChar + "))"
)

// constraintSize is what an end or a boundary of a word counts, of which Postgres makes more
// work than of characters. Repeated they mean nothing more and take it seconds.
const constraintSize = 20

// write writes an expression and returns its size: of characters and classes, each as often
// as it may be repeated.
func (w *writer) write(re *syntax.Regexp) int {
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			w.literal(r, re.Flags&syntax.FoldCase != 0)
		}
		return len(re.Rune)
	case syntax.OpCharClass:
		return w.class(re.Rune)
	case syntax.OpAnyCharNotNL:
		return w.text(`[^\n]`, 1)
	case syntax.OpAnyChar:
		return w.text(".", 1)
	case syntax.OpEmptyMatch:
		return w.text("(?:)", 1)
	case syntax.OpBeginText:
		return w.constraint(`\A`)
	case syntax.OpEndText:
		return w.constraint(`\Z`)
	case syntax.OpWordBoundary:
		return w.constraint(wordBoundary)
	case syntax.OpNoWordBoundary:
		return w.constraint(noBoundary)
	case syntax.OpBeginLine, syntax.OpEndLine:
		w.err = errors.New("the flag m is not supported")
	case syntax.OpNoMatch:
		w.err = errors.New("a class without characters matches nothing")
	case syntax.OpConcat, syntax.OpAlternate:
		return w.list(re)
	default:
		return w.repeat(re)
	}
	return 0
}

func (w *writer) text(s string, size int) int {
	w.WriteString(s)
	return size
}

func (w *writer) constraint(s string) int {
	if w.repeated {
		w.err = errors.New("^, $ and boundaries may not be inside of what is repeated")
	}
	return w.text(s, constraintSize)
}

// list writes what follows one another, or alternatives.
func (w *writer) list(re *syntax.Regexp) int {
	w.WriteString("(?:")
	size := 0
	for i, sub := range re.Sub {
		if i > 0 && re.Op == syntax.OpAlternate {
			w.WriteByte('|')
		}
		size += w.write(sub)
	}
	w.WriteByte(')')
	return size
}

// repeat writes a group with what is behind it. Which of the matches is the longest does not
// matter to whether there is one.
func (w *writer) repeat(re *syntax.Regexp) int {
	before := w.repeated
	w.repeated = before || re.Op == syntax.OpStar || re.Op == syntax.OpPlus || re.Op == syntax.OpRepeat
	w.WriteString("(?:")
	size := w.write(re.Sub[0])
	w.WriteByte(')')
	w.repeated = before
	switch re.Op {
	case syntax.OpStar:
		w.WriteByte('*')
	case syntax.OpPlus:
		w.WriteByte('+')
	case syntax.OpQuest:
		w.WriteByte('?')
	case syntax.OpRepeat:
		if max(re.Min, re.Max) > maxRepeat {
			w.err = errors.New("nothing may be repeated more than " + strconv.Itoa(maxRepeat) + " times")
		}
		w.WriteString("{" + strconv.Itoa(re.Min))
		if re.Max != re.Min {
			w.WriteByte(',')
			if re.Max >= 0 {
				w.WriteString(strconv.Itoa(re.Max))
			}
		}
		w.WriteByte('}')
		return size * max(re.Min, re.Max, 1)
	}
	return size
}

// literal writes a character, or all that are the same without regard to case.
func (w *writer) literal(r rune, fold bool) {
	if !fold || unicode.SimpleFold(r) == r {
		w.char(r)
		return
	}
	w.WriteByte('[')
	w.char(r)
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		w.char(f)
	}
	w.WriteByte(']')
}

// classRanges are how many ranges of a class count as one character.
const classRanges = 16

// class writes a class of characters by its ranges, or by what it leaves out. What no text
// has, NUL and halves of surrogate pairs, is left out.
func (w *writer) class(ranges []rune) int {
	w.WriteByte('[')
	if n := len(ranges); n > 2 && ranges[0] == 0 && ranges[n-1] == unicode.MaxRune {
		w.WriteByte('^')
		var gaps []rune
		for i := 1; i+1 < n; i += 2 {
			gaps = append(gaps, ranges[i]+1, ranges[i+1]-1)
		}
		ranges = gaps
	}
	n := 0
	for i := 0; i < len(ranges); i += 2 {
		lo, hi := max(ranges[i], 1), ranges[i+1]
		if lo >= 0xD800 && lo <= 0xDFFF {
			lo = 0xE000
		}
		if hi >= 0xD800 && hi <= 0xDFFF {
			hi = 0xD7FF
		}
		if lo > hi {
			continue
		}
		n++
		w.char(lo)
		if lo < hi {
			w.WriteByte('-')
			w.char(hi)
		}
	}
	if n == 0 {
		w.err = errors.New("a class has no characters that a text may have")
	}
	w.WriteByte(']')
	return 1 + n/classRanges
}

// char writes a character so that it stands for itself, in a class too.
func (w *writer) char(r rune) {
	switch {
	case r < ' ' || r == 0x7F:
		w.WriteString(`\u` + strconv.FormatInt(int64(r)+0x10000, 16)[1:]) // \x takes all digits that follow
	case r < utf8.RuneSelf && !unicode.IsLetter(r) && !unicode.IsDigit(r):
		w.WriteString(`\` + string(r))
	default:
		w.WriteRune(r)
	}
}
