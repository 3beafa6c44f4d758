package command

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"testing"
)

// A project is found from any folder in it. Elsewhere there is none: where a program is
// deployed, and in a module of something else.
func TestFindProject(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"shop/go.mod": "module example.com/shop\n", "shop/ent/schema/product.go": "", "shop/graph/x": "",
		"other/go.mod": "module example.com/other\n", "other/deep/x": "",
		"mono/go.mod": "// Everything.\nmodule example.com/mono\n", "mono/store/ent/migrate/migrations/x": "",
		"deployed/ent/migrate/migrations/x": "",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for folder, want := range map[string]project{
		"shop":       {"shop", "example.com/shop"},
		"shop/graph": {"shop", "example.com/shop"},
		"mono/store": {"mono/store", "example.com/mono"},
		"mono":       {}, "other/deep": {}, "deployed": {}, "": {},
	} {
		if want.root != "" {
			want.root = filepath.Join(dir, want.root)
		}
		if got, err := findProject(filepath.Join(dir, folder)); err != nil || got != want {
			t.Errorf("%s: %v, %v", folder, got, err)
		}
	}
}

// A program belongs to the project of its module, and to one whose packages it imports; that
// all import the framework does not make them programs of its sample.
func TestProjectIsOf(t *testing.T) {
	t.Parallel()
	const framework, shop, tools = frameworkModule, "example.com/shop", "example.com/shop/tools"
	for _, test := range []struct {
		main, dep, module string
		want              bool
	}{
		{framework, "", framework, true},
		{framework, "", shop, false},
		{shop, framework, shop, true},
		{shop, framework, framework, false},
		{tools, shop, shop, true},
		{tools, shop, "example.com/other", false},
	} {
		info := &debug.BuildInfo{Main: debug.Module{Path: test.main}, Deps: []*debug.Module{{Path: test.dep}}}
		if got := (project{module: test.module}).isOf(info); got != test.want {
			t.Errorf("%+v", test)
		}
	}
}
