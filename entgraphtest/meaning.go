package entgraphtest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/sqltext"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/rule"
	"github.com/entgraph/entgraph/viewer"
)

// row holds the values of a row by column: a uuid as uuid.UUID, every integer as int64.
type row map[string]any

// idOf is the id of a row of an entity; none of no row.
func idOf(e *entity.Entity, r row) key.Key {
	if id, err := key.Of(r[e.ID().Column]); err == nil {
		return id
	}
	return key.Key{}
}

// load reads all rows of the entities and of the links between them.
func (m *matrix) load(ctx context.Context) error {
	m.rows, m.index = map[string][]row{}, map[string]map[string][]row{}
	tables := map[string]string{}
	for _, e := range m.graph.Entities() {
		tables[e.Table] = e.Relation()
		for _, edge := range e.Edges {
			if edge.Link != "" {
				tables[edge.Link] = edge.LinkRelation()
			}
		}
	}
	for table, relation := range tables {
		found, err := m.api.DB.Write.Query(ctx, "SELECT *"+m.asText(table)+" FROM "+relation+" ORDER BY 1")
		if err != nil {
			return fmt.Errorf("read %s: %w", table, err)
		}
		list, err := pgx.CollectRows(found, pgx.RowToMap)
		if err != nil {
			return fmt.Errorf("read %s: %w", table, err)
		}
		for _, r := range list {
			for column, value := range r {
				switch value := value.(type) {
				case [16]byte:
					r[column] = uuid.UUID(value)
				case string:
					if m.isDocument(table, column) {
						r[column] = json.RawMessage(value)
					}
				case int16:
					r[column] = int64(value)
				case int32:
					r[column] = int64(value)
				}
			}
			m.rows[table] = append(m.rows[table], r)
		}
	}
	return nil
}

// asText selects documents as their texts, in which numbers have all their digits.
func (m *matrix) asText(table string) (columns string) {
	for name := range m.types {
		of, column, _ := strings.Cut(name, ".")
		if of == table && m.isDocument(table, column) {
			columns += ", " + sqltext.Ident(column) + "::text AS " + sqltext.Ident(column)
		}
	}
	return columns
}

func (m *matrix) isDocument(table, column string) bool {
	typ := m.types[table+"."+column]
	return typ == "jsonb" || typ == "json"
}

// at lists the rows of a table with a value in a column.
func (m *matrix) at(table, column string, value any) []row {
	if value == nil {
		return nil
	}
	name := table + "." + column
	if m.index[name] == nil {
		m.index[name] = map[string][]row{}
		for _, r := range m.rows[table] {
			m.index[name][fmt.Sprint(r[column])] = append(m.index[name][fmt.Sprint(r[column])], r)
		}
	}
	return m.index[name][fmt.Sprint(value)]
}

// neighbours follows an edge.
func (m *matrix) neighbours(e *entity.Edge, r row) []row {
	if made, ok := r[beside(e)].([]row); ok {
		return made
	}
	switch {
	case e.Link != "":
		var out []row
		for _, link := range m.at(e.Link, e.LinkFrom, r[e.Source.ID().Column]) {
			out = append(out, m.at(e.Target.Table, e.Target.ID().Column, link[e.LinkTo])...)
		}
		return out
	case e.OnTarget:
		return m.at(e.Target.Table, e.Column, r[e.Source.ID().Column])
	}
	return m.at(e.Target.Table, e.Target.ID().Column, r[e.Column])
}

// holds is the plain meaning of a condition on a row.
func (m *matrix) holds(e *entity.Entity, c rule.Cond, v viewer.Viewer, r row) bool {
	each := func(kid rule.Cond) bool { return m.holds(e, kid, v, r) }
	switch c.Op {
	case rule.OpEveryone:
		return true
	case rule.OpSignedIn:
		return v.SignedIn()
	case rule.OpRole:
		return v.SignedIn() && slices.Contains(c.Values, any(v.Role))
	case rule.OpOwner:
		return v.SignedIn() && r[c.Name] == v.UserID.Any()
	case rule.OpIsNull, rule.OpNotNull:
		return (r[c.Name] == nil) == (c.Op == rule.OpIsNull)
	case rule.OpIn, rule.OpNotIn, rule.OpLT, rule.OpLTE, rule.OpGT, rule.OpGTE:
		return m.compares(e, c, r[c.Name])
	case rule.OpContains, rule.OpAt:
		return m.looksInto(e, c, r[c.Name])
	case rule.OpNot:
		return !each(c.Kids[0])
	case rule.OpAny:
		return slices.ContainsFunc(c.Kids, each)
	case rule.OpAll:
		return !slices.ContainsFunc(c.Kids, func(kid rule.Cond) bool { return !each(kid) })
	case rule.OpHas, rule.OpVisible:
		edge := e.RuledEdge(c.Name)
		want := edge.Target.Rules().Read
		if c.Op == rule.OpHas {
			want = c.Kids[0]
		}
		return slices.ContainsFunc(m.neighbours(edge, r), func(next row) bool { return m.holds(edge.Target, want, v, next) })
	}
	return false
}

// conditions lists all of a policy, those of fields and columns in order.
func conditions(p rule.Policy) []rule.Cond {
	all := append([]rule.Cond{p.Read}, p.Writes()...)
	for _, name := range slices.Sorted(maps.Keys(p.Fields)) {
		all = append(all, p.Fields[name])
	}
	return all
}

// leaves lists the parts of a policy that rows decide.
func leaves(p rule.Policy) []rule.Cond {
	var out []rule.Cond
	seen := map[string]bool{}
	var walk func(rule.Cond)
	walk = func(c rule.Cond) {
		switch c.Op {
		case rule.OpAny, rule.OpAll, rule.OpNot:
			for _, kid := range c.Kids {
				walk(kid)
			}
			return
		}
		if c.OfColumn() || c.Op == rule.OpHas || c.Op == rule.OpVisible {
			if key := fmt.Sprint(c); !seen[key] {
				seen[key] = true
				out = append(out, c)
			}
		}
	}
	for _, c := range conditions(p) {
		walk(c)
	}
	return out
}

// always reports whether a part of a rule may hold on every row: what everybody sees is visible.
func (m *matrix) always(e *entity.Entity, c rule.Cond) bool {
	edge := e.RuledEdge(c.Name)
	return c.Op == rule.OpVisible && edge.Target.Rules().Read.Op == rule.OpEveryone
}

// names are those of the functions that make conditions on a column.
var names = map[rule.Op]string{
	rule.OpContains: "Contains", rule.OpExists: "Exists",
	rule.OpIn: "In", rule.OpNotIn: "NotIn", rule.OpLT: "LT", rule.OpLTE: "LTE", rule.OpGT: "GT", rule.OpGTE: "GTE", rule.OpIsNull: "IsNull", rule.OpNotNull: "NotNull",
}

// words names a part of a rule as a schema writes it.
func words(c rule.Cond) string {
	switch c.Op {
	case rule.OpOwner:
		return fmt.Sprintf("rule.Owner(%q)", c.Name)
	case rule.OpVisible:
		return fmt.Sprintf("rule.Visible(%q)", c.Name)
	case rule.OpHas:
		return fmt.Sprintf("rule.Has(%q, …)", c.Name)
	case rule.OpAt:
		return fmt.Sprintf("rule.At(%q, %q).%s(%s)", c.Name, c.Path, names[c.Asks], strings.Join(texts(c.Values), ", "))
	}
	name, ok := names[c.Op]
	switch {
	case !ok:
		return string(c.Op)
	case c.Clock && c.Offset() == 0:
		return fmt.Sprintf("rule.%s(%q, rule.Now())", name, c.Name)
	case c.Clock:
		return fmt.Sprintf("rule.%s(%q, rule.Now().Add(%s))", name, c.Name, c.Offset())
	case c.Values == nil:
		return fmt.Sprintf("rule.%s(%q)", name, c.Name)
	}
	return fmt.Sprintf("rule.%s(%q, %v)", name, c.Name, c.Values)
}
