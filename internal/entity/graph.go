package entity

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"entgo.io/ent/dialect/sql/schema"

	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/rule"
)

// Graph is all entities with their names resolved.
type Graph struct {
	entities []*Entity // with an id
	links    []*Entity // without
	byName   map[string]*Entity
	byPrefix map[string]*Entity
	byTable  map[string]*Entity
	queries  map[string]*Root
	mutation map[string]*Root
	// constraints maps a constraint's name to its columns; see conflict.go.
	constraints map[string]constraint
	learned     map[place]constraint
	unique      map[string]map[string]bool // table -> columns of unique constraints
	viewerKey   KeyType                    // of the ids of who asks
	store       Store
}

// Store is what a [Write] asks of the database, in its transaction.
type Store struct {
	// Lock locks a row against other writes of its edges for the rest of the transaction. It
	// fails with ErrNotFound when no row with the id fulfils a condition of [Entity.Read].
	Lock func(ctx context.Context, tx *postgres.Tx, e *Entity, c rule.Cond, id key.Key) error
	// Targets returns the ids at an edge of a locked row: those among the given ones or, for
	// nil, all, but no more than most.
	Targets func(ctx context.Context, tx *postgres.Tx, e *Edge, id key.Key, among []key.Key, most int) ([]key.Key, error)
	// Links returns those of the ids to which a link of an edge leads, from the entity with an id,
	// that fulfils a condition of [Entity.Read] of the entity of the links. It locks these links for
	// the rest of the transaction.
	Links func(ctx context.Context, tx *postgres.Tx, e *Edge, c rule.Cond, from key.Key, to []key.Key) ([]key.Key, error)
	// Rows returns those of the ids that have a row which fulfils a condition of
	// [Entity.Read].
	Rows func(ctx context.Context, tx *postgres.Tx, e *Entity, c rule.Cond, ids []key.Key) ([]key.Key, error)
	// MaxLinks bounds the ids in one list of an input, and what a list may hold that is set
	// as a whole. Default 1000. What is more fails with a [limit.Error].
	MaxLinks int
}

// RootKind says what a generated root field does.
type RootKind uint8

// The kinds of root fields.
const (
	One    RootKind = iota + 1 // post(id:)
	Lookup                     // userByUsername(username:)
	List                       // posts(first:, ...)
	Node                       // node(id:)
	Nodes                      // nodes(ids:)
	Create                     // createPost(input:)
	Update                     // updatePost(id:, input:)
	Delete                     // deletePost(id:)
)

// Root is a generated field of Query or Mutation. Entity is nil for node and nodes;
// Field is set for a Lookup.
type Root struct {
	Kind   RootKind
	Entity *Entity
	Field  *Field
}

// New joins entities to a graph. Tables, Ent's migrate.Tables, name the constraints
// of which a conflict is reported; the generator, which writes nothing to a database,
// gives no tables and the zero Store. An error names every reference
// that leads nowhere and every name that is taken twice.
func New(entities []Entity, tables []*schema.Table, store Store) (*Graph, error) {
	if store.MaxLinks == 0 {
		store.MaxLinks = 1000
	}
	g := &Graph{
		byName: map[string]*Entity{}, byPrefix: map[string]*Entity{}, byTable: map[string]*Entity{},
		queries: map[string]*Root{}, mutation: map[string]*Root{},
		constraints: constraints(tables), store: store,
	}
	g.unique = uniqueColumns(g.constraints)
	g.queries["node"], g.queries["nodes"] = &Root{Kind: Node}, &Root{Kind: Nodes}
	var errs []error
	for i := range entities {
		e := entities[i]
		e.graph = g
		if e.IsLink() {
			g.links = append(g.links, &e)
			g.byName[e.Name], g.byTable[e.Table] = &e, &e
			continue
		}
		if other := g.byPrefix[e.Prefix]; other != nil {
			errs = append(errs, fmt.Errorf("entities %s and %s have the same id prefix %q: give one of them entity.Prefix(...)", other.Name, e.Name, e.Prefix))
		}
		g.entities = append(g.entities, &e)
		g.byName[e.Name], g.byPrefix[e.Prefix], g.byTable[e.Table] = &e, &e, &e
	}
	errs = append(errs, g.checkPrefixes())
	for _, e := range g.All() {
		errs = append(errs, g.resolve(e), e.policy())
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err // what follows needs all edges
	}
	for _, e := range g.All() {
		e.addForeignKeys()
	}
	errs = append(errs, g.findViewerKey())
	for _, e := range g.All() {
		errs = append(errs, e.checkPolicy())
		e.nameRuleFuncs()
	}
	for _, e := range g.All() {
		errs = append(errs, e.index(), e.checkWithout())
		if !e.TakesInput(false) && e.Has(Update) {
			e.Without = append(slices.Clip(e.Without), Update)
		}
	}
	for _, e := range g.entities {
		errs = append(errs, g.roots(e))
	}
	for _, e := range g.entities {
		e.makeTotals() // of fields of others too
	}
	return g, errors.Join(errs...)
}

// resolve points the edges at their entities and gives the id its parser.
func (g *Graph) resolve(e *Entity) error {
	e.Fields, e.Edges = append([]Field(nil), e.Fields...), append([]Edge(nil), e.Edges...)
	for i := range e.Fields {
		if f := &e.Fields[i]; f.Type == ID {
			f.Owner = e
			f.parse = func(v any) (any, error) { return e.ParseID(v) }
		}
	}
	errs := []error{e.resolveOneOf()}
	for i := range e.Fields {
		if f := &e.Fields[i]; f.fault != nil {
			errs = append(errs, fmt.Errorf("%s.%s: %w", e.Name, f.Name, f.fault))
		}
	}
	for i := range e.Edges {
		edge := &e.Edges[i]
		edge.Source = e
		if edge.Target = g.byName[edge.Type]; edge.Target == nil {
			errs = append(errs, fmt.Errorf("edge %s.%s leads to %s, which is not served: give the edge entity.Skip() or serve the entity", e.Name, edge.Name, edge.Type))
		}
		edge.ThroughType = g.byName[edge.Through]
		if edge.ThroughType != nil && edge.ThroughType.along == nil {
			edge.ThroughType.along = edge
		}
		if e.Symmetric(edge) {
			edge.partner = &Edge{Source: e, Name: edge.Name, Type: edge.Type, Target: edge.Target, Column: edge.Column, OnTarget: true, Unique: true}
		}
	}
	return errors.Join(errs...)
}

// addForeignKeys tells the entity, its targets and its links of the columns that its
// edges are read by. An edge may have a foreign key in a table whose entity has no edge
// back.
func (e *Entity) addForeignKeys() {
	add := func(to *Entity, c string, leadsTo *Entity) {
		if !slices.Contains(to.foreignKeys, c) && to.fieldOf(c) == nil {
			to.foreignKeys = append(to.foreignKeys, c)
		}
		if to.leadsTo == nil {
			to.leadsTo = map[string]*Entity{}
		}
		to.leadsTo[c] = leadsTo
	}
	for i := range e.Edges {
		switch edge := &e.Edges[i]; {
		case edge.ThroughType != nil:
			add(edge.ThroughType, edge.LinkFrom, e)
			add(edge.ThroughType, edge.LinkTo, edge.Target)
		case edge.Link != "":
		case edge.OnTarget:
			add(edge.Target, edge.Column, e)
		default:
			add(e, edge.Column, edge.Target)
		}
	}
}

// index makes the maps by name.
func (e *Entity) index() error {
	e.fields, e.columns, e.edges = map[string]*Field{}, map[string]*Field{}, map[string]*Edge{}
	e.filters, e.orders = map[string]*Filter{}, map[string]*Order{}
	for i := range e.Fields {
		e.fields[e.Fields[i].Name], e.columns[e.Fields[i].Column] = &e.Fields[i], &e.Fields[i]
	}
	for i := range e.Edges {
		e.edges[e.Edges[i].Name] = &e.Edges[i]
	}
	errs := []error{e.checkNames()}
	for _, f := range e.Filters() {
		if e.filters[f.Name] != nil || f.Name == "not" || f.Name == "and" || f.Name == "or" {
			errs = append(errs, fmt.Errorf("%s has two filters of the name %q: rename %s", e.Name, f.Name, f.source()))
		}
		e.filters[f.Name] = f
	}
	e.orderSeq = e.makeOrders()
	for _, o := range e.orderSeq {
		if e.orders[o.Name] != nil {
			errs = append(errs, fmt.Errorf("%s has two orders of the name %q: rename %s", e.Name, o.Name, o.source()))
		}
		e.orders[o.Name] = o
	}
	return errors.Join(errs...)
}

// checkNames refuses two fields, edges or inputs of one name.
func (e *Entity) checkNames() error {
	var errs []error
	shown, inputs := map[string]bool{}, map[string]bool{}
	claim := func(taken map[string]bool, kind, name, owner string) {
		if taken[name] && name != "" {
			errs = append(errs, fmt.Errorf("%s has two %s of the name %q: rename %s", e.Name, kind, name, owner))
		}
		taken[name] = true
	}
	for i := range e.Fields {
		f := &e.Fields[i]
		claim(shown, "fields", f.Name, "the field "+f.Name)
		if !f.Flags.Has(ReadOnly) {
			claim(inputs, "inputs", f.Name, "the field "+f.Name)
		}
	}
	for i := range e.Edges {
		edge := &e.Edges[i]
		owner := "the edge " + edge.Name
		claim(shown, "fields", edge.Name, owner)
		if edge.OneOf != nil {
			continue
		}
		if edge.takesLinks() {
			claim(inputs, "inputs", edge.Name, owner)
		}
		claim(inputs, "inputs", edge.Input, owner)
		claim(inputs, "inputs", edge.AddInput, owner)
		claim(inputs, "inputs", edge.RemoveInput, owner)
	}
	for i := range e.OneOf {
		o := &e.OneOf[i]
		claim(shown, "fields", o.Name, "the field of entity.OneOf "+o.Name)
		claim(inputs, "inputs", o.Input, "the field of entity.OneOf "+o.Name)
	}
	return errors.Join(errs...)
}

var verbs = map[RootKind]string{Create: "create", Update: "update", Delete: "delete"}

// checkWithout refuses to leave out what is no mutation.
func (e *Entity) checkWithout() error {
	var errs []error
	for _, kind := range e.Without {
		if verbs[kind] == "" {
			errs = append(errs, fmt.Errorf("%s: entity.Without takes Create, Update and Delete", e.Name))
		}
	}
	return errors.Join(errs...)
}

// roots registers the root fields of an entity.
func (g *Graph) roots(e *Entity) error {
	var errs []error
	add := func(m map[string]*Root, name string, r *Root) {
		if other := m[name]; other != nil {
			owner := "the API itself"
			if other.Entity != nil {
				owner = other.Entity.Name
			}
			errs = append(errs, fmt.Errorf("%s: the root field %q belongs to %s: rename one of them", e.Name, name, owner))
		}
		m[name] = r
	}
	add(g.queries, e.Field, &Root{Kind: One, Entity: e})
	add(g.queries, e.Plural, &Root{Kind: List, Entity: e})
	for _, f := range e.Lookups() {
		add(g.queries, e.LookupName(f), &Root{Kind: Lookup, Entity: e, Field: f})
	}
	for _, kind := range []RootKind{Create, Update, Delete} {
		if e.Has(kind) {
			add(g.mutation, verbs[kind]+e.Name, &Root{Kind: kind, Entity: e})
		}
	}
	return errors.Join(errs...)
}

// Entities lists all entities with an id in the order in which they were given, by name.
func (g *Graph) Entities() []*Entity { return g.entities }

// All lists the entities, and after them those that are links alone.
func (g *Graph) All() []*Entity { return slices.Concat(g.entities, g.links) }

// Entity returns the entity with the GraphQL name, nil when there is none.
func (g *Graph) Entity(name string) *Entity { return g.byName[name] }

// Query returns what the generated field of Query with that name does, nil when no
// such field is generated; Mutation the same for Mutation.
func (g *Graph) Query(name string) *Root { return g.queries[name] }

// Mutation returns what the generated field of Mutation with that name does, nil
// when no such field is generated.
func (g *Graph) Mutation(name string) *Root { return g.mutation[name] }
