package codegen

import (
	"fmt"
	"regexp"
	"slices"

	"entgo.io/ent/entc/gen"
	"entgo.io/ent/entc/load"
)

// newGraph makes Ent's graph of schemas, and mends what Ent makes of some of them.
func newGraph(cfg *gen.Config, schemas ...*load.Schema) (*gen.Graph, error) {
	for _, s := range schemas {
		for _, e := range s.Edges {
			if e.Ref != nil {
				e.StorageKey = nil // a copy of the one of the edge before From, which Ent then finds twice
			}
		}
	}
	g, err := gen.NewGraph(cfg, schemas...)
	if err != nil {
		return nil, err
	}
	for _, node := range g.Nodes {
		for _, e := range node.Edges {
			if e.Ref != nil {
				e.Bidi = false // Ent takes an edge for its own way back when it sees that one later
			}
			nameEnds(e)
		}
		nameKeys(node)
	}
	return g, nil
}

// nameEnds has an edge through an edge schema find its columns. Ent takes the names of the fields of the
// schema for them, which they are not where a field has a StorageKey.
func nameEnds(e *gen.Edge) {
	if e.Through == nil {
		return
	}
	ends := slices.Clone(e.Rel.Columns)
	for i, name := range ends {
		for _, f := range e.Through.Fields {
			if f.Name == name {
				ends[i] = f.StorageKey()
			}
		}
	}
	e.Rel.Columns = ends
	if e.Ref != nil && e.Ref.Through == nil {
		e.Ref.Rel.Columns = ends
	}
}

// plainName is what Ent may call the member of a struct for a column, where it meets no other.
var plainName = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)

// nameKeys gives members of structs to foreign keys whose columns have names that are no names
// in Go, such as "made by", or could be those of other members, such as Name. Ent names such a
// member as the column.
func nameKeys(node *gen.Type) {
	for i, fk := range node.ForeignKeys {
		if name := fk.Field.Name; !fk.UserDefined && !plainName.MatchString(name) {
			fk.Field.Name = fmt.Sprint("foreignKey", i)
		}
	}
}
