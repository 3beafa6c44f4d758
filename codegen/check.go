package codegen

import (
	"errors"
	"fmt"
	"go/build"
	"io"
	"regexp"
	"slices"
	"strings"

	"entgo.io/ent/dialect"
	"entgo.io/ent/entc/gen"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/kit"
)

var prefixPattern = regexp.MustCompile(`^[a-z]([a-z_]{0,61}[a-z])?$`)

// reserved names files, folders and identifiers of the generated package that Ent does
// not refuse by itself.
var reserved = []string{
	"entity", "engine", // ours
	"json", "log", "reflect", "sql", "sqlgraph", "sqljson", "sync", // imported by Ent's client, which does not look for such entities
	"assign", "builder", "c", "columns", "ctx", "e", "edges", "err", "f", "fields", "fks", "grbuild", "hooks", "i", "id", "ids", "inters", "m", "n", "name",
	"nids", "nodeids", "nodes", "ok", "options", "s", "sbuild", "selector", "t", "t1", "u", "v", "values", // variables and types there
	"init", "main", // no names of packages that are imported
	"mutate", "debug", "close", "use", "intercept", "begintx", "commit", "rollback", "oncommit", "onrollback", // methods of Ent's Client and Tx
	"ent", "tx", "runtime", "migrate", "predicate", "enttest", "hook", "schema", "internal", "privacy", "intercept",
}

// checkType refuses what the text ids, the planner or many-to-many writes cannot
// work with.
func checkType(node *gen.Type, e *entityModel) error {
	errs := []error{checkName(node.Name, node.Name)}
	if slices.Contains(reserved, strings.ToLower(node.Name)) {
		errs = append(errs, fmt.Errorf("%s: generated code has this name already: rename the entity; entsql.Table(%q) keeps its table", node.Name, node.Table()))
	}
	if path := node.PackageDir() + ".go"; !compiled(path) {
		errs = append(errs, fmt.Errorf("%s: Go would not compile %s everywhere: rename the entity; entsql.Table(%q) keeps its table", node.Name, path, node.Table()))
	}
	if !prefixPattern.MatchString(e.Prefix) {
		errs = append(errs, fmt.Errorf("%s: id prefix %q must be letters a-z: give the schema entity.Prefix(...)", node.Name, e.Prefix))
	}
	if node.NumInterceptors() > 0 {
		errs = append(errs, fmt.Errorf("%s: interceptors are not supported, the planner reads without Ent's queries: remove them", node.Name))
	}
	if node.IsEdgeSchema() && node.HasOneFieldID() && node.ID.Default {
		errs = append(errs, fmt.Errorf("%s: an edge schema takes its id from the database: use the mixin Link instead of Base", node.Name))
	}
	return errors.Join(errs...)
}

// compiled reports whether Go takes a file on every machine, unlike one of a test, or of an operating system or a
// processor: "x_test.go", "x_linux.go".
func compiled(file string) bool {
	if strings.HasSuffix(file, "_test.go") {
		return false
	}
	nowhere := build.Default
	nowhere.GOOS, nowhere.GOARCH = "none", "none"
	nowhere.OpenFile = func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("package p")), nil }
	match, err := nowhere.MatchFile("", file)
	return err == nil && match
}

// checkApart refuses two entities of one package or of one table.
func checkApart(g *gen.Graph) error {
	var errs []error
	packages, tables := map[string]string{}, map[string]*gen.Type{}
	for _, node := range g.Nodes {
		if other, taken := packages[node.PackageDir()]; taken {
			errs = append(errs, fmt.Errorf("entities %s and %s would have the same package %q: rename one of them; entsql.Table(%q) keeps its table", other, node.Name, node.PackageDir(), node.Table()))
		}
		packages[node.PackageDir()] = node.Name
		for _, ending := range []string{"create", "update", "delete", "query"} {
			if other, taken := strings.CutSuffix(node.PackageDir(), "_"+ending); taken && hasPackage(g, other) {
				errs = append(errs, fmt.Errorf("%s: an entity has the file %s.go already: rename the entity; entsql.Table(%q) keeps its table", node.Name, node.PackageDir(), node.Table()))
			}
		}
		other, taken := tables[node.Table()]
		switch {
		case !taken:
			tables[node.Table()] = node
		case schemaOf(other.EntSQL()) != schemaOf(node.EntSQL()):
			errs = append(errs, fmt.Errorf("entities %s and %s have tables of the name %q in two schemas of Postgres, which Ent takes for one: give one of the tables another name by entsql.Table(...), or read one that must keep its name by a view of another name", other.Name, node.Name, node.Table()))
		default:
			errs = append(errs, fmt.Errorf("entities %s and %s have the same table %q: rename one of them or give it entsql.Table(...)", other.Name, node.Name, node.Table()))
		}
	}
	return errors.Join(errs...)
}

func hasPackage(g *gen.Graph, dir string) bool {
	return slices.ContainsFunc(g.Nodes, func(n *gen.Type) bool { return n.PackageDir() == dir })
}

var graphqlName = regexp.MustCompile(`^[A-Za-z][_0-9A-Za-z]*$`)

// checkName refuses an entity, field or edge whose name GraphQL cannot spell.
func checkName(owner, name string) error {
	if !graphqlName.MatchString(name) {
		return fmt.Errorf("%s: %q is not a GraphQL name: rename it with letters, digits and _ only, a letter first", owner, name)
	}
	return nil
}

// checkPlural refuses a name for the list of an entity that is none, or that of one of them.
func checkPlural(e *entityModel) error {
	switch first := e.Plural[0]; {
	case !graphqlName.MatchString(e.Plural) || first < 'a':
		return fmt.Errorf("%s: entity.Plural(%q) names a list of the API: a lower-case letter, then letters, digits and _", e.Name, e.Plural)
	case e.Plural == e.Field:
		return fmt.Errorf("%s: the API calls one of them %q, and the list as well: name the list by entity.Plural, such as entity.Plural(%q)", e.Name, e.Field, e.Field+"List")
	}
	return nil
}

// checkMember refuses a field whose name in Go is that of a method, or of the edges, of the type that Ent
// generates for its entity.
func checkMember(node *gen.Type, f *gen.Field) error {
	taken := []string{"String", "Update", "Unwrap"}
	if len(node.Edges) > 0 {
		taken = append(taken, "Edges")
	}
	for _, e := range node.Edges {
		taken = append(taken, "Query"+e.StructField())
	}
	if name := f.StructField(); slices.Contains(taken, name) {
		return fmt.Errorf("%s.%s: Ent's %s has %s already: rename the field; StorageKey(%q) keeps its column", node.Name, f.Name, node.Name, name, f.StorageKey())
	}
	return nil
}

// checkColumn refuses a field whose column does not hold its values.
func checkColumn(owner string, f *gen.Field) (entity.Column, error) {
	c, err := entity.ColumnOf(f.Type.Type, f.Column().SchemaType[dialect.Postgres])
	if err != nil {
		return c, fmt.Errorf("%s.%s: %w, or give it the annotation entity.Skip()", owner, f.Name, err)
	}
	if a, err := annotation(f.Annotations); err == nil && c.Native != "" && c.Type.IsList() && len(a.Values) == 0 {
		return c, fmt.Errorf("%s.%s: the column type %q is an array of what is not Postgres' own: say which values this enum has by entity.Values, or leave the field out by entity.Skip()", owner, f.Name, f.Column().SchemaType[dialect.Postgres])
	}
	for _, v := range f.EnumValues() {
		if c.Length > 0 && len(v) > c.Length {
			return c, fmt.Errorf("%s.%s: the enum value %q is longer than its column: remove SchemaType", owner, f.Name, v)
		}
	}
	return c, nil
}

// theAPI owns the names of types and root fields that every API has.
const theAPI = "the API itself"

// renameOne says what to rename where two things have one name, of which the other belongs to somebody.
func renameOne(other string) string {
	if other == theAPI {
		return "rename it; entsql.Table(...) and StorageKey(...) keep the names in the database"
	}
	return "rename one of them"
}

// checkTypes refuses two things that would make one GraphQL type, such as an enum
// field "order" of Post and the ordering of posts.
func (m *model) checkTypes() error {
	errs := []error{m.checkScalars()}
	owners := map[string]string{}
	claim := func(owner string, names ...string) {
		for _, name := range names {
			if other, taken := owners[name]; taken {
				errs = append(errs, fmt.Errorf("%s: the GraphQL type %s belongs to %s: %s", owner, name, other, renameOne(other)))
				continue
			}
			owners[name] = owner
		}
	}
	claim(theAPI, "Query", "Mutation", "Subscription", "String", "Int", "Float", "Boolean", "ID",
		"Cursor", "Node", "PageInfo", "OrderDirection", "NullsOrder", "TimeUnit")
	always, others := entity.Scalars()
	for i, t := range append(always, others...) {
		if i < len(always) || m.has(t.Scalar()) {
			claim(theAPI, t.Scalar())
		}
	}
	for scalar := range m.scalars() {
		claim(theAPI, scalar+"Comparison")
	}
	for _, o := range m.customScalars() {
		claim("the scalar "+o.Name, o.Name)
	}
	if m.parts.nodes[kit.Users] != nil {
		claim("signing in", authNames...)
	}
	for _, e := range m.graph.Entities() {
		claim(e.Name, e.Name, e.Name+"Connection", e.Name+"Edge", e.Name+"OrderField", e.Name+"Order", e.Name+"WhereInput", e.Name+"CountInput",
			e.Name+"Aggregate", e.Name+"Group", e.Name+"GroupField", e.Name+"GroupKey", e.Name+"GroupKeyInput", e.Name+"GroupOrder", e.Name+"GroupOrderField", e.Name+"HavingInput")
		for _, f := range []entity.Function{entity.CountDistinct, entity.Min, entity.Avg, entity.Sum} {
			claim(e.Name, e.Name+functionTypes[f], e.Name+functionInputs[f])
		}
		if e.Has(entity.Create) {
			claim(e.Name, "Create"+e.Name+"Input", "Create"+e.Name+"Payload") // the input also where nothing is in it yet
		}
		if e.Has(entity.Update) {
			claim(e.Name, "Update"+e.Name+"Input", "Update"+e.Name+"Payload")
		}
		if e.Has(entity.Delete) {
			claim(e.Name, "Delete"+e.Name+"Payload")
		}
	}
	for _, e := range m.graph.All() {
		for i := range e.Fields {
			switch f := &e.Fields[i]; f.Type {
			case entity.Enum:
				claim(e.Name+"."+f.Name, f.Enum, f.Enum+"Comparison")
			case entity.ListOf(entity.Enum):
				claim(e.Name+"."+f.Name, f.Item.Enum)
			}
		}
		for i := range e.OneOf {
			claim(e.Name+"."+e.OneOf[i].Name, e.OneOf[i].Type)
		}
		for i := range e.Edges {
			if edge := &e.Edges[i]; edge.ThroughType != nil {
				claim(e.Name+"."+edge.Name, connectionType(e, edge), edgeType(e, edge))
				claim(e.Name+"."+edge.Name, linkInputs(e, edge)...)
			}
		}
	}
	return errors.Join(errs...)
}
