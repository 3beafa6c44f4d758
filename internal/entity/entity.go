package entity

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"entgo.io/ent"

	declare "github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/rule"
)

// Entity describes one Ent schema to the API.
type Entity struct {
	// Name is the GraphQL type, such as "Post".
	Name string
	// Field is the query field of one, such as "post"; Plural that of the list, "posts".
	Field, Plural string
	// Prefix begins the text form of its ids, such as "post" in "post_01h4...".
	Prefix string
	// Table is the name in Postgres, that of a view for one; Schema is the schema that it is in,
	// "" for public. No two tables of a graph have one name.
	Schema, Table string
	// Place says whose the table is.
	Place Place
	// Fields lists the columns that the API shows, the id first if there is one.
	Fields []Field
	// Edges lists the relations that the API shows.
	Edges []Edge
	// OneOf lists the fields that lead along one of several edges.
	OneOf []OneOf
	// Computed lists the fields that a Go function computes.
	Computed []declare.ComputedField
	// Without lists the generated mutations that it does not have: Create, Update, Delete.
	Without []RootKind
	// Search is the full-text search, nil without one.
	Search *Search
	// Checks lists what the database asks of columns because validators do.
	Checks []Check

	// Policy is Ent's variable with the entity's access rules; Ent sets it when
	// ent/runtime is imported.
	Policy *ent.Policy

	// NewCreate and NewUpdate make the mutation of one, which nothing has run yet.
	NewCreate func(Client) Mutation
	NewUpdate func(Client, key.Key) Mutation
	// NewChange makes that of rows of an entity without an id, which predicates find; with another Op
	// it deletes them.
	NewChange func(Client) Mutation
	// DeleteOne removes one; a missing one gives Ent's NotFoundError.
	DeleteOne func(context.Context, Client, key.Key) error

	graph    *Graph
	fields   map[string]*Field
	columns  map[string]*Field
	edges    map[string]*Edge
	filters  map[string]*Filter
	orders   map[string]*Order
	orderSeq []*Order

	totals     []*Total
	totalByKey map[string]*Total

	foreignKeys []string
	leadsTo     map[string]*Entity // by foreign key

	rules      rule.Policy
	fieldRules map[*Field]rule.Cond
	ruleFuncs  []RuleFunc
	secured    bool

	along *Edge // of a link: an edge that leads along it
}

// Mutation is an Ent mutation.
type Mutation = ent.Mutation

// IsLink reports whether the entity is the link of a many-to-many edge and nothing else: its rows
// have no id, since the two that they link tell them apart. They are read along that edge alone.
func (e *Entity) IsLink() bool { return len(e.Fields) == 0 || e.Fields[0].Type != ID }

// ForeignKeys lists the foreign keys in the entity's table by which edges are read,
// its own and those of other entities. The API shows none of them.
func (e *Entity) ForeignKeys() []string { return e.foreignKeys }

// Has reports whether a mutation of the kind is generated for the entity.
func (e *Entity) Has(mutation RootKind) bool { return !slices.Contains(e.Without, mutation) }

// TakesInput reports whether a client sets anything when it creates, or changes, one of them. A create
// mutation without an input has no argument; there is no update mutation without one.
func (e *Entity) TakesInput(creates bool) bool {
	kind := Update
	if creates {
		kind = Create
	}
	if !e.Has(kind) {
		return false
	}
	return slices.ContainsFunc(e.Fields, func(f Field) bool {
		return !f.Flags.Has(ReadOnly) && (creates || !f.Flags.Has(Immutable))
	}) || slices.ContainsFunc(e.Edges, func(edge Edge) bool {
		return edge.Input != "" && (creates || !edge.Immutable) || len(edge.LinkOps(creates)) > 0
	})
}

// FieldByName returns the field with the GraphQL name, nil when there is none.
func (e *Entity) FieldByName(name string) *Field { return e.fields[name] }

// FieldByColumn returns the field of a column, nil when the API shows none.
func (e *Entity) FieldByColumn(column string) *Field { return e.columns[column] }

// EdgeByName returns the edge with the GraphQL name, nil when there is none.
func (e *Entity) EdgeByName(name string) *Edge { return e.edges[name] }

// FilterByName returns what a key of the entity's WhereInput means, nil when the
// key is unknown.
func (e *Entity) FilterByName(name string) *Filter { return e.filters[name] }

// OrderByName returns a value of the entity's OrderField enum, nil when unknown.
func (e *Entity) OrderByName(name string) *Order { return e.orders[name] }

// Orders lists the values of the entity's OrderField enum in the order of the SDL.
func (e *Entity) Orders() []*Order { return e.orderSeq }

// Lookups lists the unique fields by which one entity can be asked for: none that some
// viewers do not see.
func (e *Entity) Lookups() []*Field {
	var out []*Field
	for i := range e.Fields {
		if f := &e.Fields[i]; f.Flags.Has(Unique) && !f.Flags.Has(Guarded) && f.Type != ID {
			out = append(out, f)
		}
	}
	return out
}

// LookupName is the query field that finds one entity by a unique field, such as
// "userByUsername".
func (e *Entity) LookupName(f *Field) string { return e.Field + "By" + upperFirst(f.Name) }

// LinkFields lists what the entity, as the link of a many-to-many edge, adds to the
// edges of that connection: its fields without the id.
func (e *Entity) LinkFields() []*Field {
	var out []*Field
	for i := range e.Fields {
		if f := &e.Fields[i]; f.Type != ID && f.Name != "cursor" && f.Name != "node" {
			out = append(out, f)
		}
	}
	return out
}

// Need finds what a computed field reads: a field of the entity by its column, or one
// of a to-one edge as "edge.column", the edge by its GraphQL name. The generator
// translates the declaration to these names.
func (e *Entity) Need(path string) (*Edge, *Field, error) {
	edgeName, column, dotted := strings.Cut(path, ".")
	if !dotted {
		if f := e.columns[path]; f != nil {
			return nil, f, nil
		}
		return nil, nil, fmt.Errorf("%s has no field %q", e.Name, path)
	}
	edge := e.edges[edgeName]
	if edge == nil || edge.ToMany() {
		return nil, nil, fmt.Errorf("%s has no to-one edge %q", e.Name, edgeName)
	}
	if f := edge.Target.columns[column]; f != nil {
		return edge, f, nil
	}
	return nil, nil, fmt.Errorf("%s has no field %q", edge.Target.Name, column)
}
