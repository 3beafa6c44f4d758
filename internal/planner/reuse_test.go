package planner

import "testing"

func TestMemoryIsKeptOnlyUpToABound(t *testing.T) {
	t.Parallel()
	p := &plan{levels: []*level{{}}}
	for range 100 {
		x := p.execution()
		if n := cap(x.states[0].data.buf); n > maxReused {
			t.Fatalf("%d bytes were kept", n)
		}
		x.states[0].data.append(0, [][]byte{make([]byte, maxReused+1)})
		x.release()
	}
}

func TestReusedExecutionIsEmpty(t *testing.T) {
	t.Parallel()
	p := &plan{levels: []*level{{count: true, aggregates: []*aggregate{{}}}}}
	for range 100 {
		x := p.execution()
		st := &x.states[0]
		if st.data.len() != 0 || len(st.groups) != 0 || len(st.totals) != 0 || len(st.keyOf) != 0 || st.seen.len() != 0 || st.ids != nil || st.value != nil || st.bound != nil {
			t.Fatalf("something of another request is left: %+v", st)
		}
		x.budget = &budget{spent: &spent{}, opts: &Options{}}
		if err := x.prepare(p.levels[0]); err != nil {
			t.Fatal(err)
		}
		if st.groups[0] != (group{}) || st.totals[0] != 0 || st.sums[0].data.len() != 0 {
			t.Fatalf("something of another request is left: %+v", st)
		}
		st.data.append(0, [][]byte{{1}, nil})
		st.sums[0].data.append(0, [][]byte{{1}})
		st.groups[0], st.totals[0], st.value, st.bound = group{start: 1, n: 2, more: true}, 3, "x", &bound{}
		x.release()
	}
}

func TestEmptyTextIsNotNull(t *testing.T) {
	t.Parallel()
	tab := table{columns: 2}
	for range 2 { // in new memory, and in memory of before
		tab.append(0, [][]byte{{}, nil})
		if tab.cell(0, 0) == nil || tab.cell(0, 1) != nil {
			t.Errorf("an empty text is %v, NULL is %v", tab.cell(0, 0), tab.cell(0, 1))
		}
		tab.reset()
		tab.columns = 2
	}
}
