package entgraphtest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"entgo.io/ent/dialect/sql/schema"
	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/internal/seed"
	"github.com/entgraph/entgraph/internal/sqltext"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/rule"
	"github.com/entgraph/entgraph/viewer"
)

// fill makes the rows and finds the viewers.
func (m *matrix) fill(ctx context.Context) error {
	roles := m.roles()
	o := seed.Options{Tables: slices.Concat(m.app.Ent.Tables, m.app.Ent.External), Entities: m.app.Ent.Entities, Account: m.app.Ent.Account}
	if a := o.Account; a != nil {
		for _, table := range []string{a.Sessions, a.Identities, a.Attempts} {
			served := func(e *entity.Entity) bool { return e.Table == table }
			if !slices.ContainsFunc(m.graph.Entities(), served) {
				o.Unfilled = append(o.Unfilled, table)
			}
		}
	}
	o.Seed = func(ctx context.Context, s *entgraph.Seeder) error {
		for _, add := range m.additions.rows {
			if err := add(ctx, s); err != nil {
				return err
			}
		}
		m.filling = s.Tx
		if err := s.Rows(ctx, m.needed(roles)); err != nil {
			return err
		}
		if err := m.meet(ctx, s.Tx, roles); err != nil {
			return err
		}
		for _, e := range m.graph.All() {
			if err := m.spread(ctx, s.Tx, e); err != nil {
				return err
			}
		}
		return nil
	}
	if err := seed.Run(ctx, m.api.DB, o); err != nil {
		return err
	}
	return m.refresh(ctx)
}

// refresh has views show the rows, which Postgres may keep.
func (m *matrix) refresh(ctx context.Context) error {
	for _, e := range m.graph.Entities() {
		var kept bool
		if e.Place != entity.View {
			continue
		}
		if err := m.api.DB.Write.QueryRow(ctx, "SELECT relkind = 'm' FROM pg_class WHERE oid = $1::regclass", e.Relation()).Scan(&kept); err != nil {
			return fmt.Errorf("look for the view %s: %w", e.Table, err)
		}
		if !kept {
			continue
		}
		if _, err := m.api.DB.Write.Exec(ctx, "REFRESH MATERIALIZED VIEW "+e.Relation()); err != nil {
			return fmt.Errorf("refresh the view %s: %w", e.Table, err)
		}
	}
	return nil
}

// roles lists those of the user entity or, without one, those that rules name.
func (m *matrix) roles() []string {
	if a := m.app.Ent.Account; a != nil && len(a.Roles) > 0 {
		return a.Roles
	}
	roles := []string{""}
	for _, e := range m.graph.All() {
		for _, c := range conditions(e.Rules()) {
			c.Walk(func(c rule.Cond) {
				for _, value := range c.Values {
					if role := fmt.Sprint(value); c.Op == rule.OpRole && !slices.Contains(roles, role) {
						roles = append(roles, role)
					}
				}
			})
		}
	}
	return roles
}

// meet makes two users of each role viewers.
func (m *matrix) meet(ctx context.Context, tx pgx.Tx, roles []string) error {
	m.viewers = []viewer.Viewer{viewer.System(), {}}
	var ids []key.Key
	id := m.idOfPeople()
	if table := m.people(); table != "" {
		found, err := tx.Query(ctx, "SELECT "+id+" FROM "+name(table)+" ORDER BY 1")
		if err != nil {
			return err
		}
		if ids, err = pgx.CollectRows(found, postgres.RowToKey); err != nil {
			return err
		}
	}
	if len(ids) > 0 && len(ids) < 2*len(roles) {
		return fmt.Errorf("there are %d rows in %s, and two are needed for each of the roles %q", len(ids), m.people(), roles)
	}
	for i := range 2 * len(roles) {
		v := viewer.Viewer{Role: roles[i/2], UserID: someKey(m.graph.ViewerKey(), byte(i+1))}
		if i < len(ids) {
			v.UserID = ids[i]
		}
		if a := m.app.Ent.Account; a != nil && a.Role != "" && i < len(ids) {
			if _, err := tx.Exec(ctx, "UPDATE "+name(a.Table)+" SET "+name(a.Role)+" = $1 WHERE "+id+" = $2", v.Role, v.UserID.Any()); err != nil {
				return fmt.Errorf("make a user of the role %s: %w", v.Role, err)
			}
		}
		m.viewers = append(m.viewers, v)
	}
	m.viewers = append(m.viewers, m.additions.viewers...)
	return nil
}

// people is the table of those who own rows, "" when it is not known.
func (m *matrix) people() string {
	if a := m.app.Ent.Account; a != nil {
		return a.Table
	}
	for _, e := range m.graph.All() {
		for _, c := range leaves(e.Rules()) {
			for _, k := range m.table(e).ForeignKeys {
				if c.Op == rule.OpOwner && len(k.Columns) == 1 && k.Columns[0].Name == c.Name {
					return k.RefTable.Name
				}
			}
		}
	}
	return ""
}

// idOfPeople is the column with the ids of that table.
func (m *matrix) idOfPeople() string {
	for _, t := range m.app.Ent.Tables {
		if t.Name == m.people() && len(t.PrimaryKey) == 1 {
			return name(t.PrimaryKey[0].Name)
		}
	}
	return name("id")
}

// table is Ent's of an entity.
func (m *matrix) table(e *entity.Entity) *schema.Table {
	all := slices.Concat(m.app.Ent.Expected(), m.app.Ent.External)
	i := slices.IndexFunc(all, func(t *schema.Table) bool { return t.Name == e.Table })
	return all[i]
}

// column is Ent's of an entity, nil without one.
func (m *matrix) column(e *entity.Entity, name string) *schema.Column {
	c, _ := m.table(e).Column(name)
	return c
}

// telling lists the columns of an entity that its rules look at, and what they tell apart.
func (m *matrix) telling(e *entity.Entity, among []rule.Cond) (columns []string, values map[string][]any) {
	values = map[string][]any{}
	add := func(column string, list ...any) {
		if !slices.Contains(columns, column) {
			columns = append(columns, column)
		}
		for _, value := range list {
			same := func(v any) bool { return fmt.Sprint(v) == fmt.Sprint(value) }
			if !slices.ContainsFunc(values[column], same) {
				values[column] = append(values[column], value)
			}
		}
	}
	for _, c := range among {
		switch c.Op {
		case rule.OpOwner:
			for _, v := range m.users() {
				add(c.Name, v.UserID.Any())
			}
		case rule.OpIn, rule.OpNotIn:
			add(c.Name, c.Values...)
			add(c.Name, m.others(e, c.Name)...)
			if c.Op == rule.OpNotIn {
				add(c.Name, m.around(e, rule.IsNull(c.Name))...)
				add(c.Name, m.ends(e, c.Name)...)
			}
		case rule.OpContains:
			add(c.Name, m.arrays(e, c.Name, among)...)
		case rule.OpAt:
			add(c.Name, m.documents(e, c.Name, among)...)
		case rule.OpLT, rule.OpLTE, rule.OpGT, rule.OpGTE:
			add(c.Name, m.around(e, c)...)
		case rule.OpIsNull, rule.OpNotNull:
			add(c.Name, m.around(e, c)...)
			if len(values[c.Name]) < 2 {
				add(c.Name, m.others(e, c.Name)...)
				add(c.Name, m.ends(e, c.Name)...)
			}
		}
	}
	return columns, values
}

// others lists the values that a column may have besides those that rules name.
func (m *matrix) others(e *entity.Entity, column string) (values []any) {
	c := m.column(e, column)
	if c == nil {
		return nil
	}
	for _, value := range c.Enums {
		values = append(values, value)
	}
	if f := e.FieldByColumn(column); f != nil && f.Type == entity.Bool {
		values = append(values, true, false)
	}
	return values
}

// needed is how many rows show what rules tell apart: as many as users of each role, and as the
// entity with the most kinds of rows has.
func (m *matrix) needed(roles []string) int {
	n := 2*len(roles) + 4
	for _, e := range m.graph.All() {
		owners, kinds := map[string]bool{}, 1
		_, values := m.telling(e, slices.DeleteFunc(leaves(e.Rules()), func(c rule.Cond) bool {
			owners[c.Name] = owners[c.Name] || c.Op == rule.OpOwner
			return c.Op == rule.OpOwner || c.Op == rule.OpIn
		}))
		if len(values) == 0 {
			continue // the columns of constants and owners are few
		}
		for _, list := range values {
			kinds *= len(list)
		}
		if len(owners) > 0 {
			kinds *= 2 * len(roles)
		}
		n = max(n, min(kinds, mostKinds))
	}
	return n
}

// mostKinds bounds how many combinations of values rows are made of.
const mostKinds = 32

// spread sees that there is a row of every combination of owner and other values that the rules
// of an entity tell apart, where the constraints let one be.
func (m *matrix) spread(ctx context.Context, tx pgx.Tx, e *entity.Entity) error {
	columns, values := m.telling(e, leaves(e.Rules()))
	columns = slices.DeleteFunc(columns, func(c string) bool { return !e.IsLink() && c == e.ID().Column })
	if len(columns) == 0 || e.Place == entity.View {
		return nil
	}
	kinds := kindsOf(columns, values)
	taken, column := []string{}, m.nameOfRow(e)
	for _, kind := range kinds {
		var is, set []string
		for i, c := range columns {
			is = append(is, fmt.Sprintf("%s IS NOT DISTINCT FROM $%d", name(c), i+2))
			set = append(set, fmt.Sprintf("%s = $%d", name(c), i+2))
		}
		find := "SELECT " + column + " FROM " + e.Relation() + " WHERE " + column + " <> ALL($1) AND " + strings.Join(is, " AND ") + " ORDER BY " + m.orderOf(e) + " LIMIT 1"
		id, err := first(ctx, tx, find, append([]any{taken}, kind...)...)
		if err != nil {
			return fmt.Errorf("look for rows of %s: %w", e.Name, err)
		}
		if id == "" {
			if id, err = m.change(ctx, tx, e, taken, strings.Join(set, ", "), kind); err != nil {
				return err
			}
		}
		taken = append(taken, id)
	}
	return nil
}

// kindsOf lists combinations of the values of columns: first some with each value, since a unique
// column lets there be one row of each of its own, then all, of which some are left out where
// there are too many.
func kindsOf(columns []string, values map[string][]any) (kinds [][]any) {
	all, most := [][]any{nil}, 0
	for _, c := range columns {
		most = max(most, len(values[c]))
		var next [][]any
		for _, value := range values[c] {
			for _, kind := range all {
				next = append(next, append(slices.Clone(kind), value))
			}
		}
		all = next
	}
	for i := range most {
		var kind []any
		for at, c := range columns {
			if n := len(values[c]); n > 0 {
				kind = append(kind, values[c][(i+at*(i/len(columns)))%n])
			}
		}
		if len(kind) == len(columns) {
			kinds = append(kinds, kind)
		}
	}
	step := max(1, (len(all)+mostKinds-1)/mostKinds)
	for i := 0; i < len(all); i += step {
		kinds = append(kinds, all[i])
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(kinds, func(kind []any) bool {
		key := fmt.Sprintf("%#v", kind)
		again := seen[key]
		seen[key] = true
		return again
	})
}

// nameOfRow is what tells a row apart, as a text in SQL: the id, or the key of a link without one.
func (m *matrix) nameOfRow(e *entity.Entity) string {
	return "row(" + m.orderOf(e) + ")::text"
}

func (m *matrix) orderOf(e *entity.Entity) string {
	if !e.IsLink() {
		return name(e.ID().Column)
	}
	var columns []string
	for _, c := range m.table(e).PrimaryKey {
		columns = append(columns, name(c.Name))
	}
	return strings.Join(columns, ", ")
}

// change gives the first row that lets it other values.
func (m *matrix) change(ctx context.Context, tx pgx.Tx, e *entity.Entity, taken []string, set string, kind []any) (string, error) {
	column := m.nameOfRow(e)
	found, err := tx.Query(ctx, "SELECT "+column+" FROM "+e.Relation()+" WHERE "+column+" <> ALL($1) ORDER BY "+m.orderOf(e)+" LIMIT 20", taken)
	if err != nil {
		return "", err
	}
	ids, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil {
		return "", err
	}
	for _, id := range ids {
		now := id
		err := pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error {
			return tx.QueryRow(ctx, "UPDATE "+e.Relation()+" SET "+set+" WHERE "+column+" = $1 RETURNING "+column, append([]any{id}, kind...)...).Scan(&now)
		})
		if err == nil {
			return now, nil
		}
	}
	return "", nil // shows says so, when it matters
}

func first(ctx context.Context, tx pgx.Tx, query string, args ...any) (string, error) {
	found, err := tx.Query(ctx, query, args...)
	if err != nil {
		return "", err
	}
	ids, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil || len(ids) == 0 {
		return "", err
	}
	return ids[0], nil
}

// name quotes a table or column.
func name(text string) string { return sqltext.Ident(text) }
