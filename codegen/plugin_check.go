package codegen

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// check refuses, all at once, the handwritten SDL that could not be answered: entities
// are read by the planner, which knows the generated types alone.
func (p *plugin) check(schema *ast.Schema) error {
	var errs []error
	for _, def := range schema.Types {
		switch {
		case def == schema.Query || def == schema.Mutation || def == schema.Subscription:
			errs = append(errs, p.checkReplaced(def))
		case p.generated(def.Position):
			errs = append(errs, p.checkExtended(def))
			continue
		}
		errs = append(errs, p.checkType(schema, def))
		for _, f := range def.Fields {
			if def.Kind != ast.InputObject && p.handwritten(def, f) {
				errs = append(errs, p.checkResult(schema, def, f))
			}
		}
	}
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(errs...)
}

// checkReplaced refuses a replacement in gqlgen.yml of a root field that is not there;
// gqlgen itself ignores it.
func (p *plugin) checkReplaced(root *ast.Definition) error {
	var errs []error
	replaced := p.config.Models[root.Name].Fields
	for _, name := range slices.Sorted(maps.Keys(replaced)) {
		if replaced[name].Resolver && root.Fields.ForName(name) == nil {
			errs = append(errs, fmt.Errorf("%s.%s: gqlgen.yml replaces this field, which does not exist: correct the name", root.Name, name))
		}
	}
	return errors.Join(errs...)
}

// checkExtended refuses what is added to a generated type.
func (p *plugin) checkExtended(def *ast.Definition) error {
	var errs []error
	refuse := func(pos *ast.Position, name string) {
		if pos != nil && !p.generated(pos) {
			errs = append(errs, fmt.Errorf("%s.%s: a generated type cannot be extended: declare a field in the schema, or a computed one with entity.Computed", def.Name, name))
		}
	}
	for _, f := range def.Fields {
		refuse(f.Position, f.Name)
	}
	for _, v := range def.EnumValues {
		refuse(v.Position, v.Name)
	}
	return errors.Join(errs...)
}

// checkType refuses handwritten unions and interfaces over entities: gqlgen's executor
// could not tell their members.
func (p *plugin) checkType(schema *ast.Schema, def *ast.Definition) error {
	var errs []error
	for _, name := range slices.Concat(def.Types, def.Interfaces) {
		if target := schema.Types[name]; target != nil && p.generated(target.Position) {
			errs = append(errs, fmt.Errorf("%s: a handwritten type cannot combine with the generated %s: let fields return Node where any entity may come", def.Name, name))
		}
	}
	return errors.Join(errs...)
}

// checkResult refuses a result that [Ref] cannot stand for. An entity must be nullable,
// since it may be hidden from the viewer or gone by the time it is read.
func (p *plugin) checkResult(schema *ast.Schema, def *ast.Definition, f *ast.FieldDefinition) error {
	inner := f.Type
	for inner.Elem != nil {
		inner = inner.Elem
	}
	target := schema.Types[inner.NamedType]
	if target == nil || !p.generated(target.Position) || !target.IsCompositeType() {
		return nil
	}
	entity := target.Name == "Node" || slices.Contains(target.Interfaces, "Node")
	switch {
	case !entity && !strings.HasSuffix(target.Name, "Payload"):
		return fmt.Errorf("%s.%s: a handwritten field cannot return %s: return an entity, a list of entities or a payload", def.Name, f.Name, target.Name)
	case inner.NonNull:
		return fmt.Errorf("%s.%s: an entity in a handwritten field must be nullable: write %s without !", def.Name, f.Name, inner.NamedType)
	}
	return nil
}
