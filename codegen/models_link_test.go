package codegen_test

import (
	"slices"
	"strings"
	"testing"
)

// partners are the rows that an edge of a row leads to.
func (s *scribe) partners(e end, r *stored) []*stored {
	var out []*stored
	for pair := range s.linked[e.drawnLink] {
		switch {
		case !e.far && pair[0] == r:
			out = append(out, pair[1])
		case e.far && pair[1] == r:
			out = append(out, pair[0])
		}
	}
	return out
}

func (s *scribe) set(e end, r, target *stored, on bool) {
	pair := [2]*stored{r, target}
	if e.far {
		pair = [2]*stored{target, r}
	}
	for _, p := range [][2]*stored{pair, {pair[1], pair[0]}} {
		if delete(s.linked[e.drawnLink], p); on {
			s.linked[e.drawnLink][p] = true
		}
		if !e.symmetric {
			return
		}
	}
}

// taken reports whether a target belongs to another row than r, from which no edge takes it away.
func (s *scribe) taken(e end, r, target *stored) bool {
	if !e.alone() {
		return false
	}
	back := end{e.drawnLink, !e.far}
	if e.symmetric {
		back = e
	}
	return slices.ContainsFunc(s.partners(back, target), func(p *stored) bool { return p != r })
}

// free picks a row that an edge may lead to without a conflict, nil without one.
func (s *scribe) free(e end, r *stored) *stored {
	can := slices.DeleteFunc(s.alive(e.target()), func(p *stored) bool { return p == r || s.taken(e, r, p) })
	if len(can) == 0 {
		return nil
	}
	return pickOne(s.cluster, can)
}

// linkNew adds edges to the input of a new row, and gives what to note once it is there. It reports
// false when an edge must lead somewhere, and cannot.
func (s *scribe) linkNew(r *stored, in vars, full bool) (links []func(), ok bool) {
	for _, edge := range s.linksOf(r.of) {
		can, _ := edge.writable()
		if !can || !full && !edge.must() || edge.oneOf != nil && !edge.far {
			continue
		}
		target := s.free(edge, r)
		switch {
		case target == nil && edge.must():
			return nil, false
		case target == nil && edge.one():
			in[edge.input()] = nil
		case target == nil:
			in[edge.input()] = []string{}
		case edge.one():
			in[edge.input()] = target.id
		default:
			in[edge.input()] = []string{target.id}
		}
		if target != nil {
			links = append(links, func() { s.set(edge, r, target, true) })
		}
	}
	if one := r.of.oneOf; one != nil {
		edge := end{pickOne(s.cluster, one.links), false}
		target := s.free(edge, r)
		if target == nil {
			return nil, false
		}
		in[edge.input()] = target.id
		links = append(links, func() { s.set(edge, r, target, true) })
	}
	return links, true
}

// changeLink writes some edge of some row of an entity.
func (s *scribe) changeLink(t *testing.T, e *drawn) {
	t.Helper()
	ends, rows := s.linksOf(e), s.alive(e)
	if len(ends) == 0 || len(rows) == 0 {
		return
	}
	edge, r := pickOne(s.cluster, ends), pickOne(s.cluster, rows)
	_, can := edge.writable()
	switch {
	case edge.oneOf != nil && !edge.far:
		s.moveOneOf(t, edge, r)
	case !can:
		s.expect(t, r, vars{edge.input(): nil}, "GRAPHQL_VALIDATION_FAILED")
	case edge.one():
		s.changeOne(t, edge, r)
	default:
		s.changeMany(t, edge, r)
	}
}

// others are rows that an edge of r could lead to.
func (s *scribe) others(edge end, r *stored, n int) []*stored {
	var out []*stored
	for _, i := range s.rand.Perm(len(s.alive(edge.target()))) {
		if p := s.alive(edge.target())[i]; p != r && len(out) < n {
			out = append(out, p)
		}
	}
	return out
}

func (s *scribe) moveOneOf(t *testing.T, edge end, r *stored) {
	t.Helper()
	for _, target := range s.others(edge, r, 1) {
		if s.expect(t, r, vars{edge.input(): target.id}) {
			for _, l := range edge.oneOf.links {
				for _, p := range s.partners(end{l, false}, r) {
					s.set(end{l, false}, r, p, false)
				}
			}
			s.set(edge, r, target, true)
		}
	}
	s.expect(t, r, vars{edge.input(): nil}, "BAD_USER_INPUT "+edge.input())
}

// changeOne moves an edge to another row, or takes it away.
func (s *scribe) changeOne(t *testing.T, edge end, r *stored) {
	t.Helper()
	targets := s.others(edge, r, 1)
	in, want := vars{edge.input(): nil}, []string(nil)
	if s.chance(4) || len(targets) == 0 {
		if targets = nil; edge.must() {
			want = []string{"BAD_USER_INPUT " + edge.input()}
		}
	} else if in[edge.input()] = targets[0].id; s.taken(edge, r, targets[0]) {
		want = []string{"CONFLICT " + edge.input()}
	}
	if s.expect(t, r, in, want...) {
		s.replace(edge, r, targets)
	}
}

func (s *scribe) replace(edge end, r *stored, targets []*stored) {
	for _, p := range s.partners(edge, r) {
		s.set(edge, r, p, false)
	}
	for _, p := range targets {
		s.set(edge, r, p, true)
	}
}

// leavesNone reports whether to set a list, or to remove from it, would take the last ones away.
func (s *scribe) leavesNone(edge end, r *stored, targets []*stored, what int) bool {
	now := s.partners(edge, r)
	switch what {
	case 0:
		return len(targets) == 0
	case 2:
		return len(now) > 0 && !slices.ContainsFunc(now, func(p *stored) bool { return !slices.Contains(targets, p) })
	}
	return false
}

// changeMany sets a list, adds to it or removes from it.
func (s *scribe) changeMany(t *testing.T, edge end, r *stored) {
	t.Helper()
	targets, want := s.others(edge, r, s.rand.IntN(3)), []string(nil)
	ids := []string{}
	for _, p := range targets {
		ids = append(ids, p.id)
	}
	what := s.rand.IntN(3)
	one := strings.TrimSuffix(edge.input(), "IDs")
	key := []string{edge.input(), "add" + strings.ToUpper(one[:1]) + one[1:] + "IDs", "remove" + strings.ToUpper(one[:1]) + one[1:] + "IDs"}[what]
	for _, p := range targets {
		if what < 2 && want == nil && s.taken(edge, r, p) {
			want = []string{"CONFLICT " + key}
		}
	}
	if edge.must() && s.leavesNone(edge, r, targets, what) {
		want = []string{"BAD_USER_INPUT " + key}
	}
	if !s.expect(t, r, vars{key: ids}, want...) {
		return
	}
	switch what {
	case 0:
		s.replace(edge, r, targets)
	case 1:
		for _, p := range targets {
			s.set(edge, r, p, true)
		}
	case 2:
		for _, p := range targets {
			s.set(edge, r, p, false)
		}
	}
}
