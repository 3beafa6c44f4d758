package entity

import (
	"maps"
	"slices"

	"github.com/entgraph/entgraph/rule"
	"github.com/entgraph/entgraph/viewer"
)

// uniqueColumns lists the columns of each table that unique constraints are on.
func uniqueColumns(all map[string]constraint) map[string]map[string]bool {
	out := map[string]map[string]bool{}
	for _, c := range all {
		for _, column := range c.columns {
			if !c.unique {
				continue
			}
			if out[c.table] == nil {
				out[c.table] = map[string]bool{}
			}
			out[c.table][column] = true
		}
	}
	return out
}

// hidden reports whether a field has a rule that hides some of its values from the viewer.
func (e *Entity) hidden(f *Field, v viewer.Viewer) bool {
	return f != nil && e.ReadField(f, v).Op != rule.OpEveryone
}

// HiddenKeys lists the keys of an input, in order, that give a unique field a value where
// the viewer may not see all values of that field. Whether such a write is a conflict tells
// what the rule of the field hides: it must be counted.
func (g *Graph) HiddenKeys(e *Entity, v viewer.Viewer, input map[string]any) (keys []string) {
	for _, key := range slices.Sorted(maps.Keys(input)) {
		f := e.fields[key]
		if f != nil && input[key] != nil && g.unique[e.Table][f.Column] && e.hidden(f, v) {
			keys = append(keys, key)
		}
	}
	return keys
}

// meeting is what a unique constraint has found: a row of an entity with the same values.
type meeting struct {
	entity *Entity
	fields []*Field
}

func (g *Graph) meets(e *Entity, c constraint) meeting {
	if other := g.byTable[c.table]; other != nil {
		e = other
	}
	m := meeting{entity: e}
	for _, column := range c.columns {
		if f := e.columns[column]; f != nil {
			m.fields = append(m.fields, f)
		}
	}
	return m
}

// Hides reports whether a unique value was met that the rules may hide from the viewer, as
// a field of a row or with all of the row.
func (e *ConflictError) Hides(v viewer.Viewer) bool {
	m := e.meets
	return m.entity != nil && (m.entity.Read(v).Op != rule.OpEveryone ||
		slices.ContainsFunc(m.fields, func(f *Field) bool { return m.entity.hidden(f, v) }))
}

// Met names the fields whose values were met, as Type.field; the type alone when it is not
// known which.
func (e *ConflictError) Met() []string {
	m := e.meets
	if m.entity == nil {
		return nil
	}
	if len(m.fields) == 0 {
		return []string{m.entity.Name}
	}
	var out []string
	for _, f := range m.fields {
		out = append(out, m.entity.Name+"."+f.Name)
	}
	return out
}
