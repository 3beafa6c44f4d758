package codegen

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"

	"entgo.io/ent/entc"
	"entgo.io/ent/entc/gen"
	"github.com/99designs/gqlgen/api"
	"github.com/99designs/gqlgen/codegen/config"
)

// Config says where things are, relative to the module root, in which the generator
// runs.
type Config struct {
	// Schema is the folder of the Ent schemas, Ent the folder of Ent's output, which
	// also receives entity.go.
	Schema, Ent string
	// Package is the import path of Ent's output.
	Package string
	// SDL is the public schema that is written; gqlgen's configuration lists it.
	SDL string
	// Gqlgen is gqlgen's configuration file.
	Gqlgen string
}

// asGenerator makes a process the one that generates for another; see [attempt].
const asGenerator = "ENTGRAPH_GENERATOR"

// Generate writes everything that follows from the schemas, or, when it fails or is
// stopped, nothing. A file whose content stays the same is not touched. It runs its own
// executable again with the environment variable ENTGRAPH_GENERATOR, so that it is to be
// called in main, before anything else happens.
func Generate(c Config) error {
	if os.Getenv(asGenerator) != "" {
		return generate(c)
	}
	cfg, err := config.LoadConfig(c.Gqlgen)
	if err != nil {
		return fmt.Errorf("read %s: %w", c.Gqlgen, err)
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find the generator: %w", err)
	}
	cmd := exec.Command(self, os.Args[1:]...)
	cmd.Env = append(os.Environ(), asGenerator+"=1")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	// The folders of the executor and its models follow from their files.
	return attempt(context.Background(), []string{c.Ent, filepath.Dir(c.SDL), filepath.Dir(cfg.Exec.Filename), filepath.Dir(cfg.Model.Filename)}, cmd)
}

func generate(c Config) error {
	if err := setAside(filepath.Join(c.Ent, "entity.go")); err != nil {
		return fmt.Errorf("set the table of another release aside: %w", err)
	}
	ext := &extension{config: c}
	if err := entc.Generate(c.Schema, &gen.Config{Target: c.Ent, Package: c.Package}, entc.Extensions(ext)); err != nil {
		return fmt.Errorf("generate from %s: %w", c.Schema, withAdvice(err))
	}
	return generateExecutor(c)
}

// setAside empties a table of entities that another release generated: it does not compile, but
// schemas whose hooks use Ent's client import its package, of which nothing else needs it.
func setAside(file string) error {
	old, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) || err == nil && bytes.Contains(append(old, '\n'), []byte(stamp+"\n")) {
		return nil
	}
	if err != nil {
		return err
	}
	return os.WriteFile(file, []byte("package ent // being generated. DO NOT EDIT.\n"), 0o644)
}

// missingEdge is what Ent says about an edge without the other end that it names.
var missingEdge = regexp.MustCompile(`edge "(\w+)" is missing for inverse edge: (\w+)\.\w+\((\w+)\)`)

// withAdvice adds to an error of Ent what to write where.
func withAdvice(err error) error {
	m := missingEdge.FindStringSubmatch(err.Error())
	if m == nil {
		return err
	}
	return fmt.Errorf("%w: add to the edges of %s: edge.To(%q, %s.Type)", err, m[3], m[1], m[2])
}

// generateExecutor runs gqlgen with the entity types hidden.
func generateExecutor(c Config) error {
	cfg, err := config.LoadConfig(c.Gqlgen)
	if err != nil {
		return fmt.Errorf("read %s: %w", c.Gqlgen, err)
	}
	if err := addAuth(cfg, c.SDL); err != nil {
		return err
	}
	p := &plugin{config: cfg, sdl: c.SDL, ent: c.Package}
	if err := api.Generate(cfg, api.PrependPlugin(p)); err != nil {
		return fmt.Errorf("generate the executor of handwritten fields: %w", err)
	}
	return p.writeStubs()
}

// extension adds our files to Ent's generation.
type extension struct {
	entc.DefaultExtension
	config Config
}

// Templates lets access rules add conditions to Ent's queries, as to its mutations.
func (x *extension) Templates() []*gen.Template {
	return []*gen.Template{gen.MustParse(gen.NewTemplate("wherep").Parse(whereP))}
}

const whereP = `
{{ define "query/additional/wherep" }}
// WhereP appends storage-level predicates that need no generated package.
func ({{ $.Receiver }} *{{ $.QueryName }}) WhereP(ps ...func({{ $.Storage.Builder }})) {
	for _, p := range ps {
		{{ $.Receiver }}.predicates = append({{ $.Receiver }}.predicates, p)
	}
}
{{ end }}
`

// Hooks runs ours after Ent wrote its files, from the same graph.
func (x *extension) Hooks() []gen.Hook {
	return []gen.Hook{func(next gen.Generator) gen.Generator {
		return gen.GenerateFunc(func(g *gen.Graph) error {
			policies, err := loadPolicies(g)
			if err != nil {
				return err
			}
			m, err := newModel(g, policies)
			if err != nil {
				return err
			}
			if err := next.Generate(g); err != nil {
				return err
			}
			return errors.Join(x.write(m), x.writeEmbed(), x.writeHints(g), x.writeAudit(m), x.writeRules(m, g), x.writeTables(m, g))
		})
	}}
}

func (x *extension) write(m *model) error {
	if err := x.writeSearch(m); err != nil {
		return err
	}
	table, err := m.table(x.config.Package)
	if err != nil {
		return err
	}
	if err := writeFile(x.config.Ent+"/entity.go", table); err != nil {
		return err
	}
	return errors.Join(writeFile(x.config.SDL, []byte(m.sdl())), x.writeAuth(m))
}

// writeFile keeps the modification time of a file that stays the same.
func writeFile(path string, content []byte) error {
	old, err := os.ReadFile(path)
	if err == nil && bytes.Equal(old, content) {
		return nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.WriteFile(path, content, 0o644)
}

// replaceFile writes all of a file or nothing.
func replaceFile(path string, content []byte) error {
	tmp := path + ".new"
	if err := os.WriteFile(tmp, content, 0o644); err != nil {
		return errors.Join(err, os.Remove(tmp))
	}
	return os.Rename(tmp, path)
}
