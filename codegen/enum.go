package codegen

import (
	"fmt"
	"slices"
	"strings"

	"entgo.io/ent/entc/gen"
)

// enumNames are what the API calls the values of an enum, in their order: as they are stored or,
// where GraphQL cannot spell that, by their names in Go, which NamedValues chooses.
func enumNames(f *gen.Field) []string {
	before := strings.TrimSuffix(f.EnumName("X"), "X")
	names := f.EnumValues()
	for i, value := range names {
		if !enumName(value) {
			names[i] = strings.TrimPrefix(f.Enums[i].Name, before)
		}
	}
	return names
}

func enumName(s string) bool {
	return graphqlName.MatchString(s) && !slices.Contains([]string{"true", "false", "null"}, s)
}

// checkEnum refuses values without a name in GraphQL, and an enum whose type Ent writes with the
// name of its package, which it has changed.
func checkEnum(node *gen.Type, f *gen.Field) error {
	if node.PackageAlias() != "" && !f.HasGoType() {
		return fmt.Errorf("%s.%s: Ent cannot generate an enum of an entity with this name: rename the entity, or give the enum a Go type by GoType", node.Name, f.Name)
	}
	return checkValues(node, f)
}

// checkValues refuses values without a name in GraphQL, and two of one name.
func checkValues(node *gen.Type, f *gen.Field) error {
	values, names := f.EnumValues(), enumNames(f)
	for i, name := range names {
		switch {
		case slices.Contains(values[:i], values[i]):
			return fmt.Errorf("%s.%s: the enum has the value %q twice: leave one out", node.Name, f.Name, values[i])
		case !enumName(name) && f.HasGoType() && f.IsEnum():
			return fmt.Errorf("%s.%s: the enum value %q is not a GraphQL name: use letters, digits and _, or NamedValues in place of GoType", node.Name, f.Name, values[i])
		case !enumName(name):
			return fmt.Errorf("%s.%s: the enum value %q is not a GraphQL name: give it one of letters, digits and _ by NamedValues", node.Name, f.Name, values[i])
		case slices.Contains(values, name) && name != values[i], slices.Contains(names[:i], name):
			return fmt.Errorf("%s.%s: the API would have two enum values %s, one of them for %q: give it another name by NamedValues", node.Name, f.Name, name, values[i])
		}
	}
	return nil
}

// namedExpr says in the table which values the API has other names for.
func namedExpr(f *gen.Field, expr string) string {
	var pairs []string
	for i, name := range enumNames(f) {
		if value := f.Enums[i].Value; name != value {
			pairs = append(pairs, fmt.Sprintf("%q: %q", name, value))
		}
	}
	if pairs == nil {
		return expr
	}
	return fmt.Sprintf("table.Named(%s, map[string]string{%s})", expr, strings.Join(pairs, ", "))
}
