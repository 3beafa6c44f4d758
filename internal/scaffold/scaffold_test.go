package scaffold

import (
	"bytes"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		o    Options
		want string // part of the error; "" for none
	}{
		"plain":           {Options{Name: "shop"}, ""},
		"module":          {Options{Name: "shop", Module: "example.com/shop"}, ""},
		"an empty folder": {Options{Name: "shop", Dir: t.TempDir()}, ""},
		"no name":         {Options{}, "begin with a letter"},
		"upper case":      {Options{Name: "Shop"}, "lower-case"},
		"a path":          {Options{Name: "../shop"}, "lower-case"},
		"too long":        {Options{Name: "a" + strings.Repeat("b", 40)}, "at most 40"},
		"bad module":      {Options{Name: "shop", Module: "a b"}, "example.com/shop"},
		"the framework":   {Options{Name: "shop", Module: Framework}, "the framework itself"},
		"a full folder":   {Options{Name: "shop", Dir: full}, "is not empty"},
	} {
		err := tc.o.Check()
		if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
}

// TestWrite writes both kinds of projects and looks at what everybody will: that the program
// is short, that Go can read what is Go, that nothing is left of the templates.
func TestWrite(t *testing.T) {
	t.Parallel()
	for name, noAuth := range map[string]bool{"with users": false, "without": true} {
		o := Options{Name: "shop", Module: "example.com/shop", Dir: filepath.Join(t.TempDir(), "shop"), Version: "v1.2.3", Go: "1.26", NoAuth: noAuth}
		if err := o.Check(); err != nil {
			t.Fatal(err)
		}
		if err := Write(o); err != nil {
			t.Fatal(err)
		}
		files := map[string][]byte{}
		err := filepath.WalkDir(o.Dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			rel, _ := filepath.Rel(o.Dir, path)
			files[filepath.ToSlash(rel)], err = os.ReadFile(path)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for file, text := range files {
			if strings.HasSuffix(file, ".go") {
				if _, err := parser.ParseFile(token.NewFileSet(), file, text, 0); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
			if bytes.Contains(text, []byte("<no value>")) || bytes.Contains(text, []byte("{{ .")) {
				t.Errorf("%s: %s has something of its template left", name, file)
			}
		}
		for file, most := range map[string]int{"main.go": 20, "README.md": 30} {
			if n := bytes.Count(files[file], []byte("\n")); n == 0 || n > most {
				t.Errorf("%s: %s has %d lines, want at most %d", name, file, n, most)
			}
		}
		if want := "Begun with v1.2.3. `go get " + Framework + "@VERSION"; !bytes.Contains(files["README.md"], []byte(want)) {
			t.Errorf("%s: README.md does not say %s:\n%s", name, want, files["README.md"])
		}
		if _, there := files["ent/schema/user.go"]; there == noAuth {
			t.Errorf("%s: a User: %t", name, there)
		}
		if info, err := os.Stat(filepath.Join(o.Dir, "run.sh")); err != nil || info.Mode()&0o111 == 0 {
			t.Errorf("%s: run.sh cannot be run: %v, %v", name, info, err)
		}
		if !bytes.Contains(files["go.mod"], []byte("tool "+Framework+"/cmd/entgraph")) {
			t.Errorf("%s: go.mod: %s", name, files["go.mod"])
		}
	}
}
