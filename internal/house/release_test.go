package house_test

import (
	"flag"
	"go/format"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var asStranger = flag.Bool("stranger", os.Getenv("CI") == "true", "begin, test, serve and upgrade projects with nothing but the module's zip; takes some minutes (default in CI)")

// TestRelease makes the module's zip of a release and looks at what nobody's program works
// without. With -stranger it is used as well, by somebody who has no checkout: the framework
// comes from a proxy, they begin a project, test it, start it, sign in, open the playground, and
// go to the next release.
func TestRelease(t *testing.T) {
	t.Parallel()
	s := newStranger(t)
	r := newRelease(t, first, released(t))
	s.publish(t, r)
	if !*asStranger {
		return
	}
	t.Cleanup(func() { s.forget(t, r) })
	dir := s.begin(t, r, "shop", "--module", "example.com/shop")
	addHook(t, dir)
	s.run(t, dir, "go", "generate", "./...")
	s.run(t, dir, "./run.sh", "test") // which generates, too, and compares
	s.serve(t, dir)
	if out := s.run(t, dir, "bin/shop", "migrate", "diff", "--dry-run", "nothing"); !strings.Contains(out, "nothing to do") {
		t.Errorf("a project that just began wants a migration: %s", out)
	}
	s.upgrade(t, dir)
	s.run(t, s.begin(t, r, "stock", "--no-auth", "--module", "example.com/stock"), "go", "test", "-buildvcs=false", ".")
}

// begin makes a project, and looks where its framework comes from.
func (s *stranger) begin(t *testing.T, r release, name string, flags ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	s.run(t, t.TempDir(), "go", append([]string{"run", r.command(), "new", name, "--dir", dir}, flags...)...)
	t.Cleanup(func() { s.run(t, dir, "bin/"+name, "reset") })
	if got, want := s.run(t, dir, "go", "list", "-m", "-f", "{{.Dir}}{{.Replace}}", module), filepath.Join(s.cache, module+"@"+r.version)+"<nil>\n"; got != want {
		t.Fatalf("the framework is in %s, want %s", got, want)
	}
	if got, want := read(t, filepath.Join(dir, "README.md")), r.version; !strings.Contains(got, want) {
		t.Errorf("the README does not say that %s wrote it:\n%s", want, got)
	}
	return dir
}

// addHook has a schema use the generated client, so that the generator compiles it too.
func addHook(t *testing.T, dir string) {
	t.Helper()
	file := filepath.Join(dir, "ent", "schema", "product.go")
	text := strings.Replace(read(t, file), "\"entgo.io/ent\"\n", "\"entgo.io/ent\"\n\tgen \"example.com/shop/ent\"\n\t\"example.com/shop/ent/hook\"\n", 1) + `
// Hooks of Product: one named Free costs nothing.
func (Product) Hooks() []ent.Hook {
	return []ent.Hook{hook.On(func(next ent.Mutator) ent.Mutator {
		return hook.ProductFunc(func(ctx context.Context, m *gen.ProductMutation) (ent.Value, error) {
			if name, _ := m.Name(); name == "Free" {
				m.SetPrice(0)
			}
			return next.Mutate(ctx, m)
		})
	}, ent.OpCreate)}
}
`
	text = strings.Replace(text, "import (\n", "import (\n\t\"context\"\n\n", 1)
	formatted, err := format.Source([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, formatted, 0o600); err != nil {
		t.Fatal(err)
	}
}

// upgrade brings a project to a release whose generated code is another, and which has a column
// more in a table of its own.
func (s *stranger) upgrade(t *testing.T, dir string) {
	t.Helper()
	next := newRelease(t, second, changed(t, released(t)))
	s.publish(t, next)
	t.Cleanup(func() { s.forget(t, next) })
	s.run(t, dir, "go", "get", module+"@"+next.version)
	out, err := s.try(t, dir, "go", "build", "-buildvcs=false", "./ent")
	if want := "undefined: table.Version2RunGoToolEntgraphGenerate"; err == nil || !strings.Contains(out, want) {
		t.Errorf("stale generated code: %v, want %s\n%s", err, want, out)
	}
	out = s.run(t, dir, "go", "tool", "entgraph", "upgrade")
	for _, want := range []string{"the contract changes:\n", "\n  + AccessToken.note\n", "_upgrade_entgraph.sql"} {
		if !strings.Contains(out, want) {
			t.Errorf("upgrade does not say %q:\n%s", want, out)
		}
	}
	plans, err := filepath.Glob(filepath.Join(dir, "ent", "migrate", "migrations", "*_upgrade_entgraph.sql"))
	if err != nil || len(plans) != 1 {
		t.Fatalf("%v, migrations of the upgrade: %q", err, plans)
	}
	if plan, want := read(t, plans[0]), `ALTER TABLE "access_tokens" ADD COLUMN "note" character varying;`; !strings.Contains(plan, want) {
		t.Errorf("the migration does not %s:\n%s", want, plan)
	}
	s.run(t, dir, "go", "test", "-buildvcs=false", ".")
	if out := s.run(t, dir, "go", "run", "-buildvcs=false", ".", "migrate", "diff", "--dry-run", "nothing"); !strings.Contains(out, "nothing to do") {
		t.Errorf("an upgraded project wants a migration: %s", out)
	}
}

// changed makes another release of the files of one.
func changed(t *testing.T, files []releasedFile) []releasedFile {
	t.Helper()
	dir := t.TempDir()
	for path, edit := range map[string][2]string{
		"entity/table/table.go": {"Version2RunGoToolEntgraphGenerate", "Version3RunGoToolEntgraphGenerate"},
		"codegen/table.go":      {"Version2RunGoToolEntgraphGenerate", "Version3RunGoToolEntgraphGenerate"},
		"ent/entity.go":         {"Version2RunGoToolEntgraphGenerate", "Version3RunGoToolEntgraphGenerate"},
		"kit/token.go": {`		field.Bytes("token_hash").`, `		field.String("note").
			Optional().
			Nillable().
			Annotations(entity.Managed()).
			Comment("A word more."),
		field.Bytes("token_hash").`},
	} {
		text := read(t, path)
		if !strings.Contains(text, edit[0]) {
			t.Fatalf("%s has no %s", path, edit[0])
		}
		disk := filepath.Join(dir, strings.ReplaceAll(path, "/", "_"))
		if err := os.WriteFile(disk, []byte(strings.ReplaceAll(text, edit[0], edit[1])), 0o600); err != nil {
			t.Fatal(err)
		}
		for i := range files {
			if files[i].path == path {
				files[i].disk = disk
			}
		}
	}
	return files
}
