package entity

import "slices"

// GroupKey is one value of a GroupField enum: an own field or a field of a to-one
// edge, by which a list is grouped.
type GroupKey struct {
	// Name is the enum value, such as "AUTHOR_USERNAME"; Field the GraphQL field of the
	// group's key, "authorUsername".
	Name, Key string
	Field     *Field
	Edge      *Edge
}

// KeyOrder begins the value of the GroupOrderField enum for a key of a grouping.
const KeyOrder = "KEY_"

// Nullable reports whether the key may be NULL.
func (k *GroupKey) Nullable() bool {
	return k.Edge != nil && k.Edge.MayBeNull() || k.Field.MayBeNull()
}

// GroupKeys lists what the entity can be grouped by, in the order of the SDL: what it
// can be ordered by, without ids, counts and relevance.
func (e *Entity) GroupKeys() []*GroupKey {
	var out []*GroupKey
	for _, o := range e.orderSeq {
		switch {
		case o.Count() || o.Relevance || o.Field.Type == ID:
		case o.Edge == nil:
			out = append(out, &GroupKey{Name: o.Name, Key: o.Field.Name, Field: o.Field})
		default:
			out = append(out, &GroupKey{Name: o.Name, Key: o.Edge.Name + upperFirst(o.Field.Name), Field: o.Field, Edge: o.Edge})
		}
	}
	return out
}

// GroupKeyByName returns the key with an enum value, nil when there is none.
func (e *Entity) GroupKeyByName(name string) *GroupKey {
	return e.groupKey(func(k *GroupKey) bool { return k.Name == name })
}

// GroupKeyByField returns the key with a field of the group's key, nil when there is
// none.
func (e *Entity) GroupKeyByField(key string) *GroupKey {
	return e.groupKey(func(k *GroupKey) bool { return k.Key == key })
}

func (e *Entity) groupKey(match func(*GroupKey) bool) *GroupKey {
	keys := e.GroupKeys()
	if i := slices.IndexFunc(keys, match); i >= 0 {
		return keys[i]
	}
	return nil
}

// Comparable lists the fields with a least and a greatest value. A text without bound has none,
// as nothing is ordered by it.
func (e *Entity) Comparable() []*Field {
	return slices.DeleteFunc(e.ofKind(func(k *Kind) bool { return k.Bounded }), func(f *Field) bool { return f.Flags.Has(Long) })
}

// Numeric lists the fields with a sum and an average.
func (e *Entity) Numeric() []*Field { return e.ofKind(func(k *Kind) bool { return k.Sum != 0 }) }

func (e *Entity) ofKind(has func(*Kind) bool) []*Field {
	var out []*Field
	for i := range e.Fields {
		if has(e.Fields[i].Type.Kind()) {
			out = append(out, &e.Fields[i])
		}
	}
	return out
}
