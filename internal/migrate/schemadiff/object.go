package schemadiff

import (
	"fmt"
	"slices"
	"strings"

	"github.com/entgraph/entgraph/internal/sqltext"
)

func (w *way) createView(o *Object, at phase, replace bool) {
	sql := "CREATE "
	if replace {
		sql += "OR REPLACE "
	}
	sql += viewWord(o) + " " + o.ident()
	if len(o.Options) > 0 {
		sql += " WITH (" + strings.Join(o.Options, ", ") + ")"
	}
	w.emit(at, statement(sql+" AS\n"+o.Def))
}

func (w *way) createFunction(o *Object, at phase) {
	// A body in SQL is checked when it is made, but may name what comes later.
	if strings.Contains(o.Def, "\n LANGUAGE sql\n") {
		w.emit(at, statement("SET check_function_bodies = off"))
	}
	w.emit(at, statement(o.Def))
}

func functionWord(o *Object) string {
	if o.Shape == "p" {
		return "PROCEDURE"
	}
	return "FUNCTION"
}

// functionName is the name with the argument types, which the key holds quoted.
func functionName(k Key) string {
	if k.Schema == publicSchema {
		return k.Name
	}
	return sqltext.Ident(k.Schema) + "." + k.Name
}

// dropFunction drops a function; the defaults that call it and stay go before.
func (w *way) dropFunction(o *Object) {
	for _, c := range w.from.of(Column) {
		now := w.to.Objects[c.Key]
		if now == nil || c.Default == "" || c.Generate != "" || w.goesLast(o.Key) {
			continue
		}
		for _, n := range c.Needs {
			if n == o.Key && !w.bare[c.Key] {
				w.bare[c.Key] = true
				w.emit(main, alterColumn(c, "DROP DEFAULT"))
			}
		}
	}
	w.loosenDomains(o.Key)
	w.emit(main, drop(functionWord(o), functionName(o.Key)))
}

func sequenceOptions(s *SeqState) string {
	sql := fmt.Sprintf(" START WITH %d INCREMENT BY %d MINVALUE %d MAXVALUE %d CACHE %d", s.Start, s.Increment, s.Min, s.Max, s.Cache)
	if s.Cycle {
		sql += " CYCLE"
	}
	return sql
}

func (w *way) createSequence(o *Object, at phase) {
	word := "SEQUENCE"
	if o.Attr.Persistence == "u" {
		word = "UNLOGGED SEQUENCE"
	}
	w.emit(at, statement("CREATE "+word+" "+o.ident()+" AS "+o.Sequence.Type+sequenceOptions(o.Sequence)))
}

// own ties the sequences that a column owns to it, and lets new ones begin after the
// rows there are.
func (w *way) own(c *Object, at phase) {
	for _, s := range w.to.of(Sequence) {
		q := s.Sequence
		if q.OwnerSchema != c.Schema || q.OwnerTable != c.Table || q.OwnerColumn != c.Name {
			continue
		}
		if w.from.Objects[s.Key] != nil && w.from.Objects[c.Key] != nil {
			continue // alterSequence does
		}
		w.emit(at, alter("SEQUENCE", s.ident(), "OWNED BY "+c.onTable()+"."+sqltext.Ident(c.Name)))
		if w.from.Objects[s.Key] == nil && w.from.Objects[c.Key] != nil {
			w.advance(c, at)
		}
	}
}

// advance lets the sequence of a column go on after the largest value in it.
func (w *way) advance(c *Object, at phase) {
	w.emit(at, query(fmt.Sprintf("setval(pg_get_serial_sequence(%s, %s), max(%s)) FROM %s HAVING max(%[3]s) IS NOT NULL",
		sqltext.Literal(c.onTable()), sqltext.Literal(c.Name), sqltext.Ident(c.Name), c.onTable())))
}

func (w *way) alterSequence(old, o *Object, at phase) {
	a, b := old.Sequence, o.Sequence
	changes := sequenceChanges(a, b, "")
	if a.Type != b.Type {
		changes = slices.Insert(changes, 0, "AS "+b.Type)
	}
	if len(changes) > 0 {
		w.emit(at, alter("SEQUENCE", o.ident(), strings.Join(changes, " ")))
	}
	if old.Attr.Persistence != o.Attr.Persistence {
		w.emit(at, alter("SEQUENCE", o.ident(), "SET "+persistence(o)))
	}
	column := Key{Kind: Column, Schema: b.OwnerSchema, Table: b.OwnerTable, Name: b.OwnerColumn}
	switch {
	case a.OwnerSchema == b.OwnerSchema && a.OwnerTable == b.OwnerTable && a.OwnerColumn == b.OwnerColumn:
	case b.OwnerTable == "":
		w.emit(at, alter("SEQUENCE", o.ident(), "OWNED BY NONE"))
	case w.from.Objects[column] != nil:
		w.emit(at, alter("SEQUENCE", o.ident(), "OWNED BY "+column.onTable()+"."+sqltext.Ident(column.Name)))
	}
}

func persistence(o *Object) string {
	if o.Attr.Persistence == "u" {
		return "UNLOGGED"
	}
	return "LOGGED"
}

// sequenceChanges lists the options that differ, each after a word such as "SET ". The
// sequence itself goes on where it is.
func sequenceChanges(a, b *SeqState, word string) (all []string) {
	add := func(differs bool, format string, args ...any) {
		if differs {
			all = append(all, word+fmt.Sprintf(format, args...))
		}
	}
	retyped := a.Type != b.Type
	add(a.Increment != b.Increment, "INCREMENT BY %d", b.Increment)
	add(a.Min != b.Min || retyped, "MINVALUE %d", b.Min)
	add(a.Max != b.Max || retyped, "MAXVALUE %d", b.Max)
	add(a.Start != b.Start, "START WITH %d", b.Start)
	add(a.Cache != b.Cache, "CACHE %d", b.Cache)
	add(!a.Cycle && b.Cycle, "CYCLE")
	add(a.Cycle && !b.Cycle, "NO CYCLE")
	return all
}
