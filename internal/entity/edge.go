package entity

import (
	"fmt"

	"entgo.io/ent"

	"github.com/entgraph/entgraph/key"
)

// Edge is a relation from one entity to another.
type Edge struct {
	// Name is the GraphQL name, such as "author".
	Name string
	// Type is the name of the target entity; Target is the entity, set by [New].
	Type   string
	Target *Entity
	// Source is the entity whose edge it is, set by [New].
	Source *Entity
	// Unique: the edge leads to at most one entity.
	Unique bool
	// Required: there always is one.
	Required bool
	// Needed: a create input must name one, and an input may not take the last one away. It
	// promises nothing of what is stored, as others may: the foreign key is not the entity's.
	Needed bool
	// Immutable: no update input has the edge.
	Immutable bool

	// Column is the foreign key: on the entity's own table or, when OnTarget is set,
	// on the target's. Empty for a many-to-many edge.
	Column   string
	OnTarget bool

	// Link is the table between the two of a many-to-many edge. Its column LinkFrom
	// refers to the entity and LinkTo to the target.
	Link, LinkFrom, LinkTo string
	// LinkSchema is the schema that the table is in, "" for public.
	LinkSchema string
	// Through is the entity of the link table when it is an edge schema.
	Through     string
	ThroughType *Entity

	// Input is the key in inputs: "authorID" for a to-one edge; for a to-many edge the
	// plural "tagIDs", with AddInput "addTagIDs" and RemoveInput "removeTagIDs". Empty
	// when the edge is not written from this side.
	Input, AddInput, RemoveInput string

	// ByViewer: it leads to who creates the entity, and inputs have its key for viewers with one of the
	// roles Setters alone.
	ByViewer bool
	Setters  []string

	// OneOf is the field that leads along this edge or another one, set by [New]; nil for an
	// edge by itself.
	OneOf *OneOf

	// partner is the same edge as it is kept in the other row, for an edge like spouse that
	// Ent writes on both sides; nil for others.
	partner *Edge

	// implied: who sees the entity sees what the edge leads to, by the entity's rule.
	implied bool

	set         func(ent.Mutation, key.Key) // of a to-one edge that inputs have
	clear       func(ent.Mutation)
	add, remove func(ent.Mutation, ...key.Key)
}

// MayBeNull reports whether a to-one edge may lead to nothing that the viewer sees.
func (e *Edge) MayBeNull() bool { return !e.Required || e.Target.Hideable() && !e.implied }

// owned reports whether the foreign key is a column of the entity itself.
func (e *Edge) owned() bool { return e.Column != "" && !e.OnTarget }

// leadsOn reports whether every row of the entity has something at the edge.
func (e *Edge) leadsOn() bool { return e.Required && e.owned() }

// far is a to-one edge as it is kept in the row that it leads to; nil when no row but the
// entity's own keeps it.
func (e *Edge) far() *Edge {
	if e.OnTarget && e.Unique {
		return e
	}
	return e.partner
}

// ToMany reports whether the edge leads to a list.
func (e *Edge) ToMany() bool { return !e.Unique }

// Own is a to-one edge whose foreign key is a column of the entity itself. The
// functions are the methods of Ent's mutation, which take the Go type of the target's ids.
func Own[M, T any](name, typ, column, input string, required, immutable bool, set func(M, T), clear func(M)) Edge {
	return Edge{
		Name: name, Type: typ, Unique: true, Required: required, Immutable: immutable, Column: column, Input: input,
		set:   func(m ent.Mutation, id key.Key) { set(m.(M), GoID[T](id)) },
		clear: func(m ent.Mutation) { clear(m.(M)) },
	}
}

// Refer sets a foreign key of the entity in a mutation, as Ent's Go type.
func (e *Entity) Refer(m ent.Mutation, column string, k key.Key) error {
	for i := range e.Edges {
		if edge := &e.Edges[i]; edge.owned() && edge.Column == column && edge.set != nil {
			if err := edge.Target.check(k); err != nil {
				return err
			}
			edge.set(m, k)
			return nil
		}
	}
	return fmt.Errorf("%s has no edge by the column %s", e.Name, column)
}

// HasOne is a to-one edge whose foreign key is a column of the target.
func HasOne(name, typ, column string) Edge {
	return Edge{Name: name, Type: typ, Unique: true, Column: column, OnTarget: true}
}

// Settable lets inputs set and clear a to-one edge whose foreign key is a column of the
// target. The functions are the methods of Ent's mutation.
func Settable[M, T any](e Edge, input string, immutable bool, set func(M, T), clear func(M)) Edge {
	e.Input, e.Immutable = input, immutable
	e.set = func(m ent.Mutation, id key.Key) { set(m.(M), GoID[T](id)) }
	e.clear = func(m ent.Mutation) { clear(m.(M)) }
	return e
}

// Needed makes an edge one that inputs may not leave without a target.
func Needed(e Edge) Edge {
	e.Needed = true
	return e
}

// HasMany is a to-many edge whose foreign key is a column of the target.
func HasMany(name, typ, column string) Edge {
	return Edge{Name: name, Type: typ, Column: column, OnTarget: true}
}

// ManyToMany is an edge through a link table, with the columns that refer to this
// entity and to the target.
func ManyToMany(name, typ, link, from, to, through string) Edge {
	return Edge{Name: name, Type: typ, Link: link, LinkFrom: from, LinkTo: to, Through: through}
}

// Writable lets inputs add to and remove from a to-many edge. The names are those
// of the inputs; add and remove are the methods of Ent's mutation.
func Writable[M, T any](e Edge, input, addInput, removeInput string, add, remove func(M, ...T)) Edge {
	e.Input, e.AddInput, e.RemoveInput = input, addInput, removeInput
	e.add = func(m ent.Mutation, ids ...key.Key) { add(m.(M), goIDs[T](ids)...) }
	e.remove = func(m ent.Mutation, ids ...key.Key) { remove(m.(M), goIDs[T](ids)...) }
	return e
}
