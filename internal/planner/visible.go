package planner

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/sqltext"
	"github.com/entgraph/entgraph/rule"
	"github.com/entgraph/entgraph/viewer"
)

// A statement shadows every table that it touches by a WITH query of the same name,
// its visible table: the rows that viewers may see, with NULL for the fields that
// they may not see. It is the only place that names a real table, so that nothing else in
// the statement, whatever filter or ordering it has, can reach what is hidden.

// visibleTable is the WITH query of a table for the viewers of one class.
type visibleTable struct {
	name string
	text entity.SQL
	// edges is how many edges its rules follow.
	edges int
}

// visibleTables are those of one class of viewers. They do not change.
type visibleTables struct {
	tables map[tableVia]*visibleTable
}

// tableVia is a table, or one whose rows are reached by foreign keys from rows that the
// viewer is known to see, so that a rule need not ask for them again.
type tableVia struct{ table, via string }

// visibility makes and keeps the visible tables of all classes that were seen. Of these there
// are few, whatever the roles of viewers are: those that no rule names are one.
type visibility struct {
	graph   *entity.Graph
	roles   map[any]bool
	classes sync.Map // viewer.Class -> *visibleTables
}

func newVisibility(g *entity.Graph) *visibility {
	v := &visibility{graph: g, roles: map[any]bool{}}
	for _, e := range g.Entities() {
		p := e.Rules()
		for _, c := range append(slices.Collect(maps.Values(p.Fields)), p.Read) {
			c.Walk(func(c rule.Cond) {
				if c.Op == rule.OpRole {
					for _, role := range c.Values {
						v.roles[role] = true
					}
				}
			})
		}
	}
	return v
}

// otherRole stands for all roles that no rule names, and is none itself.
const otherRole = "\x00"

// class is that of a viewer, as far as rules tell viewers apart: an app's own sign-in may give
// each viewer another role, such as the name of their tenant.
func (v *visibility) class(who viewer.Viewer) viewer.Class {
	c := who.Class()
	if !v.roles[c.Role] {
		c.Role = otherRole
	}
	return c
}

func (v *visibility) of(class viewer.Class, who viewer.Viewer) *visibleTables {
	if t, ok := v.classes.Load(class); ok {
		return t.(*visibleTables)
	}
	t, _ := v.classes.LoadOrStore(class, newVisibleTables(v.graph, who))
	return t.(*visibleTables)
}

func newVisibleTables(g *entity.Graph, who viewer.Viewer) *visibleTables {
	t := &visibleTables{tables: map[tableVia]*visibleTable{}}
	for _, e := range g.Entities() {
		t.add(e, who)
		for i := range e.Edges {
			edge := &e.Edges[i]
			switch {
			case edge.Link == "" && edge.OnTarget:
				t.add(edge.Target, who, edge.Column)
			case edge.ThroughType != nil:
				t.add(edge.ThroughType, who, edge.LinkFrom, edge.LinkTo)
			case edge.Link != "":
				// A link without an entity: seen by viewers who see both ends, which are joined.
				link := &visibleTable{name: edge.Link}
				link.text.Write("SELECT " + sqltext.Ident(edge.LinkFrom) + ", " + sqltext.Ident(edge.LinkTo) + " FROM public." + sqltext.Ident(edge.Link))
				t.tables[tableVia{edge.Link, viaName(edge.LinkFrom, edge.LinkTo)}] = link
			}
		}
	}
	return t
}

// add makes the visible table of an entity, reached by foreign keys or not. Where they
// prove nothing that its rule asks, the table is the plain one.
func (t *visibleTables) add(e *entity.Entity, who viewer.Viewer, via ...string) {
	key := tableVia{e.Table, viaName(via...)}
	if t.tables[key] != nil {
		return
	}
	out := &visibleTable{name: e.Table}
	out.read(e, who, via)
	if len(via) > 0 {
		t.add(e, who)
		plain := t.tables[tableVia{table: e.Table}]
		if out.name = e.Table + "~" + key.via; out.text.Equal(plain.text) || len(out.name) > sqltext.MaxName {
			out = plain
		}
	}
	t.tables[key] = out
}

func viaName(via ...string) string {
	slices.Sort(via)
	return strings.Join(via, "~")
}

// read makes the text of a WITH query: the columns that the API knows, and what the rules
// of rows and fields leave of them.
func (t *visibleTable) read(e *entity.Entity, who viewer.Viewer, via []string) {
	var columns []entity.SQL
	for i := range e.Fields {
		f := &e.Fields[i]
		column := entity.Text("t." + sqltext.Ident(f.Column))
		if cond := e.ReadField(f, who); cond.Op != rule.OpEveryone {
			t.edges += followed(cond)
			column = entity.Text("CASE WHEN ")
			column.Add(e.Clause(cond, "t").SQL)
			column.Write(" THEN t." + sqltext.Ident(f.Column) + " END AS " + sqltext.Ident(f.Column))
		}
		columns = append(columns, column)
	}
	for _, key := range e.ForeignKeys() {
		columns = append(columns, entity.Text("t."+sqltext.Ident(key)))
	}
	if e.Search != nil {
		columns = append(columns, entity.Text("t."+sqltext.Ident(e.Search.Column)))
	}
	t.text.Write("SELECT ")
	t.text.List(", ", columns...)
	t.text.Write(" FROM public." + sqltext.Ident(e.Table) + " t")
	if cond := e.Read(who, via...); cond.Op != rule.OpEveryone {
		t.edges += followed(cond)
		t.text.Write(" WHERE ")
		t.text.Add(e.Clause(cond, "t").SQL)
	}
}

// followed counts the edges of a condition.
func followed(c rule.Cond) int {
	n := 0
	if c.Op == rule.OpHas {
		n++
	}
	for _, kid := range c.Kids {
		n += followed(kid)
	}
	return n
}

// preamble is the WITH queries of the statement.
func (s *statement) preamble() string {
	slices.SortFunc(s.tables, func(a, b *visibleTable) int { return cmp.Compare(a.name, b.name) })
	tables := slices.Compact(s.tables)
	viewer := ""
	if slices.ContainsFunc(tables, func(t *visibleTable) bool { return t.text.AsksViewer() }) {
		c := keyCasts[s.planner.graph.ViewerKey()]
		viewer = s.add(nil, c.name, c.oid, nil)
		s.query.viewer = len(s.values)
	}
	var b strings.Builder
	for i, t := range tables {
		if i == 0 {
			b.WriteString("WITH ")
		} else {
			b.WriteString(", ")
		}
		b.WriteString(sqltext.Ident(t.name) + " AS NOT MATERIALIZED (" + t.text.For(viewer) + ")")
	}
	b.WriteByte(' ')
	return b.String()
}

// table returns the name under which a statement reads an entity's rows. The foreign
// keys via lead from them to rows that the statement sees already.
func (s *statement) table(e *entity.Entity, via ...string) string {
	return s.visible(tableVia{e.Table, viaName(via...)})
}

// link is the same for the table of a many-to-many edge, both ends of which the
// statement sees.
func (s *statement) link(e *entity.Edge) string {
	return s.visible(linkTable(e))
}

func (s *statement) visible(key tableVia) string {
	t := s.level.visible.tables[key]
	s.tables = append(s.tables, t)
	return sqltext.Ident(t.name)
}
