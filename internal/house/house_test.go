package house_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/doc"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestMain has all tests stand in the root of the repository.
func TestMain(m *testing.M) {
	if err := os.Chdir("../.."); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

const module = "github.com/entgraph/entgraph"

type pkg struct {
	ImportPath   string
	Doc          string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Doc,Imports,TestImports,XTestImports", "./...").Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %s", exit.Stderr)
		}
		t.Fatal(err)
	}
	var list []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		p.ImportPath = short(p.ImportPath)
		list = append(list, p)
	}
	if len(list) < 15 {
		t.Fatalf("only %d packages found", len(list))
	}
	return list
}

// short is a path without the module's; that of the root package is ".".
func short(path string) string {
	if path == module {
		return "."
	}
	return strings.TrimPrefix(path, module+"/")
}

// ours lists the imports of this module, without the module's path.
func ours(imports []string) []string {
	var out []string
	for _, path := range imports {
		if under(path, module) {
			out = append(out, short(path))
		}
	}
	return out
}

// allowed says what each package may import of this module, besides packages below
// itself: one way, from the commands down to what knows nothing of the rest. The
// generated ent imports the types of its table from entity, so that entity knows
// nothing of ent.
var allowed = map[string][]string{
	".":                      {"api", "auth", "entity/table", "internal/command", "internal/seed", "internal/server", "viewer"},
	"cmd/entgraph":           {".", "auth", "codegen", "ent", "graph"}, // the sample: public packages alone
	"internal/command":       {"api", "auth", "internal", "viewer", "web", "key"},
	"internal/server":        {"api", "internal/auth", "internal/document", "internal/example", "internal/explain", "internal/migrate", "internal/fair", "internal/limit", "internal/postgres", "internal/request", "viewer", "web"},
	"graph":                  {"api", "auth", "ent", "key"},
	"auth":                   {"api", "internal/auth", "internal/entity", "viewer", "key"},
	"api":                    {"internal/document", "internal/entity", "internal/refs", "internal/request", "key"},
	"internal/refs":          {"key"},
	"internal/scaffold":      {},
	"internal/request":       {},
	"internal/watch":         {},
	"internal/executor":      {"api", "internal/auth", "internal/entity", "internal/fair", "internal/introspection", "internal/limit", "internal/planner", "internal/postgres", "internal/refs", "internal/request", "rule", "viewer", "internal/sqltext", "key"},
	"internal/document":      {"internal/limit"},
	"internal/example":       {"internal/document", "web"},
	"internal/introspection": {"internal/limit"},
	"internal/planner":       {"entity", "internal/entity", "internal/fair", "internal/limit", "internal/postgres", "internal/regex", "rule", "viewer", "internal/sqltext", "key"},
	"internal/explain":       {"internal/planner", "internal/postgres"},
	"ent":                    {"entity/table"},
	"ent/schema":             {"entity", "kit", "rule"},
	"codegen":                {"entity", "kit", "internal/scaffold", "internal/entity", "internal/migrate", "internal/regex", "internal/rls", "internal/sqltext", "rule", "viewer"},
	"internal/rls":           {"internal/entity", "internal/postgres", "rule", "internal/migrate/sqlfile", "internal/sqltext"},
	"internal/seed":          {"entity", "internal/entity", "internal/postgres", "internal/sqltext", "key"},
	"internal/entity":        {"entity", "internal/fair", "internal/limit", "internal/postgres", "rule", "viewer", "internal/sqltext", "key"},
	"rule":                   {"viewer", "key"},
	"internal/postgres":      {"internal/fair", "internal/sqltext", "viewer", "key"},
	"internal/fair":          {},
	"internal/migrate":       {},
	"internal/devpg":         {"internal/sqltext"},
	"internal/config":        {},
	"viewer":                 {"key"},
	"key":                    {},
	"internal/limit":         {},
	"internal/sqltext":       {},
	"internal/regex":         {},
	"internal/auth":          {"api", "internal/entity", "internal/fair", "internal/limit", "internal/postgres", "viewer", "internal/sqltext", "key"},
	"web":                    {},
	"entgraphtest":           {".", "api", "internal", "rule", "viewer", "key"},                                               // for tests alone
	"internal/apitest":       {"cmd/entgraph/seed", "ent", "graph", "internal"},                                               // for tests alone, with the sample
	"internal/apptest":       {"api", "internal", "viewer"},                                                                   // for tests alone; it knows no app
	"internal/house":         {},                                                                                              // for tests alone
	"internal/hostile":       {"internal/entity"},                                                                             // for tests alone
	"internal/oracle":        {"entity", "internal/entity", "internal/postgres", "internal/sqltext", "rule", "viewer", "key"}, // for tests alone; it must not know the planner
	"entity":                 {},
	"kit":                    {"entity", "rule", "viewer"},
	"entity/table":           {"entity", "internal/entity", "key"},

	// The rooms of migrate. A dot at the end means that package without those below it.
	"internal/migrate/sqlfile":     {},
	"internal/migrate/folder":      {"internal/migrate.", "internal/migrate/sqlfile"},
	"internal/migrate/schemadiff":  {"internal/migrate/sqlfile", "internal/sqltext"},
	"internal/migrate/database":    {"internal/migrate.", "internal/migrate/folder", "internal/migrate/schemadiff", "internal/migrate/sqlfile", "internal/sqltext"},
	"internal/migrate/plan":        {"internal/entity", "internal/migrate.", "internal/migrate/database", "internal/migrate/folder", "internal/migrate/schemadiff", "internal/migrate/sqlfile", "internal/sqltext"},
	"internal/migrate/rewrite":     {"internal/migrate/sqlfile", "internal/sqltext"},
	"internal/migrate/rehearsal":   {"internal/migrate", "internal/sqltext"},
	"internal/migrate/migratetest": {"internal/migrate/database"}, // for tests alone
}

func TestImportsPointOneWay(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		rule, rules := ruleFor(p.ImportPath)
		if rules == nil && len(ours(p.Imports)) > 0 {
			t.Errorf("%s has no rule in this test", p.ImportPath)
			continue
		}
		for _, imported := range ours(p.Imports) {
			if !under(imported, rule) && !slices.ContainsFunc(rules, func(r string) bool { return under(imported, r) }) {
				t.Errorf("%s must not import %s", p.ImportPath, imported)
			}
		}
	}
}

// TestSampleIsAStranger keeps the sample, its tests too, to what everybody can import.
func TestSampleIsAStranger(t *testing.T) {
	t.Parallel()
	looked := 0
	for _, p := range packages(t) {
		if !slices.ContainsFunc([]string{"cmd", "ent", "graph"}, func(dir string) bool { return under(p.ImportPath, dir) }) {
			continue
		}
		looked++
		for _, imported := range slices.Concat(ours(p.Imports), ours(p.TestImports), ours(p.XTestImports)) {
			if under(imported, "internal") {
				t.Errorf("%s imports %s, which nobody else can", p.ImportPath, imported)
			}
		}
	}
	if looked < 10 {
		t.Errorf("the sample has only %d packages", looked)
	}
}

// ruleFor finds the longest rule that a package is under.
func ruleFor(path string) (string, []string) {
	best := ""
	for rule := range allowed {
		if under(path, rule) && len(rule) > len(best) {
			best = rule
		}
	}
	return best, allowed[best]
}

func under(path, root string) bool {
	return root != "" && (path == root || path+"." == root || strings.HasPrefix(path, root+"/"))
}

// samples are names of the sample's entities and columns; those of signing in are kit's.
var samples = regexp.MustCompile(`(?i)\b(posts?|taggings?|profiles?|author_?id|create(post|tag))\b`)

// sampleWords are the places where such a word means something else.
var sampleWords = []string{"by POST", "GET, HEAD, POST", "GET or POST", "text article post"}

// TestEngineKnowsNoApp looks through the texts of everything that is not the sample, which
// its imports do not show: SQL, names of fields, messages.
func TestEngineKnowsNoApp(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-f", "{{range .GoFiles}}{{$.Dir}}/{{.}}\n{{end}}", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	looked := 0
	for file := range strings.FieldsSeq(string(out)) {
		path, err := filepath.Rel(root, file)
		if err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc([]string{"cmd", "ent", "graph", "internal/apitest"}, func(dir string) bool { return under(path, dir) }) {
			continue
		}
		looked++
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			text, ok := n.(*ast.BasicLit)
			if ok && text.Kind == token.STRING && samples.MatchString(text.Value) && !slices.ContainsFunc(sampleWords, func(w string) bool { return strings.Contains(text.Value, w) }) {
				t.Errorf("%s names what is the sample's: %.80s", set.Position(text.Pos()), text.Value)
			}
			return true
		})
	}
	if looked < 200 {
		t.Errorf("only %d files were looked at", looked)
	}
}

// TestOnlyDevelopmentStartsPostgres keeps the private Postgres, the test API and the
// oracle out of what runs in production; only the development commands reach the first.
func TestOnlyDevelopmentStartsPostgres(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		for _, imported := range ours(p.Imports) {
			switch {
			case imported == "internal/devpg" && p.ImportPath != "internal/command" && p.ImportPath != "internal/apptest",
				imported == "internal/apptest" && p.ImportPath != "entgraphtest" && p.ImportPath != "internal/apitest",
				imported == "internal/apitest", imported == "internal/oracle", imported == "internal/hostile",
				imported == "internal/migrate/migratetest":
				t.Errorf("%s imports %s", p.ImportPath, imported)
			}
		}
	}
}

// TestModuleIsTidy keeps go.mod as "go mod tidy" writes it.
func TestModuleIsTidy(t *testing.T) {
	t.Parallel()
	if out, err := exec.Command("go", "mod", "tidy", "-diff").CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		generated := under(p.ImportPath, "ent") && p.ImportPath != "ent/schema"
		if !generated && p.Doc == "" {
			t.Errorf("%s has no package comment", p.ImportPath)
		}
	}
}

// public are the packages that people import.
var public = []string{".", "api", "auth", "codegen", "entgraphtest", "entity", "entity/table", "kit", "rule", "viewer"}

// TestPublicPackagesAreDocumented holds that the page of each public package begins with an
// example, and that every name which it exports has a comment.
func TestPublicPackagesAreDocumented(t *testing.T) {
	t.Parallel()
	for _, dir := range public {
		t.Run(dir, func(t *testing.T) {
			t.Parallel()
			p := documented(t, dir)
			text := p.Parser().Parse(p.Doc).Content
			if len(text) < 2 {
				t.Fatal("there is no package comment to speak of")
			}
			if _, code := text[1].(*comment.Code); !code {
				t.Error("after its first sentence the package comment has no example")
			}
			for _, name := range undocumented(p) {
				t.Errorf("%s has no comment", name)
			}
		})
	}
}

// documented reads the comments of a package.
func documented(t *testing.T, dir string) *doc.Package {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	fset, files := token.NewFileSet(), []*ast.File(nil)
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	p, err := doc.NewFromFiles(fset, files, module+"/"+dir)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// undocumented lists what a package exports without a comment. One on a group counts for all of
// it, and one on a field for those that follow without an empty line: they share its words.
func undocumented(p *doc.Package) (names []string) {
	values := slices.Concat(p.Consts, p.Vars)
	funcs := slices.Clone(p.Funcs)
	for _, typ := range p.Types {
		group := typ.Decl.Doc != nil
		for _, spec := range typ.Decl.Specs {
			group = group || spec.(*ast.TypeSpec).Doc != nil
		}
		if typ.Doc == "" && !group {
			names = append(names, typ.Name)
		}
		values = slices.Concat(values, typ.Consts, typ.Vars)
		funcs = slices.Concat(funcs, typ.Funcs)
		for _, m := range typ.Methods {
			if m.Doc == "" {
				names = append(names, typ.Name+"."+m.Name)
			}
		}
	}
	for _, v := range values {
		if v.Doc == "" {
			names = append(names, v.Names...)
		}
	}
	for _, f := range funcs {
		if f.Doc == "" {
			names = append(names, f.Name)
		}
	}
	return names
}

// TestConnectionsAreTakenInTurn keeps what serves requests from the bare pools: there no
// client waits for its turn, and nobody sees that who asks holds a connection already.
func TestConnectionsAreTakenInTurn(t *testing.T) {
	t.Parallel()
	bare := regexp.MustCompile(`\b(db|DB)\.(Read|Write)\b`)
	for _, dir := range []string{"graph", "internal/executor", "internal/auth", "internal/planner", "internal/server", "internal/explain"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", dir, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if found := bare.Find(text); found != nil && !strings.HasSuffix(file, "_test.go") {
				t.Errorf("%s has %s: use the Runner of Reader, Writer or Apart, or AcquireRead", file, found)
			}
		}
	}
}
