package schemadiff

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// zero is a value for a column that says nothing: for an enum its first.
func (g *guess) zero(c *Object) string {
	for _, n := range c.Needs {
		o := g.to.Objects[n]
		switch {
		case o == nil || !n.isType(c.Type):
		case n.Kind == Enum && len(o.Labels) > 0:
			return sqltext.Literal(o.Labels[0])
		case n.Kind == Composite:
			return "'(" + strings.Repeat(",", max(0, len(o.Parts)-1)) + ")'"
		case n.Kind == Range:
			return "'empty'"
		case n.Kind == Domain:
			base := *o
			if base.Default != "" {
				return base.Default
			}
			return g.zero(&base)
		}
	}
	if value := zero(c.Type); value != "" {
		return value
	}
	for _, value := range []string{"''", "'0'", "'{}'", "'()'", "'(0,0)'", "'empty'"} {
		if _, err := g.conn.ExecContext(g.ctx, "SELECT ("+value+")::"+c.Type); err == nil {
			return value
		}
	}
	return "''"
}

// zeros are values of types that say nothing. Those of the types not here Postgres is
// asked for.
var zeros = map[string]string{
	"smallint": "0", "integer": "0", "bigint": "0", "numeric": "0", "real": "0", "double precision": "0", "money": "0", "oid": "0",
	"boolean": "false", "uuid": "gen_random_uuid()", "json": "'{}'", "jsonb": "'{}'", "interval": "'0'", "inet": "'0.0.0.0'", "cidr": "'0.0.0.0'",
	"date": "now()", "timestamp without time zone": "now()", "timestamp with time zone": "now()", "timestamp": "now()",
	"time without time zone": "'00:00'", "time with time zone": "'00:00+00'", "macaddr": "'00:00:00:00:00:00'", "macaddr8": "'00:00:00:00:00:00:00:00'",
	"text": "''", "character varying": "''", "character": "''", "bytea": "''", "tsvector": "''", "tsquery": "''", "bit varying": "''", "xml": "'<x/>'",
	"point": "'(0,0)'", "box": "'(0,0),(0,0)'", "lseg": "'[(0,0),(0,0)]'", "line": "'{1,0,0}'", "path": "'((0,0))'", "polygon": "'((0,0))'", "circle": "'<(0,0),0>'",
	"pg_lsn": "'0/0'", "jsonpath": "'$'", "int4range": "'empty'", "int8range": "'empty'", "numrange": "'empty'", "daterange": "'empty'", "tsrange": "'empty'", "tstzrange": "'empty'",
}

// zero is a value of a type that says nothing, "" for one that is not known.
func zero(typ string) string {
	base := strings.Join(strings.Fields(modifier.ReplaceAllString(typ, " ")), " ")
	switch {
	case strings.HasSuffix(typ, "[]"), strings.HasSuffix(typ, "multirange"):
		return "'{}'"
	case base == "bit":
		return "B'0'::" + typ // as long as the type is
	}
	return zeros[base]
}

var (
	valueWord   = regexp.MustCompile(`\bVALUE\b`)
	inCheck     = regexp.MustCompile(`(?s)^CHECK \((.*)\)(?: NO INHERIT)?(?: NOT VALID)?$`)
	checkText   = regexp.MustCompile(`'(?:[^']|'')*'`)
	checkNumber = regexp.MustCompile(`-?\b\d+(?:\.\d+)?\b`)
)

// checks are the conditions on a column alone: its own and those of its domain.
func (p *pair) checks(c *Object) (all []string) {
	for _, k := range p.to.on(c.table(), Constraint) {
		if m := inCheck.FindStringSubmatch(k.Def); m != nil && k.Shape == "c" && slices.Equal(k.Columns, []string{c.Name}) {
			all = append(all, m[1])
		}
	}
	for d := p.domain(c); d != nil; d = p.domain(d) {
		for _, part := range d.Parts {
			if m := inCheck.FindStringSubmatch(part.Def); m != nil {
				all = append(all, valueWord.ReplaceAllString(m[1], sqltext.Ident(c.Name)))
			}
		}
	}
	return all
}

// fitting gives the value, or where the checks on the column refuse it one that they name,
// or one near that. Where none fits it is the value: what refuses it tells the rest.
func (g *guess) fitting(c *Object, value string) string {
	checks := g.checks(c)
	if len(checks) == 0 {
		return value
	}
	typ := c.Type
	for d := g.domain(c); d != nil; d = g.domain(d) {
		typ = d.Type
	}
	candidates := []string{value}
	for _, check := range checks {
		candidates = append(candidates, checkText.FindAllString(check, -1)...)
		for _, n := range checkNumber.FindAllString(check, -1) {
			if zero(typ) != "0" && !isText(typ) {
				continue
			}
			candidates = append(candidates, n, n+" + 1", n+" - 1")
			if len(n) <= 4 && isText(typ) {
				candidates = append(candidates, "repeat('x', "+n+")")
			}
		}
	}
	candidates = append(candidates, "'1'", "'-1'", "true", "'x'", "'X'", "'a@example.com'", "'https://example.com'", "now() + interval '1 day'", "now() - interval '1 day'", "'1900-01-01'", "'2999-12-31'", `'{"": ""}'`, "'{0}'")
	for _, v := range candidates {
		if g.holds(sqltext.Ident(c.Name), typ, v, checks) {
			return v
		}
	}
	return value
}

// undefined are the SQLSTATEs of what is not there.
var undefined = []string{pgerrcode.UndefinedFunction, pgerrcode.UndefinedObject, pgerrcode.UndefinedTable, pgerrcode.UndefinedColumn, pgerrcode.InvalidSchemaName}

// holds reports whether a value is one of the type and the checks take it. Checks that
// cannot be tried, since they call what is not there yet, are taken to hold.
func (g *guess) holds(column, typ, value string, checks []string) bool {
	for _, check := range checks {
		rows, err := g.conn.QueryContext(g.ctx, "SELECT coalesce(("+check+"), true) FROM (SELECT ("+value+")::"+typ+" AS "+column+") one")
		if err == nil {
			ok := false
			for rows.Next() {
				err = rows.Scan(&ok)
			}
			if err = errors.Join(err, rows.Err(), rows.Close()); err == nil && !ok {
				return false
			}
		}
		if state := sqltext.State(err); state != "" && !slices.Contains(undefined, state) {
			return false
		}
	}
	return true
}
