package codegen

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/build"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/api"
	"github.com/99designs/gqlgen/codegen/config"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"golang.org/x/mod/modfile"
)

// generateExecutor runs gqlgen with the entity types hidden, unless it would read what it read
// the last time. Methods that are missing are written in any case.
func generateExecutor(c Config, m *memo) error {
	key, err := executorKey(c)
	if err != nil {
		return err
	}
	p, err := newPlugin(c)
	if err != nil {
		return err
	}
	if key != "" && key == m.Executor {
		if err := p.config.Exec.Check(); err != nil {
			return fmt.Errorf("read %s: %w", c.Gqlgen, err)
		}
		p.sources = map[string]source{}
		for name, s := range m.Methods {
			p.sources[name] = source{s[0], s[1]}
		}
		return p.finish()
	}
	stop := waitingFor("gqlgen, which writes the executor of handwritten fields")
	err = api.Generate(p.config, api.PrependPlugin(p))
	stop()
	if err != nil {
		return fmt.Errorf("generate the executor of handwritten fields: %w", err)
	}
	m.Executor, m.Methods = key, map[string][2]string{}
	for name, s := range p.sources {
		m.Methods[name] = [2]string{s.field, s.sdl}
	}
	return p.finish()
}

// finish writes the methods that are missing and tells what somebody may want to remove.
func (p *plugin) finish() error {
	if err := p.writeStubs(); err != nil {
		return err
	}
	for _, note := range p.notes {
		fmt.Fprintln(os.Stderr, "note:", note)
	}
	return nil
}

func newPlugin(c Config) (*plugin, error) {
	cfg, err := config.LoadConfig(c.Gqlgen)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", c.Gqlgen, err)
	}
	if err := addAuth(cfg, c.SDL); err != nil {
		return nil, err
	}
	return &plugin{config: cfg, sdl: c.SDL, ent: c.Package}, nil
}

// executorKey is the hash of what gqlgen reads: its configuration, the handwritten SDL, what
// the handwritten fields use of the generated one, and the Go packages of bound types. It is ""
// where that cannot be told, such as when the SDL has mistakes, which gqlgen then reports.
func executorKey(c Config) (string, error) {
	p, err := newPlugin(c)
	if err != nil {
		return "", err
	}
	schema, err := gqlparser.LoadSchema(p.config.Sources...)
	if err != nil || schema.Query == nil || p.MutateSchema(schema) != nil {
		return "", nil //nolint:nilerr // gqlgen says what is wrong
	}
	var b bytes.Buffer
	for _, file := range []string{c.Gqlgen, "go.mod", "go.sum"} {
		text, err := os.ReadFile(file)
		if err != nil && !os.IsNotExist(err) {
			return "", fmt.Errorf("read %s: %w", file, err)
		}
		fmt.Fprintf(&b, "%s %d\n%s", file, len(text), text)
	}
	for _, s := range p.config.Sources {
		text := s.Input
		if filepath.Clean(s.Name) == filepath.Clean(c.SDL) {
			text = ""
		}
		fmt.Fprintf(&b, "%s %d\n%s", s.Name, len(text), text)
	}
	p.writeUsed(&b, schema)
	packages := append(p.config.Models.ReferencedPackages(), p.config.AutoBind...)
	if ok, err := writePackages(&b, packages); err != nil || !ok {
		return "", err
	}
	return hashOf(b.Bytes()), nil
}

// writeUsed writes the schema that gqlgen is to know, without the scalars that nothing uses.
func (p *plugin) writeUsed(b *bytes.Buffer, schema *ast.Schema) {
	used := map[string]bool{}
	for _, def := range schema.Types {
		for _, f := range def.Fields {
			used[f.Type.Name()] = true
			for _, arg := range f.Arguments {
				used[arg.Type.Name()] = true
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(schema.Types)) {
		switch def := schema.Types[name]; {
		case def.Kind == ast.Scalar && !used[name]:
			delete(schema.Types, name)
		case def.Kind == ast.Scalar:
			fmt.Fprintf(b, "%s is %q\n", name, p.config.Models[name].Model)
		}
	}
	formatter.NewFormatter(b).FormatSchema(schema)
}

// writePackages writes the Go files of packages, with those that they import of this module and
// of modules that go.mod replaces by folders; go.sum stands for those of others. A workspace has
// packages that it does not find, which it tells by false.
func writePackages(b *bytes.Buffer, packages []string) (bool, error) {
	out, err := exec.Command("go", "env", "-json", "GOWORK", "GOFLAGS").Output()
	if err != nil {
		return false, fmt.Errorf("go env: %w", withOutput(err))
	}
	var env struct{ GOWORK, GOFLAGS string }
	if err := json.Unmarshal(out, &env); err != nil || env.GOWORK != "" && env.GOWORK != "off" {
		return false, nil //nolint:nilerr // then it is not known
	}
	text, err := os.ReadFile("go.mod")
	if err != nil {
		return false, err
	}
	mod, err := modfile.Parse("go.mod", text, nil)
	if err != nil {
		return false, err
	}
	dirs := map[string]string{mod.Module.Mod.Path: "."}
	for _, r := range mod.Replace {
		if modfile.IsDirectoryPath(r.New.Path) {
			dirs[r.Old.Path] = r.New.Path
		}
	}
	fmt.Fprintln(b, env.GOFLAGS)
	seen := map[string]bool{}
	for len(packages) > 0 {
		path := packages[0]
		packages = packages[1:]
		dir := folderOf(path, dirs)
		if seen[path] || dir == "" {
			continue
		}
		seen[path] = true
		pkg, err := build.ImportDir(dir, 0)
		if err != nil {
			return false, nil //nolint:nilerr // gqlgen says what is wrong
		}
		for _, name := range pkg.GoFiles {
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				return false, err
			}
			fmt.Fprintf(b, "%s/%s %d\n%s", path, name, len(text), text)
		}
		packages = append(packages, pkg.Imports...)
	}
	return true, nil
}

// folderOf is where a package of a module in one of the folders is, "" for any other.
func folderOf(path string, modules map[string]string) string {
	for module, dir := range modules {
		if rest, ok := strings.CutPrefix(path, module); ok && (rest == "" || rest[0] == '/') {
			if inside := filepath.Join(dir, rest); isFolder(inside) {
				return inside
			}
		}
	}
	return ""
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
