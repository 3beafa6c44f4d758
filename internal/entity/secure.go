package entity

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"github.com/entgraph/entgraph/internal/sqltext"
	"github.com/entgraph/entgraph/rule"
)

// RuleFunc is a function in the database that answers a rule about an edge. It looks at
// all rows, as the rule does, where row-level security hides some from whoever asks. Its
// argument is the foreign key of the edge, or the row's id when that is elsewhere.
type RuleFunc struct {
	Name string
	Edge *Edge
	// Cond is the condition as the policy words it: Has or Visible.
	Cond rule.Cond

	key string
}

// RuleFuncs lists the functions that row-level security needs for the entity: for each
// Has, for Visible over a many-to-many edge, whose links have rules of their own, and
// for Visible in rules on writing, since policies must not lead back to their table.
func (e *Entity) RuleFuncs() []RuleFunc { return e.ruleFuncs }

// RuleFunc finds the function that answers a condition on an edge, nil when there is
// none. Writing says that the condition is in a rule on writing.
func (e *Entity) RuleFunc(c rule.Cond, writing bool) *RuleFunc {
	edge := e.RuledEdge(c.Name)
	if edge == nil || !needsFunc(c, edge, writing) {
		return nil
	}
	key := condKey(c)
	for i := range e.ruleFuncs {
		if e.ruleFuncs[i].key == key {
			return &e.ruleFuncs[i]
		}
	}
	return nil
}

func needsFunc(c rule.Cond, edge *Edge, writing bool) bool {
	return c.Op == rule.OpHas || c.Op == rule.OpVisible && (writing || edge.Link != "")
}

func condKey(c rule.Cond) string {
	key, err := json.Marshal(c)
	if err != nil {
		panic(err) // strings, bools and numbers always marshal
	}
	return string(key)
}

// nameRuleFuncs finds the conditions that need a function.
func (e *Entity) nameRuleFuncs() {
	e.ruleFuncs = nil
	e.addRuleFuncs(e.rules.Read, false)
	for _, name := range slices.Sorted(maps.Keys(e.rules.Fields)) {
		e.addRuleFuncs(e.rules.Fields[name], false)
	}
	for _, c := range []rule.Cond{e.rules.Write, e.rules.Create, e.rules.Update, e.rules.Delete} {
		e.addRuleFuncs(c, true)
	}
	for _, name := range slices.Sorted(maps.Keys(e.rules.Sets)) {
		e.addRuleFuncs(e.rules.Sets[name], true)
	}
}

func (e *Entity) addRuleFuncs(c rule.Cond, writing bool) {
	switch c.Op {
	case rule.OpAny, rule.OpAll:
		for _, kid := range c.Kids {
			e.addRuleFuncs(kid, writing)
		}
	case rule.OpHas, rule.OpVisible:
		edge := e.RuledEdge(c.Name)
		if edge == nil || !needsFunc(c, edge, writing) || e.RuleFunc(c, writing) != nil {
			return
		}
		e.ruleFuncs = append(e.ruleFuncs, RuleFunc{Name: e.ruleFuncName(c), Edge: edge, Cond: c, key: condKey(c)})
	}
}

// ruleFuncName is a name that stays when the rule changes, so that a migration replaces
// the function: the policies that use it need not be made again.
func (e *Entity) ruleFuncName(c rule.Cond) string {
	base := "entgraph_" + e.Table + "_" + c.Name
	const room = 4 // for the number
	if len(base) > sqltext.MaxName-room {
		sum := sha256.Sum256([]byte(base))
		base = base[:sqltext.MaxName-room-9] + "_" + hex.EncodeToString(sum[:4])
	}
	name := base
	for n := 2; slices.ContainsFunc(e.ruleFuncs, func(f RuleFunc) bool { return f.Name == name }); n++ {
		name = base + "_" + strconv.Itoa(n)
	}
	return name
}

// Secure tells the entities that row-level security is in force: conditions on rows that
// the viewer need not see then ask the functions of [Entity.RuleFuncs].
func (g *Graph) Secure() {
	for _, e := range g.entities {
		e.secured = true
	}
}

// securedBy is the function to ask about a condition that was made for some viewers. The
// viewer's own rows suffice for Visible over a foreign key.
func (e *Entity) securedBy(c rule.Cond) *RuleFunc {
	if !e.secured || c.From == nil {
		return nil
	}
	return e.RuleFunc(*c.From, false)
}

// from is the column of an edge's own entity at which the edge begins.
func (e *Edge) from() string {
	if e.owned() {
		return e.Column
	}
	return e.Source.ID().Column
}

// Argument is the type of that column.
func (f *RuleFunc) Argument() KeyType {
	if f.Edge.owned() {
		return f.Edge.Target.Key()
	}
	return f.Edge.Source.Key()
}

// From is the column of the entity at which the function's edge begins.
func (f *RuleFunc) From() string { return f.Edge.from() }
