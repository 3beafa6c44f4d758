package seed

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// maxParents bounds how many rows of a table others refer to.
const maxParents = 20_000

// parent is a row that others refer to: the columns of the foreign key, and when it was
// made, the zero time when that is not known.
type parent struct {
	values []any
	at     time.Time
}

// readParents lists rows that a foreign key may lead to, the oldest first; of many rows it
// takes every so many-th.
func (m *model) readParents(ctx context.Context, tx pgx.Tx, r *ref) ([]parent, error) {
	columns := sqltext.Idents(r.target)
	made := "NULL::timestamptz"
	if to := m.tables[r.to]; to != nil {
		if i := slices.IndexFunc(to.columns, func(c *column) bool { return isCreated(c.name) && c.typ == "timestamp with time zone" }); i >= 0 {
			made = sqltext.Ident(to.columns[i].name)
		}
	}
	rows, err := tx.Query(ctx, fmt.Sprintf(`SELECT * FROM (SELECT %[1]s, %[2]s AS entgraph_made,
		row_number() OVER (ORDER BY %[2]s, %[1]s) - 1 AS entgraph_place, count(*) OVER () AS entgraph_all FROM %[3]s WHERE %[4]s) x
		WHERE entgraph_place %% ((entgraph_all + $1 - 1) / $1) = 0 ORDER BY entgraph_place`, columns, made, sqltext.Ident(r.to), notNull(r.target)), maxParents)
	if err != nil {
		return nil, fmt.Errorf("look for rows of %s to refer to: %w", r.to, err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (parent, error) {
		values, err := row.Values()
		if err != nil {
			return parent{}, err
		}
		n := len(r.target)
		at, _ := values[n].(time.Time)
		return parent{values[:n:n], at}, nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for rows of %s to refer to: %w", r.to, err)
	}
	return list, nil
}

func notNull(columns []string) string {
	list := make([]string, len(columns))
	for i, c := range columns {
		list[i] = sqltext.Ident(c) + " IS NOT NULL"
	}
	return strings.Join(list, " AND ")
}

// refer sets a foreign key. It reports whether that was possible.
func (f *filler) refer(r *row, k *ref) bool {
	list := f.parents[k]
	own := k.to == f.t.name
	if own {
		list = f.own[k]
	}
	null := !k.required() && (len(list) == 0 || r.Float64() < 0.15)
	if own && !k.required() {
		null = null || r.Float64() < 0.3
	}
	if null {
		for _, c := range k.columns {
			if _, shared := r.values[c]; !shared {
				r.values[c] = nil
			}
		}
		return true
	}
	return f.lead(r, k, list)
}

// lead lets a foreign key lead to one of some rows. It reports whether there was one.
func (f *filler) lead(r *row, k *ref, list []parent) bool {
	switch own := k.to == f.t.name; {
	case len(list) == 0 && own: // the first row belongs to itself
		for i, c := range k.columns {
			r.values[c] = r.values[f.t.column(k.target[i])]
		}
		return true
	case len(list) == 0:
		return false
	}
	p := list[r.IntN(len(list))]
	for i, c := range k.columns {
		r.values[c] = p.values[i]
	}
	if !p.at.Before(r.at) {
		r.at = p.at.Add(time.Second + r.upTo(time.Hour))
	}
	return true
}

// settle sets the foreign keys that lead to the table itself: each row refers to an earlier
// one. Until then they are null or lead to the row itself.
func (f *filler) settle(rows []*row) {
	for _, r := range rows {
		for _, k := range f.t.refs {
			if k.to != f.t.name || k.mutual || f.t.oneOfSeveral(k) {
				continue
			}
			before := r.list(k.columns)
			f.release(r)
			f.refer(r, k)
			if f.clash(r) != nil {
				for i, c := range k.columns {
					r.values[c] = before[i]
				}
			}
			f.take(r)
		}
		f.adopt(r)
	}
	for _, k := range f.t.refs {
		if k.mutual && !f.t.oneOfSeveral(k) {
			f.pair(rows, k)
		}
	}
}

// pair has rows lead to each other by twos, and leaves some alone.
func (f *filler) pair(rows []*row, k *ref) {
	column, target := k.columns[0], f.t.column(k.target[0])
	for i := 1; i < len(rows); i += 2 {
		a, b := rows[i-1], rows[i]
		if a.Float64() < 0.4 {
			continue
		}
		f.release(a)
		f.release(b)
		before := [2]any{a.values[column], b.values[column]}
		a.values[column], b.values[column] = b.values[target], a.values[target]
		if f.clash(a) != nil || f.clash(b) != nil {
			a.values[column], b.values[column] = before[0], before[1]
		}
		f.take(a)
		f.take(b)
	}
}

// adopt lets later rows of the table refer to a row.
func (f *filler) adopt(r *row) {
	for _, k := range f.t.refs {
		if k.to != f.t.name || len(f.own[k]) >= maxParents {
			continue
		}
		p := parent{at: r.at}
		for _, name := range k.target {
			p.values = append(p.values, r.values[f.t.column(name)])
		}
		f.own[k] = append(f.own[k], p)
	}
}

// connect sets the foreign keys of a circle, which were null until now. One that a CHECK
// speaks of stays null.
func (s *Seeder) connect(ctx context.Context, t *table) error {
	for _, k := range t.refs {
		if !k.late || slices.ContainsFunc(t.checks, func(c *check) bool { return slices.Contains(c.columns, k.columns[0]) }) {
			continue
		}
		to, err := s.schema.readParents(ctx, s.Tx, k)
		if err != nil {
			return err
		}
		key := make([]string, len(t.key))
		for i, c := range t.key {
			key[i] = c.name
		}
		from, err := s.schema.readParents(ctx, s.Tx, &ref{to: t.name, target: key})
		if err != nil {
			return err
		}
		if err := s.connectAll(ctx, t, k, from, to); err != nil {
			return err
		}
	}
	return nil
}

// connectAll sets one foreign key in rows of a table, each to a row of its own when the key
// is unique.
func (s *Seeder) connectAll(ctx context.Context, t *table, k *ref, from, to []parent) error {
	if len(from) == 0 || len(to) == 0 {
		return nil
	}
	unique := slices.ContainsFunc(t.uniques, func(u *unique) bool { return slices.Contains(u.columns, k.columns[0]) })
	r := s.row(t, "connect "+k.name)
	order := r.Perm(len(to))
	set, where := make([]string, len(k.columns)), make([]string, len(t.key))
	for i, c := range k.columns {
		set[i] = fmt.Sprintf("%s = $%d", sqltext.Ident(c.name), i+1)
	}
	for i, c := range t.key {
		where[i] = fmt.Sprintf("%s = $%d", sqltext.Ident(c.name), len(set)+i+1)
	}
	query := fmt.Sprintf("UPDATE %s SET %s WHERE %s", sqltext.Ident(t.name), strings.Join(set, ", "), strings.Join(where, " AND "))
	var sent pgx.Batch
	for i, p := range from {
		if unique && i >= len(to) {
			break
		}
		if r.Float64() < 0.15 {
			continue
		}
		target := to[order[i%len(to)]]
		sent.Queue(query, slices.Concat(target.values, p.values)...)
	}
	if err := s.Tx.SendBatch(ctx, &sent).Close(); err != nil {
		return fmt.Errorf("set %s.%s: %w", t.name, k.columns[0].name, err)
	}
	return nil
}
