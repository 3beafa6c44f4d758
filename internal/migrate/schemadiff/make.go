package schemadiff

import (
	"fmt"
	"slices"
	"strings"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// make creates what is not there and alters what differs.
func (w *way) make(o *Object) error {
	old := w.from.Objects[o.Key]
	if o.Table != "" && o.Kind != Index && w.to.Objects[o.table()] != nil && w.from.Objects[o.table()] == nil && inline(o) {
		return nil // CREATE TABLE has it
	}
	if old == nil || w.again[o.Key] {
		if err := w.create(o); err != nil {
			return err
		}
		if o.Comment != "" {
			w.comment(o)
		}
		w.partComments(&Object{}, o)
		return nil
	}
	if !sameDef(old, o) || w.bare[o.Key] || w.swapped[o.Key] || len(w.loose[o.Key]) > 0 {
		if err := w.alter(old, o); err != nil {
			return err
		}
	}
	if w.swapped[o.Key] {
		old = &Object{} // the new type has no comments yet
	}
	if old.Comment != o.Comment {
		w.comment(o)
	}
	w.partComments(old, o)
	return nil
}

// inline reports whether CREATE TABLE makes a part of a table.
func inline(o *Object) bool {
	return o.Kind == Column || o.Kind == Constraint && o.Shape != "f" && !strings.HasSuffix(o.Def, " NOT VALID")
}

// isNew reports whether the table that o belongs to is made by this plan.
func (p *pair) isNew(o *Object) bool {
	return p.from.Objects[o.table()] == nil
}

func (w *way) create(o *Object) error {
	at := w.after(o, main)
	switch o.Kind {
	case Schema:
		w.emit(at, createSchema(o.Key))
	case Extension:
		sql := "CREATE EXTENSION IF NOT EXISTS " + sqltext.Ident(o.Name)
		if o.Of != publicSchema {
			sql += " WITH SCHEMA " + sqltext.Ident(o.Of)
		}
		w.emit(at, statement(sql))
	case Enum, Range, Domain, Composite:
		w.emit(at, createType(o))
	case Sequence:
		w.createSequence(o, at)
	case Table:
		w.createTable(o, at)
	case Column:
		return w.addColumn(o)
	case Constraint:
		w.addConstraint(o, at)
	case Index:
		w.createIndex(o, at)
	case View:
		w.createView(o, at, false)
	case Function:
		w.createFunction(o, at)
	case Policy:
		w.emit(at, waiting("CREATE POLICY "+sqltext.Ident(o.Name)+" ON "+o.onTable()+o.Def))
	case Collation, Aggregate, Operator, Cast, EventTrigger:
		w.createSimple(o, at)
	case TextDictionary, TextConfiguration:
		w.createTextSearch(o, at)
	case Statistics:
		w.emit(at, statement(o.Def))
	case Trigger, Rule:
		w.emit(at, waiting(o.Def))
		w.enable(o, at)
	default:
		return fmt.Errorf("create %s: cannot be planned", o.Name)
	}
	return nil
}

func joinParts(parts []Part) string {
	var all []string
	for _, part := range parts {
		all = append(all, sqltext.Ident(part.Name)+" "+part.Def)
	}
	return strings.Join(all, ", ")
}

// enable sets a trigger's or rule's state where it is not the usual one.
func (w *way) enable(o *Object, at phase) {
	how, ok := map[string]string{"D": "DISABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}[o.Enabled]
	if ok {
		w.emit(at, alterTable(o.onTable(), how+" "+strings.ToUpper(string(o.Kind))+" "+sqltext.Ident(o.Name)))
	}
}

func (w *way) alter(old, o *Object) error {
	at := w.after(o, main)
	switch o.Kind {
	case Extension:
		w.emit(at, alter("EXTENSION", sqltext.Ident(o.Name), "SET SCHEMA "+sqltext.Ident(o.Of)))
	case Enum:
		w.alterEnum(old, o)
	case Domain:
		w.alterDomain(old, o, at)
	case Composite, Range:
		w.alterComposite(old, o, at)
	case Sequence:
		w.alterSequence(old, o, at)
	case Table:
		w.alterTable(old, o, at)
	case Column:
		return w.alterColumn(old, o)
	case Constraint:
		if validated(old, o) {
			w.emit(max(at, finish), alterTable(o.onTable(), "VALIDATE CONSTRAINT "+sqltext.Ident(o.Name)))
		} else {
			w.emit(at, alterTable(o.onTable(), "ALTER CONSTRAINT "+sqltext.Ident(o.Name)+deferrable(o.Def)))
		}
	case Index:
		w.indexTargets(old, o, at)
	case View:
		if old.Def != o.Def || !slices.Equal(old.Options, o.Options) {
			w.createView(o, at, true)
		}
	case Function:
		w.createFunction(o, at)
	case Collation:
		w.swapType(o)
	case TextDictionary, TextConfiguration:
		w.alterTextSearch(old, o, at)
	case EventTrigger:
		w.enableEvents(old, o, at)
	case Trigger, Rule:
		if o.Enabled == "O" {
			w.emit(at, alterTable(o.onTable(), "ENABLE "+strings.ToUpper(string(o.Kind))+" "+sqltext.Ident(o.Name)))
		}
		w.enable(o, at)
	default:
		return fmt.Errorf("alter %s %s: cannot be planned", o.Kind, o.Key)
	}
	return nil
}

func deferrable(def string) string {
	switch {
	case strings.HasSuffix(def, " INITIALLY DEFERRED"):
		return " DEFERRABLE INITIALLY DEFERRED"
	case strings.HasSuffix(def, " DEFERRABLE"):
		return " DEFERRABLE INITIALLY IMMEDIATE"
	}
	return " NOT DEFERRABLE"
}

// drop drops an object, unless it goes with another.
func (w *way) drop(k Key) {
	o := w.from.Objects[k]
	if w.freed[k] || w.goesAlong(o) {
		return
	}
	switch k.Kind {
	case Column:
		w.emit(main, dropColumn(k, w.parted[k]))
	case Constraint:
		w.emit(main, alterTable(k.onTable(), "DROP CONSTRAINT "+sqltext.Ident(k.Name)))
	case Index:
		w.dropIndex(o)
	case Trigger, Rule, Policy:
		w.emit(main, drop(strings.ToUpper(string(k.Kind)), sqltext.Ident(k.Name)+" ON "+k.onTable()))
	case View:
		w.emit(main, drop(viewWord(o), k.ident()))
	case Function:
		w.dropFunction(o)
	case Enum, Composite, Range:
		w.emit(main, drop("TYPE", k.ident()))
	case Collation, Aggregate, Operator, Cast, EventTrigger:
		w.emit(main, drop(strings.ToUpper(string(k.Kind)), k.simpleName()))
	case Statistics:
		w.emit(main, drop("STATISTICS", k.ident()))
	case Schema, Extension:
		w.emit(main, drop(strings.ToUpper(string(k.Kind)), sqltext.Ident(k.Name)))
	case Table, Sequence, Domain, TextDictionary, TextConfiguration:
		w.emit(main, drop(strings.ToUpper(string(k.Kind)), k.ident()))
	}
}

// goesAlong reports whether o is dropped with something it belongs to.
func (d *disturbance) goesAlong(o *Object) bool {
	gone := func(k Key) bool { return d.to.Objects[k] == nil || d.again[k] }
	if o.Kind == Sequence && o.Sequence.OwnerTable != "" {
		owner := Key{Kind: Column, Schema: o.Sequence.OwnerSchema, Table: o.Sequence.OwnerTable, Name: o.Sequence.OwnerColumn}
		return gone(owner)
	}
	if o.Table == "" {
		return false
	}
	if d.from.Objects[o.table()] != nil && gone(o.table()) {
		// Tables that refer to each other in a circle could not be dropped.
		return o.Shape != "f" || o.RefTable == o.Table && o.RefSchema == o.Schema || !gone(Key{Kind: Table, Schema: o.RefSchema, Name: o.RefTable})
	}
	if !slices.Contains([]Kind{Constraint, Index, Statistics}, o.Kind) {
		return false
	}
	if o.Shape == "f" && slices.ContainsFunc(o.Needs, func(n Key) bool {
		return (n.Kind == Constraint || n.Kind == Index || n.Kind == Column && slices.Contains(o.RefColumns, n.Name)) && gone(n)
	}) {
		return false // what it refers to may go before its own column
	}
	return slices.ContainsFunc(o.Needs, func(n Key) bool {
		return n.Kind == Column && n.Table == o.Table && n.Schema == o.Schema && gone(n)
	})
}

func (w *way) comment(o *Object) {
	text := "NULL"
	switch {
	case o.Comment != "":
		text = sqltext.Literal(o.Comment)
	case o.Kind == Schema && o.Name == publicSchema:
		text = sqltext.Literal(publicComment) // what every new database says
	}
	what := strings.ToUpper(string(o.Kind))
	name := o.ident()
	switch o.Kind {
	case Schema, Extension:
		name = sqltext.Ident(o.Name)
	case Column:
		name = o.onTable() + "." + sqltext.Ident(o.Name)
	case Constraint, Trigger, Rule, Policy:
		name = sqltext.Ident(o.Name) + " ON " + o.onTable()
	case Enum, Composite, Range:
		what = "TYPE"
	case View:
		what = viewWord(o)
	case Function:
		what, name = functionWord(o), functionName(o.Key)
	case Aggregate, Operator, Cast:
		name = o.simpleName()
	case EventTrigger:
		name = sqltext.Ident(o.Name)
	}
	w.emit(w.after(o, max(main, w.phase[o.Key])), statement("COMMENT ON "+what+" "+name+" IS "+text))
}

func viewWord(o *Object) string {
	if o.Materialized {
		return "MATERIALIZED VIEW"
	}
	return "VIEW"
}
