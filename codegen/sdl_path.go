package codegen

import (
	"slices"

	"github.com/entgraph/entgraph/internal/entity"
)

// paths writes the input of filters by path, where there are some.
func (s *sdl) paths() {
	if !s.model.hasPaths() {
		return
	}
	s.doc("", "What the value at a path of a document must be; all that is given must hold. Where there is\nno value, no comparison is true, nor is it false.")
	s.line("input %s {", entity.PathInput)
	s.doc("  ", "The keys that lead there, and the places in lists, such as \"0\"; none for the document itself.")
	s.line("  path: [String!]!")
	for _, op := range entity.PathOps {
		if doc := pathDocs[op]; doc != "" {
			s.line("  %q", doc)
		}
		s.line("  %s: %s", op, pathTypes[op])
	}
	s.line("}")
}

// hasPaths reports whether a document may be asked for the values at paths.
func (m *model) hasPaths() bool {
	return slices.ContainsFunc(m.graph.Entities(), func(e *entity.Entity) bool {
		return slices.ContainsFunc(e.Filters(), func(f *entity.Filter) bool { return f.Op == entity.AtPath })
	})
}

var pathTypes = map[entity.PathOp]string{
	entity.PathExists: "Boolean", entity.PathIsNull: "Boolean", entity.PathEQ: "JSON", entity.PathNEQ: "JSON", entity.PathIn: "[JSON!]", entity.PathNotIn: "[JSON!]",
	entity.PathGT: "JSON", entity.PathGTE: "JSON", entity.PathLT: "JSON", entity.PathLTE: "JSON", entity.PathContains: "JSON",
}

var pathDocs = map[entity.PathOp]string{
	entity.PathExists:   "Whether there is a value, which may be null.",
	entity.PathIsNull:   "Whether it is null, and not another value.",
	entity.PathGT:       "A number or a string; only values of the same type are greater or less.",
	entity.PathContains: "It contains this: these keys with such values, such elements of lists.",
}
