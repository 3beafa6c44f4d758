package schemadiff

import (
	"regexp"
	"strings"

	"github.com/entgraph/entgraph/internal/sqltext"
)

var plainName = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)

// qualified writes a name with its schema, except for the schema public, in which
// migrations run.
func qualified(schema, name string) string {
	if schema == "" || schema == publicSchema {
		return sqltext.Ident(name)
	}
	return sqltext.Ident(schema) + "." + sqltext.Ident(name)
}

func (k Key) ident() string { return qualified(k.Schema, k.Name) }

// onTable is the table that k belongs to, as an identifier.
func (k Key) onTable() string { return qualified(k.Schema, k.Table) }

const (
	stringList = `(?:'(?:[^']|'')*'::character varying(?:, )?)+`
	columnName = `(\(?` + sqltext.Name + `(?:\.` + sqltext.Name + `)*\)?)`
)

var (
	arrayOfVarchars = regexp.MustCompile(`\(` + columnName + `::text (= ANY|<> ALL) \(\(ARRAY\[(` + stringList + `)\]\)::text\[\]\)\)`)
	arrayOfTexts    = regexp.MustCompile(`\(` + columnName + `::text (= ANY|<> ALL) \(ARRAY\[((?:\('(?:[^']|'')*'::character varying\)::text(?:, )?)+)\]\)\)`)
	castArray       = regexp.MustCompile(`\(ARRAY\[(` + stringList + `)\]\)::text\[\]`)
	castText        = regexp.MustCompile(`\(('(?:[^']|'')*')::character varying\)::text`)
	castVarchar     = regexp.MustCompile(`('(?:[^']|'')*')::character varying`)
)

// canonical gives an expression the form that people write where Postgres' own form
// would be read back as another one: for a varchar, "role IN ('A', 'B')" comes back as
// a cast of an array, and that as an array of casts.
func canonical(sql string) string {
	in := func(pattern, cast *regexp.Regexp) {
		sql = pattern.ReplaceAllStringFunc(sql, func(m string) string {
			part := pattern.FindStringSubmatch(m)
			op := " IN ("
			if part[2] != "= ANY" {
				op = " NOT IN ("
			}
			column := strings.TrimSuffix(strings.TrimPrefix(part[1], "("), ")")
			return "(" + column + op + cast.ReplaceAllString(part[3], "$1") + "))"
		})
	}
	in(arrayOfVarchars, castVarchar)
	in(arrayOfTexts, castText)
	// With anything but a column on the left there is only Postgres' second form.
	return castArray.ReplaceAllStringFunc(sql, func(m string) string {
		list := castArray.FindStringSubmatch(m)[1]
		return "ARRAY[" + castVarchar.ReplaceAllString(list, "($1::character varying)::text") + "]"
	})
}

// oneParen removes the second of two pairs of parentheses around a check.
func oneParen(def string) string {
	const start = "CHECK ("
	inner, ok := strings.CutPrefix(def, start+"(")
	if !ok {
		return def
	}
	rest := def[len(start):]
	depth, quoted := 0, false
	for i, r := range rest {
		switch {
		case r == '\'':
			quoted = !quoted
		case quoted:
		case r == '(':
			depth++
		case r == ')':
			if depth--; depth == 0 {
				if strings.HasPrefix(rest[i+1:], ")") {
					return start + inner[:i-1] + rest[i+1:]
				}
				return def
			}
		}
	}
	return def
}
