package server

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"
)

// Go's decoders replace what is no character, such as half of a pair of surrogates, by
// U+FFFD. Then something else would be stored than was sent, so it is refused before.

var (
	errEncoding  = errors.New("is not UTF-8")
	errSurrogate = errors.New(`has half of a pair of surrogates, such as \ud800 alone`)
)

// checkJSON refuses JSON whose texts would not be decoded as they are.
func checkJSON(data []byte) error {
	if !utf8.Valid(data) {
		return errEncoding
	}
	for {
		start := bytes.IndexByte(data, '\\')
		if start < 0 {
			return nil
		}
		n := escape(data[start:])
		if n == 0 {
			return errSurrogate
		}
		data = data[start+n:]
	}
}

// checkDocument is checkJSON for a GraphQL document. In its comments and block strings a
// backslash means nothing. Source: GraphQL specification, section 2.9.4.
func checkDocument(text string) error {
	if !utf8.ValidString(text) {
		return errEncoding
	}
	if !strings.Contains(text, `\u`) {
		return nil
	}
	data := []byte(text)
	for len(data) > 0 {
		next := bytes.IndexAny(data, `"#`)
		if next < 0 {
			return nil
		}
		data = data[next:]
		switch {
		case data[0] == '#':
			data = data[lineEnd(data):]
		case bytes.HasPrefix(data, []byte(`"""`)):
			data = data[blockEnd(data):]
		default:
			n, ok := stringEnd(data)
			if !ok {
				return errSurrogate
			}
			data = data[n:]
		}
	}
	return nil
}

// lineEnd is where the line ends that data begins with.
func lineEnd(data []byte) int {
	if n := bytes.IndexAny(data, "\r\n"); n >= 0 {
		return n
	}
	return len(data)
}

// blockEnd is where the block string ends that data begins with.
func blockEnd(data []byte) int {
	for i := 3; i < len(data); i++ {
		switch {
		case bytes.HasPrefix(data[i:], []byte(`\"""`)):
			i += 3
		case bytes.HasPrefix(data[i:], []byte(`"""`)):
			return i + 3
		}
	}
	return len(data)
}

// stringEnd is where the string ends that data begins with, false when it has half of a
// pair. A string that does not end is for the parser to refuse.
func stringEnd(data []byte) (int, bool) {
	for i := 1; i < len(data); i++ {
		switch data[i] {
		case '"':
			return i + 1, true
		case '\n', '\r':
			return i, true
		case '\\':
			n := escape(data[i:])
			if n == 0 {
				return 0, false
			}
			i += n - 1
		}
	}
	return len(data), true
}

// escape is the length of the escape sequence that data begins with, a pair of
// surrogates as one, and 0 for half of a pair. Of what is no sequence it is 1 or 2; the
// decoder refuses it.
func escape(data []byte) int {
	switch unit := hexUnit(data); {
	case unit < 0:
		return min(2, len(data))
	case unit < 0xd800 || unit > 0xdfff:
		return 6
	case unit > 0xdbff:
		return 0
	}
	if low := hexUnit(data[6:]); low < 0xdc00 || low > 0xdfff {
		return 0
	}
	return 12
}

// hexUnit is the code unit of \uXXXX at the start of data, -1 when there is none.
func hexUnit(data []byte) int {
	if len(data) < 6 || data[0] != '\\' || data[1] != 'u' {
		return -1
	}
	unit := 0
	for _, c := range data[2:6] {
		digit := strings.IndexByte("0123456789abcdefABCDEF", c)
		if digit < 0 {
			return -1
		}
		if digit > 15 {
			digit -= 6
		}
		unit = unit<<4 | digit
	}
	return unit
}
