package rls

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/rule"
)

// Who asks, as SQL. Sub-queries are evaluated once in a statement and not for each row.
const (
	userID   = "(SELECT nullif(current_setting('entgraph.user_id', true), '')::uuid)"
	signedIn = "(SELECT nullif(current_setting('entgraph.user_id', true), '') IS NOT NULL)"
	isSystem = "(SELECT current_setting('entgraph.system', true) = 'on')"
	yes, no  = "true", "false"
)

func hasRole(roles []any) string {
	return "(SELECT nullif(current_setting('entgraph.user_id', true), '') IS NOT NULL AND current_setting('entgraph.role', true)" + in(roles) + ")"
}

// writer writes conditions as SQL on rows of whoever asks.
type writer struct {
	aliases int
	// raw: all rows are seen, so that what Visible asks must be written out.
	raw bool
	// writing: the condition is of a rule on writing.
	writing bool
}

type columnFunc func(column string) string

// under gives the columns of a row under an alias or table name.
func under(alias string) columnFunc {
	return func(column string) string { return alias + "." + ident(column) }
}

func (w *writer) cond(e *entity.Entity, c rule.Cond, column columnFunc) string {
	switch c.Op {
	case rule.OpEveryone:
		return yes
	case rule.OpSignedIn:
		return signedIn
	case rule.OpRole:
		if len(c.Values) > 0 {
			return hasRole(c.Values)
		}
	case rule.OpIn:
		if len(c.Values) > 0 {
			return column(c.Name) + in(c.Values)
		}
	case rule.OpOwner:
		return column(c.Name) + " = " + userID
	case rule.OpAny, rule.OpAll:
		parts := make([]string, len(c.Kids))
		for i, kid := range c.Kids {
			parts[i] = w.cond(e, kid, column)
		}
		if c.Op == rule.OpAny {
			return anyOf(parts...)
		}
		return allOf(parts...)
	case rule.OpHas, rule.OpVisible:
		return w.edge(e, c, column)
	}
	return no
}

// edge writes a condition on what an edge leads to.
func (w *writer) edge(e *entity.Entity, c rule.Cond, column columnFunc) string {
	edge := e.RuledEdge(c.Name)
	if f := e.RuleFunc(c, w.writing); f != nil && !w.raw {
		return "public." + ident(f.Name) + "(" + column(f.From()) + ")"
	}
	inner := edge.Target.Rules().Read
	if c.Op == rule.OpHas {
		inner = c.Kids[0]
	}
	if c.Op == rule.OpVisible && inner.Op == rule.OpEveryone && edge.Required && !edge.OnTarget && edge.Link == "" {
		return yes
	}
	return w.exists(edge, inner, column)
}

func (w *writer) exists(edge *entity.Edge, inner rule.Cond, column columnFunc) string {
	target := w.alias()
	from, on := table(edge.Target.Table)+" "+target, ""
	switch at := under(target); {
	case edge.Link != "":
		link := w.alias()
		from += " JOIN " + table(edge.Link) + " " + link + " ON " + at("id") + " = " + link + "." + ident(edge.LinkTo)
		on = link + "." + ident(edge.LinkFrom) + " = " + column("id")
	case edge.OnTarget:
		on = at(edge.Column) + " = " + column("id")
	default:
		on = at("id") + " = " + column(edge.Column)
	}
	if w.raw {
		on = allOf(on, w.cond(edge.Target, inner, under(target)))
	}
	if on == no {
		return no
	}
	return "EXISTS (SELECT FROM " + from + " WHERE " + on + ")"
}

func (w *writer) alias() string {
	w.aliases++
	return "r" + strconv.Itoa(w.aliases)
}

// anyOf and allOf join conditions and leave out what decides nothing.
func anyOf(parts ...string) string { return join(parts, " OR ", yes, no) }
func allOf(parts ...string) string { return join(parts, " AND ", no, yes) }

func join(parts []string, op, absorbing, neutral string) string {
	var kept []string
	for _, p := range parts {
		switch p {
		case absorbing:
			return absorbing
		case neutral:
		default:
			kept = append(kept, p)
		}
	}
	switch len(kept) {
	case 0:
		return neutral
	case 1:
		return kept[0]
	}
	return "(" + strings.Join(kept, op) + ")"
}

// in compares with the values of a rule, which are constants of the schema.
func in(values []any) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = constant(v)
	}
	if len(out) == 1 {
		return " = " + out[0]
	}
	return " IN (" + strings.Join(out, ", ") + ")"
}

func constant(v any) string {
	if s, ok := v.(string); ok {
		return quote(s)
	}
	return fmt.Sprint(v)
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func ident(name string) string { return pgx.Identifier{name}.Sanitize() }

func table(name string) string { return "public." + ident(name) }
