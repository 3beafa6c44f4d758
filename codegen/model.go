package codegen

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"

	"entgo.io/ent/entc/gen"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"

	declare "github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/rule"
)

// model is what both outputs are written from: the entity table with the comments
// and Go names that the table itself does not keep.
type model struct {
	graph    *entity.Graph
	entities []*entityModel
	parts    parts
	outside  outsiders
	// unsecured are the names of the tables without row-level security.
	unsecured []string
	schemas   map[string]string // of Postgres, by table; without those in public
}

type entityModel struct {
	entity.Entity
	node    *gen.Type
	comment string
	fields  []fieldModel // one for each of Entity.Fields
	edges   []edgeModel  // one for each of Entity.Edges
	noAudit bool         // its changes are not logged
}

type fieldModel struct {
	*gen.Field
	comment string
	enum    *gen.Field             // that Ent's values of an Enum are of, or those of the elements of an array
	scalar  *declare.ScalarOptions // set for a Custom
	item    string                 // of an array: the type of its elements as SQL
}

type edgeModel struct {
	*gen.Edge
	comment string
}

// newModel reads Ent's graph. Everything that the API could not serve rightly is
// refused here, all at once, with what to do about it.
func newModel(g *gen.Graph, policies map[string]rule.Description) (*model, error) {
	m := &model{}
	var err error
	m.parts, err = findParts(g)
	errs := []error{err}
	if m.unsecured, err = unsecuredOf(g); err != nil {
		return nil, err
	}
	if m.outside, err = outsidersOf(g); err != nil {
		return nil, err
	}
	if m.schemas, err = schemasOf(g); err != nil {
		return nil, cmp.Or(checkApart(g), err) // Ent refuses some of that, without a way out
	}
	for _, node := range g.Nodes {
		a, err := annotation(node.Annotations)
		if err != nil {
			return nil, fmt.Errorf("read annotation of %s: %w", node.Name, err)
		}
		if a.Skip {
			continue
		}
		e, err := newEntity(node, a)
		errs = append(errs, err, e.setPolicy(policies[node.Name]))
		m.entities = append(m.entities, e)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return m, errors.Join(checkApart(g), m.resolve())
}

// resolve drops edges to entities that are not served and checks the names.
func (m *model) resolve() error {
	served, linking := map[string]bool{}, map[string]bool{}
	for _, e := range m.entities {
		served[e.Name], linking[e.Name] = !e.IsLink(), e.IsLink()
	}
	closed := m.closeOneOf()
	var list []entity.Entity
	for _, e := range m.entities {
		var edges []edgeModel
		var kept []entity.Edge
		for i, edge := range e.Edges {
			if !served[edge.Through] && !linking[edge.Through] {
				edge.Through = ""
			}
			if served[edge.Type] {
				edges, kept = append(edges, e.edges[i]), append(kept, edge)
			}
		}
		e.edges, e.Edges = edges, kept
		list = append(list, e.Entity)
	}
	var err error
	if m.graph, err = entity.New(list, nil, entity.Store{}); err != nil {
		return err
	}
	return errors.Join(closed, m.checkTypes(), m.checkLinks(), m.checkViewers(), m.checkUnseen(), m.resolveComputed(), m.checkPolicies(), m.checkRole(), m.checkSignUp(), m.checkUsersID())
}

func newEntity(node *gen.Type, a declare.Annotation) (*entityModel, error) {
	e := &entityModel{node: node, comment: strings.TrimSpace(commentOf(node))}
	e.Name, e.Table, e.Schema, e.Place = node.Name, node.Table(), schemaOf(node.EntSQL()), placeOf(node, a)
	e.Field = lowerFirst(node.Name)
	e.Plural = cmp.Or(a.Plural, listName(node.Name))
	e.Prefix = strings.ToLower(node.Name)
	if a.Prefix != "" {
		e.Prefix = a.Prefix
	}
	e.Computed, e.Without, e.noAudit = a.Computed, kinds(a.Without), a.NoAudit
	if e.Place == entity.View || node.IsView() {
		e.Without = []entity.RootKind{entity.Create, entity.Update, entity.Delete}
	}
	errs := []error{checkType(node, e), checkPlace(node, a), checkPlural(e)}
	id, err := e.addID(node, a)
	if errs = append(errs, err); len(e.Fields) == 0 && !node.HasCompositeID() {
		return e, errors.Join(errs...)
	}
	for _, f := range node.Fields {
		if f == id {
			continue // of a view
		}
		err := e.addField(f)
		errs = append(errs, err)
	}
	for _, edge := range node.Edges {
		err := e.addEdge(node, edge)
		errs = append(errs, err)
	}
	errs = append(errs, e.addOneOf(node, a.OneOf), e.addSearch(node, a.Search))
	return e, errors.Join(errs...)
}

// addID adds the field of the id, which it gives; what has a key of two fields has none.
func (e *entityModel) addID(node *gen.Type, a declare.Annotation) (*gen.Field, error) {
	if node.HasCompositeID() {
		if a.Prefix != "" || len(a.Computed)+len(a.OneOf) > 0 || a.Search != nil {
			return nil, fmt.Errorf("%s: what has a key of two fields is in the API as the link of an edge alone: remove Prefix, Computed, OneOf and Searchable, or give the schema an id, such as that of the mixin Link", node.Name)
		}
		return nil, nil
	}
	id := keyField(node, a)
	field, err := idField(node, id)
	if err != nil || id == nil {
		return nil, err
	}
	e.Fields = append(e.Fields, field)
	e.fields = append(e.fields, fieldModel{Field: id, comment: id.Comment()})
	return id, nil
}

func (e *entityModel) addField(f *gen.Field) error {
	a, err := annotation(f.Annotations)
	if err != nil {
		return fmt.Errorf("read annotation of %s.%s: %w", e.Name, f.Name, err)
	}
	if a.Skip || f.Sensitive() {
		return nil
	}
	var column entity.Column
	if a.Scalar != nil {
		column, err = customColumn(f, a.Scalar)
	} else if column, err = checkColumn(e.Name, f); err != nil || f.IsEdgeField() {
		return err
	} else {
		err = checkGoType(f, column.Type)
	}
	if err != nil {
		return fmt.Errorf("%s.%s: %w", e.Name, f.Name, err)
	}
	if (a.Scalar != nil || takesText(column.Type)) && f.Optional && !filled(f) && !f.Nillable && f.HasGoType() && f.Type.ValueScanner() && f.Type.RType.Kind != reflect.Pointer {
		return fmt.Errorf("%s.%s: Ent gives Scan of %s a NULL when the field is Optional and not Nillable: add Nillable()", e.Name, f.Name, f.Type)
	}
	out := entity.Field{Name: apiName(f.Name), Column: f.StorageKey(), Type: column.Type, Flags: flags(f, a), Native: column.Native}
	if a.Scalar != nil {
		out.Scalar = a.Scalar.Name
	}
	enum := f
	if len(a.Values) > 0 {
		if column, enum, err = itemsOf(f, column, a.Values); err != nil {
			return fmt.Errorf("%s.%s: %w", e.Name, f.Name, err)
		}
		out.Type = column.Type
	}
	if column.Verbatim {
		out.Flags |= entity.Verbatim
	}
	if column.Type != entity.String && column.Type != entity.Citext {
		out.Flags &^= entity.Long // which Ent's Size says of a field.Text in any column
	}
	if column.Type == entity.Enum {
		out.Enum = e.Name + pascal(f.Name)
		if err := checkEnum(e.node, f); err != nil {
			return err
		}
	} else if column.Type.IsList() {
		item := entity.Item(column.Type.Item(), column.Item)
		if out.Item = &item; item.Type == entity.Enum {
			item.Enum = e.Name + pascal(f.Name)
			if err := checkValues(e.node, enum); err != nil {
				return err
			}
		}
	} else { // an enum has no longer value
		out.Length, out.Scale = column.Length, column.Scale
	}
	e.Fields = append(e.Fields, out)
	e.fields = append(e.fields, fieldModel{Field: f, comment: f.Comment(), enum: enum, scalar: a.Scalar, item: column.Item})
	owner := e.Name + "." + f.Name
	return errors.Join(checkName(owner, f.Name), checkMember(e.node, f))
}

// plainType reports whether the Go type of a field is one that the table can parse into.
func plainType(f *gen.Field, typ entity.Type) bool {
	switch {
	case !f.HasGoType() || f.IsJSON():
		return true
	case f.IsEnum():
		return f.Type.RType.Kind == reflect.String
	case f.IsUUID():
		return f.Type.RType.TypeEqual(reflect.TypeFor[uuid.UUID]())
	case f.HasValueScanner():
		return false // turns the type into text by functions of its own
	case takesText(typ):
		return f.Type.ValueScanner() || f.Type.RType.Kind == reflect.String
	case f.Type.ValueScanner():
		return false
	case f.Type.Type == field.TypeString:
		return f.Type.RType.Kind == reflect.String
	}
	return f.Type.Type.Numeric() // of a kind that Ent holds to its own
}

// takesText reports whether a field is a [table.TextField].
func takesText(typ entity.Type) bool {
	return typ.Kind().Cast != "" && typ != entity.Char && typ != entity.Citext && !typ.IsList()
}

// checkGoType refuses a field whose values the API cannot make.
func checkGoType(f *gen.Field, typ entity.Type) error {
	switch {
	case typ == 0:
		return fmt.Errorf("type %s is not supported: give it the annotation entity.Skip()", f.Type)
	case typ.IsList():
		return checkArray(f, typ)
	case !plainType(f, typ):
		return fmt.Errorf("the Go type %s is not supported: use Ent's own type (a struct of yours fits field.JSON, a kind of string field.Enum, one with the methods Scan and Value a numeric, date, time, interval, address or range) or give the field the annotation entity.Skip()", f.Type)
	case f.IsJSON() && f.Type.ValueScanner():
		return fmt.Errorf("Ent cannot generate field.JSON of %s, which has the methods Scan and Value: remove them, the document is read and written by encoding/json", f.Type)
	}
	return nil
}

func flags(f *gen.Field, a declare.Annotation) entity.Flags {
	var out entity.Flags
	set := func(on bool, flag entity.Flags) {
		if on {
			out |= flag
		}
	}
	set(f.Optional && !filled(f), entity.Nullable)
	set(f.Unique, entity.Unique)
	set(f.Immutable, entity.Immutable)
	set(f.Optional || f.Default || databaseDefault(f), entity.Optional)
	set(a.Managed || a.Generated != "", entity.ReadOnly)
	set(f.IsString() && f.Column().Size >= math.MaxInt32, entity.Long)
	set(a.Trim, entity.Trimmed)
	set(a.Lower, entity.Lowered)
	set(a.Scalar != nil && a.Scalar.Equal, entity.Equatable)
	return out
}

func (e *entityModel) addEdge(node *gen.Type, g *gen.Edge) error {
	a, err := annotation(g.Annotations)
	if err != nil {
		return fmt.Errorf("read annotation of %s.%s: %w", e.Name, g.Name, err)
	}
	if a.Skip {
		return nil
	}
	out := entity.Edge{Name: apiName(g.Name), Type: g.Type.Name, Unique: g.Unique, Immutable: g.Immutable}
	switch {
	case g.M2M():
		out.Link, out.LinkFrom, out.LinkTo = g.Rel.Table, g.Rel.Columns[0], g.Rel.Columns[1]
		if g.IsInverse() {
			out.LinkFrom, out.LinkTo = out.LinkTo, out.LinkFrom
		}
		if out.LinkSchema = linkSchema(g); g.Through != nil {
			out.Through, out.LinkSchema = g.Through.Name, schemaOf(g.Through.EntSQL())
		}
		if g.Through == nil || bareLink(g.Through) && !isView(g.Through) {
			e.writable(&out, g)
		}
	case g.OwnFK():
		out.Column, out.Required = g.Rel.Column(), !g.Optional
		out.Input = out.Name + "ID"
	default:
		out.Column, out.OnTarget = g.Rel.Column(), true
		switch free := !isView(g.Type) && (g.Ref == nil || g.Ref.Optional && !g.Ref.Immutable); {
		case free && g.Unique:
			out.Input = out.Name + "ID"
			if back, err := annotation(g.Ref.Annotations); err == nil && back.Skip && !g.Optional {
				out.Input = "" // what it leads to is released by that edge
			}
		case free:
			e.writable(&out, g)
		}
	}
	if a.Managed {
		out.Input, out.AddInput, out.RemoveInput = "", "", ""
	}
	out.ByViewer = a.Viewer != nil
	if a.Viewer != nil {
		out.Setters = a.Viewer.Roles
	}
	out.Needed = !g.Optional && !g.OwnFK() && !a.Managed
	e.Edges = append(e.Edges, out)
	e.edges = append(e.edges, edgeModel{Edge: g, comment: g.Comment()})
	owner := e.Name + "." + g.Name
	if !g.Optional && g.Bidi && g.Unique {
		return fmt.Errorf("%s: each of two would have to be there before the other: remove Required", owner)
	}
	if a.Managed && g.Through != nil && g.Through.HasCompositeID() {
		return fmt.Errorf("%s: entity.Managed is not for an edge whose links have data: leave mutations out of %s by entity.Without", owner, g.Through.Name)
	}
	if a.Viewer != nil && (!g.OwnFK() || !g.Unique || g.Bidi || a.Managed) {
		return fmt.Errorf("%s: entity.Viewer is for a to-one edge to the user whose foreign key is in the table of %s, without entity.Managed", owner, e.Name)
	}
	if !g.Optional && out.Input == "" && e.Has(entity.Create) && !a.Managed {
		return fmt.Errorf("%s: the edge is required, but no input of %s can set it: remove Required, or let the edge at its other end be optional, not Immutable and shown", owner, e.Name)
	}
	return checkName(owner, g.Name)
}

// bareLink reports whether the entity behind a many-to-many edge can be written with
// nothing but its two ends. Another one is created by its own mutation.
func bareLink(node *gen.Type) bool {
	for _, f := range node.Fields {
		if !f.IsEdgeField() && !f.Optional && !f.Default && !databaseDefault(f) {
			return false
		}
	}
	return true
}

func databaseDefault(f *gen.Field) bool {
	a := f.EntSQL()
	return a != nil && (a.Default != "" || a.DefaultExpr != "" || len(a.DefaultExprs) > 0)
}

// writable names the inputs of a to-many edge as Ent names its methods.
func (e *entityModel) writable(out *entity.Edge, g *gen.Edge) {
	one := strings.TrimPrefix(strings.TrimSuffix(g.MutationAdd(), "IDs"), "Add")
	out.Input, out.AddInput, out.RemoveInput = lowerFirst(one)+"IDs", "add"+one+"IDs", "remove"+one+"IDs"
}

// annotation reads ours from what Ent loaded, which is decoded JSON.
func annotation(all gen.Annotations) (declare.Annotation, error) {
	var a declare.Annotation
	raw, ok := all[declare.AnnotationName]
	if !ok {
		return a, nil
	}
	text, err := json.Marshal(raw)
	if err != nil {
		return a, err
	}
	return a, json.Unmarshal(text, &a)
}
