package entity

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/rule"
	"github.com/entgraph/entgraph/viewer"
)

// policy reads the rules of an entity. An entity without any is not served.
func (e *Entity) policy() error {
	if e.Policy == nil {
		return fmt.Errorf("%s has no policy: generate again", e.Name)
	}
	var err error
	if e.rules, err = rule.From(*e.Policy); err != nil {
		return fmt.Errorf("%s: %w", e.Name, err)
	}
	return nil
}

// checkPolicy refuses rules on what is not there and rules that lead back to
// themselves, and marks the fields that have one.
func (e *Entity) checkPolicy() error {
	e.fieldRules = map[*Field]rule.Cond{}
	errs := []error{e.checkCond(e.rules.Read), e.checkAcyclic(nil)}
	if err := errors.Join(errs...); err != nil {
		return err // what follows needs all edges of the rule
	}
	for _, c := range e.rules.Writes() {
		errs = append(errs, e.checkCond(c))
	}
	errs = append(errs, e.checkCreate(e.rules.Creates()))
	for _, column := range slices.Sorted(maps.Keys(e.rules.Sets)) {
		errs = append(errs, e.checkSet(column, e.rules.Sets[column]))
	}
	for i := range e.Edges {
		e.Edges[i].implied = implies(e.rules.Read, e.Edges[i].Name)
	}
	e.implyOneOf()
	for _, name := range slices.Sorted(maps.Keys(e.rules.Fields)) {
		f, c := e.ruledField(name), e.rules.Fields[name]
		if f == nil || f.Type == ID {
			errs = append(errs, fmt.Errorf("%s: there is a rule for %q, which is not a field that the API shows", e.Name, name))
			continue
		}
		errs = append(errs, e.checkCond(c))
		if c.Op != rule.OpEveryone {
			f.Flags |= Guarded
			e.fieldRules[f] = c
		}
	}
	if e.Search != nil {
		for _, s := range e.Search.Fields {
			if f := e.fieldOf(s.Column); f != nil && f.Flags.Has(Guarded) {
				errs = append(errs, fmt.Errorf("%s: the search would find words of %s, which has a rule: leave it out of the search", e.Name, f.Name))
			}
		}
	}
	return errors.Join(errors.Join(errs...), e.checkSize())
}

// Limits of one rule. Rules stand in every statement that reads the entity, and what
// Postgres needs to plan a statement grows with their edges.
const (
	maxRuleEdges = 8
	maxRuleDepth = 4
)

// checkSize refuses rules that follow too many edges. Those of the rules that Visible asks
// for count as well.
func (e *Entity) checkSize() error {
	all := map[string]rule.Cond{"Read": e.rules.Read}
	for name, c := range e.rules.Fields {
		all["the field "+name] = c
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(all)) {
		edges, depth := e.ruleSize(all[name], 0)
		if edges > maxRuleEdges || depth > maxRuleDepth {
			errs = append(errs, fmt.Errorf("%s: the rule of %s follows more than %d edges, or more than %d one after another, together with the rules of what must be visible: keep the answer in a column", e.Name, name, maxRuleEdges, maxRuleDepth))
		}
	}
	return errors.Join(errs...)
}

// ruleSize counts the edges of a condition, in all and on its longest path, which begins
// at some depth.
func (e *Entity) ruleSize(c rule.Cond, depth int) (edges, deepest int) {
	deepest = depth
	if depth > maxRuleDepth {
		return edges, deepest
	}
	add := func(at *Entity, kid rule.Cond, depth int) {
		n, d := at.ruleSize(kid, depth)
		edges, deepest = edges+n, max(deepest, d)
	}
	switch edge := e.RuledEdge(c.Name); {
	case c.Op == rule.OpVisible && edge != nil:
		edges++
		add(edge.Target, edge.Target.rules.Read, depth+1)
	case c.Op == rule.OpHas && edge != nil:
		edges++
		add(edge.Target, c.Kids[0], depth+1)
	default:
		for _, kid := range c.Kids {
			add(e, kid, depth)
		}
	}
	return edges, deepest
}

// checkCond refuses a condition on an edge that the API does not show.
func (e *Entity) checkCond(c rule.Cond) error {
	switch c.Op {
	case rule.OpVisible, rule.OpHas:
		edge := e.RuledEdge(c.Name)
		if edge == nil {
			return fmt.Errorf("%s: a rule names the edge %q, which the API does not show", e.Name, c.Name)
		}
		if c.Op == rule.OpHas {
			return edge.Target.checkCond(c.Kids[0])
		}
		return nil
	case rule.OpNot:
		return e.checkNot(c.Kids[0])
	case rule.OpAt:
		return e.checkPath(c)
	}
	var errs []error
	for _, kid := range c.Kids {
		errs = append(errs, e.checkCond(kid))
	}
	return errors.Join(errs...)
}

// checkNot refuses the negation of what is not told by the row itself, for which no row could show
// that it is closed; see [rule.Not].
func (e *Entity) checkNot(c rule.Cond) error {
	const instead = "rule.Not takes conditions on columns, rule.Owner, and rule.Any and rule.All of these"
	switch {
	case c.Op == rule.OpHas || c.Op == rule.OpVisible:
		return fmt.Errorf("%s: rule.Not of a rule about the edge %q would open a row when what the edge leads to is deleted: %s; ask rule.Has(%[2]q, rule.Not(…)), or keep the answer in a column", e.Name, c.Name, instead)
	case c.Op == rule.OpSignedIn || c.Op == rule.OpRole:
		return fmt.Errorf("%s: rule.Not of a role or of sign-in would open rows to all that are not named: %s; name the roles that are let in", e.Name, instead)
	case c.Op == rule.OpIn && len(c.Values) == 0, len(c.Kids) == 0 && !c.OfColumn():
		return fmt.Errorf("%s: rule.Not of a rule that is the same for every row decides nothing: %s", e.Name, instead)
	}
	var errs []error
	if c.Op == rule.OpAt {
		errs = append(errs, e.checkPath(c))
	}
	for _, kid := range c.Kids {
		errs = append(errs, e.checkNot(kid))
	}
	return errors.Join(errs...)
}

// checkCreate refuses a rule on what is made about links that have no entity: what is linked is
// then made by whoever writes one end, which nobody does yet.
func (e *Entity) checkCreate(c rule.Cond) error {
	return e.eachFar(c, func(edge *Edge) error {
		if edge.Link != "" && edge.ThroughType == nil {
			return fmt.Errorf("%s: a rule on creating follows the edge %q, whose links have no rules of their own: give it an entity with edge.Through", e.Name, edge.Name)
		}
		return nil
	})
}

// checkSet refuses a rule on a field that follows an edge which is kept in other rows: in a row that
// is made these are not there when the field is set.
func (e *Entity) checkSet(column string, c rule.Cond) error {
	return e.eachFar(c, func(edge *Edge) error {
		return fmt.Errorf("%s: the rule on setting %s follows the edge %q: it may follow only edges whose foreign key is in the entity itself", e.Name, column, edge.Name)
	})
}

// eachFar calls f for the edges of a condition that are kept in other rows.
func (e *Entity) eachFar(c rule.Cond, f func(*Edge) error) error {
	var errs []error
	c.Fold(func(c rule.Cond) rule.Cond {
		if edge := e.farEdge(c); edge != nil {
			errs = append(errs, f(edge))
		}
		return c
	})
	return errors.Join(errs...)
}

// farEdge is the edge of a condition on one that is kept in other rows, nil of another condition.
func (e *Entity) farEdge(c rule.Cond) *Edge {
	if c.Op != rule.OpHas && c.Op != rule.OpVisible {
		return nil
	}
	if edge := e.RuledEdge(c.Name); edge != nil && !edge.owned() {
		return edge
	}
	return nil
}

// Upfront is what a row that is made must fulfil at once, and whether there is more to ask when all
// is written: of edges that are kept in rows which follow it.
func (e *Entity) Upfront(c rule.Cond) (now rule.Cond, more bool) {
	now = c.Fold(func(c rule.Cond) rule.Cond {
		if e.farEdge(c) != nil {
			more = true
			return rule.Cond{Op: rule.OpLater}
		}
		return c
	})
	return now.Bound(true), more
}

// checkAcyclic refuses entities that are visible when others are, which are visible
// when the first are.
func (e *Entity) checkAcyclic(path []*Entity) error {
	if slices.Contains(path, e) {
		return fmt.Errorf("%s: its rule asks whether %s is visible, whose rule leads back to %s: break the circle with Has or Owner",
			e.Name, path[len(path)-1].Name, e.Name)
	}
	path = append(path[:len(path):len(path)], e)
	var err error
	var follow func(*Entity, rule.Cond)
	follow = func(at *Entity, c rule.Cond) {
		edge := at.RuledEdge(c.Name)
		switch {
		case err != nil:
		case c.Op == rule.OpVisible && edge != nil:
			err = edge.Target.checkAcyclic(path)
		case c.Op == rule.OpHas && edge != nil:
			follow(edge.Target, c.Kids[0])
		default:
			for _, kid := range c.Kids {
				follow(at, kid)
			}
		}
	}
	follow(e, e.rules.Read)
	return err
}

// implies reports whether a condition holds only where the edge leads to something
// visible.
func implies(c rule.Cond, edge string) bool {
	switch c.Op {
	case rule.OpVisible:
		return SameName(c.Name, edge)
	case rule.OpAll:
		return slices.ContainsFunc(c.Kids, func(kid rule.Cond) bool { return implies(kid, edge) })
	}
	return false
}

// RuledEdge finds an edge by its name in the schema, nil without one; the API spells it
// another way: "blog_posts" is blogPosts.
func (e *Entity) RuledEdge(name string) *Edge {
	for i := range e.Edges {
		if SameName(e.Edges[i].Name, name) {
			return &e.Edges[i]
		}
	}
	return nil
}

// ruledField does the same for a field.
func (e *Entity) ruledField(name string) *Field {
	for i := range e.Fields {
		if SameName(e.Fields[i].Name, name) {
			return &e.Fields[i]
		}
	}
	return nil
}

// fieldOf finds a field by its column, before there are maps.
func (e *Entity) fieldOf(column string) *Field {
	i := slices.IndexFunc(e.Fields, func(f Field) bool { return f.Column == column })
	if i < 0 {
		return nil
	}
	return &e.Fields[i]
}

// SameName reports whether the API and the schema spell one name: "blogPosts" and
// "blog_posts".
func SameName(a, b string) bool {
	return strings.EqualFold(strings.ReplaceAll(a, "_", ""), strings.ReplaceAll(b, "_", ""))
}

// Hideable reports whether a row may be hidden from a viewer, so that an edge to the
// entity may lead to nothing.
func (e *Entity) Hideable() bool { return e.rules.Read.Op != rule.OpEveryone }

// Rules returns the entity's access rules.
func (e *Entity) Rules() rule.Policy { return e.rules }

// Read is the condition under which the viewers of a class see a row. Of Visible
// nothing is left: it has become Has with the other entity's condition. A foreign key
// among proven leads to a row that the viewer is known to see.
func (e *Entity) Read(v viewer.Viewer, proven ...string) rule.Cond {
	return e.fold(e.rules.Read, v, proven)
}

// ReadField is the same for a field of a row that the viewer sees.
func (e *Entity) ReadField(f *Field, v viewer.Viewer) rule.Cond {
	if !f.Flags.Has(Guarded) {
		return rule.Everyone()
	}
	return e.fold(e.fieldRules[f], v, nil)
}

func (e *Entity) fold(c rule.Cond, v viewer.Viewer, proven []string) rule.Cond {
	return c.For(v).Fold(func(c rule.Cond) rule.Cond {
		switch c.Op {
		case rule.OpHas:
			return c.WithKid(e.RuledEdge(c.Name).Target.fold(c.Kids[0], v, nil))
		case rule.OpVisible:
			edge := e.RuledEdge(c.Name)
			if edge.owned() && slices.Contains(proven, edge.Column) {
				return rule.Everyone()
			}
			inner := edge.Target.Read(v)
			if inner.Op == rule.OpEveryone && edge.leadsOn() {
				return inner
			}
			return c.WithKid(inner)
		}
		return c
	})
}

// HiddenFrom lists the columns of which some viewer for whom a condition may hold does not see
// every value, by the rules of the fields alone.
func (e *Entity) HiddenFrom(readers rule.Cond) []string {
	var out []string
	for name, c := range e.rules.Fields {
		for _, v := range classesOf(readers, c) {
			if readers.For(v).Op != rule.OpNobody && c.For(v).Op != rule.OpEveryone {
				out = append(out, e.ruledField(name).Column)
				break
			}
		}
	}
	slices.Sort(out)
	return out
}

// somebody is a user of whom nothing is known but that they are one.
var somebody = key.Text("somebody")

// classesOf gives one viewer of each class that conditions tell apart: without sign-in, with
// each of the roles that they name, and with another one.
func classesOf(conds ...rule.Cond) []viewer.Viewer {
	out := []viewer.Viewer{{}, {UserID: somebody}}
	for _, c := range conds {
		if c.Op == rule.OpRole {
			for _, role := range c.Values {
				out = append(out, viewer.Viewer{UserID: somebody, Role: fmt.Sprint(role)})
			}
		}
		out = append(out, classesOf(c.Kids...)[2:]...)
	}
	return out
}
