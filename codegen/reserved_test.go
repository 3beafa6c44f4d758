package codegen

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"
)

// TestReserved compares the names that no entity may have with what Ent's client declares where it names the
// package of an entity, and with what it imports. It has Ent's templates for itself.
func TestReserved(t *testing.T) {
	alpha := entityDef{name: "Alpha", fields: fields(
		field.String("s").NotEmpty().Unique(), field.Int("i").Default(1).Positive(), field.Enum("e").Values("a"), field.Bytes("y").Optional(),
		field.Time("t").Default(time.Now).UpdateDefault(time.Now), field.JSON("j", []string{}).Optional(), field.UUID("u", uuid.UUID{}).Nillable().Optional(),
		field.Int("beta_id").Optional(), field.Bool("b").Immutable(), field.Strings("l").Sensitive(),
	), edges: []ent.Edge{
		edge.To("friends", Alpha.Type), edge.To("next", Alpha.Type).Unique(), edge.To("many", Beta.Type), edge.To("one", Beta.Type).Unique().Required(),
	}}
	beta := entityDef{name: "Beta", edges: []ent.Edge{edge.From("alphas", Alpha.Type).Ref("many"), edge.From("alpha", Alpha.Type).Ref("one").Unique()}}
	files, err := renderClient(graphOf(t, loaded(t, alpha, "Alpha"), loaded(t, beta, "Beta")))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for name, text := range files {
		if dir := filepath.Base(filepath.Dir(name)); dir != "alpha" && dir != "beta" && dir != "runtime" { // that names the package of the schemas
			namesBeside(t, name, text, found)
		}
	}
	for name := range found {
		if name != strings.ToLower(name) || strings.HasPrefix(name, "_") || slices.Contains(elsewhere, name) {
			delete(found, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		if !slices.Contains(reserved, name) {
			t.Errorf("an entity %q would not compile: add it to reserved", name)
		}
	}
}

// namesBeside collects the names that hide the package of an entity where a file names one.
func namesBeside(t *testing.T, name string, text []byte, found map[string]bool) {
	t.Helper()
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, name, text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}, Scopes: map[ast.Node]*types.Scope{}}
	pkg, _ := (&types.Config{Error: func(error) {}, FakeImportC: true}).Check("ent", fset, []*ast.File{f}, info)
	for _, spec := range f.Imports {
		if n := importName(spec); n != "alpha" && n != "beta" {
			found[n] = true
		}
	}
	for _, n := range pkg.Scope().Names() {
		found[n] = true
	}
	ast.Inspect(f, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if id, ok := sel.X.(*ast.Ident); ok && (id.Name == "alpha" || id.Name == "beta") {
			for s := pkg.Scope().Innermost(id.Pos()); s != nil && s != pkg.Scope(); s = s.Parent() {
				for _, local := range s.Names() {
					if in, _ := s.LookupParent(local, id.Pos()); in == s {
						found[local] = true
					}
				}
			}
		}
		return true
	})
}

// elsewhere are names that Ent itself refuses or gives other packages for, that no file needs beside a package of an
// entity, and those of this test.
var elsewhere = []string{
	"config", "driver", "query", "value", "context", "dialect", "errors", "field", "fmt", "math", "strings", "time", "uuid",
	"dsl", "entsql", "alpha", "beta",
}
