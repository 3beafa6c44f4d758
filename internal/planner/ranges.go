package planner

import (
	"strings"

	"github.com/entgraph/entgraph/internal/entity"
)

// A list that is ordered by a nullable field first is read by ranges: the rows with a
// value and the rows without, in the order of the list, the second only if the first
// gives too few. In one piece no index has the order (NULLS LAST of a descending key),
// and what lies beyond a cursor is an OR with IS NULL that no index can seek:
//
//	buffers of a page of 15 of 100,000 posts    first page  the middle  where they meet
//	published_at DESC NULLS LAST, in one piece        1335        1335             1399
//	                              by ranges              9          24               11
//	published_at, in one piece                           9      40,323           80,611
//	              by ranges                              9          19               10

// keyRange is a part of a list.
type keyRange struct {
	cond string
	keys []boundKey // what orders it
}

// ranges cuts the list of a statement, nil when it is better read in one piece: when the
// first key cannot be null, below parents, whose rows are few, and with an offset, which
// counts over both parts.
func (s *statement) ranges(keys []boundKey) []keyRange {
	if s.level.source != fromList || s.page.offset > 0 || !keys[0].ownNullable() {
		return nil
	}
	from, to := s.page.after, s.page.before
	if s.page.backward {
		from, to = to, from
	}
	// Which of the two a cursor is in: 0 or 1 in the order of the list.
	side := func(c *cursor) int {
		if (c.values[0] == nil) == keys[0].nullsFirst {
			return 0
		}
		return 1
	}
	first, last := 0, 1
	if from != nil {
		first = side(from)
	}
	if to != nil {
		last = side(to)
	}
	var out []keyRange
	for i := first; i <= last; i++ {
		var after, before *cursor
		if from != nil && i == side(from) {
			after = from
		}
		if to != nil && i == side(to) {
			before = to
		}
		if (i == 0) == keys[0].nullsFirst {
			out = append(out, s.nullRange(keys, after, before))
		} else {
			out = append(out, s.valueRange(keys, after, before))
		}
	}
	return out
}

// ownNullable reports whether a key is a field of the entity itself that may be NULL.
func (k orderKey) ownNullable() bool {
	return k.order.Edge == nil && !k.order.Count() && k.order.Nullable()
}

// nullRange is the rows whose first key is NULL; the others order them.
func (s *statement) nullRange(keys []boundKey, after, before *cursor) keyRange {
	r := keyRange{cond: " AND " + keys[0].expr + " IS NULL", keys: keys[1:]}
	if after != nil {
		r.cond += " AND " + s.beyond(r.keys, after.values[1:])
	}
	if before != nil {
		r.cond += " AND " + s.beyond(reversed(r.keys), before.values[1:])
	}
	return r
}

// valueRange is the rows whose first key has a value.
func (s *statement) valueRange(keys []boundKey, after, before *cursor) keyRange {
	r := keyRange{cond: " AND " + keys[0].expr + " IS NOT NULL", keys: append([]boundKey{keys[0].withoutNulls()}, keys[1:]...)}
	if after != nil {
		r.cond += " AND " + s.beyond(r.keys, after.values)
	}
	if before != nil {
		r.cond += " AND " + s.beyond(reversed(r.keys), before.values)
	}
	return r
}

// withoutNulls is the key where its field has a value, so that a plain index has its
// order.
func (k boundKey) withoutNulls() boundKey {
	order, field := *k.order, *k.order.Field
	field.Flags &^= entity.Nullable | entity.Guarded
	order.Field = &field
	k.order = &order
	return k
}

func reversed(keys []boundKey) []boundKey {
	out := make([]boundKey, len(keys))
	for i, k := range keys {
		out[i] = boundKey{orderKey: k.reversed(), expr: k.expr}
	}
	return out
}

// rangesSQL reads the ranges of a list one after another. The second begins with a
// condition that Postgres evaluates once; when the page is full already, nothing of it
// runs. UNION ALL promises no order, so the rows are ordered once more. The names have a
// space, as no table of an entity has.
func (s *statement) rangesSQL(from, cond string, keys []boundKey, ranges []keyRange) string {
	sources := from + s.joined()
	inner, outer := s.columns(keys)
	if len(ranges) == 1 {
		r := ranges[0]
		return "SELECT " + strings.Join(inner[:s.query.width], ", ") + " FROM " + sources + " WHERE " + cond + r.cond + " ORDER BY " + orderBy(r.keys) + s.limit()
	}
	parts := make([]string, len(ranges))
	for i, r := range ranges {
		where := cond + r.cond
		if i > 0 {
			where += ` AND (SELECT count(*) FROM "range 0") < ` + itoa(s.wanted())
		}
		parts[i] = "SELECT " + strings.Join(inner, ", ") + " FROM " + sources + " WHERE " + where + " ORDER BY " + orderBy(r.keys) + s.limit()
	}
	return "SELECT " + strings.Join(outer, ", ") + ` FROM (WITH "range 0" AS MATERIALIZED (` + parts[0] + `), "range 1" AS NOT MATERIALIZED (` + parts[1] + `) ` +
		`SELECT 0 AS r, * FROM "range 0" UNION ALL SELECT 1, * FROM "range 1") p ORDER BY p.r, ` + orderBy(s.outside(keys)) + s.limit()
}
