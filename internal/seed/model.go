package seed

import (
	"context"
	"fmt"
	"slices"

	"entgo.io/ent/dialect/sql/schema"
	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/entity"
)

// model is what the generator knows of a schema: the tables it fills, those that others
// refer to first.
type model struct {
	tables map[string]*table
	order  []*table
	circle error // why Rows cannot fill all of them; nil when it can
	depth  int
}

// table is a table that rows are made for. Postgres' catalogs say what its columns hold and
// what must be true of them, Ent's table which it is and what its enums are.
type table struct {
	name    string
	entity  *entity.Entity  // nil when the API does not serve it
	account *entity.Account // set for the table of those who sign in
	columns []*column
	key     []*column
	uniques []*unique
	checks  []*check
	refs    []*ref
	level   int // 0 for one that refers to no other, else one more than the deepest it refers to
}

// column is a column of a table.
type column struct {
	table    string
	name     string
	typ      string // of Postgres, without its length
	length   int    // of a text, 0 without a bound
	notNull  bool
	filled   bool // has a default or is an identity
	computed bool // by Postgres
	numbered bool // by a sequence
	enums    []string
	field    *entity.Field // nil when the API does not show it
	standard any           // the default that Ent knows, nil without one
	shapes   []shape
	best     int // the shape that fits
	omit     bool
	always   func(*row) any // what the column holds in every row, nil for most
}

// unique is a key of which no two rows have the same values.
type unique struct {
	name    string
	columns []*column
	nulls   bool // null is a value like others
	seen    map[uint64]struct{}
}

// check is a CHECK constraint.
type check struct {
	name, expression string
	columns          []*column
}

// ref is a foreign key.
type ref struct {
	name    string
	columns []*column
	to      string
	target  []string // the columns it refers to
	late    bool     // is set when all tables have rows, because of a circle
	mutual  bool     // what it leads to leads back by the same column, as Ent keeps a spouse
}

// required reports whether each row must refer to something.
func (r *ref) required() bool {
	return !slices.ContainsFunc(r.columns, func(c *column) bool { return !c.notNull })
}

// share is how many rows the table gets for n.
func (t *table) share(n int) int {
	required := 0
	for _, r := range t.refs {
		if r.required() && r.to != t.name {
			required++
		}
	}
	switch {
	case t.isLink():
		return threeLinks
	case required > 0:
		return 5 * n
	}
	return n
}

// isLink reports whether the table is one of links: foreign keys to other tables, which must
// not be null, are unique together.
func (t *table) isLink() bool {
	other := func(c *column) bool { r := t.refOf(c); return r == nil || r.to == t.name || !r.required() }
	return slices.ContainsFunc(t.uniques, func(u *unique) bool { return len(u.columns) > 1 && !slices.ContainsFunc(u.columns, other) })
}

// refOf finds the foreign key that a column is part of.
func (t *table) refOf(c *column) *ref {
	for _, r := range t.refs {
		if slices.Contains(r.columns, c) {
			return r
		}
	}
	return nil
}

func (t *table) column(name string) *column {
	for _, c := range t.columns {
		if c.name == name {
			return c
		}
	}
	return nil
}

func (t *table) named(names []string) []*column {
	out := make([]*column, len(names))
	for i, name := range names {
		out[i] = t.column(name)
	}
	return out
}

// readModel reads what the catalogs say of the tables to fill and puts them into order.
func readModel(ctx context.Context, tx pgx.Tx, o Options) (*model, error) {
	m := &model{tables: map[string]*table{}}
	for _, name := range o.filled() {
		m.tables[name] = &table{name: name}
	}
	for i := range o.Entities {
		if t := m.tables[o.Entities[i].Table]; t != nil {
			t.entity = &o.Entities[i]
		}
	}
	if o.Account != nil {
		if t := m.tables[o.Account.Table]; t != nil {
			t.account = o.Account
		}
	}
	if err := m.readCatalog(ctx, tx, o.filled()); err != nil {
		return nil, err
	}
	m.followEdges(o.Entities)
	for _, e := range o.Tables {
		if t := m.tables[e.Name]; t != nil {
			if err := t.describe(e); err != nil {
				return nil, err
			}
		}
	}
	m.sort(o.filled())
	return m, nil
}

// followEdges adds the foreign keys that the database lacks, as to and from tables of others.
func (m *model) followEdges(all []entity.Entity) {
	byName := map[string]*entity.Entity{}
	for i := range all {
		byName[all[i].Name] = &all[i]
	}
	add := func(table, column string, to *entity.Entity) {
		t := m.tables[table]
		if t == nil || to == nil || m.tables[to.Table] == nil || t.column(column) == nil {
			return
		}
		known := func(r *ref) bool { return len(r.columns) == 1 && r.columns[0].name == column }
		if !slices.ContainsFunc(t.refs, known) {
			t.refs = append(t.refs, &ref{name: table + "_" + column, columns: t.named([]string{column}), to: to.Table, target: []string{to.ID().Column}})
		}
	}
	for i := range all {
		e := &all[i]
		for j := range e.Edges {
			switch edge, target := &e.Edges[j], byName[e.Edges[j].Type]; {
			case edge.Link != "":
				add(edge.Link, edge.LinkFrom, e)
				add(edge.Link, edge.LinkTo, target)
			case edge.OnTarget && target != nil:
				add(target.Table, edge.Column, e)
			default:
				add(e.Table, edge.Column, target)
				if t := m.tables[e.Table]; t != nil && e.Symmetric(edge) {
					t.pair(edge.Column)
				}
			}
		}
	}
}

// pair has the rows of the table that a column leads to lead back.
func (t *table) pair(column string) {
	for _, r := range t.refs {
		if r.to == t.name && len(r.columns) == 1 && r.columns[0].name == column {
			r.mutual = true
		}
	}
}

// describe adds what Ent and the entity table know.
func (t *table) describe(e *schema.Table) error {
	if len(t.columns) == 0 {
		return fmt.Errorf("there is no table %s: apply the migrations first", t.name)
	}
	for _, ec := range e.Columns {
		c := t.column(ec.Name)
		if c == nil {
			return fmt.Errorf("table %s has no column %s: apply the migrations first", t.name, ec.Name)
		}
		if len(ec.Enums) > 0 {
			c.enums = ec.Enums
		}
		c.standard = ec.Default
	}
	for _, pk := range e.PrimaryKey {
		t.key = append(t.key, t.column(pk.Name))
	}
	if t.entity != nil {
		for i := range t.entity.Fields {
			f := &t.entity.Fields[i]
			if c := t.column(f.Column); c != nil {
				c.field = f
			}
		}
	}
	for _, c := range t.columns {
		t.choose(c)
	}
	return nil
}
