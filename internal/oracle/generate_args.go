package oracle

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/entgraph/entgraph/internal/entity"
)

// arguments writes the arguments of a field.
func (w *writer) arguments(f *ast.FieldDefinition) string {
	var args members
	target := w.World.Graph.Entity(f.Type.Name())
	if nodes := w.Schema.Types[f.Type.Name()].Fields.ForName("nodes"); nodes != nil {
		args = w.pageArguments(w.World.Graph.Entity(nodes.Type.Name()))
	} else if keys := f.Arguments.ForName("keys"); keys != nil {
		args = w.groupArguments(keys.Type.Name())
	} else if root := w.World.Graph.Query(f.Name); root != nil && len(f.Arguments) == 1 {
		args = w.rootArguments(root, target)
	}
	if len(args) == 0 {
		return ""
	}
	w.Shuffle(len(args), func(i, j int) { args[i], args[j] = args[j], args[i] })
	var texts []string
	for _, a := range args {
		texts = append(texts, a.name+": "+w.emit(a.term))
	}
	return "(" + strings.Join(texts, ", ") + ")"
}

func (w *writer) rootArguments(root *entity.Root, target *entity.Entity) members {
	switch root.Kind {
	case entity.Nodes:
		return members{{"ids", term{"[ID!]!", func() any {
			list := terms{}
			for range w.IntN(7) {
				list = append(list, term{"ID!", func() any { return w.anyID(w.anyEntity()) }})
			}
			return list
		}}}}
	case entity.Node:
		return members{{"id", term{"ID!", func() any { return w.anyID(w.anyEntity()) }}}}
	case entity.One:
		return members{{"id", term{"ID!", func() any { return w.anyID(target) }}}}
	}
	f := root.Field
	return members{{f.Name, term{f.Type.Scalar() + "!", func() any { return w.operand(target, f, entity.EQ) }}}}
}

func (w *writer) pageArguments(e *entity.Entity) members {
	var args members
	small := func(n int) term { return term{"Int", func() any { return w.IntN(n) }} }
	if w.chance(25) {
		small = func(int) term { return term{"Int", func() any { return w.IntN(w.maxPage + 1) }} }
	}
	rows, ranked := w.World.rows(e), e.Search != nil && w.chance(3)
	var text string
	if ranked { // what is not found has no cursor by relevance
		text = w.searchText(e)
		rows = w.foundRows(e, text)
	}
	cursor := func(name string) {
		if len(rows) > 0 {
			args = append(args, member{name, term{"Cursor", func() any { return "@" + e.FormatID(IDOf(e, pick(w.Rand, rows))) }}})
		}
	}
	way := w.IntN(10)
	switch {
	case way < 5:
		args = append(args, member{"first", small(12)})
	case way < 7:
		args = append(args, member{"last", small(8)})
	}
	if way != 5 && way != 6 && w.chance(6) {
		args = append(args, member{"offset", small(6)})
	} else {
		if w.chance(3) {
			cursor("after")
		}
		if w.chance(4) {
			cursor("before")
		}
	}
	if ranked {
		return append(args, w.rankedArguments(e, text)...)
	}
	if w.IntN(3) > 0 {
		args = append(args, member{"orderBy", w.order(e, w.anyOrder)})
	}
	if w.chance(2) {
		args = append(args, member{"where", w.filter(e, e.Name+"WhereInput", 3)})
	}
	return args
}

// anyOrder is an order without relevance.
func (w *writer) anyOrder(e *entity.Entity) *entity.Order {
	orders := slices.DeleteFunc(slices.Clone(e.Orders()), func(o *entity.Order) bool { return o.Relevance })
	o := pick(w.Rand, orders)
	for range 2 {
		if !o.Nullable() && w.chance(2) { // what may be null is what goes wrong
			o = pick(w.Rand, orders)
		}
	}
	return o
}

// order is an ordering by up to four keys, which choose gives.
func (w *writer) order(e *entity.Entity, choose func(*entity.Entity) *entity.Order) term {
	key := func() any {
		o := choose(e)
		out := members{{"field", always(e.Name+"OrderField!", choice(o.Name))}}
		if w.chance(2) {
			out = append(out, member{"direction", w.choice("OrderDirection", "!")})
		}
		if w.chance(2) {
			out = append(out, member{"nulls", w.choice("NullsOrder", "")})
		}
		return out
	}
	item := term{e.Name + "Order!", key}
	return w.listOf("["+item.typ+"]", item, 4)
}

// listOf is a list of up to n items; a list of one may be written without brackets.
func (w *writer) listOf(typ string, item term, n int) term {
	return term{typ, func() any {
		if w.chance(12) {
			return item.roll()
		}
		list := terms{}
		for range w.IntN(n + 1) {
			list = append(list, item)
		}
		return list
	}}
}

func (w *writer) choice(enum, mark string) term {
	values := w.Schema.Types[enum].EnumValues
	return term{enum + mark, func() any { return choice(pick(w.Rand, values).Name) }}
}

// filter is a WhereInput with up to three conditions.
func (w *writer) filter(e *entity.Entity, typ string, depth int) term {
	return term{typ, func() any {
		var out members
		used := map[string]bool{}
		for range []int{0, 1, 1, 1, 2, 2, 3}[w.IntN(7)] {
			if m := w.condition(e, depth); !used[m.name] {
				used[m.name] = true
				out = append(out, m)
			}
		}
		return out
	}}
}

func (w *writer) condition(e *entity.Entity, depth int) member {
	input := e.Name + "WhereInput"
	if depth > 0 && w.chance(4) {
		if w.chance(2) {
			return member{"not", w.filter(e, input, depth-1)}
		}
		return member{pick(w.Rand, []string{"and", "or"}), w.listOf("["+input+"!]", w.filter(e, input+"!", depth-1), 3)}
	}
	f := pick(w.Rand, e.Filters())
	if e.Search != nil && w.chance(10) {
		f = e.FilterByName(entity.SearchFilter)
	}
	if !f.Search && w.chance(3) && len(e.Edges) > 0 { // edges have fewer filters than fields
		edges := slices.DeleteFunc(e.Filters(), func(f *entity.Filter) bool { return f.Edge == nil })
		f = pick(w.Rand, edges)
	}
	if f.Field != nil && !f.Field.Flags.Has(entity.Nullable) && w.chance(3) {
		f = pick(w.Rand, e.Filters()) // what may be null is what goes wrong
	}
	switch {
	case f.Search:
		return member{f.Name, term{"String", func() any { return w.searchText(e) }}}
	case f.Count:
		return member{f.Name, w.countFilter(f.Edge.Target, depth)}
	case f.With && depth > 0:
		target := f.Edge.Target
		inner := target.Name + "WhereInput!"
		return member{f.Name, w.listOf("["+inner+"]", w.filter(target, inner, depth-1), 2)}
	case f.Quantifier != "":
		target := f.Edge.Target
		return member{f.Name, w.filter(target, target.Name+"WhereInput", max(depth-1, 0))}
	case f.With:
		return member{f.Name, always("["+f.Edge.Target.Name+"WhereInput!]", terms{})}
	case f.Edge != nil, f.Op.Null():
		return member{f.Name, term{"Boolean", func() any { return w.chance(2) }}}
	}
	typ := w.Schema.Types[input].Fields.ForName(f.Name).Type.Name()
	switch {
	case f.Field.Item != nil:
		return w.arrayCondition(e, f, typ)
	case f.Field.Type == entity.JSON:
		return w.documentCondition(f)
	case f.Field.Type.Kind().Bound != 0:
		return w.spanCondition(e, f, typ)
	}
	value := term{typ, func() any { return w.operand(e, f.Field, f.Op) }}
	if !f.Op.List() {
		return member{f.Name, value}
	}
	value.typ += "!"
	return member{f.Name, w.listOf("["+value.typ+"]", value, 5)}
}

func (w *writer) anyEntity() *entity.Entity { return pick(w.Rand, w.World.Graph.Entities()) }

// anyRow is a random row of an entity, nil without one.
func (w *writer) anyRow(e *entity.Entity) Row {
	if rows := w.values.rows(e); len(rows) > 0 {
		return pick(w.Rand, rows)
	}
	return nil
}

// anyID is the id of an entity, one in ten times of none.
func (w *writer) anyID(e *entity.Entity) string {
	if row := w.anyRow(e); row != nil && !w.chance(10) {
		return e.FormatID(IDOf(e, row))
	}
	return e.FormatID(randomID(w.Rand, e))
}

// operand is a value to compare a field with: mostly one that a row has, or a part of
// it, or close to it.
func (w *writer) operand(e *entity.Entity, f *entity.Field, op entity.Op) any {
	var v any
	if row := w.anyRow(e); row != nil && !w.chance(8) {
		v = row[f.Column]
	}
	return w.near(e, f, op, v)
}

// near is a value close to one of a row, nil for none.
func (w *writer) near(e *entity.Entity, f *entity.Field, op entity.Op, v any) any {
	if f.Type.Kind().Bound != 0 {
		return w.nearSpan(e, f, op, v)
	}
	if values := formCandidates[f.Type]; values != nil && f.Type != entity.Char {
		if known, ok := v.(form); ok && (op != entity.Within && op != entity.Covers || !w.chance(2)) {
			return known.text
		}
		return pick(w.Rand, values)
	}
	switch f.Type {
	case entity.ID:
		return w.anyID(e)
	case entity.Enum:
		def := w.Schema.Types[w.Schema.Types[e.Name].Fields.ForName(f.Name).Type.Name()]
		return choice(pick(w.Rand, def.EnumValues).Name)
	case entity.Time:
		return w.timeOperand(v)
	case entity.Int, entity.BigInt:
		n, _ := v.(int64)
		return int(n) + w.IntN(3) - 1
	case entity.Float:
		n, _ := v.(float64)
		return n + float64(w.IntN(3)-1)/4
	case entity.Float32:
		n, _ := v.(float32)
		return float64(n) + float64(w.IntN(3)-1)/4
	case entity.Bool:
		return w.chance(2)
	case entity.UUID:
		if id, ok := v.(uuid.UUID); ok {
			return id.String()
		}
		return randomUUID(w.Rand).String()
	}
	s, ok := v.(string)
	if !ok {
		s = pick(w.Rand, texts)
	}
	if op == entity.Matches {
		return w.regexOperand(s)
	}
	return w.textOperand(s, op)
}

func (w *writer) timeOperand(v any) string {
	t, ok := v.(time.Time)
	if !ok {
		t, _ = time.Parse(time.RFC3339Nano, pick(w.Rand, times))
	}
	if t.Year() > 1 && t.Year() < 9999 {
		t = t.Add(time.Duration(w.IntN(3)-1) * time.Microsecond)
	}
	return timeText(w.Rand, t)
}

// textOperand changes a text, one time in two.
func (w *writer) textOperand(s string, op entity.Op) string {
	switch w.IntN(10) {
	case 0:
		s = strings.ToUpper(s)
	case 1:
		s = strings.ToLower(s)
	case 2:
		s = fmt.Sprintf(" %s\t", s)
	case 3:
		s = strings.Replace(s, "a", "_", 1)
	case 4:
		s = pick(w.Rand, texts)
	}
	runes := []rune(s)
	if n := len(runes); n > 0 && w.chance(2) {
		switch op {
		case entity.Contains, entity.ContainsFold:
			i := w.IntN(n)
			return string(runes[i : i+w.IntN(n-i)+1])
		case entity.HasPrefix:
			return string(runes[:w.IntN(n+1)])
		case entity.HasSuffix:
			return string(runes[w.IntN(n+1):])
		}
	}
	return s
}
