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
	"strings"

	"entgo.io/ent/entc/gen"
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
// called in main, before anything else happens. While another process generates in the same
// module it waits, and says so.
func Generate(c Config) (err error) {
	if os.Getenv(asGenerator) != "" {
		return generate(c)
	}
	folders, err := c.folders()
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find the generator: %w", err)
	}
	held, err := lock(os.Stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, held.Close()) }()
	cmd := exec.Command(self, os.Args[1:]...)
	cmd.Env = append(os.Environ(), asGenerator+"=1")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return attempt(context.Background(), folders, cmd)
}

// generate does the work. Its three parts are those of the package's comment; what has
// nothing to do, as the memo says, is left out.
func generate(c Config) error {
	folders, err := c.folders()
	if err != nil {
		return err
	}
	m, err := readMemo(folders)
	if err != nil {
		return err
	}
	if err := setAside(filepath.Join(c.Ent, "entity.go")); err != nil {
		return fmt.Errorf("set the table of another release aside: %w", err)
	}
	if err := generateEnt(c, m); err != nil {
		return fmt.Errorf("generate from %s: %w", c.Schema, withAdvice(c, err))
	}
	if err := generateExecutor(c, m); err != nil {
		return err
	}
	return m.write(folders)
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

// folders are those that generated files are in: those of the executor and its models follow
// from their files.
func (c Config) folders() ([]string, error) {
	cfg, err := config.LoadConfig(c.Gqlgen)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", c.Gqlgen, err)
	}
	return []string{c.Ent, filepath.Dir(c.SDL), filepath.Dir(cfg.Exec.Filename), filepath.Dir(cfg.Model.Filename)}, nil
}

// generateEnt writes Ent's client and what else follows from the schemas.
func generateEnt(c Config, m *memo) (err error) {
	storage, err := gen.NewStorage("sql")
	if err != nil {
		return err
	}
	cfg := &gen.Config{Target: c.Ent, Package: c.Package, Storage: storage}
	// While the schemas are built no generated file may import them.
	undo, err := gen.PrepareEnv(cfg)
	if err != nil {
		return err
	}
	l, err := loadSchemas(c.Schema)
	// At once, since a file of which the templates give nothing new is not written.
	if err := errors.Join(err, undo()); err != nil {
		return err
	}
	key := hashOf([]byte(fmt.Sprint(c)), []byte(l.pkg), l.text)
	if key == m.Ent {
		return nil
	}
	cfg.Schema = l.pkg
	fillSchemas(l.schemas)
	if err := fillFields(l.schemas); err != nil {
		return err
	}
	g, err := newGraph(cfg, l.schemas...)
	if err != nil {
		return err
	}
	checks, err := addChecks(g, l.constraints)
	if err != nil {
		return err
	}
	model, err := newModel(g, l.policies)
	if err != nil {
		return err
	}
	model.takeChecks(checks)
	files, err := renderClient(g)
	if err != nil {
		return err
	}
	if err := files.write(g, m.Raw); err != nil {
		return err
	}
	x := &extension{config: c}
	m.Ent = key
	return errors.Join(x.write(model), x.writeEmbed(), x.writeHints(g), x.writeViews(g), x.writeAudit(model), x.writeRules(model, g), x.writeKeyIndexes(g), x.writeFilled(g), x.writeTables(model, g))
}

// ourTemplate is what we add to Ent's templates, with their function that makes a name in Go of any
// other one, such as that of a table.
func ourTemplate(goName func(string) string) (*gen.Template, error) {
	t, err := gen.NewTemplate("wherep").Parse(whereP)
	if err != nil {
		return nil, err
	}
	t.FuncMap["pascal"] = goName
	return t, nil
}

// whereP lets access rules add conditions to Ent's queries, as to its mutations.
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

// advices are what Ent says of mistakes in schemas, and what to write where.
var advices = []struct {
	says   *regexp.Regexp
	advice string // with what the groups of says matched
}{
	{regexp.MustCompile(`edge "(\w+)" is missing for inverse edge: (\w+)\.\w+\((\w+)\)`), `: add to the edges of $3: edge.To("$1", $2.Type)`},
	{regexp.MustCompile(`type "(\w+)" does not exist for edge`), `: no schema is called $1, so that the edges to it need another type; those of the mixin UserOwned get it by entity.UserOwned{User: Member.Type}`},
	{regexp.MustCompile(`mismatch field type between edge field "(\w+)" and id of type "(\w+)" .*`), `: the field $1 must have the type of the id of $2; entity.References("$1", $2{}, "") has it, and so has that of the mixin UserOwned by entity.UserOwned{User: $2.Type}`},
	{regexp.MustCompile(`multiple storage-keys defined for edge "(\w+)"<->"(\w+)"`), `: give StorageKey to one of them, $2`},
	{regexp.MustCompile(`create type (\w+): schema (?:lowercase )?name conflicts .*`), `: rename the entity $1; entsql.Table(...) keeps the name of its table`},
	{regexp.MustCompile(`schema cannot contain field and edge with the same name "(\w+)"`), `: rename the edge, or the field; StorageKey(...) keeps its column`},
	{regexp.MustCompile(`set "(\w+)" foreign-keys: edge "(\w+)" has a field "(\w+)" but it is not holding a foreign key`), `: the column is in the table of the entity that has edge.From. For a column of $1 write there edge.From("$2", ...).Ref(...).Unique().Field("$3"), and edge.To in the other entity; for one of the other entity, give the field to it and Field(...) to its edge.From`},
}

// withAdvice adds to an error of Ent what to write where.
func withAdvice(c Config, err error) error {
	if strings.Contains(err.Error(), "# "+c.Package+"\n") {
		return fmt.Errorf("%w\nThe schemas import %s, and what was generated there does not compile. Put it back as it was committed, or leave the import out until it is generated again. Hooks that use the client belong into a package beside: see Engine.With", err, c.Package)
	}
	for _, a := range advices {
		if m := a.says.FindStringSubmatchIndex(err.Error()); m != nil {
			return fmt.Errorf("%w%s", err, a.says.ExpandString(nil, a.advice, err.Error(), m))
		}
	}
	return err
}

// extension writes our files beside Ent's.
type extension struct{ config Config }

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

// writeObjects writes a file of migrate/objects; without a text there is none.
func writeObjects(c Config, name, text string) error {
	path := filepath.Join(c.Ent, "migrate", "objects", name)
	if text == "" {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove what there is no more: %w", err)
		}
		return nil
	}
	return writeIn(path, []byte(text))
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
