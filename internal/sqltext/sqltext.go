// Package sqltext writes the small parts of SQL that are the same everywhere: names,
// strings, and names cut to the length that Postgres keeps. It also gives the SQLSTATE of
// an error, to compare with the constants of [github.com/jackc/pgerrcode].
//
// Nothing here asks a server. Values of requests do not belong into SQL text: they are
// sent as arguments.
package sqltext

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// MaxName is the length in bytes at which Postgres cuts names. Source: PostgreSQL manual,
// NAMEDATALEN.
const MaxName = 63

// Name is the regular expression of one name as people and Postgres write it, in quotes
// or without, with no group of its own.
const Name = `(?:"(?:[^"]|"")+"|[A-Za-z_][\w$]*)`

// Ident writes a name, or a name with its schema and table before it, always in quotes:
// no word is reserved then, and no letter becomes a small one.
func Ident(parts ...string) string { return pgx.Identifier(parts).Sanitize() }

// Public is the schema of Postgres in which tables are when nothing else is said.
const Public = "public"

// Table writes the name of a table, view or function in full. The schema "" is [Public].
func Table(schema, name string) string {
	if schema == "" || schema == Public {
		return Public + "." + Ident(name)
	}
	return Ident(schema, name)
}

// Idents writes names as a list, with commas.
func Idents(names []string) string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = Ident(name)
	}
	return strings.Join(all, ", ")
}

// Unquote gives the name that Postgres stores for one that was written as [Name].
func Unquote(name string) string {
	if len(name) < 2 || !strings.HasPrefix(name, `"`) {
		return strings.ToLower(name)
	}
	return strings.ReplaceAll(name[1:len(name)-1], `""`, `"`)
}

// Literal writes a text as a string constant. It means the same under every setting of
// standard_conforming_strings.
func Literal(text string) string {
	if strings.Contains(text, `\`) {
		return `E'` + strings.NewReplacer(`'`, `''`, `\`, `\\`).Replace(text) + `'`
	}
	return `'` + strings.ReplaceAll(text, `'`, `''`) + `'`
}

// Cut makes a name that ends with suffix and has at most [MaxName] bytes, in which no
// letter is broken. The suffix must be shorter than that.
func Cut(name, suffix string) string {
	n := min(len(name), MaxName-len(suffix))
	for n > 0 && n < len(name) && !utf8.RuneStart(name[n]) {
		n--
	}
	return name[:n] + suffix
}

// Short makes a name that ends with suffix, as [Cut] does; a name that is cut is told from
// others that begin alike by a hash of all of it.
func Short(name, suffix string) string {
	if len(name)+len(suffix) <= MaxName {
		return name + suffix
	}
	sum := sha256.Sum256([]byte(name))
	return Cut(name, "_"+hex.EncodeToString(sum[:4])+suffix)
}

// Symbol is the name of a constraint or index as Ent writes it: one that Postgres would cut,
// which could make two of them equal, ends with a hash. Source: Ent's dialect/sql/schema.
func Symbol(name string) string {
	if len(name) <= MaxName {
		return name
	}
	const sum = 33 // an underscore and an MD5
	return fmt.Sprintf("%s_%x", name[:MaxName-sum], md5.Sum([]byte(name)))
}

// State gives the SQLSTATE of an error that the server reported, "" for every other one.
func State(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}
