package codegen

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/entgraph/entgraph/internal/entity"
)

// computedType is a scalar or a list of one; the planner writes no selection below it.
var computedType = regexp.MustCompile(`^(?:(\w+)!?|\[(\w+)!?\]!?)$`)

// resolveComputed refuses a computed field whose name is taken, whose type the planner
// cannot write or that needs what is not there, and spells the needs as the table does.
func (m *model) resolveComputed() error {
	var errs []error
	for _, e := range m.entities {
		named := m.graph.Entity(e.Name)
		seen := map[string]bool{}
		for i := range e.Computed {
			c := &e.Computed[i]
			fail := func(format string, args ...any) {
				errs = append(errs, fmt.Errorf("%s.%s: computed field: %s", e.Name, c.Name, fmt.Sprintf(format, args...)))
			}
			if err := checkName(e.Name+"."+c.Name, c.Name); err != nil {
				errs = append(errs, err)
			}
			if named.FieldByName(c.Name) != nil || named.EdgeByName(c.Name) != nil || seen[c.Name] {
				fail("the name is taken: rename it")
			}
			seen[c.Name] = true
			if !m.isScalar(c.Type) {
				fail("the type %q is not supported: use a scalar, an enum of an entity or a list of these", c.Type)
			}
			needs := append([]string(nil), c.Needs...)
			for n, need := range needs {
				path, err := m.need(e, need)
				if err != nil {
					fail("needs %q: %s", need, err)
				}
				needs[n] = path
			}
			c.Needs = needs
		}
	}
	return errors.Join(errs...)
}

func (m *model) isScalar(typ string) bool {
	parts := computedType.FindStringSubmatch(typ)
	if parts == nil {
		return false
	}
	switch name := parts[1] + parts[2]; name {
	case "String", "Int", "Float", "Boolean", "ID", "Time", "UUID", "BigInt", "JSON": // of every schema
		return true
	default:
		for _, e := range m.entities {
			for i := range e.Fields {
				f := &e.Fields[i]
				if f.Type == entity.Enum && f.Enum == name || f.Type.Scalar() == name || f.Scalar == name {
					return true
				}
			}
		}
		return false
	}
}

// need finds what a computed field reads by its names in the schema and returns it as
// the table spells it: the column, or the edge's GraphQL name and the column.
func (m *model) need(e *entityModel, path string) (string, error) {
	edgeName, name, dotted := strings.Cut(path, ".")
	if !dotted {
		column, ok := e.columnOf(path)
		if !ok {
			return "", fmt.Errorf("%s shows no field %q: name one of its fields as in the schema", e.Name, path)
		}
		return column, nil
	}
	for i := range e.Edges {
		edge := &e.Edges[i]
		if e.edges[i].Name != edgeName || edge.ToMany() {
			continue
		}
		for _, target := range m.entities {
			if column, ok := target.columnOf(name); ok && target.Name == edge.Type {
				return edge.Name + "." + column, nil
			}
		}
		return "", fmt.Errorf("%s shows no field %q: name one of its fields as in the schema", edge.Type, name)
	}
	return "", fmt.Errorf("%s has no to-one edge %q: name a field or edge.field as in the schema", e.Name, edgeName)
}

func (e *entityModel) columnOf(name string) (string, bool) {
	for i := range e.Fields {
		if e.fields[i].Name == name {
			return e.Fields[i].Column, true
		}
	}
	return "", false
}
