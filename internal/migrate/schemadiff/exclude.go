package schemadiff

import (
	"fmt"
	"path"
	"slices"
)

// Without gives a state without the objects that patterns match, and what belongs to
// them: columns and indexes to a table, indexes and constraints to a column, all of a
// schema. A pattern is one of [path.Match] for the name that [Key.String] gives, or for
// that with the schema before it: "logs", "users.bio", "audit", "audit.*",
// "public.tmp_*". s stays as it is.
func (s *State) Without(patterns []string) (*State, error) {
	if len(patterns) == 0 {
		return s, nil
	}
	for _, p := range patterns {
		if _, err := path.Match(p, ""); err != nil {
			return nil, fmt.Errorf("exclude %q: %w; want a name in which * stands for any text", p, err)
		}
	}
	return s.without(func(k Key) bool {
		ofColumn := func(n Key) bool { return n.Kind == Column && n.table() == k.table() && n.matches(patterns) }
		return k.matches(patterns) || slices.ContainsFunc(s.Objects[k].Needs, ofColumn)
	}), nil
}

// without gives a state without the objects of some keys, which none of the others needs.
func (s *State) without(gone func(Key) bool) *State {
	kept := &State{Objects: map[Key]*Object{}, user: s.user}
	for k, o := range s.Objects {
		if !gone(k) {
			kept.Objects[k] = o
		}
	}
	for k, o := range kept.Objects {
		if gone := func(n Key) bool { return kept.Objects[n] == nil }; slices.ContainsFunc(o.Needs, gone) {
			changed := *o
			changed.Needs = slices.DeleteFunc(slices.Clone(o.Needs), gone)
			kept.Objects[k] = &changed
		}
	}
	return kept
}

// matches says whether a pattern matches the name of k, of its table or of its schema.
func (k Key) matches(patterns []string) bool {
	names := []string{k.String()}
	if k.Schema != "" {
		names = append(names, k.Schema)
	}
	owner := k
	if k.Table != "" {
		owner = k.table()
		names = append(names, owner.String())
	}
	if k.Schema == publicSchema {
		names = append(names, publicSchema+"."+k.String(), publicSchema+"."+owner.String())
	}
	return slices.ContainsFunc(patterns, func(p string) bool {
		return slices.ContainsFunc(names, func(name string) bool {
			ok, err := path.Match(p, name)
			return ok && err == nil
		})
	})
}
