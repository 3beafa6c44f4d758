package schemadiff

import (
	"fmt"
	"slices"
	"strings"

	"github.com/entgraph/entgraph/internal/sqltext"
)

func createEnum(name string, labels []string) string {
	quoted := make([]string, len(labels))
	for i, l := range labels {
		quoted[i] = sqltext.Literal(l)
	}
	return "CREATE TYPE " + name + " AS ENUM (" + strings.Join(quoted, ", ") + ")"
}

func createDomain(o *Object) string {
	sql := "CREATE DOMAIN " + o.ident() + " AS " + o.Type
	if o.Collation != "" {
		sql += " COLLATE " + o.Collation
	}
	if o.Default != "" {
		sql += " DEFAULT " + o.Default
	}
	if o.NotNull {
		sql += " NOT NULL"
	}
	for _, c := range o.Parts {
		sql += " CONSTRAINT " + sqltext.Ident(c.Name) + " " + c.Def
	}
	return sql
}

// swap reports whether a type has to be made again beside the old one.
func (d *disturbance) swap(old, now *Object) bool {
	switch old.Kind {
	case Enum:
		kept := slices.DeleteFunc(slices.Clone(now.Labels), func(l string) bool { return !slices.Contains(old.Labels, l) })
		return !slices.Equal(kept, old.Labels) || d.auto && d.usesNewLabel(old, now)
	case Domain:
		return old.Type != now.Type || old.Collation != now.Collation || tightens(old, now) && d.contained(old.Key)
	case Range, Collation:
		return true
	case Composite:
		return d.recast(old, now)
	}
	return false
}

// usesNewLabel reports whether something else that changes uses a value that an enum
// gets. Postgres allows that only after the value was committed, and the way back of a
// file is one transaction; a new type may be used at once.
func (p *pair) usesNewLabel(old, now *Object) bool {
	added := slices.DeleteFunc(slices.Clone(now.Labels), func(l string) bool { return slices.Contains(old.Labels, l) })
	for _, k := range p.from.Diff(p.to) {
		o := p.to.Objects[k]
		if o == nil || k == now.Key {
			continue
		}
		text := o.Default + o.Def
		for _, part := range o.Parts {
			text += part.Def
		}
		if slices.ContainsFunc(added, func(l string) bool { return strings.Contains(text, sqltext.Literal(l)) }) {
			return true
		}
	}
	return false
}

func (w *way) alterEnum(old, o *Object) {
	if w.swapped[o.Key] {
		w.swapType(o)
		return
	}
	for i, l := range o.Labels {
		if slices.Contains(old.Labels, l) {
			continue
		}
		where := ""
		switch {
		case i > 0:
			where = " AFTER " + sqltext.Literal(o.Labels[i-1])
		case len(old.Labels) > 0:
			where = " BEFORE " + sqltext.Literal(old.Labels[0])
		}
		if i > 0 && slices.Index(old.Labels, o.Labels[i-1]) == len(old.Labels)-1 && len(old.Labels) > 0 {
			where = ""
		}
		w.emit(early, addValue(o.Key, l, where))
	}
	w.phase[o.Key] = main
}

// swapType makes a type again and casts all columns of it.
func (w *way) swapType(o *Object) {
	old := o.Key
	old.Name = sqltext.Cut(o.Name, "_old")
	word := "TYPE"
	if o.Kind == Domain || o.Kind == Collation {
		word = strings.ToUpper(string(o.Kind))
	}
	w.emit(main, alter(word, o.ident(), "RENAME TO "+sqltext.Ident(old.Name)))
	w.emit(main, createType(o))
	w.oldTypes = append(w.oldTypes, drop(word, old.ident()))
	if o.Kind == Collation {
		w.collated(o)
		return
	}
	for _, c := range w.from.of(Column) {
		if w.to.Objects[c.Key] == nil || c.Generate != "" || !slices.Contains(c.Needs, o.Key) {
			continue
		}
		name, array := strings.CutSuffix(c.Type, "[]")
		if !o.isType(name) {
			continue // only its default needs the type
		}
		w.castColumn(c, o, array)
	}
}

// remakeRange makes a range type again in place of the old one: its functions keep
// their names when it is renamed. Columns hold texts meanwhile.
func (w *way) remakeRange(o *Object) {
	var back []Statement
	for _, c := range w.from.of(Column) {
		name, array := strings.CutSuffix(c.Type, "[]")
		if w.to.Objects[c.Key] == nil || !slices.Contains(c.Needs, o.Key) || !o.isType(name) {
			continue
		}
		if c.Default != "" && !w.bare[c.Key] {
			w.emit(main, alterColumn(c, "DROP DEFAULT"))
			w.bare[c.Key] = true
		}
		text := map[bool]string{true: "text[]", false: "text"}[array]
		w.emit(main, alterColumn(c, "TYPE "+text+" USING "+sqltext.Ident(c.Name)+"::"+text))
		back = append(back, alterColumn(c, "TYPE "+c.Type+" USING "+sqltext.Ident(c.Name)+"::"+c.Type))
	}
	w.emit(main, drop("TYPE", o.ident()))
	w.emit(main, createType(o))
	w.emit(main, back...)
}

// createType writes the statement that makes a type.
func createType(o *Object) Statement {
	switch o.Kind {
	case Enum:
		return statement(createEnum(o.ident(), o.Labels))
	case Domain:
		return statement(createDomain(o))
	case Composite:
		return statement("CREATE TYPE " + o.ident() + " AS (" + joinParts(o.Parts) + ")")
	case Collation:
		return statement("CREATE COLLATION " + o.ident() + " (" + o.Def + ")")
	}
	return statement("CREATE TYPE " + o.ident() + " AS RANGE (" + o.Def + ")")
}

// typeName is a type as Postgres writes it in a column's type.
func typeName(k Key) string {
	quote := func(s string) string {
		if plainName.MatchString(s) {
			return s
		}
		return sqltext.Ident(s)
	}
	if k.Schema == publicSchema {
		return quote(k.Name)
	}
	return quote(k.Schema) + "." + quote(k.Name)
}

// isType reports whether a type, as Postgres writes it, is the one of the key. Words of
// SQL are quoted there.
func (k Key) isType(text string) bool {
	return strings.ReplaceAll(text, `"`, "") == strings.ReplaceAll(typeName(k), `"`, "")
}

func (w *way) castColumn(c, o *Object, array bool) {
	if c.Default != "" {
		w.emit(main, alterColumn(c, "DROP DEFAULT"))
		w.bare[c.Key] = true
	}
	expr := sqltext.Ident(c.Name)
	target := o.ident()
	if array {
		target += "[]"
	}
	swapped := func(n Key) bool { return w.swapped[n] }
	if e := w.valuesOf(o); e != nil {
		expr = w.enumCast(expr, e, array)
	} else if old := w.from.Objects[o.Key]; o.Kind == Composite && !sameNames(old, o) {
		expr = rowCast(expr, old, o)
	} else if o.Kind != Domain || slices.ContainsFunc(o.Needs, swapped) {
		expr += map[bool]string{true: "::text[]", false: "::text"}[array] // each type has a text
	}
	w.emit(main, alterColumn(c, "TYPE "+target+" USING "+expr+"::"+target))
}

// valuesOf is the enum whose values a type has: itself, or that under a domain.
func (p *pair) valuesOf(o *Object) *Object {
	if o.Kind == Enum {
		return o
	}
	for _, n := range o.Needs {
		if e := p.to.Objects[n]; o.Kind == Domain && n.Kind == Enum && n.isType(o.Type) && p.from.Objects[n] != nil {
			return e
		}
	}
	return nil
}

// enumCast gives the text of an enum's value with the values that go replaced.
func (m *matching) enumCast(column string, o *Object, array bool) string {
	old := m.from.Objects[o.Key]
	var cases string
	list := column + "::text[]"
	for _, l := range old.Labels {
		if to, ok := m.merged[label(o.Key, l)]; ok {
			cases += " WHEN " + sqltext.Literal(l) + " THEN " + sqltext.Literal(to)
			list = fmt.Sprintf("array_replace(%s, %s, %s)", list, sqltext.Literal(l), sqltext.Literal(to))
		}
	}
	switch {
	case array:
		return list
	case cases == "":
		return column + "::text"
	}
	return "(CASE " + column + "::text" + cases + " ELSE " + column + "::text END)"
}

func (w *way) alterDomain(old, o *Object, at phase) {
	if w.swapped[o.Key] {
		w.swapType(o)
		return
	}
	domain := func(action string) { w.emit(at, alter("DOMAIN", o.ident(), action)) }
	if old.Default != o.Default || calls(old.Default, w.loose[o.Key]) {
		domain(defaultTo(o.Default))
	}
	was, now := bareParts(old.Parts), bareParts(o.Parts)
	was = slices.DeleteFunc(was, func(c Part) bool { return calls(c.Def, w.loose[o.Key]) })
	for _, c := range was {
		if !slices.Contains(now, c) {
			domain("DROP CONSTRAINT " + sqltext.Ident(c.Name))
		}
	}
	for _, c := range now {
		if !slices.Contains(was, c) {
			domain("ADD CONSTRAINT " + sqltext.Ident(c.Name) + " " + c.Def)
		}
	}
	if old.NotNull != o.NotNull {
		domain(map[bool]string{true: "SET NOT NULL", false: "DROP NOT NULL"}[o.NotNull])
	}
}
