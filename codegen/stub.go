package codegen

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/printer"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/ast/astutil"
)

// source is a handwritten field and the SDL file that declares it.
type source struct{ field, sdl string }

// sourcePackage is what the files of the executor's package say, whether or not they
// compile.
type sourcePackage struct {
	fset *token.FileSet
	exec *ast.File
	// imports are those of exec, by the names that it has for them.
	imports map[string]string
	methods map[string]bool   // of handwritten files, "receiver.Name"
	types   map[string]bool   // declared by hand
	returns map[string]string // by the method of Resolver, the type that it gives
	embeds  map[string]bool   // by "Type.Name", what a struct embeds of another package
}

// writeStubs writes, for each handwritten field that has no method yet, one that says so
// when it is called: into the file beside the SDL, where somebody replaces its body. A
// package without a type Resolver finds its methods in its own way.
func (p *plugin) writeStubs() error {
	pkg, err := p.parse()
	if err != nil {
		return fmt.Errorf("look for the methods of handwritten fields: %w", err)
	}
	if !pkg.types["Resolver"] {
		return nil
	}
	dir, err := relative(p.config.Exec.Dir())
	if err != nil {
		return err
	}
	files := map[string]*stubs{}
	var missing error
	for _, accessor := range methodsOf(pkg.exec, "ResolverRoot") {
		name := accessor.Names[0].Name
		receiver, there := pkg.returns[name]
		if !there {
			receiver = strings.ToLower(name[:1]) + name[1:] + "Resolver"
		}
		for _, m := range methodsOf(pkg.exec, name+"Resolver") {
			method := m.Names[0].Name
			if pkg.methods[receiver+"."+method] || pkg.methods["Resolver."+method] {
				continue
			}
			src := p.sources[name+"."+method]
			if filepath.Clean(src.sdl) == authFile(p.sdl) {
				if err := pkg.signsIn(name, receiver); err != nil {
					missing = errors.Join(missing, err)
					break // one for all of the type
				}
				continue
			}
			base := filepath.Base(src.sdl)
			file := filepath.Join(dir, strings.TrimSuffix(base, filepath.Ext(base))+".resolvers.go")
			if files[file] == nil {
				files[file] = &stubs{pkg: pkg, file: file}
			}
			if !there {
				files[file].accessor(name, receiver)
				there = true
			}
			files[file].method(receiver, src.field, m)
		}
	}
	if missing != nil {
		return missing
	}
	p.notes = pkg.leftovers()
	texts := map[string][]byte{}
	names := slices.Sorted(maps.Keys(files))
	for _, file := range names { // all, before one is written
		if texts[file], err = files[file].render(p.config.Exec.Package); err != nil {
			return fmt.Errorf("write the methods of handwritten fields: %w", err)
		}
	}
	for _, file := range names {
		if err := replaceFile(file, texts[file]); err != nil {
			return fmt.Errorf("write the methods of handwritten fields: %w", err)
		}
	}
	return nil
}

// leftovers are the methods that answered a field which is not there any more, in words. They
// may not compile, and nobody else says why.
func (pkg *sourcePackage) leftovers() (notes []string) {
	answered := map[string]bool{}
	for _, accessor := range methodsOf(pkg.exec, "ResolverRoot") {
		answered["Resolver."+accessor.Names[0].Name] = true
		for _, m := range methodsOf(pkg.exec, accessor.Names[0].Name+"Resolver") {
			answered[pkg.returns[accessor.Names[0].Name]+"."+m.Names[0].Name] = true
		}
	}
	receivers := map[string]bool{}
	for accessor, receiver := range pkg.returns {
		if receivers[receiver] = true; strings.HasSuffix(receiver, "Resolver") && !answered["Resolver."+accessor] {
			notes = append(notes, fmt.Sprintf("Resolver.%s gives the methods of %[1]s, which has no handwritten field any more: remove it with %[2]s", accessor, receiver))
			delete(receivers, receiver)
		}
	}
	for method := range pkg.methods {
		receiver, name, _ := strings.Cut(method, ".")
		if receivers[receiver] && token.IsExported(name) && !answered[method] {
			notes = append(notes, method+" answers no handwritten field any more: remove it, or declare the field again")
		}
	}
	slices.Sort(notes)
	return notes
}

// relative is a folder as the module root sees it, in which the generator runs.
func relative(dir string) (string, error) {
	root, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the module root: %w", err)
	}
	if !filepath.IsAbs(dir) {
		return dir, nil
	}
	return filepath.Rel(root, dir)
}

// parse reads the package that gqlgen has generated for.
func (p *plugin) parse() (*sourcePackage, error) {
	pkg := &sourcePackage{fset: token.NewFileSet(), imports: map[string]string{}, methods: map[string]bool{}, types: map[string]bool{}, returns: map[string]string{}, embeds: map[string]bool{}}
	names, err := filepath.Glob(filepath.Join(p.config.Exec.Dir(), "*.go"))
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		isExec := filepath.Base(name) == filepath.Base(p.config.Exec.Filename)
		if strings.HasSuffix(name, "_test.go") || isGenerated(content) && !isExec {
			continue
		}
		// Of a file with mistakes in it the rest counts; the compiler tells of them.
		f, err := parser.ParseFile(pkg.fset, name, content, parser.SkipObjectResolution)
		if f == nil {
			return nil, err
		}
		if isExec {
			pkg.exec = f
			continue
		}
		pkg.add(f)
	}
	if pkg.exec == nil {
		return nil, fmt.Errorf("%s is not there", p.config.Exec.Filename)
	}
	for _, spec := range pkg.exec.Imports {
		if full, err := strconv.Unquote(spec.Path.Value); err == nil {
			name := path.Base(full)
			if spec.Name != nil {
				name = spec.Name.Name
			}
			pkg.imports[name] = full
		}
	}
	return pkg, nil
}

// add remembers what a handwritten file declares.
func (pkg *sourcePackage) add(f *ast.File) {
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if t, ok := spec.(*ast.TypeSpec); ok {
					pkg.types[t.Name.Name] = true
					pkg.addEmbedded(t)
				}
			}
		case *ast.FuncDecl:
			if d.Recv == nil || len(d.Recv.List) != 1 {
				continue
			}
			receiver := receiverName(d.Recv.List[0].Type)
			pkg.methods[receiver+"."+d.Name.Name] = true
			if receiver == "Resolver" {
				if gives := literal(d.Body); gives != "" {
					pkg.returns[d.Name.Name] = gives
				}
			}
		}
	}
}

// addEmbedded remembers what a struct embeds of other packages.
func (pkg *sourcePackage) addEmbedded(t *ast.TypeSpec) {
	s, ok := t.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, f := range s.Fields.List {
		typ := f.Type
		if star, ok := typ.(*ast.StarExpr); ok {
			typ = star.X
		}
		if sel, ok := typ.(*ast.SelectorExpr); ok && len(f.Names) == 0 {
			pkg.embeds[t.Name.Name+"."+sel.Sel.Name] = true
		}
	}
}

// signsIn reports whether the methods of the fields of signing in come by embedding, as they
// should: Mutations in the type of the mutations, Queries in that of the queries.
func (pkg *sourcePackage) signsIn(name, receiver string) error {
	embedded := map[string]string{"Query": "Queries", "Mutation": "Mutations"}[name]
	if pkg.embeds[receiver+"."+embedded] {
		return nil
	}
	return fmt.Errorf("%s does not answer the fields of signing in: embed auth.%s, as in\n\n\ttype %[1]s struct {\n\t\t*Resolver\n\t\tauth.%[2]s\n\t}\n\n\tfunc (r *Resolver) %[3]s() %[3]sResolver { return &%[1]s{r, auth.New%[2]s(r.Entities)} }\n\nwith the package %[4]s", receiver, embedded, name, authPackage)
}

func receiverName(t ast.Expr) string {
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if id, ok := t.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}

// literal is the type of the struct that a function returns: T of "return &T{…}".
func literal(body *ast.BlockStmt) (name string) {
	if body == nil {
		return ""
	}
	ast.Inspect(body, func(n ast.Node) bool {
		if lit, ok := n.(*ast.CompositeLit); ok && name == "" && lit.Type != nil {
			name = receiverName(lit.Type)
		}
		return true
	})
	return name
}

// methodsOf lists the methods of an interface.
func methodsOf(f *ast.File, name string) []*ast.Field {
	for _, d := range f.Decls {
		gd, ok := d.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range gd.Specs {
			t, ok := spec.(*ast.TypeSpec)
			if !ok || t.Name.Name != name {
				continue
			}
			if i, ok := t.Type.(*ast.InterfaceType); ok {
				return slices.DeleteFunc(slices.Clone(i.Methods.List), func(m *ast.Field) bool { return len(m.Names) != 1 })
			}
		}
	}
	return nil
}

// stubs are the methods that one file lacks.
type stubs struct {
	pkg     *sourcePackage
	file    string
	text    bytes.Buffer
	imports []string // names in exec
}

func (s *stubs) accessor(name, receiver string) {
	fmt.Fprintf(&s.text, "\n// %[1]s gives the methods of the handwritten fields of %[1]s.\nfunc (r *Resolver) %[1]s() %[1]sResolver { return &%[2]s{r} }\n", name, receiver)
	if !s.pkg.types[receiver] {
		fmt.Fprintf(&s.text, "\ntype %s struct{ *Resolver }\n", receiver)
	}
}

func (s *stubs) method(receiver, field string, m *ast.Field) {
	fn, ok := m.Type.(*ast.FuncType)
	if !ok {
		return
	}
	name := m.Names[0].Name
	s.imports = append(s.imports, "api")
	fmt.Fprintf(&s.text, "\n// %[1]s answers %[2]s. It is not written yet.\nfunc (r *%[3]s) %[1]s%[4]s {\n", name, field, receiver, strings.TrimPrefix(s.source(fn), "func"))
	refusal := fmt.Sprintf("api.NotImplemented(%q, %q)", field, filepath.ToSlash(s.file))
	if results := fn.Results.List; len(results) == 2 {
		fmt.Fprintf(&s.text, "\tvar none %s\n\treturn none, %s\n}\n", s.source(results[0].Type), refusal)
	} else {
		fmt.Fprintf(&s.text, "\treturn %s\n}\n", refusal)
	}
	ast.Inspect(fn, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := sel.X.(*ast.Ident); ok {
				s.imports = append(s.imports, id.Name)
			}
		}
		return true
	})
}

// source prints a part of the executor.
func (s *stubs) source(n ast.Node) string {
	var b strings.Builder
	_ = printer.Fprint(&b, s.pkg.fset, n) // a Builder does not fail
	return b.String()
}

// render is the file with the methods added, or a new one.
func (s *stubs) render(name string) ([]byte, error) {
	content, err := os.ReadFile(s.file)
	if errors.Is(err, fs.ErrNotExist) {
		content, err = []byte("package "+name+"\n"), nil
	}
	if err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, s.file, append(content, s.text.Bytes()...), parser.ParseComments)
	if err != nil {
		return nil, err
	}
	for _, used := range s.imports {
		full := s.pkg.imports[used]
		if used == "api" {
			full = "github.com/entgraph/entgraph/api"
		}
		if full == "" {
			continue
		}
		alias := used
		if path.Base(full) == used {
			alias = ""
		}
		astutil.AddNamedImport(fset, f, alias, full)
	}
	var out bytes.Buffer
	if err := format.Node(&out, fset, f); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
