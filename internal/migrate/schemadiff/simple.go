package schemadiff

import (
	"slices"
	"strings"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// isSimple is for what is made by one statement and has no parts.
func isSimple(k Kind) bool {
	return slices.Contains([]Kind{Collation, Aggregate, Operator, Cast, EventTrigger}, k)
}

// name is how statements call a simple object. Keys of aggregates and operators hold
// their arguments, and quotes where they need any.
func (k Key) simpleName() string {
	schema := ""
	if k.Schema != "" && k.Schema != publicSchema {
		schema = sqltext.Ident(k.Schema) + "."
	}
	switch k.Kind {
	case Aggregate, Operator:
		return schema + k.Name
	case Cast:
		return k.Name
	}
	return k.ident()
}

func (w *way) createSimple(o *Object, at phase) {
	sql := "CREATE " + strings.ToUpper(string(o.Kind)) + " "
	switch name := o.simpleName(); o.Kind {
	case Operator:
		name, _, _ = strings.Cut(name, " (")
		sql += name + " (" + o.Def + ")"
	case Cast, EventTrigger:
		sql += name + " " + o.Def
	default:
		sql += name + " (" + o.Def + ")"
	}
	w.emit(at, statement(sql))
	w.enableEvents(&Object{Enabled: "O"}, o, at)
}

// enableEvents sets when an event trigger fires.
func (w *way) enableEvents(old, o *Object, at phase) {
	if o.Kind != EventTrigger || old.Enabled == o.Enabled {
		return
	}
	how := map[string]string{"O": "ENABLE", "D": "DISABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}[o.Enabled]
	w.emit(at, alter("EVENT TRIGGER", o.simpleName(), how))
}

// collated casts the columns of a collation that was made again.
func (w *way) collated(o *Object) {
	for _, c := range w.from.of(Column) {
		if w.to.Objects[c.Key] == nil || w.again[c.Key] || !slices.Contains(c.Needs, o.Key) || unquoted(c.Collation) != o.Schema+"."+o.Name {
			continue
		}
		w.emit(main, alterColumn(c, "TYPE "+c.Type+" COLLATE "+o.ident()))
	}
}

func unquoted(name string) string { return strings.ReplaceAll(name, `"`, "") }
