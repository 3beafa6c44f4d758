package schemadiff

import (
	"fmt"
	"slices"
	"strings"
)

// make creates what is not there and alters what differs.
func (p *planner) make(o *Object) error {
	old := p.from.Objects[o.Key]
	if o.Table != "" && o.Kind != Index && p.to.Objects[o.table()] != nil && p.from.Objects[o.table()] == nil && p.inline(o) {
		return nil // CREATE TABLE has it
	}
	if old == nil || p.again[o.Key] {
		if err := p.create(o); err != nil {
			return err
		}
		if o.Comment != "" {
			p.comment(o)
		}
		p.partComments(&Object{}, o)
		return nil
	}
	if !sameDef(old, o) || p.bare[o.Key] || p.swapped[o.Key] || len(p.loose[o.Key]) > 0 {
		if err := p.alter(old, o); err != nil {
			return err
		}
	}
	if p.swapped[o.Key] {
		old = &Object{} // the new type has no comments yet
	}
	if old.Comment != o.Comment {
		p.comment(o)
	}
	p.partComments(old, o)
	return nil
}

// inline reports whether CREATE TABLE makes a part of a table.
func (p *planner) inline(o *Object) bool {
	return o.Kind == Column || o.Kind == Constraint && o.Shape != "f" && !strings.HasSuffix(o.Def, " NOT VALID")
}

// isNew reports whether the table that o belongs to is made by this plan.
func (p *planner) isNew(o *Object) bool {
	return p.from.Objects[o.table()] == nil
}

func (p *planner) create(o *Object) error {
	at := p.after(o, main)
	switch o.Kind {
	case Schema:
		p.emit(at, createSchema(o.Key))
	case Extension:
		sql := "CREATE EXTENSION IF NOT EXISTS " + ident(o.Name)
		if o.Of != publicSchema {
			sql += " WITH SCHEMA " + ident(o.Of)
		}
		p.emit(at, statement(sql))
	case Enum, Range, Domain, Composite:
		p.emit(at, createType(o))
	case Sequence:
		p.createSequence(o, at)
	case Table:
		p.createTable(o, at)
	case Column:
		return p.addColumn(o)
	case Constraint:
		p.addConstraint(o, at)
	case Index:
		p.createIndex(o, at)
	case View:
		p.createView(o, at, false)
	case Function:
		p.createFunction(o, at)
	case Policy:
		p.emit(at, waiting("CREATE POLICY "+ident(o.Name)+" ON "+o.onTable()+o.Def))
	case Collation, Aggregate, Operator, Cast, EventTrigger:
		p.createSimple(o, at)
	case TextDictionary, TextConfiguration:
		p.createTextSearch(o, at)
	case Statistics:
		p.emit(at, statement(o.Def))
	case Trigger, Rule:
		p.emit(at, waiting(o.Def))
		p.enable(o, at)
	default:
		return fmt.Errorf("create %s: cannot be planned", o.Name)
	}
	return nil
}

func joinParts(parts []Part) string {
	var all []string
	for _, part := range parts {
		all = append(all, ident(part.Name)+" "+part.Def)
	}
	return strings.Join(all, ", ")
}

// enable sets a trigger's or rule's state where it is not the usual one.
func (p *planner) enable(o *Object, at phase) {
	how, ok := map[string]string{"D": "DISABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}[o.Enabled]
	if ok {
		p.emit(at, alterTable(o.onTable(), how+" "+strings.ToUpper(string(o.Kind))+" "+ident(o.Name)))
	}
}

func (p *planner) alter(old, o *Object) error {
	at := p.after(o, main)
	switch o.Kind {
	case Extension:
		p.emit(at, alter("EXTENSION", ident(o.Name), "SET SCHEMA "+ident(o.Of)))
	case Enum:
		p.alterEnum(old, o)
	case Domain:
		p.alterDomain(old, o, at)
	case Composite, Range:
		p.alterComposite(old, o, at)
	case Sequence:
		p.alterSequence(old, o, at)
	case Table:
		p.alterTable(old, o, at)
	case Column:
		return p.alterColumn(old, o)
	case Constraint:
		if validated(old, o) {
			p.emit(max(at, finish), alterTable(o.onTable(), "VALIDATE CONSTRAINT "+ident(o.Name)))
		} else {
			p.emit(at, alterTable(o.onTable(), "ALTER CONSTRAINT "+ident(o.Name)+deferrable(o.Def)))
		}
	case Index:
		p.indexTargets(old, o, at)
	case View:
		if old.Def != o.Def || !slices.Equal(old.Options, o.Options) {
			p.createView(o, at, true)
		}
	case Function:
		p.createFunction(o, at)
	case Collation:
		p.swapType(o)
	case TextDictionary, TextConfiguration:
		p.alterTextSearch(old, o, at)
	case EventTrigger:
		p.enableEvents(old, o, at)
	case Trigger, Rule:
		if o.Enabled == "O" {
			p.emit(at, alterTable(o.onTable(), "ENABLE "+strings.ToUpper(string(o.Kind))+" "+ident(o.Name)))
		}
		p.enable(o, at)
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
func (p *planner) drop(k Key) {
	o := p.from.Objects[k]
	if p.freed[k] || p.goesAlong(o) {
		return
	}
	switch k.Kind {
	case Column:
		p.emit(main, dropColumn(k, p.parted[k]))
	case Constraint:
		p.emit(main, alterTable(k.onTable(), "DROP CONSTRAINT "+ident(k.Name)))
	case Index:
		p.dropIndex(o)
	case Trigger, Rule, Policy:
		p.emit(main, drop(strings.ToUpper(string(k.Kind)), ident(k.Name)+" ON "+k.onTable()))
	case View:
		p.emit(main, drop(viewWord(o), k.ident()))
	case Function:
		p.dropFunction(o)
	case Enum, Composite, Range:
		p.emit(main, drop("TYPE", k.ident()))
	case Collation, Aggregate, Operator, Cast, EventTrigger:
		p.emit(main, drop(strings.ToUpper(string(k.Kind)), k.simpleName()))
	case Statistics:
		p.emit(main, drop("STATISTICS", k.ident()))
	case Schema, Extension:
		p.emit(main, drop(strings.ToUpper(string(k.Kind)), ident(k.Name)))
	case Table, Sequence, Domain, TextDictionary, TextConfiguration:
		p.emit(main, drop(strings.ToUpper(string(k.Kind)), k.ident()))
	}
}

// goesAlong reports whether o is dropped with something it belongs to.
func (p *planner) goesAlong(o *Object) bool {
	gone := func(k Key) bool { return p.to.Objects[k] == nil || p.again[k] }
	if o.Kind == Sequence && o.Sequence.OwnerTable != "" {
		owner := Key{Kind: Column, Schema: o.Sequence.OwnerSchema, Table: o.Sequence.OwnerTable, Name: o.Sequence.OwnerColumn}
		return gone(owner)
	}
	if o.Table == "" {
		return false
	}
	if p.from.Objects[o.table()] != nil && gone(o.table()) {
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

func (p *planner) comment(o *Object) {
	text := "NULL"
	switch {
	case o.Comment != "":
		text = literal(o.Comment)
	case o.Kind == Schema && o.Name == publicSchema:
		text = literal(publicComment) // what every new database says
	}
	what := strings.ToUpper(string(o.Kind))
	name := o.ident()
	switch o.Kind {
	case Schema, Extension:
		name = ident(o.Name)
	case Column:
		name = o.onTable() + "." + ident(o.Name)
	case Constraint, Trigger, Rule, Policy:
		name = ident(o.Name) + " ON " + o.onTable()
	case Enum, Composite, Range:
		what = "TYPE"
	case View:
		what = viewWord(o)
	case Function:
		what, name = functionWord(o), functionName(o.Key)
	case Aggregate, Operator, Cast:
		name = o.simpleName()
	case EventTrigger:
		name = ident(o.Name)
	}
	p.emit(p.after(o, max(main, p.phase[o.Key])), statement("COMMENT ON "+what+" "+name+" IS "+text))
}

func viewWord(o *Object) string {
	if o.Materialized {
		return "MATERIALIZED VIEW"
	}
	return "VIEW"
}
