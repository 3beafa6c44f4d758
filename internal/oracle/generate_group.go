package oracle

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/entgraph/entgraph/internal/entity"
)

// zones have other offsets in winter and summer, or such of no whole hours.
var zones = []string{"UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland", "Australia/Lord_Howe"}

// groupArguments are those of groupBy.
func (w *writer) groupArguments(input string) members {
	e := w.World.Graph.Entity(strings.TrimSuffix(input, "GroupKeyInput"))
	// A field is a key once, and what groups are ordered by must be one.
	keys := e.GroupKeys()
	w.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	keys = keys[:min(1+w.IntN(3), len(keys))]
	args := members{{"keys", term{"[" + input + "!]!", func() any {
		list := terms{}
		for _, k := range keys {
			list = append(list, w.groupKey(e, input, k))
		}
		return list
	}}}}
	if w.chance(3) {
		args = append(args, member{"first", term{"Int", func() any { return w.IntN(6) }}})
	}
	if w.chance(4) {
		args = append(args, member{"offset", term{"Int", func() any { return w.IntN(4) }}})
	}
	if w.chance(2) {
		args = append(args, member{"orderBy", w.groupOrdering(e, keys)})
	}
	if w.chance(2) {
		args = append(args, member{"having", w.having(e, 2)})
	}
	return args
}

func (w *writer) groupKey(e *entity.Entity, input string, k *entity.GroupKey) term {
	return term{input + "!", func() any {
		out := members{{"field", always(e.Name+"GroupField!", choice(k.Name))}}
		if !k.Field.Type.Kind().Truncated || w.chance(4) {
			return out
		}
		if k.Field.Type == entity.Time && w.chance(2) && w.late(e, k) {
			return append(out, member{"truncate", w.choice("TimeUnit", "!")}, member{"timeZone", term{"String", func() any { return pick(w.Rand, zones) }}})
		}
		return append(out, member{"truncate", w.choice("TimeUnit", "")})
	}}
}

// late reports whether all values of a key are of the year 2 or later: cut in a zone those
// before may be of the year 0, which the API does not show.
func (w *writer) late(e *entity.Entity, k *entity.GroupKey) bool {
	return !slices.ContainsFunc(w.values.rows(e), func(row Row) bool {
		t, ok := w.values.keyValue(k.Edge, k.Field, row).(time.Time)
		return ok && t.Year() < 2
	})
}

// groupOrdering is an order of groups by their keys and by totals.
func (w *writer) groupOrdering(e *entity.Entity, keys []*entity.GroupKey) term {
	item := term{e.Name + "GroupOrder!", func() any {
		name := entity.KeyOrder + pick(w.Rand, keys).Name
		if !w.chance(4) {
			name = w.exactTotal(e).Name
		}
		out := members{{"field", always(e.Name+"GroupOrderField!", choice(name))}}
		if w.chance(2) {
			out = append(out, member{"direction", w.choice("OrderDirection", "!")})
		}
		if w.chance(2) {
			out = append(out, member{"nulls", w.choice("NullsOrder", "")})
		}
		return out
	}}
	return w.listOf("["+e.Name+"GroupOrder!]", item, 3)
}

// exactTotal is any but sums and averages of floats, which depend on the order of the rows.
func (w *writer) exactTotal(e *entity.Entity) *entity.Total {
	for {
		t := pick(w.Rand, e.Totals())
		if f := t.Field; f == nil || f.Type != entity.Float && f.Type != entity.Float32 || t.Function != entity.Avg && t.Function != entity.Sum {
			return t
		}
	}
}

// having is a HavingInput with up to three conditions.
func (w *writer) having(e *entity.Entity, depth int) term {
	input := e.Name + "HavingInput"
	return term{input, func() any {
		var out members
		for range 1 + w.IntN(2) {
			m := w.havingTerm(e, input, depth)
			if !slices.ContainsFunc(out, func(o member) bool { return o.name == m.name }) {
				out = append(out, m)
			}
		}
		return out
	}}
}

func (w *writer) havingTerm(e *entity.Entity, input string, depth int) member {
	if depth > 0 && w.chance(4) {
		inner := w.having(e, depth-1)
		if w.chance(2) {
			return member{"not", inner}
		}
		inner.typ += "!"
		return member{pick(w.Rand, []string{"and", "or"}), w.listOf("["+inner.typ+"]", inner, 2)}
	}
	t := w.exactTotal(e)
	if t.Function == "" {
		return member{"count", w.comparison(e, t)}
	}
	name := w.Schema.Types[input].Fields.ForName(string(t.Function)).Type.Name()
	return member{string(t.Function), term{name, func() any { return members{{t.Key, w.comparison(e, t)}} }}}
}

// comparison compares a total with what it might be.
func (w *writer) comparison(e *entity.Entity, t *entity.Total) term {
	f := t.Value()
	typ := f.Type.Scalar()
	if f.Type == entity.Enum {
		typ = w.Schema.Types[e.Name].Fields.ForName(f.Name).Type.Name()
	}
	return w.compared(typ, f, func(op entity.Op) any {
		if t.Function == entity.Min || t.Function == entity.Max {
			return w.operand(e, f, op)
		}
		return w.IntN(5)
	})
}

func (w *writer) compared(typ string, f *entity.Field, operand func(entity.Op) any) term {
	return term{typ + "Comparison", func() any { return w.operators(typ, f, operand) }}
}

// operators are one or two keys of a comparison.
func (w *writer) operators(typ string, f *entity.Field, operand func(entity.Op) any) members {
	ops := slices.DeleteFunc(f.Ops(), func(op entity.Op) bool { return !op.Compares() })
	w.Shuffle(len(ops), func(i, j int) { ops[i], ops[j] = ops[j], ops[i] })
	var out members
	for _, op := range ops[:1+w.IntN(2)] {
		value := term{typ, func() any { return operand(op) }}
		if op.List() {
			value.typ += "!"
			value = w.listOf("["+value.typ+"]", value, 3)
		}
		out = append(out, member{op.Key(), value})
	}
	return out
}

// countFilter compares how many entities there are at an edge.
func (w *writer) countFilter(target *entity.Entity, depth int) term {
	return term{target.Name + "CountInput", func() any {
		out := w.operators("Int", &entity.Field{Type: entity.Int}, func(entity.Op) any { return w.IntN(5) - 1 })
		if depth > 0 && w.chance(2) {
			out = append(out, member{"where", w.filter(target, target.Name+"WhereInput", depth-1)})
		}
		return out
	}}
}

// regexOperand is an expression that a text may match.
func (w *writer) regexOperand(s string) string {
	first := "x" // a class of no letter is no expression
	if runes := []rune(s); len(runes) > 0 {
		i, n := w.IntN(len(runes)), len(runes)
		first, s = regexp.QuoteMeta(string(runes[:1])), string(runes[i:i+w.IntN(min(n-i, 8))+1])
	}
	s = regexp.QuoteMeta(s)
	switch w.IntN(8) {
	case 0:
		return "^" + s
	case 1:
		return s + "$"
	case 2:
		return "(?i)" + s
	case 3:
		return s + `|\d+`
	case 4:
		return `^\PL*$`
	case 5:
		return "[^" + first + "]"
	case 6:
		return "(?:" + s + "){1,2}.?$"
	}
	return s
}
