package codegen

import (
	"bytes"
	"fmt"
	"go/format"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/codegen"
	"github.com/99designs/gqlgen/codegen/config"
	"github.com/vektah/gqlparser/v2/ast"
)

// plugin hides the entity types from gqlgen's code generator, so that its output
// does not grow with the number of entities. gqlgen takes over the sources as they were
// read, before MutateSchema: the served schema, validation and introspection keep
// the whole contract.
//
// Types of the generated SDL become scalars: objects and interfaces of the Go type
// api.Ref, inputs api.Input, enums strings. Its root fields are dropped, except
// those that gqlgen.yml marks "resolver: true", which makes them handwritten.
type plugin struct {
	config *config.Config
	sdl    string // path of the generated SDL
	ent    string // import path of Ent's output
	roots  []string
	// sources are the fields that a method answers, by "Object.GoName".
	sources map[string]source
	// notes say what somebody may want to change, after everything was generated.
	notes []string
}

// Name implements gqlgen's plugin.Plugin.
func (*plugin) Name() string { return "entgraph" }

// MutateSchema implements gqlgen's plugin.SchemaMutator.
func (p *plugin) MutateSchema(schema *ast.Schema) error {
	if err := p.check(schema); err != nil {
		return err
	}
	for name, def := range schema.Types {
		switch {
		case def == schema.Query || def == schema.Mutation || def == schema.Subscription:
		case p.generated(def.Position) || p.signing(def.Position) && name == "SignUpInput":
			p.hide(schema, name, def) // who signs up gives what the app's own user needs
		case p.signing(def.Position):
			p.bind(name, authPackage+"."+name)
		}
	}
	p.filter(schema, schema.Query)
	if p.filter(schema, schema.Mutation); schema.Mutation != nil && len(schema.Mutation.Fields) == 0 {
		delete(schema.Types, schema.Mutation.Name)
		schema.Mutation = nil
	}
	p.filter(schema, schema.Subscription)
	return nil
}

// hide makes a scalar of a type and binds it to Go.
func (p *plugin) hide(schema *ast.Schema, name string, def *ast.Definition) {
	const pkg = "github.com/entgraph/entgraph/api"
	switch def.Kind {
	case ast.Object, ast.Interface, ast.Union:
		p.bind(name, pkg+".Ref")
	case ast.InputObject:
		p.bind(name, pkg+".Input")
	case ast.Enum:
		p.bind(name, "github.com/99designs/gqlgen/graphql.String")
	default:
		return
	}
	schema.Types[name] = &ast.Definition{
		Kind: ast.Scalar, Name: name, Description: def.Description, Position: def.Position,
	}
	delete(schema.PossibleTypes, name)
	delete(schema.Implements, name)
	for other, types := range schema.PossibleTypes {
		schema.PossibleTypes[other] = slices.DeleteFunc(types, func(t *ast.Definition) bool { return t.Name == name })
	}
}

// bind names the Go type of a GraphQL type.
func (p *plugin) bind(name, model string) {
	entry := p.config.Models[name]
	entry.Model = config.StringList{model}
	p.config.Models[name] = entry
}

// filter keeps the handwritten fields of a root type and remembers their names.
func (p *plugin) filter(schema *ast.Schema, root *ast.Definition) {
	if root == nil {
		return
	}
	var kept ast.FieldList
	for _, f := range root.Fields {
		if !p.handwritten(root, f) {
			continue
		}
		kept = append(kept, f)
		if f.Name != "__schema" && f.Name != "__type" {
			p.roots = append(p.roots, root.Name+"."+f.Name)
		}
	}
	root.Fields = kept
}

// handwritten reports whether a Go resolver answers a field: it is not of the
// generated SDL, or gqlgen.yml replaces it.
func (p *plugin) handwritten(def *ast.Definition, f *ast.FieldDefinition) bool {
	return !p.generated(f.Position) || p.config.Models[def.Name].Fields[f.Name].Resolver
}

func (p *plugin) generated(pos *ast.Position) bool {
	return pos != nil && pos.Src != nil && filepath.Clean(pos.Src.Name) == filepath.Clean(p.sdl)
}

// signing reports whether something is declared by the SDL of signing in.
func (p *plugin) signing(pos *ast.Position) bool {
	return pos != nil && pos.Src != nil && filepath.Clean(pos.Src.Name) == authFile(p.sdl)
}

// GenerateCode implements gqlgen's plugin.CodeGenerator: the list of the handwritten
// root fields, by which the joined schema sends every field to its executor.
func (p *plugin) GenerateCode(data *codegen.Data) error {
	p.sources = map[string]source{}
	for _, object := range data.Objects {
		for _, f := range object.Fields {
			if f.IsResolver {
				p.sources[object.Name+"."+f.GoFieldName] = source{object.Name + "." + f.Name, p.beside(f.FieldDefinition)}
			}
		}
	}
	slices.Sort(p.roots)
	var b bytes.Buffer
	fmt.Fprintf(&b, graphHead, p.config.Exec.Package, p.ent+"/runtime")
	if files := p.inline(data); len(files) > 0 {
		fmt.Fprintf(&b, "//go:embed %s\n", strings.Join(files, " "))
	}
	b.WriteString(graphBody)
	for _, name := range p.roots {
		fmt.Fprintf(&b, "%q: true,\n", name)
	}
	b.WriteString("},\n}\n")
	out, err := format.Source(b.Bytes())
	if err != nil {
		return fmt.Errorf("format the list of handwritten fields: %w", err)
	}
	return writeFile(filepath.Join(p.config.Exec.Dir(), "handwritten.go"), out)
}

const graphHead = `// Code generated from the SDL by ./run.sh generate. DO NOT EDIT.

package %s

import (
	"embed"

	"github.com/99designs/gqlgen/graphql"

	"github.com/entgraph/entgraph/api"
	_ %q // the schemas' hooks, defaults and validators
)

// handwrittenSDL holds the handwritten SDL as it is when the program is built, which
// generated.go has as it was when it was generated.
//
`

const graphBody = `var handwrittenSDL embed.FS

// Graph is this package as entgraph knows it; see entgraph.App.
var Graph = api.Graph{
	Schema:   api.Prepared(parsedSchema),
	Sources:  sources,
	SDL:      handwrittenSDL,
	Computed: computed,
	New: func(entities *api.Entities) graphql.ExecutableSchema {
		return NewExecutableSchema(Config{Schema: parsedSchema, Resolvers: &Resolver{Entities: entities}})
	},
	Handwritten: map[string]bool{
`

// inline has gqlgen copy the handwritten sources into its output instead of embedding the
// files, and gives their quoted names. It parses the sources when the program starts: what
// somebody has written since would end every command with a panic, or be served without
// code that answers it.
func (p *plugin) inline(data *codegen.Data) []string {
	var files []string
	sdl, _ := filepath.Abs(p.sdl) // gqlgen has asked for the folder of work before
	for i, source := range data.AugmentedSources {
		path := filepath.Join(p.config.Exec.Dir(), filepath.FromSlash(source.RelativePath))
		if source.Embeddable && path != sdl {
			data.AugmentedSources[i].Embeddable = false
			files = append(files, strconv.Quote(source.RelativePath))
		}
	}
	return files
}

// beside is the handwritten SDL file in whose company a field's method is: that which
// declares it, or the first one for a generated field that is replaced.
func (p *plugin) beside(f *ast.FieldDefinition) string {
	if f.Position != nil && f.Position.Src != nil && !p.generated(f.Position) {
		return f.Position.Src.Name
	}
	for _, src := range p.config.Sources {
		if name := filepath.Clean(src.Name); name != filepath.Clean(p.sdl) && name != authFile(p.sdl) && !src.BuiltIn {
			return src.Name
		}
	}
	return filepath.Join(filepath.Dir(p.sdl), "custom.graphql")
}
