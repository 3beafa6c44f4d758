package example

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/entgraph/entgraph/web"
)

// Make gives a few examples that fit a schema: lists of its first entities with an order and
// a filter, sign-up and sign-in where it has them, and a create. Entities that can be created
// come before those that cannot, and the create is one that needs few other rows.
func Make(schema *ast.Schema) []web.Example {
	if schema.Query == nil {
		return nil
	}
	m := maker{schema}
	entities := m.entities()
	var out []web.Example
	for i, e := range entities {
		if i < maxLists {
			out = append(out, m.list(e))
		}
	}
	for _, e := range entities {
		if filter := m.filter(e); filter != nil {
			out = append(out, *filter)
			break
		}
	}
	for _, name := range []string{"signUp", "signIn"} {
		if field := m.mutation(name); field != nil {
			out = append(out, m.write(field, "The session is in a cookie from then on."))
		}
	}
	if e, ok := m.creatable(entities); ok {
		out = append(out, m.create(e))
	}
	return out
}

const (
	maxLists  = 2
	maxFields = 10 // of a type
	maxNested = 4  // of a type below another
)

type maker struct{ *ast.Schema }

// entity is what has a list at the root of the schema.
type entity struct {
	*ast.Definition
	list   *ast.FieldDefinition // of Query
	create *ast.FieldDefinition // of Mutation, nil without one
	ids    int                  // how many ids of other rows the create needs
}

func (m maker) entities() []entity {
	var out []entity
	for _, list := range m.Query.Fields {
		of := m.listed(list)
		if of == nil {
			continue
		}
		e := entity{Definition: of, list: list}
		// A payload with more than the row, such as the secret of an access token, is of no
		// ordinary create.
		if create := m.mutation("create" + of.Name); create != nil && len(m.Types[create.Type.Name()].Fields) == 1 {
			e.create = create
			e.ids = len(m.references(m.input(e.create)))
		}
		out = append(out, e)
	}
	slices.SortStableFunc(out, func(a, b entity) int { return cmp.Compare(rank(a), rank(b)) })
	return out
}

func rank(e entity) int {
	if e.create == nil {
		return 1
	}
	return 0
}

// listed is the entity of which a root field is the list, nil if it is none.
func (m maker) listed(field *ast.FieldDefinition) *ast.Definition {
	page := m.Types[field.Type.Name()]
	if page == nil || page.Kind != ast.Object || field.Arguments.ForName("first") == nil {
		return nil
	}
	nodes := page.Fields.ForName("nodes")
	if nodes == nil || page.Fields.ForName("pageInfo") == nil {
		return nil
	}
	if of := m.Types[nodes.Type.Name()]; of.Kind == ast.Object {
		return of
	}
	return nil
}

// mutation is a mutation with one argument, its input; nil without one.
func (m maker) mutation(name string) *ast.FieldDefinition {
	if m.Mutation == nil {
		return nil
	}
	field := m.Mutation.Fields.ForName(name)
	if field == nil || len(field.Arguments) != 1 || m.input(field) == nil {
		return nil
	}
	return field
}

// input is the type of the input of a mutation.
func (m maker) input(field *ast.FieldDefinition) *ast.Definition {
	arg := field.Arguments.ForName("input")
	if arg == nil || m.Types[arg.Type.Name()].Kind != ast.InputObject {
		return nil
	}
	return m.Types[arg.Type.Name()]
}

// list is a page of an entity, the newest first where it says when a row was made.
func (m maker) list(e entity) web.Example {
	params, args := []string{"$first: Int", "$after: Cursor"}, []string{"first: $first", "after: $after"}
	values := []pair{{"first", 5}, {"after", nil}}
	comment := "A page. For the next one put endCursor into \"after\"."
	if arg, order := e.list.Arguments.ForName("orderBy"), m.order(e); arg != nil && order != nil {
		params, args = append(params, "$orderBy: "+arg.Type.String()), append(args, "orderBy: $orderBy")
		values = append(values, pair{"orderBy", []any{order}})
	}
	body := fmt.Sprintf("totalCount\npageInfo {\n  hasNextPage\n  endCursor\n}\nnodes {\n%s\n}", indent(m.selection(e.Definition, 1)))
	return example(comment, "query", title(e.list.Name), e.list.Name, params, args, body, values)
}

// order is the newest first, or else by the first field that there is.
func (m maker) order(e entity) any {
	fields := m.Types[e.Name+"OrderField"]
	if fields == nil || len(fields.EnumValues) == 0 {
		return nil
	}
	field := fields.EnumValues[0].Name
	if fields.EnumValues.ForName("CREATED_AT") != nil {
		field = "CREATED_AT"
	}
	return object{{"field", field}, {"direction", "DESC"}}
}

// filter is a list with a condition on a text or, without one, on an enum or a boolean of the entity.
func (m maker) filter(e entity) *web.Example {
	arg := e.list.Arguments.ForName("where")
	if arg == nil {
		return nil
	}
	condition := m.condition(e, m.Types[arg.Type.Name()])
	if condition == nil {
		return nil
	}
	body := fmt.Sprintf("totalCount\nnodes {\n%s\n}", indent(m.selection(e.Definition, 0)))
	out := example("Filters combine freely, and follow edges.", "query", "Filter"+title(e.list.Name), e.list.Name,
		[]string{"$where: " + arg.Type.String()}, []string{"first: 10", "where: $where"}, body,
		[]pair{{"where", object{*condition}}})
	return &out
}

func (m maker) condition(e entity, where *ast.Definition) *pair {
	var second *pair
	for _, field := range e.Fields {
		if where.Fields.ForName(field.Name+"ContainsFold") != nil {
			return &pair{field.Name + "ContainsFold", "a"}
		}
		if in := where.Fields.ForName(field.Name); in != nil && second == nil {
			if of := m.Types[in.Type.Name()]; of.Kind == ast.Enum || of.Name == "Boolean" {
				second = &pair{field.Name, m.value(field.Name, in.Type)}
			}
		}
	}
	return second
}

// creatable is the entity whose create needs the fewest ids of other rows.
func (m maker) creatable(entities []entity) (entity, bool) {
	can := slices.DeleteFunc(slices.Clone(entities), func(e entity) bool { return e.create == nil })
	if len(can) == 0 {
		return entity{}, false
	}
	return slices.MinFunc(can, func(a, b entity) int { return cmp.Compare(a.ids, b.ids) }), true
}

// create writes a row, and says where the ids that it needs come from.
func (m maker) create(e entity) web.Example {
	comment := "Creates a row. Completion in the variables\nshows what else may be given."
	var lists []string
	for _, name := range m.references(m.input(e.create)) {
		edge := e.Fields.ForName(strings.TrimSuffix(strings.TrimSuffix(name, "ID"), "IDs"))
		if edge == nil {
			continue
		}
		for _, list := range m.Query.Fields {
			if of := m.listed(list); of != nil && of.Name == edge.Type.Name() {
				lists = append(lists, fmt.Sprintf("%s(first: 3) { nodes { id } }", list.Name))
			}
		}
	}
	if len(lists) > 0 {
		slices.Sort(lists)
		comment += "\nReplace " + placeholder + " in the variables by an id of\n  { " + strings.Join(slices.Compact(lists), " ") + " }"
	}
	return m.write(e.create, comment)
}

// references names the required fields of an input that take ids.
func (m maker) references(input *ast.Definition) []string {
	var out []string
	for _, field := range input.Fields {
		if required(field) && field.Type.Name() == "ID" {
			out = append(out, field.Name)
		}
	}
	return out
}

// write is a mutation with what its input requires.
func (m maker) write(field *ast.FieldDefinition, comment string) web.Example {
	arg := field.Arguments[0]
	return example(comment, "mutation", title(field.Name), field.Name,
		[]string{"$input: " + arg.Type.String()}, []string{"input: $input"},
		m.selection(m.Types[field.Type.Name()], 1), []pair{{"input", m.object(m.input(field))}})
}

// selection selects what has no fields of its own and, down to a depth, a little of the
// objects that the type leads to.
func (m maker) selection(of *ast.Definition, depth int) string {
	return m.selectFields(of, depth, maxFields)
}

func (m maker) selectFields(of *ast.Definition, depth, most int) string {
	var lines []string
	for _, field := range of.Fields {
		typ := m.Types[field.Type.Name()]
		switch {
		case len(lines) >= most, strings.HasPrefix(field.Name, "__"), field.Directives.ForName("deprecated") != nil, needsArguments(field):
		case most == maxNested && (field.Name == "createdAt" || field.Name == "updatedAt"): // of entity.Base
		case typ.IsLeafType():
			lines = append(lines, field.Name)
		case depth > 0 && typ.Kind == ast.Object && field.Type.Elem == nil && typ.Fields.ForName("pageInfo") == nil:
			lines = append(lines, field.Name+" {\n"+indent(m.selectFields(typ, depth-1, maxNested))+"\n}")
		}
	}
	if len(lines) == 0 {
		return "__typename"
	}
	return strings.Join(lines, "\n")
}

func needsArguments(field *ast.FieldDefinition) bool {
	return slices.ContainsFunc(field.Arguments, func(a *ast.ArgumentDefinition) bool {
		return a.Type.NonNull && a.DefaultValue == nil
	})
}

// example writes an operation with one root field.
func example(comment, kind, name, field string, params, args []string, body string, values object) web.Example {
	variables, err := json.MarshalIndent(values, "", "  ")
	if err != nil {
		panic(err) // it holds texts, numbers and lists of them
	}
	return web.Example{
		Query: fmt.Sprintf("# %s\n%s %s%s {\n%s\n}", strings.ReplaceAll(comment, "\n", "\n# "),
			kind, name, parens(params), indent(field+parens(args)+" {\n"+indent(body)+"\n}")),
		Variables: string(variables),
	}
}

// parens writes arguments, each on a line of its own unless all are short: half the width of
// the playground has some 50 characters.
func parens(args []string) string {
	if line := strings.Join(args, ", "); len(line) <= 40 {
		return "(" + line + ")"
	}
	return "(\n" + indent(strings.Join(args, "\n")) + "\n)"
}

func indent(text string) string { return "  " + strings.ReplaceAll(text, "\n", "\n  ") }

func title(name string) string { return strings.ToUpper(name[:1]) + name[1:] }
