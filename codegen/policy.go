package codegen

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"entgo.io/ent"
	"entgo.io/ent/entc/gen"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/kit"
	"github.com/entgraph/entgraph/rule"
)

// setPolicy gives the entity its rules; without them it is not served.
func (e *entityModel) setPolicy(d rule.Description) error {
	if d.Error != "" {
		return fmt.Errorf("%s: %s; or keep the entity out of the API with entity.Skip()", e.Name, d.Error)
	}
	policy := ent.Policy(d.Policy)
	e.Policy = &policy
	return nil
}

// checkPolicies refuses rules that name what is not there or that cannot be kept.
func (m *model) checkPolicies() error {
	var errs []error
	for _, e := range m.entities {
		p := m.graph.Entity(e.Name).Rules()
		conds := append(p.Writes(), p.Read)
		for _, name := range slices.Sorted(maps.Keys(p.Fields)) {
			conds = append(conds, p.Fields[name])
		}
		for _, c := range conds {
			errs = append(errs, m.checkCond(e, c))
		}
		for _, column := range slices.Sorted(maps.Keys(p.Sets)) {
			if e.column(column) == nil {
				errs = append(errs, fmt.Errorf("%s: a rule names the column %q, which does not exist%s", e.Name, column, e.hint()))
			}
		}
	}
	return errors.Join(errs...)
}

// checkCond checks the columns of a condition; the edges are checked by the graph.
func (m *model) checkCond(e *entityModel, c rule.Cond) error {
	switch c.Op {
	case rule.OpOwner:
		return m.checkOwner(e, c)
	case rule.OpIn, rule.OpNotIn, rule.OpLT, rule.OpLTE, rule.OpGT, rule.OpGTE, rule.OpIsNull, rule.OpNotNull:
		return e.checkColumn(c)
	case rule.OpContains:
		return e.checkElement(c)
	case rule.OpAt:
		return e.checkPlace(c)
	case rule.OpRole:
		return m.checkRoles(e, c)
	case rule.OpHas:
		for i := range e.Edges {
			if entity.SameName(e.Edges[i].Name, c.Name) {
				return m.checkCond(m.byName(e.Edges[i].Type), c.Kids[0])
			}
		}
	}
	var errs []error
	for _, kid := range c.Kids {
		errs = append(errs, m.checkCond(e, kid))
	}
	return errors.Join(errs...)
}

// checkRoles refuses a role that no user has, as the field role of kit.Account says: its rule
// would allow nobody. Where nothing says which roles there are, each may be one.
func (m *model) checkRoles(e *entityModel, c rule.Cond) error {
	users, field, roles := m.parts.nodes[kit.Users], m.parts.fields[kit.Role], m.parts.roles()
	if users == nil || field != nil && len(roles) == 0 {
		return nil
	}
	var errs []error
	for _, role := range c.Values {
		if slices.Contains(roles, fmt.Sprint(role)) {
			continue
		}
		there := "the roles of " + users.Name + " are " + strings.Join(roles, ", ")
		if field == nil {
			there = users.Name + " has no roles"
		}
		advice := ""
		if m.parts.changes() == e.Name {
			advice = fmt.Sprintf(": say who reads it, by func (%s) Policy() ent.Policy { return rule.Policy{Read: …} } in its file", e.Name)
		}
		errs = append(errs, fmt.Errorf("%s: rule.Role(%q) allows nobody: %s%s", e.Name, role, there, advice))
	}
	return errors.Join(errs...)
}

// column finds a field by its column, also one that the API does not show.
func (e *entityModel) column(name string) *gen.Field {
	for _, f := range append(slices.Clone(e.node.Fields), e.node.ID) {
		if f != nil && f.StorageKey() == name { // a view has no id
			return f
		}
	}
	return nil
}

func (e *entityModel) hint() string {
	names := []string{"id"}
	for _, f := range e.node.Fields {
		names = append(names, f.StorageKey())
	}
	return "; it has " + strings.Join(names, ", ")
}

func (m *model) byName(name string) *entityModel {
	for _, e := range m.entities {
		if e.Name == name {
			return e
		}
	}
	return nil
}
