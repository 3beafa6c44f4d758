package planner

import (
	"slices"
	"sync"
	"sync/atomic"
)

// maxReused bounds the memory, in bytes, that an execution keeps for the next request
// with its plan. The rows of a full page with two levels below it fit.
const maxReused = 256 << 10

// reuse keeps what executions of one plan have allocated. Requests with one plan read
// about as many rows and write answers of about one length.
type reuse struct {
	executions sync.Pool
	answer     atomic.Int64 // the length of the last answer, in bytes
}

// execution returns an execution without rows, that of an earlier request if there is
// one.
func (p *plan) execution() *execution {
	if x, ok := p.reuse.executions.Get().(*execution); ok {
		return x
	}
	return &execution{plan: p, states: make([]state, len(p.levels))}
}

// release gives the memory of an execution to later requests. Nothing may read its
// rows afterwards.
func (x *execution) release() {
	size := 0
	x.budget = nil
	for i := range x.states {
		size += x.states[i].reset()
	}
	if size <= maxReused {
		x.plan.reuse.executions.Put(x)
	}
}

// buffer returns room for an answer as long as the last ones, and some more.
func (o *output) buffer() []byte {
	var size int64
	for _, x := range o.executions {
		size += x.plan.reuse.answer.Load()
	}
	return make([]byte, 0, min(size+size/8+64, maxReused))
}

// written notes how long an answer is.
func (o *output) written(w *writer) {
	for _, x := range o.executions {
		x.plan.reuse.answer.Store(int64(len(w.buf) / len(o.executions)))
	}
}

// reset removes everything of a request and returns how many bytes are kept. The ids
// are not kept: they were arguments of a statement, which an echo may still hold.
func (st *state) reset() int {
	size := st.data.reset()
	for i := range st.sums {
		size += st.sums[i].data.reset() + 8*cap(st.sums[i].first)
	}
	const group, key = 24, 32 // of a map's entry, about
	size += group*cap(st.groups) + 8*cap(st.totals) + 4*cap(st.keyOf) + key*st.seen.len()
	clear(st.seen.fixed)
	clear(st.seen.text)
	*st = state{data: st.data, groups: st.groups[:0], totals: st.totals[:0], keyOf: st.keyOf[:0], seen: st.seen, sums: st.sums}
	return size
}

// reset removes the rows and returns how many bytes are kept.
func (t *table) reset() int {
	*t = table{keys: t.keys[:0], ends: t.ends[:0], null: t.null[:0], buf: t.buf[:0]}
	return 4*cap(t.keys) + 8*cap(t.ends) + cap(t.null) + cap(t.buf)
}

// sized returns n zero values, in the memory of s if that is large enough.
func sized[T any](s []T, n int) []T {
	s = slices.Grow(s[:0], n)[:n]
	clear(s)
	return s
}
