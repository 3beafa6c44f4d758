package entity

import (
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Length accepts texts of least to most characters: code points, as Postgres counts them.
func Length(least, most int) func(string) error {
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

// AtLeast accepts numbers from least on.
func AtLeast[T int | int8 | int16 | int32 | int64 | float32 | float64](least T) func(T) error {
	return func(n T) error {
		switch {
		case n < least && least == 0:
			return errors.New("must not be negative")
		case n < least:
			return fmt.Errorf("must be at least %v", least)
		}
		return nil
	}
}

// Printable accepts one line of text: it refuses control characters.
func Printable(s string) error { return printable(s, "") }

// PrintableLines accepts text that may have line breaks and tabs: it refuses all other control
// characters.
func PrintableLines(s string) error { return printable(s, "\n\r\t") }

func printable(s, except string) error {
	for _, r := range s {
		if unicode.IsControl(r) && !strings.ContainsRune(except, r) {
			return fmt.Errorf("must not contain the control character %U", r)
		}
	}
	return nil
}

// URL accepts an absolute http or https URL with a host, of at most 2,048 bytes.
// Source: RFC 3986 by net/url.
func URL(s string) error {
	u, err := url.Parse(s)
	switch {
	case len(s) > 2048:
		return errors.New("must have at most 2048 bytes")
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "", strings.ContainsFunc(s, unicode.IsSpace):
		return errors.New("must be a URL such as https://example.com/")
	}
	return nil
}

// Email accepts one bare address of at most 254 bytes whose domain has a dot. With [Lower] it
// is kept in one spelling.
// Source: RFC 5321, section 4.5.3.1.3, and RFC 5322 by net/mail.
func Email(s string) error {
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
