package codegen

import (
	"fmt"
	"strings"

	"github.com/entgraph/entgraph/internal/entity"
)

// sdl writes the public schema of all entities.
type sdl struct {
	strings.Builder
	model   *model
	counted map[string]bool // entities to which an edge to many leads
}

func (m *model) sdl() string {
	s := &sdl{model: m, counted: map[string]bool{}}
	for _, e := range m.graph.Entities() {
		for i := range e.Edges {
			if e.Edges[i].ToMany() {
				s.counted[e.Edges[i].Type] = true
			}
		}
	}
	s.WriteString(prelude)
	s.scalars()
	s.WriteString(preludeRest)
	s.comparisons()
	s.paths()
	for _, e := range m.entities {
		if e.IsLink() {
			s.values(e, m.graph.Entity(e.Name))
			continue
		}
		s.entity(e, m.graph.Entity(e.Name))
	}
	s.roots()
	return s.String()
}

const prelude = `# Code generated from ent/schema by ./run.sh generate. DO NOT EDIT.

"""
A place in a list: opaque, and bound to the ordering under which it was given.
"""
scalar Cursor
`

const preludeRest = `"""
Anything that has an id. Source: the Relay Global Object Identification
specification.
"""
interface Node {
  id: ID!
}
"""
Where a page lies in its list. Source: the Relay Cursor Connections specification.
"""
type PageInfo {
  "Whether there are entries after this page."
  hasNextPage: Boolean!
  "Whether there are entries before this page."
  hasPreviousPage: Boolean!
  "The first entry's cursor, null when the page is empty."
  startCursor: Cursor
  "The last entry's cursor, null when the page is empty."
  endCursor: Cursor
}
enum OrderDirection {
  ASC
  DESC
}
"""
Where entries without a value go; by default last when ascending and first when
descending, as in Postgres.
"""
enum NullsOrder {
  FIRST
  LAST
}
"""
What a time is cut to before grouping. A week begins on Monday.
"""
enum TimeUnit {
  HOUR
  DAY
  WEEK
  MONTH
  QUARTER
  YEAR
}
`

// scalars writes those of every schema, and those that fields of this one have.
func (s *sdl) scalars() {
	always, others := entity.Scalars()
	for _, t := range always {
		s.scalar(t.Kind())
	}
	for _, t := range others {
		if s.model.has(t.Scalar()) {
			s.scalar(t.Kind())
		}
	}
	for _, o := range s.model.customScalars() {
		s.scalar(&entity.Kind{Scalar: o.Name, Doc: o.Comment, SpecifiedBy: o.SpecifiedBy})
	}
}

func (s *sdl) scalar(k *entity.Kind) {
	s.doc("", k.Doc)
	if k.SpecifiedBy == "" {
		s.line("scalar %s", k.Scalar)
		return
	}
	s.line("scalar %s @specifiedBy(url: %q)", k.Scalar, k.SpecifiedBy)
}

// has reports whether something of the schema has a scalar: a field, its sum or its average.
func (m *model) has(scalar string) bool {
	for _, e := range m.graph.All() {
		for i := range e.Fields {
			k := e.Fields[i].Type.Kind()
			if e.Fields[i].Type.Item().Scalar() == scalar || k.Bound.Scalar() == scalar || k.Sum.Scalar() == scalar || k.Avg.Scalar() == scalar {
				return true
			}
		}
	}
	return false
}

// line writes one line of SDL.
func (s *sdl) line(format string, args ...any) {
	fmt.Fprintf(&s.Builder, format+"\n", args...)
}

// doc writes a description. One line is enough for a short text, unless its end would
// swallow the closing quotes.
func (s *sdl) doc(indent, text string) {
	if text = strings.TrimSpace(text); text == "" {
		return
	}
	text = strings.ReplaceAll(text, `"""`, `\"""`)
	if indent == "" || strings.ContainsAny(text, "\r\n") || strings.HasSuffix(text, `"`) || strings.HasSuffix(text, `\`) {
		lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
		s.line("%[1]s\"\"\"\n%[1]s%[2]s\n%[1]s\"\"\"", indent, strings.Join(lines, "\n"+indent))
		return
	}
	s.line("%s\"\"\"%s\"\"\"", indent, text)
}

func (s *sdl) entity(m *entityModel, e *entity.Entity) {
	s.object(m, e)
	s.connection(e.Name+"Connection", e.Name+"Edge", e, nil)
	for i := range e.Edges {
		if edge := &e.Edges[i]; edge.ThroughType != nil {
			s.connection(connectionType(e, edge), edgeType(e, edge), edge.Target, edge.ThroughType)
		}
	}
	s.unions(e)
	s.enums(m, e)
	s.aggregates(e)
	s.where(e)
	s.inputs(m, e)
}

func (s *sdl) object(m *entityModel, e *entity.Entity) {
	s.doc("", m.comment)
	s.line("type %s implements Node {", e.Name)
	for i := range e.Fields {
		f := &e.Fields[i]
		s.doc("  ", m.fields[i].comment)
		s.line("  %s: %s%s", f.Name, typeName(f), bang(!f.MayBeNull()))
	}
	for _, c := range e.Computed {
		s.doc("  ", c.Comment)
		s.line("  %s: %s", c.Name, c.Type)
	}
	for i := range e.Edges {
		edge := &e.Edges[i]
		s.doc("  ", m.edges[i].comment)
		if edge.ToMany() {
			s.line("  %s(%s): %s!", edge.Name, listArgs(edge.Target), connectionType(e, edge))
		} else {
			s.line("  %s: %s%s", edge.Name, edge.Type, bang(!edge.MayBeNull()))
		}
	}
	for i := range e.OneOf {
		o := &e.OneOf[i]
		s.doc("  ", "That of "+strings.Join(o.Edges, ", ")+" which there is.")
		s.line("  %s: %s%s", o.Name, o.Type, bang(!o.MayBeNull()))
	}
	s.line("}")
}

// connectionType is the type of a to-many edge's field. An edge with data on its
// links has a connection of its own, whose edges show that data.
func connectionType(e *entity.Entity, edge *entity.Edge) string {
	if edge.ThroughType != nil {
		return e.Name + pascal(edge.Name) + "Connection"
	}
	return edge.Type + "Connection"
}

func edgeType(e *entity.Entity, edge *entity.Edge) string {
	return strings.TrimSuffix(connectionType(e, edge), "Connection") + "Edge"
}

// listArgs are the arguments of a list of e.
func listArgs(e *entity.Entity) string {
	return fmt.Sprintf("first: Int, after: Cursor, last: Int, before: Cursor, offset: Int, orderBy: [%[1]sOrder!], where: %[1]sWhereInput", e.Name)
}

func (s *sdl) connection(name, edge string, e, link *entity.Entity) {
	s.doc("", "A page of "+e.Plural+".")
	s.line("type %s {", name)
	s.line("  edges: [%s!]!", edge)
	s.line("  \"The entries without their cursors.\"\n  nodes: [%s!]!", e.Name)
	s.line("  pageInfo: PageInfo!")
	s.line("  \"How many entries the whole list has; counted only when it is selected.\"\n  totalCount: Int!")
	s.line("  \"Totals over the whole list.\"\n  aggregate: %sAggregate!", e.Name)
	if len(e.GroupKeys()) > 0 {
		s.line("  \"The whole list by groups, by default in the order of their keys.\"")
		s.line("  groupBy(keys: [%sGroupKeyInput!]!, having: %[1]sHavingInput, orderBy: [%[1]sGroupOrder!], first: Int, offset: Int): [%[1]sGroup!]!", e.Name)
	}
	s.line("}")
	s.doc("", "An entry of a page of "+e.Plural+".")
	s.line("type %s {", edge)
	s.line("  cursor: Cursor!\n  node: %s!", e.Name)
	if link != nil {
		for _, f := range link.LinkFields() {
			s.line("  %s: %s%s", f.Name, typeName(f), bang(!f.MayBeNull()))
		}
	}
	s.line("}")
}

// values are the enums of an entity's fields.
func (s *sdl) values(m *entityModel, e *entity.Entity) {
	for i := range e.Fields {
		f := &e.Fields[i]
		if f.Item != nil {
			f = f.Item
		}
		if f.Type != entity.Enum {
			continue
		}
		s.doc("", m.fields[i].comment)
		s.line("enum %s {\n  %s\n}", f.Enum, strings.Join(enumNames(m.fields[i].enum), "\n  "))
		if !e.IsLink() && f == &e.Fields[i] {
			s.comparison(f)
		}
	}
}

func (s *sdl) enums(m *entityModel, e *entity.Entity) {
	s.values(m, e)
	s.doc("", "What "+e.Plural+" are ordered by.")
	s.line("enum %sOrderField {", e.Name)
	for _, o := range e.Orders() {
		if o.Relevance {
			s.doc("  ", "How well they match the key search of where, which must be given: the best match first, with DESC the worst.")
		}
		s.line("  %s", o.Name)
	}
	s.line("}")
	s.doc("", "One key of an ordering of "+e.Plural+".")
	s.line("input %s {\n  field: %s!\n  direction: OrderDirection! = ASC\n  nulls: NullsOrder\n}", e.Name+"Order", e.Name+"OrderField")
}

func (s *sdl) where(e *entity.Entity) {
	name := e.Name + "WhereInput"
	s.doc("", "Which "+e.Plural+" are wanted: those that match every given key. An empty input\nmatches all, an empty list none.")
	s.line("input %s {\n  not: %[1]s\n  and: [%[1]s!]\n  or: [%[1]s!]", name)
	for _, f := range e.Filters() {
		switch {
		case f.Search:
			s.doc("  ", searchDoc(e))
			s.line("  %s: String", f.Name)
		case f.With:
			s.line("  %s: [%sWhereInput!]", f.Name, f.Edge.Type)
		case f.Quantifier != "":
			s.line("  %q\n  %s: %sWhereInput", quantifierDoc[f.Quantifier], f.Name, f.Edge.Type)
		case f.Count:
			s.line("  \"How many there are.\"\n  %s: %sCountInput", f.Name, f.Edge.Type)
		case f.Op == entity.Matches:
			s.line("  \"A regular expression of RE2 that has a match in it: (?i) ignores case, ^ and $ are its ends.\"\n  %s: String", f.Name)
		case f.Op == entity.AtPath:
			s.line("  \"All of this holds of the values at these paths.\"\n  %s: [%s!]", f.Name, entity.PathInput)
		case f.Op == entity.Contains && f.Field.Type == entity.JSON:
			s.line("  \"It contains this: these keys with such values, such elements of lists.\"\n  %s: JSON", f.Name)
		case rangeDoc[f.Op] != "" && f.Field.Type.Kind().Bound != 0:
			s.line("  %q\n  %s: %s", rangeDoc[f.Op], f.Name, rangeOperand(f))
		case f.Op == entity.Has:
			s.line("  \"It has this element.\"\n  %s: %s", f.Name, typeName(f.Field.Item))
		case f.Op.OfItems():
			s.line("  %q\n  %s: [%s!]", arrayDoc[f.Op], f.Name, typeName(f.Field.Item))
		case f.Edge != nil || f.Op.Null() || f.Op == entity.IsEmpty:
			s.line("  %s: Boolean", f.Name)
		case f.Op.List():
			s.line("  %s: [%s!]", f.Name, typeName(f.Field))
		default:
			s.line("  %s: %s", f.Name, typeName(f.Field))
		}
	}
	s.line("}")
	if s.counted[e.Name] {
		s.doc("", "How many "+e.Plural+" there are, of those that match where.")
		s.line("input %sCountInput {\n  where: %[1]sWhereInput", e.Name)
		s.operators(&entity.Field{Type: entity.Int})
		s.line("}")
	}
}

func searchDoc(e *entity.Entity) string {
	var names []string
	for _, f := range e.Search.Fields {
		names = append(names, e.FieldByColumn(f.Column).Name)
	}
	last := len(names) - 1
	if last > 0 {
		names = []string{strings.Join(names[:last], ", ") + " and " + names[last]}
	}
	return "All of these words are in " + names[0] + ": with or between them one is enough, those of a \"phrase\" follow each other, a word after - does not occur. Without a word to look for nothing matches."
}

var arrayDoc = map[entity.Op]string{
	entity.HasAny: "It has one of these elements, or more.",
	entity.HasAll: "It has all of these elements.",
}

var quantifierDoc = map[entity.Quantifier]string{
	entity.Some:  "At least one matches.",
	entity.None:  "None matches.",
	entity.Every: "All match, also when there are none.",
}

// inputs writes the inputs and payloads of the mutations.
func (s *sdl) inputs(m *entityModel, e *entity.Entity) {
	if e.TakesInput(true) {
		s.doc("", "A new "+e.Field+".")
		s.input("Create"+e.Name+"Input", m, e, true)
	}
	if e.Has(entity.Create) {
		s.line("type Create%sPayload {\n  %s: %[1]s\n}", e.Name, e.Field)
	}
	if e.Has(entity.Update) {
		s.doc("", "Changes to a "+e.Field+": an absent key keeps what is stored, null clears it.")
		s.input("Update"+e.Name+"Input", m, e, false)
		s.line("type Update%sPayload {\n  %s: %[1]s\n}", e.Name, e.Field)
	}
	s.links(m, e)
	if e.Has(entity.Delete) {
		s.line("type Delete%sPayload {\n  deletedID: ID!\n}", e.Name)
	}
}

func (s *sdl) input(name string, m *entityModel, e *entity.Entity, create bool) {
	s.line("input %s {", name)
	for i := range e.Fields {
		f := &e.Fields[i]
		if f.Flags.Has(entity.ReadOnly) || !create && f.Flags.Has(entity.Immutable) {
			continue
		}
		typ := typeName(f)
		if f.Type == entity.ID {
			typ = f.Key.GivenType().Scalar()
		}
		s.doc("  ", m.fields[i].comment)
		s.line("  %s: %s%s", f.Name, typ, bang(create && !f.Flags.Has(entity.Optional)))
	}
	for i := range e.Edges {
		edge := &e.Edges[i]
		if len(edge.LinkOps(create)) > 0 {
			s.doc("  ", m.edges[i].comment)
			s.line("  %s: %s", edge.Name, linksInput(e, edge, create))
		}
		s.edgeInput(edge, m.edges[i].comment, create)
	}
	s.oneOfInputs(e, create)
	s.line("}")
}

func (s *sdl) edgeInput(edge *entity.Edge, comment string, create bool) {
	if !edge.InInputs() || edge.OneOf != nil || !create && edge.Immutable {
		return
	}
	s.doc("  ", comment)
	if !edge.ToMany() {
		s.line("  %s: ID%s", edge.Input, bang(create && (edge.Required || edge.Needed) && !edge.ByViewer))
		return
	}
	s.line("  %s: [ID!]%s", edge.Input, bang(create && edge.Needed))
	if !create {
		s.line("  %s: [ID!]\n  %s: [ID!]", edge.AddInput, edge.RemoveInput)
	}
}

func (s *sdl) roots() {
	s.line("type Query {")
	s.line("  \"Anything by its id; null when it is not found.\"\n  node(id: ID!): Node")
	s.line("  \"Many things by their ids, in that order; null for each that is not found.\"\n  nodes(ids: [ID!]!): [Node]!")
	for _, e := range s.model.graph.Entities() {
		s.line("  %s(id: ID!): %s", e.Field, e.Name)
		for _, f := range e.Lookups() {
			s.line("  %s(%s: %s!): %s", e.LookupName(f), f.Name, typeName(f), e.Name)
		}
		s.line("  %s(%s): %sConnection!", e.Plural, listArgs(e), e.Name)
	}
	s.line("}")
	s.mutations()
}

func (s *sdl) mutations() {
	s.doc("", "One operation is one transaction: all of its fields take effect, or none.")
	s.line("type Mutation {")
	for _, e := range s.model.graph.Entities() {
		if e.TakesInput(true) {
			s.line("  create%s(input: Create%[1]sInput!): Create%[1]sPayload", e.Name)
		} else if e.Has(entity.Create) {
			s.line("  create%s: Create%[1]sPayload", e.Name)
		}
		if e.Has(entity.Update) {
			s.line("  update%s(id: ID!, input: Update%[1]sInput!): Update%[1]sPayload", e.Name)
		}
		if e.Has(entity.Delete) {
			s.line("  delete%s(id: ID!): Delete%[1]sPayload", e.Name)
		}
	}
	s.line("}")
}

func typeName(f *entity.Field) string {
	switch f.Type {
	case entity.Enum:
		return f.Enum
	case entity.Custom:
		return f.Scalar
	case entity.ListOf(entity.Enum):
		return "[" + f.Item.Enum + "!]"
	}
	return f.Type.Scalar()
}

func bang(required bool) string {
	if required {
		return "!"
	}
	return ""
}
