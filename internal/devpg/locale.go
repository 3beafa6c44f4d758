package devpg

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Texts are ordered by their bytes, which is the same on every machine, while lower()
// and ILIKE know the letters of all alphabets. Since version 17 the server itself has
// such a locale; before that the letters come from a locale of the system, whose name
// differs: glibc and musl, older glibc, macOS.

// builtinLocale are the arguments of initdb from version 17 on.
var builtinLocale = []string{"--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"}

// systemCTypes are the names of the system's locales, the best first. The last is there
// always; it knows the letters A to Z alone.
var systemCTypes = []string{"C.UTF-8", "C.utf8", "en_US.UTF-8", "UTF-8", "C"}

// localeArgs lists the ways to tell initdb the locale, to be tried in this order.
func localeArgs(major int) [][]string {
	if major >= 17 {
		return [][]string{builtinLocale}
	}
	var ways [][]string
	for _, ctype := range systemCTypes {
		ways = append(ways, []string{"--locale=C", "--lc-ctype=" + ctype})
	}
	return ways
}

// unknownLocale reports that initdb refused a locale of the system.
func unknownLocale(err error) bool {
	return strings.Contains(err.Error(), "invalid locale name")
}

// checkFolding says when a cluster folds the letters A to Z alone: it was made by an
// older release of this program, or the system has no locale of UTF-8.
func (s *Server) checkFolding(ctx context.Context) error {
	var folds bool
	err := s.admin(ctx, func(conn *pgx.Conn) error { return conn.QueryRow(ctx, foldsLetters).Scan(&folds) })
	if err != nil {
		return fmt.Errorf("ask the server for its locale: %w", err)
	}
	if !folds {
		note(s.cluster.o.Progress, "%s was made with a locale in which full-text search and citext ignore the case of the letters A to Z alone; the command reset creates it again, without its data", s.data)
	}
	return nil
}

// foldsLetters is a query that tells whether a database knows upper and lower case of
// letters beyond A to Z, as full-text search and citext need it.
const foldsLetters = `SELECT lower('ÉЖΣ') = 'éжσ'`
