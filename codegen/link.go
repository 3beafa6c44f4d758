package codegen

import (
	"errors"
	"fmt"
	"slices"

	"entgo.io/ent/entc/gen"

	"github.com/entgraph/entgraph/internal/entity"
)

// linksInput is the type of the operations on the links of an edge that have data of their own.
func linksInput(e *entity.Entity, edge *entity.Edge, create bool) string {
	if create {
		return "Create" + e.Name + pascal(edge.Name) + "Input"
	}
	return "Update" + e.Name + pascal(edge.Name) + "Input"
}

// linkInput is the type of an item of an operation. A removal takes ids.
func linkInput(e *entity.Entity, edge *entity.Edge, op entity.LinkOp) string {
	switch op.Kind {
	case entity.Create:
		return "Link" + e.Name + pascal(edge.Name) + "Input"
	case entity.Update:
		return "UpdateLink" + e.Name + pascal(edge.Name) + "Input"
	}
	return "ID"
}

// linkInputs lists the types that an edge of an entity adds.
func linkInputs(e *entity.Entity, edge *entity.Edge) (names []string) {
	items := map[string]bool{}
	for _, create := range []bool{true, false} {
		ops := linkOps(e, edge, create)
		if len(ops) > 0 {
			names = append(names, linksInput(e, edge, create))
		}
		for _, op := range ops {
			if name := linkInput(e, edge, op); op.Kind != entity.Delete && !items[name] {
				names, items[name] = append(names, name), true
			}
		}
	}
	return names
}

// linkOps are those of an input that there is.
func linkOps(e *entity.Entity, edge *entity.Edge, create bool) []entity.LinkOp {
	if create && !e.Has(entity.Create) || !create && !e.Has(entity.Update) {
		return nil
	}
	return edge.LinkOps(create)
}

var linkDocs = map[string]string{
	"add":    "New links. What is linked already is a CONFLICT.",
	"update": "Changes to the data of links that there are: an absent key keeps what is stored, null clears it.",
	"remove": "What is not linked any longer.",
	"set":    "All links, from now on: those of others are removed. It stands alone.",
}

// links writes the inputs of links with data.
func (s *sdl) links(m *entityModel, e *entity.Entity) {
	for i := range e.Edges {
		edge := &e.Edges[i]
		made := map[string]bool{}
		for _, create := range []bool{true, false} {
			ops := linkOps(e, edge, create)
			if len(ops) == 0 {
				continue
			}
			s.doc("", "What is to become of links to "+edge.Name+" and their data.")
			s.line("input %s {", linksInput(e, edge, create))
			for _, op := range ops {
				s.doc("  ", linkDocs[op.Key])
				s.line("  %s: [%s!]", op.Key, linkInput(e, edge, op))
			}
			s.line("}")
			for _, op := range ops {
				if name := linkInput(e, edge, op); op.Kind != entity.Delete && !made[name] {
					made[name] = true
					s.linkItem(name, edge, op)
				}
			}
		}
	}
}

// linkItem writes the input of one link.
func (s *sdl) linkItem(name string, edge *entity.Edge, op entity.LinkOp) {
	s.doc("", "A link to one of "+edge.Name+", and its data.")
	s.line("input %s {\n  id: ID!", name)
	for _, f := range op.Fields {
		s.doc("  ", s.model.linkComment(edge.Through, f))
		s.line("  %s: %s%s", f.Name, typeName(f), bang(op.Kind == entity.Create && !f.Flags.Has(entity.Optional)))
	}
	s.line("}")
}

// linkComment is the comment of a field of a link.
func (m *model) linkComment(link string, f *entity.Field) string {
	for _, e := range m.entities {
		for i := range e.Fields {
			if e.Name == link && e.Fields[i].Column == f.Column {
				return e.fields[i].comment
			}
		}
	}
	return ""
}

// checkLinks refuses links that inputs would make without a field which they need.
func (m *model) checkLinks() error {
	made := map[string]bool{}
	for _, e := range m.graph.Entities() {
		for i := range e.Edges {
			for _, create := range []bool{true, false} {
				if slices.ContainsFunc(linkOps(e, &e.Edges[i], create), func(op entity.LinkOp) bool { return op.Kind == entity.Create }) {
					made[e.Edges[i].Through] = true
				}
			}
		}
	}
	var errs []error
	for _, e := range m.entities {
		for _, f := range e.node.Fields {
			if made[e.Name] && unseen(f) {
				errs = append(errs, fmt.Errorf("%s.%s: a link needs a value here, and no input can give one: give the field a default, entity.Managed() where a hook sets it, or the schema entity.Without(entity.Create)", e.Name, f.Name))
			}
		}
	}
	return errors.Join(errs...)
}

// unseen reports whether a field needs a value that no input has.
func unseen(f *gen.Field) bool {
	if f.IsEdgeField() || f.Optional || f.Default || databaseDefault(f) {
		return false
	}
	a, err := annotation(f.Annotations)
	return err == nil && !a.Managed && (a.Skip || f.Sensitive())
}
