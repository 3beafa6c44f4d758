package entity

import (
	"slices"
)

// LinkOp is what an input may do to the links of an edge that have no id, and data of their own. Each
// is a key of an object, which the input has under the name of the edge, so that others can follow.
type LinkOp struct {
	// Key is "add", "update", "remove" or "set".
	Key string
	// Kind is the mutation that it is of a link: Create, Update or Delete; Create of one that sets them.
	Kind RootKind
	// Whole: the links are afterwards those of the list. Those that there are it changes, and it
	// removes all others that are seen.
	Whole bool
	// Fields are those of the link that an item gives values, besides the id of what is linked. A
	// removal has none: its items are ids.
	Fields []*Field
}

// linkID is the key of an item that names what is linked.
const linkID = "id"

// LinkOps lists what an input of the edge's entity may do to the links of the edge, what creates the
// entity or what changes it. There is nothing where the links have an id, and mutations of their own,
// or no data that inputs give; where they need more than their two ends; and where there must be one,
// which Ent wants to make itself.
func (e *Edge) LinkOps(creates bool) (ops []LinkOp) {
	link := e.ThroughType
	if link == nil || !link.IsLink() || link.Place == View || e.Needed || e.Immutable && !creates || !link.endsAt(e) {
		return nil
	}
	given := slices.DeleteFunc(link.LinkFields(), func(f *Field) bool { return f.Flags.Has(ReadOnly) || f.Name == linkID })
	if len(given) == 0 {
		return nil
	}
	changed := slices.DeleteFunc(slices.Clone(given), func(f *Field) bool { return f.Flags.Has(Immutable) })
	for _, op := range []LinkOp{{Key: "add", Kind: Create, Fields: given}, {Key: "update", Kind: Update, Fields: changed}, {Key: "remove", Kind: Delete}} {
		if link.Has(op.Kind) && (op.Kind == Create || !creates) && (op.Kind != Update || len(changed) > 0) {
			ops = append(ops, op)
		}
	}
	if len(ops) == 3 && len(changed) == len(given) {
		ops = append(ops, LinkOp{Key: "set", Kind: Create, Whole: true, Fields: given})
	}
	return ops
}

// takesLinks reports whether some input has the object of operations on the links of an edge.
func (e *Edge) takesLinks() bool { return len(e.LinkOps(true))+len(e.LinkOps(false)) > 0 }

// endsAt reports whether a link is whole with the two ends of an edge, which shows it.
func (e *Entity) endsAt(edge *Edge) bool {
	ends := 0
	for i := range e.Edges {
		switch own := &e.Edges[i]; {
		case !own.owned():
		case own.Column == edge.LinkFrom || own.Column == edge.LinkTo:
			ends++
		case own.Required:
			return false
		}
	}
	return ends == 2
}

// Mirrored reports whether Ent keeps each link of an edge twice, once from each end: of one to the
// entity itself without an edge back. One that the API does not show is taken for none.
func (e *Edge) Mirrored() bool {
	return e.Type == e.Source.Name && !slices.ContainsFunc(e.Source.Edges, func(back Edge) bool { return e.Source.opposite(e, &back) })
}
