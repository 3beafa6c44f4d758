package codegen

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/entc/gen"

	declare "github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/sqltext"
)

// addOneOf reads entity.OneOf, once the edges are known.
func (e *entityModel) addOneOf(node *gen.Type, declared []declare.OneOfEdges) error {
	var errs []error
	for _, d := range declared {
		errs = append(errs, e.addOneOfField(node, d))
	}
	return errors.Join(errs...)
}

func (e *entityModel) addOneOfField(node *gen.Type, d declare.OneOfEdges) error {
	out := entity.OneOf{Name: apiName(d.Name), Type: e.Name + pascal(d.Name), Input: apiName(d.Name) + "ID"}
	var errs []error
	refuse := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: entity.OneOf(%q): "+format, append([]any{e.Name, d.Name}, args...)...))
	}
	if err := checkName(e.Name, d.Name); err != nil {
		return err
	}
	if len(d.Edges) < 2 {
		refuse("name at least two edges")
	}
	var columns []string
	targets, immutable := map[string]string{}, 0
	for _, name := range d.Edges {
		i := slices.IndexFunc(e.edges, func(m edgeModel) bool { return m.Name == name })
		if i < 0 {
			refuse("%s shows no edge %q: name edges as the schema does", e.Name, name)
			continue
		}
		edge, m := &e.Edges[i], e.edges[i]
		if why := oneOfMember(m.Edge); why != "" {
			refuse("the edge %q %s", name, why)
			continue
		}
		switch other := targets[edge.Type]; {
		case e.inOneOf(edge.Name) || slices.Contains(out.Edges, edge.Name):
			refuse("the edge %q is named twice: name it once", name)
		case other != "":
			refuse("the edges %q and %q both lead to %s, of whose ids nobody could tell which edge is meant: leave one out", other, name, edge.Type)
		}
		targets[edge.Type] = name
		if edge.Immutable {
			immutable++
		}
		edge.Input = out.Input
		out.Edges, columns = append(out.Edges, edge.Name), append(columns, edge.Column)
	}
	if immutable != 0 && immutable != len(d.Edges) {
		refuse("some of its edges are Immutable and some are not: make all of them so, or none")
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	e.OneOf = append(e.OneOf, out)
	return addCheck(node, snake(e.Table)+"_"+snake(d.Name)+"_one_of", "num_nonnulls("+sqltext.Idents(columns)+") = 1")
}

// oneOfMember says what an edge lacks that may be one of several.
func oneOfMember(m *gen.Edge) string {
	a, err := annotation(m.Annotations)
	switch {
	case err == nil && (a.Managed || a.Viewer != nil):
		return "is set by the server: remove entity.Managed and entity.Viewer"
	case !m.Unique || !m.OwnFK() || m.Bidi:
		return "has no foreign key in this entity's own table: make it edge.To(…).Unique()"
	case !m.Optional:
		return "is required, though only one of them leads somewhere: remove Required"
	}
	// Ent reads the annotation at the end that the other one names by Ref.
	at, edge := m.Owner, m
	if m.IsInverse() {
		at, edge = m.Type, m.Ref
	}
	if a := edge.EntSQL(); a == nil || a.OnDelete == "" || a.OnDelete == entsql.SetNull || a.OnDelete == entsql.SetDefault {
		return fmt.Sprintf("would lead nowhere once the %s is deleted, and so would the others: give the edge %s.%s entsql.OnDelete(entsql.Cascade) or entsql.OnDelete(entsql.NoAction)", m.Type.Name, at.Name, edge.Name)
	}
	return ""
}

// closeOneOf takes the inputs from the far ends of edges of which one leads somewhere: what they
// set or clear there would leave two, or none.
func (m *model) closeOneOf() error {
	var errs []error
	for _, e := range m.entities {
		for i, member := range e.edges {
			if member.Ref == nil || !e.inOneOf(e.Edges[i].Name) {
				continue
			}
			for _, target := range m.entities {
				for j := range target.edges {
					if target.edges[j].Edge != member.Ref {
						continue
					}
					far := &target.Edges[j]
					if far.Needed {
						errs = append(errs, fmt.Errorf("%s.%s: the edge is required, but what it leads to may belong to something else by entity.OneOf: remove Required", target.Name, member.Ref.Name))
					}
					far.Input, far.AddInput, far.RemoveInput = "", "", ""
				}
			}
		}
	}
	return errors.Join(errs...)
}

func (e *entityModel) inOneOf(edge string) bool {
	return slices.ContainsFunc(e.OneOf, func(o entity.OneOf) bool { return slices.Contains(o.Edges, edge) })
}

// addCheck adds a CHECK to those of a table, so that Ent writes it beside them.
func addCheck(node *gen.Type, name, expression string) error {
	if len(name) > sqltext.MaxName {
		return fmt.Errorf("%s: the name %q of a CHECK is longer than %d bytes: choose a shorter one", node.Name, name, sqltext.MaxName)
	}
	a := node.EntSQL()
	if a == nil {
		a = &entsql.Annotation{}
	}
	if a.Checks == nil {
		a.Checks = map[string]string{}
	}
	a.Checks[name] = expression
	node.Annotations.Set(a.Name(), a)
	return nil
}

// oneOf writes the fields that lead to one of several entities as Go.
func (w *tableWriter) oneOf(e *entityModel) {
	if len(e.OneOf) == 0 {
		return
	}
	w.WriteString("OneOf: []table.OneOf{\n")
	for _, o := range e.OneOf {
		fmt.Fprintf(w, "{Name: %q, Type: %q, Input: %q, Edges: %#v},\n", o.Name, o.Type, o.Input, o.Edges)
	}
	w.WriteString("},\n")
}

// unions writes the types of such fields.
func (s *sdl) unions(e *entity.Entity) {
	for i := range e.OneOf {
		o := &e.OneOf[i]
		var types []string
		for _, edge := range o.Members {
			types = append(types, edge.Type)
		}
		s.doc("", "What the "+o.Name+" of "+entity.AnyOne(e.Field)+" may be.")
		s.line("union %s = %s", o.Type, strings.Join(types, " | "))
	}
}

// oneOfInputs writes their keys.
func (s *sdl) oneOfInputs(e *entity.Entity, create bool) {
	for i := range e.OneOf {
		if o := &e.OneOf[i]; create || !o.Members[0].Immutable {
			s.doc("  ", "The id of "+o.Choice()+".")
			s.line("  %s: ID%s", o.Input, bang(create))
		}
	}
}
