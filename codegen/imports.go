package codegen

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/tools/go/ast/astutil"
	"golang.org/x/tools/imports"
)

// standard are packages that Ent's templates use in files that do not import them.
var standard = map[string]string{
	"context": "context", "errors": "errors", "fmt": "fmt", "io": "io", "json": "encoding/json", "reflect": "reflect",
	"strings": "strings", "time": "time",
}

// packages gives, by folder, the paths of the packages that its files import by name, besides those of
// standard. What two of them call by one name is not among them.
func (c client) packages() map[string]map[string]string {
	folders := map[string]map[string]string{}
	for file, text := range c {
		f, err := parser.ParseFile(token.NewFileSet(), file, text, parser.ImportsOnly)
		if err != nil {
			continue // pruned says what is wrong with it
		}
		dir := filepath.Dir(file)
		if folders[dir] == nil {
			folders[dir] = maps.Clone(standard)
		}
		for _, spec := range f.Imports {
			if spec.Name != nil {
				continue
			}
			name, full := importName(spec), strings.Trim(spec.Path.Value, `"`)
			if other, there := folders[dir][name]; there && other != full {
				full = ""
			}
			folders[dir][name] = full
		}
	}
	return folders
}

// pruned is a file without the imports that it does not use and with those that it lacks, which are found
// by name in packages, formatted as goimports would. It gives up, with false, where one is not there.
func pruned(name string, text []byte, packages map[string]string) ([]byte, bool, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, name, text, parser.ParseComments)
	if err != nil {
		return nil, false, fmt.Errorf("format what Ent's templates give: %w", err)
	}
	names := packagesOf(f)
	used := map[string]bool{}
	var unused []*ast.ImportSpec
	for _, spec := range f.Imports {
		name := importName(spec)
		if used[name] = names[name]; !used[name] && name != "_" && name != "." {
			unused = append(unused, spec)
		}
	}
	var lacking []string
	for name := range names {
		if !used[name] && packages[name] == "" {
			return nil, false, nil
		} else if !used[name] {
			lacking = append(lacking, packages[name])
		}
	}
	slices.Sort(lacking)
	for _, spec := range unused {
		name, path := "", strings.Trim(spec.Path.Value, `"`)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		astutil.DeleteNamedImport(fset, f, name, path)
	}
	for _, path := range lacking {
		astutil.AddImport(fset, f, path)
	}
	var b bytes.Buffer
	if err := format.Node(&b, fset, f); err != nil {
		return nil, false, fmt.Errorf("format %s: %w", name, err)
	}
	out, err := imports.Process(name, b.Bytes(), &imports.Options{FormatOnly: true, Comments: true, TabIndent: true, TabWidth: 8})
	if err != nil {
		return nil, false, fmt.Errorf("format %s: %w", name, err)
	}
	return out, true, nil
}

// packagesOf lists what a file uses as names of packages.
func packagesOf(f *ast.File) map[string]bool {
	names := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok && sel.Sel.IsExported() {
			//nolint:staticcheck // what the parser resolves is no package
			if id, ok := sel.X.(*ast.Ident); ok && id.Obj == nil {
				names[id.Name] = true
			}
		}
		return true
	})
	return names
}

// importName is the name by which a file knows a package: where the import has none, what its
// path lets one assume, as goimports does.
func importName(spec *ast.ImportSpec) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	full := strings.Trim(spec.Path.Value, `"`)
	name := path.Base(full)
	if _, err := strconv.Atoi(strings.TrimPrefix(name, "v")); err == nil && name[0] == 'v' && path.Dir(full) != "." {
		name = path.Base(path.Dir(full))
	}
	name = strings.TrimPrefix(name, "go-")
	if i := strings.IndexFunc(name, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }); i >= 0 {
		name = name[:i]
	}
	return name
}
