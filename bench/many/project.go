package main

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/scaffold"
)

//go:embed project
var files embed.FS

// Before marker the field of "one field more" is added.
const (
	marker = "\t\tfield.String(\"region\")"
	field  = "\t\tfield.Int(\"more\").Optional().Nillable(),\n"
)

// unique is a module path that was never built.
func unique() string { return "example.com/many" + strings.ToLower(rand.Text()) }

// newOurs begins a project as "entgraph new" does, and adds the entities.
func newOurs(o options, dir string) (*project, error) {
	s := scaffold.Options{Name: "many", Module: unique(), Dir: dir, Version: "v0.0.0", Go: "1.26", NoAuth: true}
	if err := errors.Join(s.Check(), scaffold.Write(s)); err != nil {
		return nil, err
	}
	p := &project{
		dir: dir, generate: [][]string{{"go", "tool", "entgraph", "generate"}}, main: ".",
		entity: filepath.Join(dir, "ent", "schema", "aaitem.go"), marker: marker, field: field,
	}
	p.serve = func(ctx context.Context, program, address string) (*exec.Cmd, func(), error) {
		return serveOurs(ctx, p.dir, program, address)
	}
	if err := writeEntities("project/entgraph.go.tmpl", filepath.Join(dir, "ent", "schema"), o.n); err != nil {
		return nil, err
	}
	return p, p.prepare([][]string{
		{"go", "mod", "edit", "-replace", scaffold.Framework + "=" + o.root},
		{"go", "mod", "tidy", "-e"},
		{"go", "build", "-o", os.DevNull, scaffold.Framework, scaffold.Framework + "/cmd/entgraph"},
		{"go", "tool", "-n", "entgraph"},
	})
}

// serveOurs gives the server a database, as it does not start without its tables.
func serveOurs(ctx context.Context, dir, program, address string) (*exec.Cmd, func(), error) {
	server, err := devpg.Start(ctx, devpg.Options{Root: dir})
	if err != nil {
		return nil, nil, err
	}
	stop := func() { _ = server.Stop(context.WithoutCancel(ctx)) }
	for _, args := range [][]string{{program, "migrate", "diff", "init"}, {"go", "build", "-buildvcs=false", "-o", program, "."}, {program, "migrate", "up"}} {
		cmd := exec.CommandContext(ctx, args[0], args[1:]...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			stop()
			return nil, nil, fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, out)
		}
	}
	cmd := exec.CommandContext(ctx, program, "serve")
	cmd.Env = append(os.Environ(), "ADDR="+address, "APP_ENV=development")
	return cmd, stop, nil
}

// newStock begins a project with the modules of this benchmark.
func newStock(o options, dir string) (*project, error) {
	module := unique()
	p := &project{
		dir: dir, generate: [][]string{{"bin/entc"}, {"go", "tool", "gqlgen", "generate"}}, main: ".",
		entity: filepath.Join(dir, "ent", "schema", "aaitem.go"), marker: marker, field: field,
		serve: func(ctx context.Context, program, address string) (*exec.Cmd, func(), error) {
			return exec.CommandContext(ctx, program, "-addr", address), func() {}, nil
		},
	}
	if err := copyGoMod(filepath.Join(o.root, "bench"), dir, module); err != nil {
		return nil, err
	}
	for _, name := range []string{"main.go", "gqlgen.yml", "ent/entc.go"} {
		if err := render("project/stock/"+filepath.Base(name)+".tmpl", filepath.Join(dir, name), map[string]any{"Module": module}); err != nil {
			return nil, err
		}
	}
	if err := writeEntities("project/stock/entity.go.tmpl", filepath.Join(dir, "ent", "schema"), o.n); err != nil {
		return nil, err
	}
	return p, p.prepare([][]string{
		{"go", "build", "-mod=mod", "-o", "bin/entc", "ent/entc.go"},
		{"go", "build", "-mod=mod", "github.com/99designs/gqlgen/graphql/handler", "entgo.io/contrib/entgql", "github.com/jackc/pgx/v5/stdlib"},
		{"go", "tool", "-n", "gqlgen"},
	})
}

// prepare runs what is not measured.
func (p *project) prepare(commands [][]string) error {
	for _, command := range commands {
		if _, _, err := p.timed(context.Background(), command); err != nil {
			return err
		}
	}
	return nil
}

// copyGoMod gives a project the dependencies of the benchmark.
func copyGoMod(from, dir, module string) error {
	mod, err := os.ReadFile(filepath.Join(from, "go.mod"))
	if err != nil {
		return err
	}
	sum, err := os.ReadFile(filepath.Join(from, "go.sum"))
	if err != nil {
		return err
	}
	text := strings.Replace(string(mod), "module github.com/entgraph/entgraph/bench", "module "+module, 1)
	text = strings.Replace(text, "=> ../", "=> "+filepath.Dir(from), 1)
	return errors.Join(os.MkdirAll(dir, 0o755),
		os.WriteFile(filepath.Join(dir, "go.mod"), []byte(text), 0o644),
		os.WriteFile(filepath.Join(dir, "go.sum"), sum, 0o644))
}

// writeEntities writes a file for each entity. Each has edges to the next, the last to the first.
func writeEntities(tmpl, dir string, n int) error {
	name := func(i int) string { i = (i + n) % n; return fmt.Sprintf("%c%cItem", 'A'+i/26, 'a'+i%26) }
	for i := range n {
		data := map[string]any{"Name": name(i), "Next": name(i + 1), "Previous": name(i - 1)}
		if err := render(tmpl, filepath.Join(dir, strings.ToLower(name(i))+".go"), data); err != nil {
			return err
		}
	}
	return nil
}

func render(tmpl, file string, data any) error {
	text, err := fs.ReadFile(files, tmpl)
	if err != nil {
		return err
	}
	t, err := template.New("").Parse(string(text))
	if err != nil {
		return err
	}
	var b strings.Builder
	if err := t.Execute(&b, data); err != nil {
		return err
	}
	return errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(b.String()), 0o644))
}
