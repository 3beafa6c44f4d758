package schemadiff

import "slices"

// Others say which tables and views others make and change.
type Others struct {
	// Tables are those, as keys of the kind [Table].
	Tables []Key
	// Schemas are those with nothing else in them that is ours.
	Schemas []string
}

// Apart gives a state without what belongs to others. s stays as it is.
func (s *State) Apart(o Others) *State {
	theirs := s.OfOthers(o)
	if len(theirs) == 0 {
		return s
	}
	return s.without(func(k Key) bool { return theirs[k] })
}

// OfOthers finds what belongs to others: their tables with all that hangs on them, partitions,
// foreign keys that refer to them, and the types, sequences and functions that nothing else needs.
func (s *State) OfOthers(o Others) map[Key]bool {
	theirs := map[Key]bool{}
	if len(o.Tables) == 0 {
		return theirs
	}
	tables := slices.Clone(o.Tables)
	for i := 0; i < len(tables); i++ { // partitions have partitions
		for _, t := range s.of(Table) {
			if slices.Contains(t.Attr.Parents, typeName(tables[i])) && !slices.Contains(tables, t.Key) {
				tables = append(tables, t.Key)
			}
		}
	}
	for k, object := range s.Objects {
		if o.has(k) || slices.ContainsFunc(tables, func(t Key) bool { return object.hangsOn(t) }) {
			theirs[k] = true
		}
	}
	for before := -1; before != len(theirs); {
		before = len(theirs)
		s.onlyFor(theirs)
	}
	return theirs
}

// has reports whether a key is in a schema of others, or that schema.
func (o Others) has(k Key) bool {
	return k.Schema != "" && slices.Contains(o.Schemas, k.Schema) || k.Kind == Schema && slices.Contains(o.Schemas, k.Name)
}

// hangsOn reports whether an object is a table or view, belongs to it or refers to it.
func (o *Object) hangsOn(table Key) bool {
	switch {
	case o.Kind == Table || o.Kind == View:
		return o.Schema == table.Schema && o.Name == table.Name
	case o.Key.Table != "" && o.table() == table:
		return true
	case o.Shape == "f":
		return o.RefSchema == table.Schema && o.RefTable == table.Name
	}
	return o.Sequence != nil && o.Sequence.OwnerSchema == table.Schema && o.Sequence.OwnerTable == table.Name
}

// onlyFor adds what nothing else needs.
func (s *State) onlyFor(theirs map[Key]bool) {
	needed, ours := map[Key]bool{}, map[Key]bool{}
	for k, o := range s.Objects {
		for _, n := range o.Needs {
			if theirs[k] {
				needed[n] = true
			} else {
				ours[n] = true
			}
		}
	}
	for k := range needed {
		switch k.Kind {
		case Enum, Domain, Composite, Range, Sequence, Function:
			if !ours[k] && s.Objects[k] != nil {
				theirs[k] = true
			}
		}
	}
}
