package entity

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"entgo.io/ent"

	"github.com/entgraph/entgraph/internal/limit"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/viewer"
)

// input is one run of apply: the mutation that is filled, what is asked of edges, and the
// errors so far.
type input struct {
	*Write
	entity  *Entity
	viewer  viewer.Viewer // who writes
	m       ent.Mutation
	id      key.Key // of the entity that is updated
	creates bool
	values  map[string]any
	errs    []FieldError
	edges   []*edgeInput
	changes []edgeChange

	linked []*edgeInput // the lists of links with data
	links  []linkChange // their items
	met    [][]any      // the places of new links that there are
}

// edgeInput is what one key asks of an edge: the ids without repetition, and where in the
// list each was given. A to-one edge has at most one id and no places.
type edgeInput struct {
	edge *Edge
	key  string
	op   *LinkOp // of a list of links with data
	ids  []key.Key
	at   []int
	back map[key.Key]bool // of links with data that are kept in two rows: whose other row there is
}

// apply moves the coerced input into the mutation and collects all that is wrong. What
// can be said without the database is found first, so that the outcome of keys which
// contradict each other never depends on what is stored.
func (in *input) apply(ctx context.Context) error {
	// Sorted, so that the same input gives the same errors in the same order.
	for _, key := range slices.Sorted(maps.Keys(in.values)) {
		if err := in.set(key, in.values[key]); err != nil {
			return err
		}
	}
	in.checkKeys()
	in.checkLinks()
	if len(in.edges)+len(in.linked) > 0 {
		if err := in.look(ctx); err != nil {
			return err
		}
	}
	if len(in.errs) > 0 {
		slices.SortStableFunc(in.errs, byPlace)
		return &InputError{Fields: in.errs}
	}
	if err := in.setByViewer(); err != nil {
		return err
	}
	if len(in.met) > 0 {
		slices.SortFunc(in.met, comparePaths)
		return &ConflictError{Places: in.met, Message: linkedAlready}
	}
	for _, ei := range in.edges {
		if err := in.changeEdge(ctx, ei); err != nil {
			return err
		}
	}
	if len(in.errs) > 0 { // of what is stored
		return &InputError{Fields: in.errs}
	}
	return in.checkChanges(ctx)
}

// byPlace orders errors by their paths.
func byPlace(a, b FieldError) int { return comparePaths(a.Path, b.Path) }

// comparePaths orders paths by their keys, and by the number of the place in a list.
func comparePaths(a, b []any) int {
	return slices.CompareFunc(a, b, func(a, b any) int {
		i, isPlace := a.(int)
		j, alsoPlace := b.(int)
		if isPlace && alsoPlace {
			return cmp.Compare(i, j)
		}
		return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b))
	})
}

func (in *input) set(key string, v any) error {
	switch f := in.entity.fields[key]; {
	case f == nil || f.Flags.Has(ReadOnly) || f.Type == ID && !in.creates:
	case f.Type == ID:
		in.giveID(f, v)
		return nil
	default:
		return in.setField(f, v)
	}
	if o := in.entity.oneOf(func(o *OneOf) bool { return o.Input == key }); o != nil {
		in.setOneOf(o, v)
		return nil
	}
	for i := range in.entity.Edges {
		edge := &in.entity.Edges[i]
		switch {
		case key == edge.Name && len(edge.LinkOps(in.creates)) > 0:
			return in.setLinks(edge, v)
		case !edge.takes(key, in.creates):
			continue
		case edge.ToMany():
			return in.setList(edge, key, v)
		}
		in.setOne(edge, key, v)
		return nil
	}
	in.fail("is not an input of "+in.entity.Name, key)
	return nil
}

// takes reports whether a key is one of the edge's: a creation has nothing to add to or
// to remove from.
func (e *Edge) takes(key string, creates bool) bool {
	return key == e.Input || !creates && (key == e.AddInput || key == e.RemoveInput)
}

func (in *input) fail(message string, path ...any) {
	in.errs = append(in.errs, FieldError{Path: append([]any{"input"}, path...), Message: message})
}

// giveID sets the id that the client chose.
func (in *input) giveID(f *Field, v any) {
	if v == nil {
		in.fail("must not be null", f.Name)
	} else if err := f.give(in.m, v); err != nil {
		in.fail(err.Error(), f.Name)
	}
}

func (in *input) setField(f *Field, v any) error {
	switch {
	case v == nil && !f.Flags.Has(Nullable):
		in.fail("must not be null", f.Name)
		return nil
	case v == nil && in.creates:
		return nil
	case v == nil:
		return in.m.ClearField(f.Column)
	}
	parsed, err := f.Parse(v)
	var item *itemError
	switch {
	case errors.As(err, &item):
		in.fail(item.err.Error(), f.Name, item.at)
		return nil
	case err != nil:
		in.fail(err.Error(), f.Name)
		return nil
	}
	return in.m.SetField(f.Column, parsed)
}

func (in *input) setOne(e *Edge, name string, v any) {
	ei := &edgeInput{edge: e, key: name}
	switch {
	case v == nil && (e.Required || e.Needed):
		in.fail("must not be null", name)
		return
	case v != nil:
		id, err := e.Target.ParseID(v)
		switch {
		case err != nil:
			in.fail(err.Error(), name)
			return
		case e.far() != nil && e.Type == in.entity.Name && !in.creates && id == in.id:
			in.fail("must be a different "+e.Target.Name, name)
			return
		}
		ei.ids = []key.Key{id}
	}
	in.edges = append(in.edges, ei)
}

// setList reads one of the three keys of a to-many edge. Null sets the empty list, and
// adds or removes nothing.
func (in *input) setList(e *Edge, key string, v any) error {
	ei := &edgeInput{edge: e, key: key}
	switch {
	case v == nil && key != e.Input:
		return nil
	case v == nil:
		v = []any{}
	}
	items := Items(v)
	if e.Needed && key == e.Input && len(items) == 0 {
		in.fail("must not be empty", key)
		return nil
	}
	if most := in.graph.store.MaxLinks; len(items) > most {
		return limit.Exceeded(linksMax, int64(most), "%s: %d ids are too many, at most %d are allowed", key, len(items), most)
	}
	for i, item := range items {
		id, err := e.Target.ParseID(item)
		if err != nil {
			in.fail(err.Error(), key, i)
			continue
		}
		if !slices.Contains(ei.ids, id) {
			ei.ids, ei.at = append(ei.ids, id), append(ei.at, i)
		}
	}
	in.edges = append(in.edges, ei)
	return nil
}

// linksMax is the setting that bounds [Store.MaxLinks].
const linksMax = "MAX_LINKS"

// given finds what a key asks, nil when it was not given.
func (in *input) given(key string) *edgeInput {
	i := slices.IndexFunc(in.edges, func(ei *edgeInput) bool { return ei.key == key })
	if i < 0 {
		return nil
	}
	return in.edges[i]
}

// checkKeys refuses keys that contradict each other: a list that is both set and changed,
// and an id that is both added and removed.
func (in *input) checkKeys() {
	for _, ei := range in.edges {
		e := ei.edge
		if !e.ToMany() || ei.key == e.Input {
			continue
		}
		if in.given(e.Input) != nil {
			in.fail("cannot be given together with "+e.Input+", which sets the whole list", ei.key)
		}
		if ei.key != e.RemoveInput {
			continue
		}
		if added := in.given(e.AddInput); added != nil {
			for i, id := range ei.ids {
				if slices.Contains(added.ids, id) {
					in.fail("is in "+e.AddInput+" too", ei.key, ei.at[i])
				}
			}
		}
	}
	in.checkSelf()
}

// checkSelf compares edges that are two ends of one relation, such as parentID and
// replyIDs: only a link of the entity with itself is at both.
func (in *input) checkSelf() {
	if in.creates {
		return // nobody knows the id yet
	}
	for i, a := range in.edges {
		for _, b := range in.edges[i+1:] {
			if !in.entity.opposite(a.edge, b.edge) {
				continue
			}
			linked, known := a.wants(in.id)
			other, alsoKnown := b.wants(in.id)
			switch {
			case !known || !alsoKnown:
			case linked != other:
				in.fail("contradicts "+a.key+" about the "+in.entity.Name+" itself", b.key)
			case linked && a.edge.OnTarget: // the foreign key is set by the other one
				a.drop(in.id)
			case linked && b.edge.OnTarget:
				b.drop(in.id)
			}
		}
	}
}

// opposite reports whether two edges of the entity are read by the same foreign keys, one
// from each end.
func (e *Entity) opposite(a, b *Edge) bool {
	if a.Link != "" {
		return a.Link == b.Link && a.LinkFrom == b.LinkTo && a.LinkFrom != b.LinkFrom
	}
	return b.Link == "" && a.Type == e.Name && b.Type == e.Name && a.Column == b.Column && a.OnTarget != b.OnTarget
}

// wants tells whether the edge shall lead to the id; known is false when the key leaves
// that as it is.
func (ei *edgeInput) wants(id key.Key) (linked, known bool) {
	has := slices.Contains(ei.ids, id)
	switch ei.key {
	case ei.edge.Input:
		return has, true
	case ei.edge.AddInput:
		return true, has
	}
	return false, has
}

func (ei *edgeInput) drop(id key.Key) {
	if i := slices.Index(ei.ids, id); i >= 0 {
		ei.ids = slices.Delete(ei.ids, i, i+1)
		if ei.at != nil {
			ei.at = slices.Delete(ei.at, i, i+1)
		}
	}
}

// without returns the ids of a that are not in b, in a's order.
func without(a, b []key.Key) []key.Key {
	skip := make(map[key.Key]bool, len(b))
	for _, id := range b {
		skip[id] = true
	}
	var out []key.Key
	for _, id := range a {
		if !skip[id] {
			out = append(out, id)
		}
	}
	return out
}
