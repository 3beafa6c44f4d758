package schemadiff

import (
	"slices"
	"strings"
)

// schedule says in which file a statement is run.
type schedule struct {
	online  bool // spread over several files
	steps   []step
	late    []step        // after all others of their phase
	settled []step        // those before build
	phase   map[Key]phase // when an object is as it is to be
	there   map[Key]phase // when a column is there, though perhaps without values yet
}

// phase is the file a statement goes to.
type phase int

const (
	early    phase = iota // what must be committed before the rest
	main                  // in one transaction
	build                 // each by itself: batches and concurrent indexes
	finish                // in one transaction
	validate              // in one transaction
	phases
)

var partNames = map[phase]string{early: "values", main: "", build: "build", finish: "finish", validate: "validate"}

type step struct {
	phase phase
	Statement
	done bool                        // a rename, run already
	more func() ([]Statement, error) // gives the statements, instead of the one, when their turn has come
}

// emit adds statements.
func (s *schedule) emit(at phase, statements ...Statement) {
	if !s.online && at != early {
		at = main
	}
	for _, each := range statements {
		s.steps = append(s.steps, step{phase: at, Statement: each})
	}
}

// split puts the steps into files. New values of enums may be used only after they
// were committed; where nothing uses them one file is enough. Whether a statement uses one
// only its text tells: expressions of Postgres and of people stand in it as they are.
func (s *schedule) split() [phases][]step {
	var out [phases][]step
	var added []string
	for _, each := range s.steps {
		out[each.phase] = append(out[each.phase], each)
		if each.adds != "" {
			added = append(added, each.adds)
		}
	}
	uses := slices.ContainsFunc(out[main], func(each step) bool {
		return slices.ContainsFunc(added, func(l string) bool { return strings.Contains(each.SQL, l) })
	})
	if !uses {
		out[main], out[early] = append(out[early], out[main]...), nil
	}
	return out
}

// after gives the phase in which o can be made: not before what it needs.
func (s *schedule) after(o *Object, at phase) phase {
	if !s.online {
		return main
	}
	for _, n := range o.Needs {
		if there, ok := s.there[n]; ok && o.Kind != Column && slices.Contains(hasRights, o.Kind) {
			at = max(at, there) // it need not be filled
			continue
		}
		at = max(at, s.phase[n])
	}
	if o.Kind == Column {
		s.there[o.Key] = at
	}
	s.phase[o.Key] = at
	return at
}
