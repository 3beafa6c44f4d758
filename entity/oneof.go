package entity

// OneOfEdges declares that an entity belongs to one of several others; see [OneOf].
type OneOfEdges struct {
	// Name is that of the field, such as "subject".
	Name string `json:"name"`
	// Edges lists the edges, named as in the schema.
	Edges []string `json:"edges"`
}

// OneOf declares that exactly one of some edges leads somewhere, as those of a comment on a
// post or on a product:
//
//	entity.OneOf("subject", "post", "product")
//
// Each edge leads to at most one entity of a type of its own, has its foreign key in this
// entity's table, is not Required, and says by entsql.OnDelete what becomes of the entity when
// the other one is deleted: Cascade or NoAction.
//
// The API gets the field subject, a union, beside the fields of the edges. Inputs have the one
// key subjectID instead of a key for each edge; it takes the id of any of them. Filters and rules
// name the edges. The database gets foreign keys and a CHECK that one of them is set.
func OneOf(name string, edges ...string) Annotation {
	return Annotation{OneOf: []OneOfEdges{{Name: name, Edges: edges}}}
}
