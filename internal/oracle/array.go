package oracle

import (
	"github.com/entgraph/entgraph/internal/entity"
)

// array is the value of a column with an array: its elements, none of them nil.
type array []any

// compare tells whether two arrays differ; which comes first means nothing.
func (a array) compare(b array) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	for i := range a {
		if c := compare(a[i], b[i]); c != 0 {
			return c
		}
	}
	return 0
}

func (a array) has(element any) bool {
	for _, v := range a {
		if compare(v, element) == 0 {
			return true
		}
	}
	return false
}

// storedArray turns what pgx gives for an array into its elements.
func (w *World) storedArray(f *entity.Field, values []any) array {
	out := array{}
	for _, v := range values {
		out = append(out, w.stored(f.Item, v))
	}
	return out
}

// matchesArray compares an array, or its elements.
func (ev *evaluation) matchesArray(f *entity.Filter, value, v any) truth {
	if value == nil {
		return unknown
	}
	stored := value.(array)
	if f.Op == entity.IsEmpty {
		return truthOf((len(stored) == 0) == v)
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	asked := array{}
	for _, item := range list {
		asked = append(asked, ev.operand(&entity.Filter{Name: f.Name, Field: f.Field.Item}, item))
	}
	had := 0
	for _, element := range asked {
		if stored.has(element) {
			had++
		}
	}
	switch f.Op {
	case entity.EQ:
		return truthOf(stored.compare(asked) == 0)
	case entity.NEQ:
		return truthOf(stored.compare(asked) != 0)
	case entity.HasAny:
		return truthOf(had > 0)
	case entity.Has, entity.HasAll:
		return truthOf(had == len(asked))
	}
	ev.fail("the operator %q is not one of arrays", f.Op)
	return no
}

// arrayCondition asks for an array, mostly of elements that rows have.
func (w *writer) arrayCondition(e *entity.Entity, f *entity.Filter, typ string) member {
	element := term{typ, func() any {
		var v any
		if row := w.anyRow(e); row != nil && !w.chance(8) {
			if values, _ := row[f.Field.Column].(array); len(values) > 0 {
				v = pick(w.Rand, values)
			}
		}
		return w.near(e, f.Field.Item, entity.EQ, v)
	}}
	switch f.Op {
	case entity.IsEmpty:
		return member{f.Name, term{"Boolean", func() any { return w.chance(2) }}}
	case entity.Has:
		return member{f.Name, element}
	}
	element.typ += "!"
	return member{f.Name, w.listOf("["+element.typ+"]", element, 3)}
}
