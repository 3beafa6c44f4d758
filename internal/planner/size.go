package planner

import (
	"time"
	"unsafe"

	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/key"
)

// entrySize is what a plan takes in its map, and an operation in the cache, in bytes.
const entrySize = 200

// slot is what a value in an interface takes, about.
const slot = 16

// size is about how many bytes a plan takes in memory, without what is shared by all plans.
func (p *plan) size() int64 {
	n := sizeOf[plan](1) + sizeOf[*level](cap(p.levels))
	for _, l := range p.levels {
		n += l.size()
	}
	if p.obj != nil {
		n += p.obj.size()
	}
	if p.conn != nil {
		n += p.conn.size()
	}
	return n
}

// own is what an operation takes without its plans.
func (s *sharedPlans) own() int64 {
	n := sizeOf[sharedPlans](1) + entrySize
	for _, name := range s.variables {
		n += sizeOf[string](1) + text(name)
	}
	return n
}

func (l *level) size() int64 {
	n := sizeOf[level](1) + sizeOf[*level](cap(l.children)) + sizeOf[join](cap(l.joins)) + columnSize(l.columns, l.index) + l.list.size() + l.static.size()
	for _, j := range l.joins {
		n += text(j.alias) // from is that of another join
	}
	n += sizeOf[*aggregate](cap(l.aggregates))
	for _, a := range l.aggregates {
		n += sizeOf[aggregate](1) + a.args.size() + columnSize(a.exprs, a.index) + shapeSize(a.shape)
	}
	return n
}

// columnSize is that of columns with their index.
func columnSize(columns []column, index map[string]int) int64 {
	n := sizeOf[column](cap(columns))
	if index != nil {
		const entry, header = 24, 64
		n += header + entry*int64(max(8, len(index)*3/2)) // at least a group of eight
	}
	for _, c := range columns {
		n += text(c.expr)
	}
	return n
}

func (a *arguments) size() int64 {
	if a == nil {
		return 0
	}
	n := sizeOf[arguments](1)
	if a.field == nil {
		return n
	}
	n += sizeOf[ast.Field](1) + text(a.field.Name)
	for _, arg := range a.field.Arguments {
		n += sizeOf[ast.Argument](1) + 8 + text(arg.Name) + valueSize(arg.Value)
	}
	return n
}

func valueSize(v *ast.Value) int64 {
	n := sizeOf[ast.Value](1) + text(v.Raw)
	if v.VariableDefinition != nil {
		n += sizeOf[ast.VariableDefinition](1) + valueSize(v.VariableDefinition.DefaultValue)
	}
	for _, c := range v.Children {
		n += sizeOf[ast.ChildValue](1) + 8 + text(c.Name) + valueSize(c.Value)
	}
	return n
}

func (b *bound) size() int64 {
	if b == nil {
		return 0
	}
	n := sizeOf[bound](1) + b.rows.size() + b.count.size() + sizeOf[*query](cap(b.aggregates))
	for _, q := range b.aggregates {
		n += q.size()
	}
	if pg := b.page; pg != nil {
		n += sizeOf[page](1) + sizeOf[orderKey](cap(pg.keys))
		for _, c := range []*cursor{pg.after, pg.before} {
			if c != nil {
				n += sizeOf[cursor](1) + argsSize(c.values)
			}
		}
	}
	return n
}

func (q *query) size() int64 {
	if q == nil {
		return 0
	}
	return sizeOf[query](1) + text(q.sql) + argsSize(q.args) + sizeOf[uint32](cap(q.oids)) + sizeOf[*entity.Entity](cap(q.owners)) + sizeOf[int](cap(q.order))
}

// argsSize is that of arguments; lists are slices of one type.
func argsSize(args []any) int64 {
	n := sizeOf[any](cap(args))
	for _, v := range args {
		switch v := v.(type) {
		case string:
			n += sizeOf[string](1) + text(v)
		case []string:
			n += sizeOf[string](len(v))
			for _, s := range v {
				n += text(s)
			}
		case *idList:
			n += sizeOf[idList](1) + int64(cap(v.wire))
		case key.Key:
			n += sizeOf[key.Key](1)
		case []uuid.UUID:
			n += sizeOf[uuid.UUID](len(v))
		case []int64:
			n += sizeOf[int64](len(v))
		case []float64:
			n += sizeOf[float64](len(v))
		case []bool:
			n += sizeOf[bool](len(v))
		case []time.Time:
			n += sizeOf[time.Time](len(v))
		default:
			n += slot // a value of its own
		}
	}
	return n
}

func (o *object) size() int64 {
	n := sizeOf[object](1) + sizeOf[outField](cap(o.fields))
	for i := range o.fields {
		f := &o.fields[i]
		n += int64(cap(f.key) + cap(f.literal))
		switch {
		case f.one != nil:
			n += f.one.size()
		case f.many != nil:
			n += f.many.size()
		case f.computed != nil:
			n += sizeOf[computed](1) + text(f.computed.name) + sizeOf[int](cap(f.computed.cols))
		}
		n += sizeOf[*object](cap(f.oneOf))
		for _, one := range f.oneOf {
			n += one.size()
		}
	}
	return n
}

func (c *connection) size() int64 {
	n := sizeOf[connection](1) + sizeOf[connField](cap(c.fields))
	for i := range c.fields {
		f := &c.fields[i]
		n += int64(cap(f.key)+cap(f.literal)) + sizeOf[edgeField](cap(f.edge)) + sizeOf[infoField](cap(f.info))
		for _, e := range f.edge {
			n += int64(cap(e.key) + cap(e.literal))
			if e.node != nil {
				n += e.node.size()
			}
		}
		for _, i := range f.info {
			n += int64(cap(i.key) + cap(i.literal))
		}
		if f.node != nil {
			n += f.node.size()
		}
	}
	return n
}

func shapeSize(shape []shapeField) int64 {
	n := sizeOf[shapeField](cap(shape))
	for _, f := range shape {
		n += int64(cap(f.key)+cap(f.literal)) + shapeSize(f.inner)
	}
	return n
}

// sizeOf is that of n values of a type.
func sizeOf[T any](n int) int64 {
	var zero T
	return int64(n) * int64(unsafe.Sizeof(zero))
}

// text is the bytes of a string with what its allocation rounds up.
func text(s string) int64 {
	if s == "" {
		return 0
	}
	return int64(len(s)+7) &^ 7
}
