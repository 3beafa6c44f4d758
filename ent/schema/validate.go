package schema

import (
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// length accepts texts of least to most characters (code points, as Postgres
// counts them).
func length(least, most int) func(string) error {
	return func(s string) error {
		n := utf8.RuneCountInString(s)
		switch {
		case n < least && least == 1:
			return errors.New("must not be empty")
		case n < least:
			return fmt.Errorf("must have at least %d characters", least)
		case n > most:
			return fmt.Errorf("must have at most %d characters", most)
		}
		return nil
	}
}

// printable refuses control characters; lines allows line breaks and tabs.
func printable(lines bool) func(string) error {
	return func(s string) error {
		for _, r := range s {
			if unicode.IsControl(r) && !(lines && (r == '\n' || r == '\t' || r == '\r')) {
				return fmt.Errorf("must not contain the control character %U", r)
			}
		}
		return nil
	}
}

var usernamePattern = regexp.MustCompile(`^[a-z][a-z0-9_]{2,31}$`)

// username accepts 3 to 32 characters of a-z, 0-9 and _, beginning with a letter.
// Only ASCII: look-alike letters of other scripts would make two names look alike.
func username(s string) error {
	if !usernamePattern.MatchString(s) {
		return errors.New("must have 3 to 32 characters, only a-z, 0-9 and _, beginning with a letter")
	}
	return nil
}

// email accepts one bare address of at most 254 bytes whose domain has a dot.
// Source: RFC 5321, section 4.5.3.1.3, and RFC 5322 by net/mail.
func email(s string) error {
	addr, err := mail.ParseAddress(s)
	if err != nil || addr.Address != s || len(s) > 254 {
		return errors.New("must be an e-mail address such as ada@example.com")
	}
	domain := s[strings.LastIndexByte(s, '@')+1:]
	if dot := strings.LastIndexByte(domain, '.'); dot < 1 || dot == len(domain)-1 {
		return errors.New("must be an e-mail address with a full domain, such as ada@example.com")
	}
	return nil
}

// notNegative accepts 0 and above.
func notNegative(n int) error {
	if n < 0 {
		return errors.New("must not be negative")
	}
	return nil
}
