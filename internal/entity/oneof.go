package entity

import (
	"fmt"
	"slices"
	"strings"

	"github.com/entgraph/entgraph/rule"
)

// OneOf is a field of an entity that leads to one of several others: of some to-one edges,
// whose foreign keys are columns of the entity, exactly one leads somewhere.
type OneOf struct {
	// Name is the GraphQL name of the field, such as "subject"; Type that of the union.
	Name, Type string
	// Input is the key in inputs, such as "subjectID".
	Input string
	// Edges lists the edges by their GraphQL names; Members are the edges, set by [New].
	Edges   []string
	Members []*Edge

	// implied: who sees the entity sees what the field leads to, by the entity's rule.
	implied bool
}

// MayBeNull reports whether the field may lead to nothing that the viewer sees.
func (o *OneOf) MayBeNull() bool {
	return !o.implied && slices.ContainsFunc(o.Members, func(e *Edge) bool { return e.Target.Hideable() })
}

// OneOfByName returns the field with the GraphQL name, nil when there is none.
func (e *Entity) OneOfByName(name string) *OneOf {
	return e.oneOf(func(o *OneOf) bool { return o.Name == name })
}

func (e *Entity) oneOf(is func(*OneOf) bool) *OneOf {
	for i := range e.OneOf {
		if o := &e.OneOf[i]; is(o) {
			return o
		}
	}
	return nil
}

// resolveOneOf points the fields at their edges, and the edges at them.
func (e *Entity) resolveOneOf() error {
	e.OneOf = slices.Clone(e.OneOf)
	for i := range e.OneOf {
		o := &e.OneOf[i]
		o.Members = nil
		for j := range e.Edges {
			if edge := &e.Edges[j]; slices.Contains(o.Edges, edge.Name) {
				o.Members, edge.OneOf = append(o.Members, edge), o
			}
		}
		if len(o.Members) != len(o.Edges) {
			return fmt.Errorf("%s.%s: one of the edges %s is not served", e.Name, o.Name, strings.Join(o.Edges, ", "))
		}
	}
	return nil
}

// implyOneOf finds the fields that lead to something visible wherever the entity is visible.
func (e *Entity) implyOneOf() {
	for i := range e.OneOf {
		o := &e.OneOf[i]
		o.implied = o.impliedBy(e.rules.Read)
	}
}

// impliedBy reports whether a condition holds only where some edge leads to something visible:
// there is no other that leads anywhere.
func (o *OneOf) impliedBy(c rule.Cond) bool {
	switch c.Op {
	case rule.OpVisible:
		return slices.ContainsFunc(o.Members, func(e *Edge) bool { return SameName(c.Name, e.Name) })
	case rule.OpAll:
		return slices.ContainsFunc(c.Kids, o.impliedBy)
	case rule.OpAny:
		return len(c.Kids) > 0 && !slices.ContainsFunc(c.Kids, func(kid rule.Cond) bool { return !o.impliedBy(kid) })
	}
	return false
}

// Others lists the edges of which none leads anywhere when this one does.
func (e *Edge) Others() []*Edge {
	if e.OneOf == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(e.OneOf.Members), func(other *Edge) bool { return other == e })
}

// setOneOf reads the key of such a field: the id tells which edge is meant.
func (in *input) setOneOf(o *OneOf, v any) {
	if v == nil {
		in.fail("must not be null", o.Input)
		return
	}
	target, _, err := in.graph.ParseID(v)
	if err != nil {
		in.fail("is not the id of "+o.Choice(), o.Input)
		return
	}
	for _, edge := range o.Members {
		if edge.Target == target {
			in.setOne(edge, o.Input, v)
			return
		}
	}
	in.fail(fmt.Sprintf("is the id of another type (%s), not of %s", target.Prefix, o.Choice()), o.Input)
}

// Choice names what the field may lead to, such as "a Post, a Film or a Product".
func (o *OneOf) Choice() string {
	var names []string
	for _, edge := range o.Members {
		names = append(names, AnyOne(edge.Target.Name))
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}
