package schemadiff

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/entgraph/entgraph/internal/sqltext"
)

var typeParts = regexp.MustCompile(`^([a-z ]*?[a-z])(?:\((\d+)(?:,(-?\d+))?\))?( with(?:out)? time zone)?$`)

// cast gives the expression that casts a column, "" where Postgres needs none, and what
// it does to values.
func (g *guess) cast(old, c *Object) (expr string, how loss) {
	from, to := old.Type, c.Type
	plain := sqltext.Ident(c.Name) + "::" + to
	fromBase, fromArray := strings.CutSuffix(from, "[]")
	toBase, toArray := strings.CutSuffix(to, "[]")
	if fromArray != toArray {
		if !toArray && isText(toBase) {
			return plain, byItself
		}
		return plain, silently
	}
	if a, b := g.enum(old, fromBase), g.enum(c, toBase); a != nil && b != nil {
		if fromArray {
			plain = sqltext.Ident(c.Name) + "::text[]::" + to
		} else {
			plain = sqltext.Ident(c.Name) + "::text::" + to
		}
		if slices.ContainsFunc(a.Labels, func(l string) bool { return !slices.Contains(b.Labels, l) }) {
			return plain, silently
		}
		return plain, byItself
	}
	if strings.HasPrefix(fromBase, "timestamp") && strings.HasPrefix(toBase, "timestamp") && zoned(fromBase) != zoned(toBase) {
		return sqltext.Ident(c.Name) + " AT TIME ZONE 'UTC'", silently
	}
	if how := keeps(fromBase, toBase); how != silently {
		return "", how
	}
	if g.lacksCast(from, to) {
		return sqltext.Ident(c.Name) + "::text::" + to, silently // every type can be read from a text
	}
	return plain, silently
}

// lacksCast reports whether Postgres has no cast from a type to another, of which it may
// not know the second yet.
func (g *guess) lacksCast(from, to string) bool {
	_, err := g.conn.ExecContext(g.ctx, "SELECT NULL::"+from+"::"+to)
	return sqltext.State(err) == pgerrcode.CannotCoerce
}

// narrowings are the answers for a type that may be too small: to fail where a value
// does not fit, and for a text to cut it.
func narrowings(name string, c *Object) []string {
	all := []string{choice(flagUsing, name, sqltext.Ident(c.Name))}
	m := typeParts.FindStringSubmatch(c.Type)
	if m != nil && m[2] != "" && strings.HasPrefix(m[1], "character") {
		all = append(all, choice(flagUsing, name, "left("+sqltext.Ident(c.Name)+", "+m[2]+")"))
	}
	return all
}

func zoned(t string) bool { return strings.HasSuffix(t, " with time zone") }

func (g *guess) enum(c *Object, base string) *Object {
	for _, s := range []*State{g.from, g.to} {
		for _, n := range c.Needs {
			if o := s.Objects[n]; n.Kind == Enum && n.isType(base) && o != nil {
				return o
			}
		}
	}
	return nil
}

type loss int

const (
	silently loss = iota // or not at all
	loudly               // the migration fails where a value does not fit
	byItself             // never
)

var widths = []string{"smallint", "integer", "bigint"}

func isText(t string) bool {
	return t == "text" || strings.HasPrefix(t, "character varying")
}

// keeps says what an assignment from one type to another does to values.
func keeps(from, to string) loss {
	a, b := typeParts.FindStringSubmatch(from), typeParts.FindStringSubmatch(to)
	if isText(to) && (b == nil || b[2] == "" || isText(from)) && to != from {
		if b != nil && b[2] != "" && !(isText(from) && a != nil && a[2] != "" && number(a[2]) <= number(b[2])) {
			return loudly
		}
		return byItself // everything has a text
	}
	if a == nil || b == nil {
		return silently
	}
	i, j := slices.Index(widths, a[1]), slices.Index(widths, b[1])
	switch {
	case i >= 0 && j >= 0:
		return map[bool]loss{true: byItself, false: loudly}[i <= j]
	case i >= 0 && b[1] == "numeric":
		return map[bool]loss{true: byItself, false: loudly}[b[2] == ""]
	case i >= 0 && i < 2 && b[1] == "double precision", a[1] == "smallint" && b[1] == "real", a[1] == "real" && b[1] == "double precision":
		return byItself
	case a[1] == "numeric" && b[1] == "numeric" && b[2] == "":
		return byItself
	case a[1] == "numeric" && b[1] == "numeric" && a[2] != "" && number(b[3]) >= number(a[3]):
		return map[bool]loss{true: byItself, false: loudly}[number(b[2])-number(b[3]) >= number(a[2])-number(a[3])]
	case a[1] == "date" && b[1] == "timestamp", a[1] == "json" && b[1] == "jsonb", a[1] == "jsonb" && b[1] == "json":
		return map[bool]loss{true: byItself, false: silently}[!zoned(to)]
	case strings.TrimRight(a[1], " ") == b[1] && a[4] == b[4] && slices.Contains([]string{"timestamp", "time", "interval"}, b[1]):
		return map[bool]loss{true: byItself, false: silently}[b[2] == "" || a[2] != "" && number(a[2]) <= number(b[2])]
	case (a[1] == "character" || isText(from)) && b[1] == "character", a[1] == "bit" && b[1] == "bit varying":
		return map[bool]loss{true: byItself, false: loudly}[b[2] == "" && b[1] != "character" || a[2] != "" && number(a[2]) <= number(b[2])]
	}
	return silently
}

func number(s string) int {
	n, _ := strconv.Atoi(s) // "" is 0, as in numeric(10)
	return n
}
