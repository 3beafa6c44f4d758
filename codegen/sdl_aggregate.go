package codegen

import (
	"fmt"
	"maps"
	"slices"

	"github.com/entgraph/entgraph/internal/entity"
)

// aggregates writes the totals and groups of an entity's lists.
func (s *sdl) aggregates(e *entity.Entity) {
	s.functions(e)
	s.doc("", "Totals over a list of "+e.Plural+".")
	s.line("type %sAggregate {", e.Name)
	s.totals(e)
	s.line("}")
	if keys := e.GroupKeys(); len(keys) > 0 {
		s.groups(e, keys)
	}
}

// groups writes the groups of an entity's lists, and what is asked of them.
func (s *sdl) groups(e *entity.Entity, keys []*entity.GroupKey) {
	s.doc("", "What "+e.Plural+" are grouped by.")
	s.line("enum %sGroupField {", e.Name)
	for _, k := range keys {
		s.line("  %s", k.Name)
	}
	s.line("}")
	s.doc("", "One key of a grouping of "+e.Plural+"; a field may be a key only once.")
	s.line("input %sGroupKeyInput {\n  field: %[1]sGroupField!", e.Name)
	s.line("  \"For a time: what it is cut to.\"\n  truncate: TimeUnit")
	s.line("  \"The time zone in which it is cut, such as \\\"Europe/Berlin\\\"; by default UTC.\"\n  timeZone: String\n}")
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
	s.groupOrder(e, keys)
	s.having(e)
}

// groupOrder writes how groups are ordered.
func (s *sdl) groupOrder(e *entity.Entity, keys []*entity.GroupKey) {
	s.doc("", "What groups of "+e.Plural+" are ordered by: a total, or a key of the grouping.")
	s.line("enum %sGroupOrderField {", e.Name)
	for _, t := range e.Totals() {
		s.line("  %s", t.Name)
	}
	for _, k := range keys {
		s.line("  %s", entity.KeyOrder+k.Name)
	}
	s.line("}")
	s.doc("", "One key of an ordering of groups. The keys of the grouping that are not named come last,\nascending.")
	s.line("input %sGroupOrder {\n  field: %[1]sGroupOrderField!\n  direction: OrderDirection! = ASC\n  nulls: NullsOrder\n}", e.Name)
}

// having writes the conditions on groups.
func (s *sdl) having(e *entity.Entity) {
	inputs := map[string]bool{}
	for _, f := range entity.Functions {
		totals, name := e.TotalsOf(f), e.Name+functionInputs[f]
		if len(totals) == 0 || inputs[name] {
			continue
		}
		inputs[name] = true
		s.line("input %s {", name)
		for _, t := range totals {
			s.line("  %s: %sComparison", t.Key, typeName(t.Value()))
		}
		s.line("}")
	}
	s.doc("", "Which groups of "+e.Plural+" are wanted: those that match every given key.")
	s.line("input %sHavingInput {\n  not: %[1]sHavingInput\n  and: [%[1]sHavingInput!]\n  or: [%[1]sHavingInput!]\n  count: IntComparison", e.Name)
	for _, f := range entity.Functions {
		if len(e.TotalsOf(f)) > 0 {
			s.line("  %s: %s", f, e.Name+functionInputs[f])
		}
	}
	s.line("}")
}

var (
	functionTypes = map[entity.Function]string{
		entity.CountDistinct: "Counts", entity.Min: "Bounds", entity.Max: "Bounds", entity.Avg: "Averages", entity.Sum: "Sums",
	}
	functionInputs = map[entity.Function]string{
		entity.CountDistinct: "CountsInput", entity.Min: "BoundsInput", entity.Max: "BoundsInput", entity.Avg: "AveragesInput", entity.Sum: "SumsInput",
	}
	functionDocs = map[entity.Function]string{
		entity.CountDistinct: "How many different values a list of %s has, null not counted.",
		entity.Min:           "The least or greatest values of a list of %s; null over an empty one.",
		entity.Avg:           "Averages over a list of %s; null over an empty one.",
		entity.Sum:           "Sums over a list of %s; null over an empty one.",
	}
)

// totals are the fields that an aggregate and a group share.
func (s *sdl) totals(e *entity.Entity) {
	s.line("  count: Int!")
	for _, f := range entity.Functions {
		if len(e.TotalsOf(f)) > 0 {
			s.line("  %s: %s!", f, e.Name+functionTypes[f])
		}
	}
}

// functions writes the types of what the functions give. All but a count is null over an empty
// list. A sum of integers is exact, whatever its size.
func (s *sdl) functions(e *entity.Entity) {
	for _, f := range entity.Functions {
		totals := e.TotalsOf(f)
		if len(totals) == 0 || f == entity.Max { // whose type is that of min
			continue
		}
		s.doc("", fmt.Sprintf(functionDocs[f], e.Plural))
		s.line("type %s {", e.Name+functionTypes[f])
		for _, t := range totals {
			s.line("  %s: %s%s", t.Key, typeName(t.Value()), bang(!t.Nullable()))
		}
		s.line("}")
	}
}

// comparisons writes the comparisons of scalars with which totals are compared.
func (s *sdl) comparisons() {
	scalars := s.model.scalars()
	for _, name := range slices.Sorted(maps.Keys(scalars)) {
		s.comparison(scalars[name])
	}
}

// scalars are a field for each scalar with which totals are compared.
func (m *model) scalars() map[string]*entity.Field {
	out := map[string]*entity.Field{"Int": {Type: entity.Int}}
	for _, e := range m.graph.Entities() {
		for _, t := range e.Totals() {
			if f := t.Value(); f.Type != entity.Enum {
				out[typeName(f)] = f
			}
		}
	}
	return out
}

// comparison writes that of a scalar or enum.
func (s *sdl) comparison(f *entity.Field) {
	s.doc("", "Comparisons that all must be true; with null none is.")
	s.line("input %sComparison {", typeName(f))
	s.operators(f)
	s.line("}")
}

func (s *sdl) operators(f *entity.Field) {
	for _, op := range f.Ops() {
		switch {
		case !op.Compares():
		case op.List():
			s.line("  %s: [%s!]", op.Key(), typeName(f))
		default:
			s.line("  %s: %s", op.Key(), typeName(f))
		}
	}
}
