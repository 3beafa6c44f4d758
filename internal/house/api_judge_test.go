package house_test

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"strings"
	"testing"
)

// TestAPIComparison changes a package in one place and asks whether that breaks programs.
func TestAPIComparison(t *testing.T) {
	t.Parallel()
	const before = `
type Options struct { Name string; count int }
type Plain struct { A int }
type Reader interface { Read() string }
type Closed interface { Read() string; own() }
type Number interface { ~int | ~int64 }
type List[T any] []T
const Most = 10
var Default = Options{}
func Open(name string, more ...int) (*Options, error) { return nil, nil }
func Map[T Number](l List[T]) map[string]T { return nil }
func (Options) Value() int { return 0 }
func (*Options) Set(int) {}
func hidden() {}
`
	for name, tc := range map[string]struct {
		old, new string // what becomes of the package
		want     string // the beginning of the only line; "!" before one that breaks
	}{
		"nothing":                    {"", "", ""},
		"a function less":            {"func Map[T Number](l List[T]) map[string]T { return nil }", "", "!p.Map is gone; it was func[T p.Number](p.List[T]) map[string]T"},
		"a function more":            {"func hidden() {}", "func Shown() {}", "p.Shown func()"},
		"a parameter's name":         {"Open(name string", "Open(path string", ""},
		"a parameter's type":         {"Open(name string", "Open(name []byte", "!p.Open was func(string, ...int) (*p.Options, error)\n      and becomes func([]byte, ...int) (*p.Options, error)"},
		"a hidden field":             {"count int", "count, other int", ""},
		"a field more":               {"Name string", "Name, Title string", "p.Options.Title field string"},
		"a field less":               {"A int", "a int", "!p.Plain.A is gone; it was field int"},
		"no comparison any more":     {"A int", "A int; b []int", "!p.Plain was type struct, comparable\n      and becomes type struct"},
		"a method more":              {"func hidden() {}", "func (Options) More() {}", "p.Options.More method()"},
		"to a pointer's method":      {"func (Options) Value()", "func (*Options) Value()", "!p.Options.Value was method() int\n      and becomes method of the pointer() int"},
		"more to implement":          {"Reader interface { Read() string", "Reader interface { Read() string; Close()", "!p.Reader was type interface{Read() string}\n      and becomes type interface{Close(); Read() string}"},
		"a constraint":               {"~int | ~int64", "~int", "!p.Number was type interface{~int | ~int64}"},
		"a constant":                 {"Most = 10", "Most = 11", "!p.Most was const untyped int = 10"},
		"a variable's type":          {"Default = Options{}", "Default = &Options{}", "!p.Default was var p.Options\n      and becomes var *p.Options"},
		"an alias in a type's place": {"type Reader interface { Read() string }", "type Reader = any", "!p.Reader was type interface{Read() string}\n      and becomes alias of any"},
	} {
		old, now := describeSource(t, before), describeSource(t, strings.Replace(before, tc.old, tc.new, 1))
		breaking, added := old.compare(now)
		for i := range breaking {
			breaking[i] = "!" + breaking[i]
		}
		lines := append(breaking, added...)
		switch {
		case tc.want == "" && len(lines) > 0, tc.want != "" && len(lines) != 1:
			t.Errorf("%s: %q", name, lines)
		case tc.want != "" && !strings.HasPrefix(lines[0], tc.want):
			t.Errorf("%s: %q, want %q", name, lines[0], tc.want)
		}
	}
}

// A type that is internal goes by its public alias, with what it has; others do not count.
func TestAPIOfAliases(t *testing.T) {
	t.Parallel()
	set := token.NewFileSet()
	internal := check(t, set, nil, "m/internal", `type Field struct { Name string; Of *Graph }; type Graph struct { Roots int }; func (Field) Has() bool { return true }`)
	public := check(t, set, importing{"m/internal": internal}, "m/table", `import "m/internal"; type Field = internal.Field; func New() internal.Field { return Field{} }`)
	d := describer{module: "m", plain: "none", public: []*types.Package{public}, out: exported{}}
	d.describe()
	want := `table.Field type struct, comparable
table.Field.Has method() bool
table.Field.Name field string
table.Field.Of field *internal.Graph
table.New func() table.Field
`
	if got := d.out.String(); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if again := readExported(d.out.String()).String(); again != want {
		t.Errorf("what was written reads as\n%s", again)
	}
}

func describeSource(t *testing.T, text string) exported {
	t.Helper()
	d := describer{module: "m", plain: "none", public: []*types.Package{check(t, token.NewFileSet(), importer.Default(), "m/p", text)}, out: exported{}}
	d.describe()
	return d.out
}

type importing map[string]*types.Package

func (i importing) Import(path string) (*types.Package, error) { return i[path], nil }

func check(t *testing.T, set *token.FileSet, from types.Importer, path, text string) *types.Package {
	t.Helper()
	f, err := parser.ParseFile(set, path, "package "+path[strings.LastIndex(path, "/")+1:]+"\n"+text, 0)
	if err != nil {
		t.Fatal(err)
	}
	conf := types.Config{Importer: from}
	p, err := conf.Check(path, set, []*ast.File{f}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
