// Package rule is the vocabulary of access rules: values that say who may see a row or
// a field, and who may write it.
//
//	func (Post) Policy() ent.Policy {
//		return rule.Policy{
//			Read:  rule.Any(rule.Is("status", "PUBLISHED"), rule.Owner("author_id")),
//			Write: rule.Owner("author_id"),
//		}
//	}
//
// A condition is data. The planner makes SQL of it for every read of the API, Ent's
// queries and mutations are bound to it, and the tests evaluate it in Go, all from the
// one value. What no rule allows is denied, and so the zero value allows nothing.
//
// Columns are named as in the database and edges as in the schema. The generator
// checks both, since the package must not import generated code: a new entity's first
// generation could not compile.
package rule

import (
	"github.com/entgraph/entgraph/viewer"
)

// Op says what a condition asks for. It and its values are the engine's own.
type Op string

// The kinds of conditions; each has its constructor.
const (
	OpNobody   Op = ""
	OpEveryone Op = "everyone"
	OpSignedIn Op = "signedIn"
	OpRole     Op = "role"
	OpIn       Op = "in"
	OpOwner    Op = "owner"
	OpAny      Op = "any"
	OpAll      Op = "all"
	OpVisible  Op = "visible"
	OpHas      Op = "has"
	OpNotIn    Op = "notIn"
	OpLT       Op = "lt"
	OpLTE      Op = "lte"
	OpGT       Op = "gt"
	OpGTE      Op = "gte"
	OpIsNull   Op = "isNull"
	OpNotNull  Op = "notNull"
	OpNot      Op = "not"
	// OpContains is of an array, and OpAt of a value in a document, of which it asks for another kind,
	// OpExists and OpContains among them.
	OpContains Op = "contains"
	OpAt       Op = "at"
	OpExists   Op = "exists"
	// OpLater is in no policy: it stands for what a row that is not written yet does not tell.
	OpLater Op = "later"
)

// Cond is a condition on a viewer and a row: make one with the functions of this package, as its
// fields are the engine's own. The zero value is [Nobody].
type Cond struct {
	Op Op `json:"op,omitempty"`
	// Name is the column of a condition on one, the edge of OpVisible and OpHas.
	Name string `json:"name,omitempty"`
	// Values are what a column is compared with, string, bool, int or float64, and the roles of
	// OpRole. Of OpAt they are texts of JSON.
	Values []any `json:"values,omitempty"`
	// Path are the keys that lead to the value of OpAt, and Asks is what is asked of it.
	Path []string `json:"path,omitempty"`
	Asks Op       `json:"asks,omitempty"`
	// Clock: the column is compared with the moment of the request, to which the one of Values,
	// a duration such as "-720h0m0s", is added.
	Clock bool `json:"clock,omitempty"`
	// Kids are the parts of OpAny and OpAll, and what OpHas asks of the neighbour and OpNot
	// denies.
	Kids []Cond `json:"kids,omitempty"`
	// From is the condition on an edge as the policy words it, in what [Cond.For] and the
	// entity made of it for some viewers; nil in a policy itself.
	From *Cond `json:"-"`
}

// Everyone allows everybody, also without sign-in.
func Everyone() Cond { return Cond{Op: OpEveryone} }

// Nobody allows the system alone.
func Nobody() Cond { return Cond{} }

// SignedIn allows every user.
func SignedIn() Cond { return Cond{Op: OpSignedIn} }

// Role allows the users with one of the roles.
func Role(roles ...string) Cond { return Cond{Op: OpRole, Values: constants(roles)} }

// Is allows everybody when the row's column has the value.
func Is[T Value](column string, value T) Cond { return In(column, value) }

// In allows everybody when the row's column has one of the values. NULL is none of them.
func In[T Value](column string, values ...T) Cond {
	return Cond{Op: OpIn, Name: column, Values: constants(values)}
}

// Owner allows the user whose id is in the row's column: a foreign key to the user, or
// "id" of the user itself.
func Owner(column string) Cond { return Cond{Op: OpOwner, Name: column} }

// Any allows the viewers whom at least one condition allows.
func Any(conds ...Cond) Cond { return Cond{Op: OpAny, Kids: conds} }

// All allows the viewers whom every condition allows.
func All(conds ...Cond) Cond { return Cond{Op: OpAll, Kids: conds} }

// Visible allows viewers who may see at least one entity that the edge leads to, by that
// entity's own rules.
func Visible(edge string) Cond { return Cond{Op: OpVisible, Name: edge} }

// Has allows everybody for whom the edge leads to an entity that fulfils the condition.
// It looks at all rows, also at those that the viewer may not see: such as the members
// of a group that the viewer belongs to.
func Has(edge string, cond Cond) Cond { return Cond{Op: OpHas, Name: edge, Kids: []Cond{cond}} }

// For decides what does not depend on the row: what is left holds for every viewer of
// the same class. Visible stays, since this package does not know the other entity. It is
// the engine's own, as are the other methods of Cond.
func (c Cond) For(v viewer.Viewer) Cond {
	if v.System {
		return Everyone()
	}
	return c.Fold(func(c Cond) Cond {
		switch c.Op {
		case OpSignedIn:
			return allow(v.SignedIn())
		case OpRole:
			return allow(v.SignedIn() && contains(c.Values, v.Role))
		case OpOwner:
			if !v.SignedIn() {
				return Nobody()
			}
		case OpHas:
			return c.WithKid(c.Kids[0].For(v))
		}
		return c
	})
}

func allow(yes bool) Cond {
	if yes {
		return Everyone()
	}
	return Nobody()
}

func contains(values []any, v any) bool {
	for _, w := range values {
		if w == v {
			return true
		}
	}
	return false
}

// WithKid is a condition on an edge with another condition on the neighbour. It keeps
// what it was made from.
func (c Cond) WithKid(kid Cond) Cond {
	if kid.Op == OpNobody {
		return Nobody()
	}
	out := Has(c.Name, kid)
	if out.From = c.From; out.From == nil {
		out.From = &c
	}
	return out
}

// Fold replaces every part of Any, All and Not by what leaf makes of it, and drops what then
// decides nothing. What Has asks of a neighbour is left to leaf, being about another
// entity.
func (c Cond) Fold(leaf func(Cond) Cond) Cond {
	return c.fold(func(c Cond, _ bool) Cond { return leaf(c) }, false)
}

// fold tells leaf whether a part is one that Not denies.
func (c Cond) fold(leaf func(c Cond, negated bool) Cond, negated bool) Cond {
	switch c.Op {
	case OpAny:
		return c.join(leaf, negated, OpEveryone, OpNobody)
	case OpAll:
		return c.join(leaf, negated, OpNobody, OpEveryone)
	case OpNot:
		return c.Kids[0].fold(leaf, !negated).denied()
	case OpEveryone, OpNobody:
		return c
	}
	return leaf(c, negated)
}

// denied is the negation of a condition that was folded.
func (c Cond) denied() Cond {
	switch c.Op {
	case OpEveryone:
		return Nobody()
	case OpNobody:
		return Everyone()
	case OpLater:
		return c
	case OpNot:
		return c.Kids[0]
	}
	return Not(c)
}

// join folds the parts: one that is absorbing decides all, a neutral one nothing.
func (c Cond) join(leaf func(Cond, bool) Cond, negated bool, absorbing, neutral Op) Cond {
	var kids []Cond
	for _, kid := range c.Kids {
		kid = kid.fold(leaf, negated)
		switch kid.Op {
		case absorbing:
			return Cond{Op: absorbing}
		case neutral:
		case c.Op:
			kids = append(kids, kid.Kids...)
		default:
			kids = append(kids, kid)
		}
	}
	switch len(kids) {
	case 0:
		return Cond{Op: neutral}
	case 1:
		return kids[0]
	}
	return Cond{Op: c.Op, Kids: kids}
}

// Bound decides what is not known yet, OpLater, one way: as what allows the most, or the least.
// It is the engine's own.
func (c Cond) Bound(most bool) Cond {
	return c.fold(func(c Cond, negated bool) Cond {
		if c.Op == OpLater {
			return allow(most != negated)
		}
		return c
	}, false)
}

// Unknown reports whether a part of a folded condition is OpLater. It is the engine's own.
func (c Cond) Unknown() (later bool) {
	c.Walk(func(c Cond) { later = later || c.Op == OpLater })
	return later
}

// Walk calls f for the condition and all its parts.
func (c Cond) Walk(f func(Cond)) {
	f(c)
	for _, kid := range c.Kids {
		kid.Walk(f)
	}
}
