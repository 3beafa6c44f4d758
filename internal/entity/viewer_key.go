package entity

import (
	"fmt"

	"github.com/entgraph/entgraph/rule"
)

// ViewerKey is the type of the ids of viewers, with which columns are compared that rule.Owner
// names: uuid, bigint or text.
func (g *Graph) ViewerKey() KeyType { return g.viewerKey }

// ViewerKey is that of the entity's graph.
func (e *Entity) ViewerKey() KeyType { return e.graph.viewerKey }

// findViewerKey finds the type of the ids of viewers in what the rules compare them with. All
// those columns must be of one kind, since a viewer has one id.
func (g *Graph) findViewerKey() error {
	first := ""
	var failed error
	var look func(*Entity, rule.Cond)
	look = func(e *Entity, c rule.Cond) {
		edge := e.RuledEdge(c.Name)
		switch typ := e.keyType(c.Name); {
		case c.Op == rule.OpOwner && typ != 0 && g.viewerKey == 0:
			g.viewerKey, first = typ, e.Name+"."+c.Name
		case c.Op == rule.OpOwner && typ != 0 && typ != g.viewerKey && failed == nil:
			failed = fmt.Errorf("%s: rule.Owner compares the id of who asks with %s, a %s, and with %s, a %s: both must hold ids of users", e.Name, c.Name, typ.SQL(), first, g.viewerKey.SQL())
		case c.Op == rule.OpHas && edge != nil:
			look(edge.Target, c.Kids[0])
		case c.Op == rule.OpAny, c.Op == rule.OpAll:
			for _, kid := range c.Kids {
				look(e, kid)
			}
		}
	}
	for _, e := range g.entities {
		look(e, e.rules.Read)
		for _, c := range e.rules.Fields {
			look(e, c)
		}
		for _, c := range e.rules.Writes() {
			look(e, c)
		}
	}
	if g.viewerKey == 0 {
		g.viewerKey = UUIDKey // which nothing asks for
	}
	return failed
}

// keyType is the type of the ids that a column may hold, the widest of its kind; 0 for a column
// that holds none, and for one that the API does not show.
func (e *Entity) keyType(column string) KeyType {
	if to := e.leadsTo[column]; to != nil {
		return to.Key().widest()
	}
	f := e.fieldOf(column)
	switch {
	case f == nil:
		return 0
	case f.Type == ID:
		return f.Key.widest()
	case f.Type == UUID:
		return UUIDKey
	case f.Type == Int, f.Type == BigInt:
		return Int64Key
	case f.Type == String:
		return TextKey
	}
	return 0
}
