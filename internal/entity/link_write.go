package entity

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"entgo.io/ent"
	"entgo.io/ent/dialect/sql"
	"entgo.io/ent/privacy"

	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/rule"
	"github.com/entgraph/entgraph/viewer"
)

// LinkError is what a hook, policy or the database said of a link in an input.
type LinkError struct {
	// Entity is that of the link.
	Entity *Entity
	// Path leads from the field's arguments to the link, such as ["input", "products", "add", 1].
	Path []any
	// Values are the link's data, as it was sent.
	Values map[string]any
	cause  error
}

// Error returns what was said.
func (e *LinkError) Error() string { return e.cause.Error() }

// Unwrap returns the cause.
func (e *LinkError) Unwrap() error { return e.cause }

// pair tells a link that has no id by its two ends.
type pair struct {
	edge     *Edge
	from, to key.Key
}

// writeLinks writes what the input asks of links, from the entity with the id, each by Ent's mutation
// of their entity, so that its rules, hooks and validators are asked. What is removed goes first: what
// is new may take its place where something must be unique. The removals of an edge are one statement,
// every other change is one; twice as many where a link is two rows.
func (in *input) writeLinks(ctx context.Context, from key.Key) error {
	for _, ei := range in.linked {
		if err := in.removeLinks(ctx, ei, from); err != nil {
			return err
		}
	}
	for _, kind := range []RootKind{Update, Create} {
		for _, ch := range in.links {
			if ch.kind != kind {
				continue
			}
			if err := in.writeLink(ctx, ch, from); err != nil {
				return ch.refused(in.graph, err)
			}
		}
	}
	return nil
}

// writeLink makes or changes one link, in each of its rows.
func (in *input) writeLink(ctx context.Context, ch linkChange, from key.Key) error {
	for i, side := range ch.of.edge.sides() {
		if i > 0 {
			if ch.to == from || ch.kind == Update && !ch.of.back[ch.to] {
				continue
			}
			if err := in.fillLink(&ch); err != nil {
				return err
			}
		}
		if err := in.writeRow(ctx, ch, pair{side, from, ch.to}); err != nil {
			return err
		}
	}
	return nil
}

func (in *input) writeRow(ctx context.Context, ch linkChange, p pair) error {
	through := p.edge.ThroughType
	if ch.kind == Create {
		if err := errors.Join(through.Refer(ch.m, p.edge.LinkFrom, p.from), through.Refer(ch.m, p.edge.LinkTo, p.to)); err != nil {
			return err
		}
		in.note(ch.m, p)
		_, err := in.Client.Mutate(ctx, ch.m)
		return err
	}
	if len(ch.m.Fields())+len(ch.m.ClearedFields()) == 0 {
		return nil // Ent sends nothing
	}
	if err := only(ch.m, p.edge, p.from, p.to); err != nil {
		return err
	}
	in.note(ch.m, p)
	return in.expect(ctx, ch.m, 1)
}

// removeLinks removes the links of one list.
func (in *input) removeLinks(ctx context.Context, ei *edgeInput, from key.Key) error {
	var ids, back []key.Key
	var path []any
	for _, ch := range in.links {
		if ch.of != ei || ch.kind != Delete {
			continue
		}
		ids, path = append(ids, ch.to), ch.path[:3:3] // the list
		if ei.back[ch.to] && ch.to != from {
			back = append(back, ch.to)
		}
	}
	for i, side := range ei.edge.sides() {
		if err := in.removeRows(ctx, side, from, [][]key.Key{ids, back}[i]); err != nil {
			return &LinkError{Entity: side.ThroughType, Path: path, cause: in.graph.refusal(side.ThroughType, nil, err)}
		}
	}
	return nil
}

func (in *input) removeRows(ctx context.Context, e *Edge, from key.Key, to []key.Key) error {
	if len(to) == 0 {
		return nil
	}
	m := e.ThroughType.NewChange(in.Client)
	m.(interface{ SetOp(ent.Op) }).SetOp(ent.OpDelete) // Ent's builder of deletions shows no mutation
	if err := only(m, e, from, to...); err != nil {
		return err
	}
	return in.expect(ctx, m, len(to))
}

// only has a mutation find the links of an edge between an entity and some others.
func only(m ent.Mutation, e *Edge, from key.Key, to ...key.Key) error {
	where, ok := m.(interface{ WhereP(...func(*sql.Selector)) })
	if !ok {
		return fmt.Errorf("a mutation of %s takes no predicates: generate again", e.ThroughType.Name)
	}
	values := make([]any, len(to))
	for i, id := range to {
		values[i] = id.Any()
	}
	where.WhereP(func(s *sql.Selector) {
		s.Where(sql.And(sql.EQ(s.C(e.LinkFrom), from.Any()), sql.In(s.C(e.LinkTo), values...)))
	})
	return nil
}

// expect runs a mutation that finds rows by predicates, of which the rules add some. The rows are
// there, since they are locked: those that it does not find it may not write.
func (in *input) expect(ctx context.Context, m ent.Mutation, rows int) error {
	v, err := in.Client.Mutate(ctx, m)
	if n, counted := v.(int); err == nil && counted && n != rows {
		err = privacy.Denyf("write %s", m.Type())
	}
	return err
}

// refused names the link in what was said of it.
func (ch linkChange) refused(g *Graph, err error) error {
	through := ch.of.edge.ThroughType
	values := maps.Clone(ch.values)
	ends := map[string]bool{}
	for i := range through.Edges {
		if edge := &through.Edges[i]; edge.owned() && (edge.Column == ch.of.edge.LinkFrom || edge.Column == ch.of.edge.LinkTo) {
			values[edge.Input], ends[edge.Input] = nil, true
		}
	}
	place := func(key string) []any {
		if ends[key] {
			key = linkID
		}
		return append(slices.Clone(ch.path), key)
	}
	err = g.refusal(through, values, err)
	switch refusal := err.(type) {
	case *ConflictError:
		own := slices.DeleteFunc(slices.Clone(refusal.Fields), func(key string) bool { return ends[key] })
		if len(own) == 0 {
			own, refusal.Message = []string{linkID}, linkedAlready
		}
		refusal.Places = [][]any{place(own[0])}
	case *InputError:
		for i, bad := range refusal.Fields {
			refusal.Fields[i].Path = ch.path
			if len(bad.Path) > 1 {
				refusal.Fields[i].Path = place(fmt.Sprint(bad.Path[1]))
			}
		}
	default:
		return &LinkError{through, ch.path, ch.values, err}
	}
	return err
}

const linkedAlready = "is linked already"

// note keeps which link a mutation writes, and from which end: it has no id that tells it.
func (w *Write) note(m ent.Mutation, p pair) {
	if w.pairs == nil {
		w.pairs = map[ent.Mutation]pair{}
	}
	w.pairs[m] = p
}

var errUnknownLink = errors.New("its two ends are not known")

// pairOf gives the link that a mutation writes, when it is known: of one that it makes by its two ends.
func (w *Write) pairOf(e *Entity, m ent.Mutation) (pair, error) {
	edge := e.along
	p, known := w.pairs[m]
	switch {
	case known && !m.Op().Is(ent.OpCreate):
		return p, nil
	case known:
		edge = p.edge // hooks may have moved its ends
	case edge == nil || !m.Op().Is(ent.OpCreate):
		return pair{}, errUnknownLink
	}
	from, err := edge.Source.refers(m, edge.LinkFrom)
	if err != nil {
		return pair{}, err
	}
	to, err := edge.Target.refers(m, edge.LinkTo)
	return pair{edge, from, to}, err
}

// refers gives the id of the entity that a mutation of another one has in a column.
func (e *Entity) refers(m ent.Mutation, column string) (key.Key, error) {
	v, given := m.Field(column)
	if !given {
		return key.Key{}, errUnknownLink
	}
	k, err := key.Of(v)
	if text, is := k.Text(); is && e.Key() == UUIDKey { // of an app's own type
		k, err = UUIDKey.Parse(text)
	}
	return k, err
}

// brokenLinks reports whether links that were written do not fulfil what was asked of all of them:
// the first of the questions, and those after it that ask the same of links of the same entity. It
// gives how many these are.
func (w *Write) brokenLinks(ctx context.Context, asked []question) (broken bool, n int, err error) {
	first, err := asked[0].link()
	if err != nil {
		return false, 1, privacy.Denyf("write %s: a rule looks at the link as it is written: %v", asked[0].entity.Name, err)
	}
	to := []key.Key{first.to}
	for n = 1; n < len(asked); n++ {
		q := asked[n]
		if q.link == nil || q.entity != asked[0].entity || q.viewer != asked[0].viewer || !reflect.DeepEqual(q.cond, asked[0].cond) {
			break
		}
		p, err := q.link()
		if err != nil || p.edge != first.edge || p.from != first.from {
			break
		}
		to = append(to, p.to)
	}
	found, err := w.graph.store.Links(viewer.NewContext(ctx, asked[0].viewer), w.Tx, first.edge, rule.Not(asked[0].cond), first.from, to)
	return len(found) > 0, n, err
}
