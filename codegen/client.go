package codegen

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"entgo.io/ent/entc/gen"
	"golang.org/x/sync/errgroup"
	"golang.org/x/tools/imports"
)

// client is Ent's client as its templates give it: by file, with imports that are not used, not
// formatted. Ent's own generator writes every file twice and has goimports run "go env" for
// each, which at a hundred entities takes most of its time; here a file is formatted when what
// the templates give for it has changed, and written when its bytes have.
type client map[string][]byte

// renderClient runs Ent's templates on the graph.
func renderClient(g *gen.Graph) (client, error) {
	render, err := entTemplates(g)
	if err != nil {
		return nil, err
	}
	files := client{}
	add := func(name, format string, data any) error {
		text, err := render(name, data)
		if err != nil {
			return fmt.Errorf("execute template %q: %w", name, err)
		}
		files[filepath.Join(g.Target, format)] = []byte(text)
		return nil
	}
	for _, node := range g.Nodes {
		for _, t := range gen.Templates {
			if t.Cond == nil || t.Cond(node) {
				if err := add(t.Name, t.Format(node), node); err != nil {
					return nil, err
				}
			}
		}
	}
	graphs := slices.Clone(gen.GraphTemplates)
	for _, f := range g.Features {
		graphs = append(graphs, f.GraphTemplates...)
	}
	for _, t := range graphs {
		if t.Skip == nil || !t.Skip(g) {
			if err := add(t.Name, t.Format, g); err != nil {
				return nil, err
			}
		}
	}
	tables := filepath.Join(g.Target, "migrate", "schema.go")
	if text, ok := files[tables]; ok {
		files[tables] = quoteTypes(g, text)
	}
	return files, nil
}

// quoteTypes writes as Go the names of types that have quotes, which Ent's template puts between
// quotes as they are.
func quoteTypes(g *gen.Graph, text []byte) []byte {
	for _, node := range g.Nodes {
		for _, f := range node.Fields {
			for name, typ := range f.Column().SchemaType {
				if quoted := strconv.Quote(typ); quoted != `"`+typ+`"` {
					before := strconv.Quote(name) + ": "
					text = bytes.ReplaceAll(text, []byte(before+`"`+typ+`"`), []byte(before+quoted))
				}
			}
		}
	}
	return text
}

// entTemplates has Ent read its templates and ours, which it does when it generates: here
// nothing, into a folder that is removed. It gives the function by which a template executes
// another one of any name.
func entTemplates(g *gen.Graph) (func(string, any) (string, error), error) {
	dir, err := os.MkdirTemp("", "entgraph-templates-")
	if err != nil {
		return nil, fmt.Errorf("read Ent's templates: %w", err)
	}
	defer os.RemoveAll(dir)
	target, types, graphs := g.Target, gen.Templates, gen.GraphTemplates
	defer func() { g.Target, gen.Templates, gen.GraphTemplates = target, types, graphs }()
	g.Target, gen.Templates, gen.GraphTemplates = dir, nil, nil
	if err := g.Gen(); err != nil {
		return nil, fmt.Errorf("read Ent's templates: %w", err)
	}
	render, ok := gen.Funcs["xtemplate"].(func(string, any) (string, error))
	if !ok {
		return nil, errors.New("this release of Ent executes its templates in another way: use the one of entgraph's go.mod")
	}
	return render, nil
}

// write formats and writes the files, and removes those of entities that are gone. A file of
// whose raw text the hash is in raw already is left alone; raw then has those of all files.
func (c client) write(g *gen.Graph, raw map[string]string) error {
	removed, err := c.removeOld(g)
	if err != nil {
		return err
	}
	var changed []string
	for file, text := range c {
		if hash := hashOf(text); raw[file] != hash {
			raw[file] = hash
			changed = append(changed, file)
		}
	}
	for _, file := range removed {
		delete(raw, file)
	}
	slices.Sort(changed)
	packages := c.packages()
	var mu sync.Mutex
	var later []string
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, file := range changed {
		group.Go(func() error {
			text, ok, err := pruned(file, c[file], packages[filepath.Dir(file)])
			if err == nil && ok {
				err = writeIn(file, text)
			}
			if err == nil && !ok {
				mu.Lock()
				defer mu.Unlock()
				later = append(later, file)
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	// These lack an import that no file beside them has: goimports looks for it, at the cost of all of them.
	slices.Sort(later)
	for _, file := range later {
		text, err := imports.Process(file, c[file], nil)
		if err == nil {
			err = writeIn(file, text)
		}
		if err != nil {
			return fmt.Errorf("format %s: %w", file, err)
		}
	}
	return nil
}

// writeIn writes a file, and makes its folder.
func writeIn(file string, text []byte) error {
	return errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), writeFile(file, text))
}

// removeOld removes what Ent once generated for entities that are gone. Such an entity has a
// file by the name of its query, and a package.
func (c client) removeOld(g *gen.Graph) ([]string, error) {
	queries, err := filepath.Glob(filepath.Join(g.Target, "*_query.go"))
	if err != nil {
		return nil, err
	}
	var removed []string
	// What Ent writes where tables are in several schemas.
	if file := filepath.Join(g.Target, "internal", "schemaconfig.go"); c[file] == nil {
		removed = append(removed, file)
	}
	for _, query := range queries {
		if _, there := c[query]; there {
			continue
		}
		name := strings.TrimSuffix(filepath.Base(query), "_query.go")
		if info, err := os.Stat(filepath.Join(g.Target, name)); err != nil || !info.IsDir() {
			continue
		}
		for _, t := range gen.Templates {
			removed = append(removed, filepath.Join(g.Target, t.Format(&gen.Type{Name: name})))
		}
	}
	for _, file := range removed {
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("remove what was generated for an entity that is gone: %w", err)
		}
		_ = os.Remove(filepath.Dir(file)) // unless something is in it
	}
	return removed, nil
}
