package entity

import (
	"context"
	"maps"
	"slices"

	"entgo.io/ent"

	"github.com/entgraph/entgraph/internal/limit"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/rule"
)

// linkChange is what an input asks of a link that has no id: a mutation of it that lacks the ends,
// since the entity may have no id yet.
type linkChange struct {
	of     *edgeInput
	kind   RootKind
	to     key.Key
	m      ent.Mutation // nil of a removal: those of an edge are one mutation
	values map[string]any
	path   []any // from the field's arguments to the item
}

// path leads from the input to the place of an id in it.
func (ei *edgeInput) path(i int) []any {
	switch {
	case ei.op == nil && ei.at == nil:
		return []any{ei.key}
	case ei.op == nil:
		return []any{ei.key, ei.at[i]}
	case ei.op.Kind == Delete:
		return []any{ei.key, ei.op.Key, ei.at[i]}
	}
	return []any{ei.key, ei.op.Key, ei.at[i], linkID}
}

// setLinks reads the object of operations on the links of an edge. Null asks for nothing, and so does
// null in place of a list.
func (in *input) setLinks(e *Edge, v any) error {
	asked, _ := v.(map[string]any)
	for _, op := range e.LinkOps(in.creates) {
		if list := asked[op.Key]; list != nil {
			if err := in.setLinkList(e, op, Items(list)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (in *input) setLinkList(e *Edge, op LinkOp, items []any) error {
	if most := in.graph.store.MaxLinks; len(items) > most {
		return limit.Exceeded(linksMax, int64(most), "%s.%s: %d links are too many, at most %d are allowed", e.Name, op.Key, len(items), most)
	}
	ei := &edgeInput{edge: e, key: e.Name, op: &op}
	in.linked = append(in.linked, ei)
	for i, item := range items {
		values, _ := item.(map[string]any)
		given := item
		if op.Kind != Delete {
			given = values[linkID]
		}
		at := slices.DeleteFunc([]any{e.Name, op.Key, i, linkID}, func(step any) bool { return step == linkID && op.Kind == Delete })
		id, err := e.Target.ParseID(given)
		twice := err == nil && slices.Contains(ei.ids, id)
		switch {
		case err != nil:
			in.fail(err.Error(), at...)
		case twice && op.Kind != Delete:
			in.fail("is in the list already", at...)
		case !twice:
			ei.ids, ei.at = append(ei.ids, id), append(ei.at, i)
		}
		change := linkChange{of: ei, kind: op.Kind, to: id, values: values, path: []any{"input", e.Name, op.Key, i}}
		if err := in.fillLink(&change); err != nil {
			return err
		}
		if !twice || op.Kind != Delete {
			in.links = append(in.links, change)
		}
	}
	return nil
}

// fillLink puts the data of an item into a mutation.
func (in *input) fillLink(ch *linkChange) error {
	through, op := ch.of.edge.ThroughType, ch.of.op
	switch ch.kind {
	case Create:
		ch.m = through.NewCreate(in.Client)
	case Update:
		ch.m = through.NewChange(in.Client)
	default:
		return nil
	}
	link := &input{Write: in.Write, entity: through, viewer: in.viewer, m: ch.m, creates: ch.kind == Create}
	for _, name := range slices.Sorted(maps.Keys(ch.values)) {
		i := slices.IndexFunc(op.Fields, func(f *Field) bool { return f.Name == name })
		if i < 0 {
			continue // the id
		}
		if err := link.setField(op.Fields[i], ch.values[name]); err != nil {
			return err
		}
	}
	for _, bad := range link.errs {
		in.fail(bad.Message, slices.Concat(ch.path[1:], bad.Path[1:])...)
	}
	return nil
}

// checkLinks refuses keys that contradict each other: operations beside the lists of ids of the same
// edge, operations beside the one that sets all links, an id in two operations, and a link of the entity
// with itself that is written at both of its ends.
func (in *input) checkLinks() {
	for i, ei := range in.linked {
		e := ei.edge
		for _, plain := range []string{e.Input, e.AddInput, e.RemoveInput} {
			if plain != "" && in.given(plain) != nil {
				in.fail("cannot be given together with "+plain, e.Name, ei.op.Key)
			}
		}
		for _, other := range in.linked[:i] {
			if other.edge == e && ei.op.Whole {
				in.fail("cannot be given together with "+ei.op.Key+", which sets all links", e.Name, other.op.Key)
				continue
			}
			for n, id := range ei.ids {
				switch {
				case other.edge == e && slices.Contains(other.ids, id):
					in.fail("is in "+other.op.Key+" too", ei.path(n)...)
				case other.edge != e && in.itself(ei, other, id):
					in.fail("is the link of the "+in.entity.Name+" with itself, as in "+other.key, ei.path(n)...)
				}
			}
		}
		for _, plain := range in.edges {
			for n, id := range ei.ids {
				if in.itself(ei, plain, id) {
					in.fail("is the link of the "+in.entity.Name+" with itself, as in "+plain.key, ei.path(n)...)
				}
			}
		}
	}
}

// itself reports whether an id among those of a list is the entity's own, and is among those of the
// edge that reads the same links from the other end.
func (in *input) itself(a, b *edgeInput, id key.Key) bool {
	return !in.creates && id == in.id && in.entity.opposite(a.edge, b.edge) && slices.Contains(b.ids, id)
}

// lookLinks finds which links of an entity there are that the viewer sees, and locks them: one
// statement for an edge. What is to be changed must be there, what is new must not; what is to be
// removed and is not there is left out, so that a repeated request is no error.
func (in *input) lookLinks(ctx context.Context) error {
	if in.creates {
		return nil
	}
	for i, first := range in.linked {
		of := func(ei *edgeInput) bool { return ei.edge == first.edge }
		if slices.ContainsFunc(in.linked[:i], of) {
			continue
		}
		if err := in.lookAlong(ctx, slices.DeleteFunc(slices.Clone(in.linked), func(ei *edgeInput) bool { return !of(ei) })); err != nil {
			return err
		}
	}
	return nil
}

// lookAlong finds the links of one edge, of which there are some lists.
func (in *input) lookAlong(ctx context.Context, lists []*edgeInput) error {
	e := lists[0].edge
	var ids []key.Key
	for _, ei := range lists {
		ids = append(ids, ei.ids...)
	}
	if lists[0].op.Whole {
		others, err := in.others(ctx, lists[0])
		if err != nil {
			return err
		}
		ids = append(ids, others...)
	}
	seen, err := in.linksOf(ctx, e, e.ThroughType.Read(in.viewer), ids)
	if err != nil {
		return err
	}
	var back []key.Key
	for _, side := range e.sides()[1:] {
		if back, err = in.linksOf(ctx, side, rule.Everyone(), ids); err != nil {
			return err
		}
	}
	for _, ei := range lists {
		ei.back = setOf(back)
		if err := in.compareLinks(ei, seen); err != nil {
			return err
		}
	}
	return nil
}

// others lists what a list that sets all links leaves out of what is linked, and the viewer sees.
func (in *input) others(ctx context.Context, ei *edgeInput) ([]key.Key, error) {
	most := in.graph.store.MaxLinks
	current, err := in.targets(ctx, ei.edge, nil, most+1)
	if err != nil {
		return nil, err
	}
	if len(current) > most {
		return nil, limit.Exceeded(linksMax, int64(most), "%s.%s: this %s has more than %d links already: use add, update and remove", ei.key, ei.op.Key, in.entity.Name, most)
	}
	return in.seen(ctx, ei.edge.Target, without(current, ei.ids))
}

// compareLinks compares a list with the links that there are.
func (in *input) compareLinks(ei *edgeInput, seen []key.Key) error {
	there := setOf(seen)
	if ei.op.Whole {
		return in.replaceLinks(ei, seen, there)
	}
	for i, id := range ei.ids {
		switch {
		case ei.op.Kind == Create && there[id]:
			in.met = append(in.met, slices.Concat([]any{"input"}, ei.path(i)))
		case ei.op.Kind == Update && !there[id]:
			in.fail("is not linked", ei.path(i)...)
		}
	}
	if ei.op.Kind == Delete {
		in.links = slices.DeleteFunc(in.links, func(ch linkChange) bool { return ch.of == ei && !there[ch.to] })
	}
	return nil
}

// replaceLinks makes of a list that sets all links what it is for each: a new link, a change of one
// that is there, or a removal.
func (in *input) replaceLinks(ei *edgeInput, seen []key.Key, there map[key.Key]bool) error {
	for i := range in.links {
		ch := &in.links[i]
		if ch.of != ei || !there[ch.to] {
			continue
		}
		ch.kind = Update
		if err := in.fillLink(ch); err != nil {
			return err
		}
	}
	for _, id := range without(seen, ei.ids) {
		in.links = append(in.links, linkChange{of: ei, kind: Delete, to: id, path: []any{"input", ei.key, ei.op.Key}})
	}
	return nil
}

func setOf(ids []key.Key) map[key.Key]bool {
	out := make(map[key.Key]bool, len(ids))
	for _, id := range ids {
		out[id] = true
	}
	return out
}
