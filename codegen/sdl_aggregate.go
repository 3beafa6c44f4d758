package codegen

import "github.com/entgraph/entgraph/internal/entity"

// aggregates writes the totals and groups of an entity's lists.
func (s *sdl) aggregates(e *entity.Entity) {
	s.functions(e)
	keys := e.GroupKeys()
	s.doc("", "Totals over a list of "+e.Plural+".")
	s.line("type %sAggregate {", e.Name)
	s.totals(e)
	s.line("}")
	if len(keys) == 0 {
		return
	}
	s.doc("", "What "+e.Plural+" are grouped by.")
	s.line("enum %sGroupField {", e.Name)
	for _, k := range keys {
		s.line("  %s", k.Name)
	}
	s.line("}")
	s.doc("", "One key of a grouping of "+e.Plural+"; a field may be a key only once.")
	s.line("input %sGroupKeyInput {\n  field: %[1]sGroupField!\n  \"For a time: what it is cut to.\"\n  truncate: TimeUnit\n}", e.Name)
	s.doc("", "The values that the "+e.Plural+" of a group have in common; null for what is not a key\nof the grouping.")
	s.line("type %sGroupKey {", e.Name)
	for _, k := range keys {
		s.line("  %s: %s", k.Key, typeName(k.Field))
	}
	s.line("}")
	s.doc("", "Totals over the "+e.Plural+" of a group.")
	s.line("type %sGroup {\n  key: %[1]sGroupKey!", e.Name)
	s.totals(e)
	s.line("}")
}

// totals are the fields that an aggregate and a group share.
func (s *sdl) totals(e *entity.Entity) {
	s.line("  count: Int!")
	if len(e.Comparable()) > 0 {
		s.line("  min: %sBounds!\n  max: %[1]sBounds!", e.Name)
	}
	if len(e.Numeric()) > 0 {
		s.line("  avg: %sAverages!\n  sum: %[1]sSums!", e.Name)
	}
}

// functions writes the types of min and max, avg and sum. All is null over an empty
// list. A sum of integers is exact, whatever its size.
func (s *sdl) functions(e *entity.Entity) {
	if fields := e.Comparable(); len(fields) > 0 {
		s.doc("", "The least or greatest values of a list of "+e.Plural+"; null over an empty one.")
		s.line("type %sBounds {", e.Name)
		for _, f := range fields {
			s.line("  %s: %s", f.Name, typeName(f))
		}
		s.line("}")
	}
	fields := e.Numeric()
	if len(fields) == 0 {
		return
	}
	s.doc("", "Averages over a list of "+e.Plural+"; null over an empty one.")
	s.line("type %sAverages {", e.Name)
	for _, f := range fields {
		s.line("  %s: %s", f.Name, f.Type.Kind().Avg.Scalar())
	}
	s.line("}")
	s.doc("", "Sums over a list of "+e.Plural+"; null over an empty one.")
	s.line("type %sSums {", e.Name)
	for _, f := range fields {
		s.line("  %s: %s", f.Name, f.Type.Kind().Sum.Scalar())
	}
	s.line("}")
}
