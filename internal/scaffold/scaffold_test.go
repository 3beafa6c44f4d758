package scaffold

import (
	"bytes"
	"errors"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
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
			if bytes.Contains(text, []byte("tools/")) || bytes.Contains(text, []byte("docs/")) {
				t.Errorf("%s: %s points to a folder that a project does not have", name, file)
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

// newProject writes a project in a folder of its own.
func newProject(t *testing.T, name string) (dir string) {
	t.Helper()
	o := Options{Name: name, Dir: filepath.Join(t.TempDir(), "project"), Version: "v1.2.3", Go: "1.26"}
	if err := o.Check(); err != nil {
		t.Fatal(err)
	}
	if err := Write(o); err != nil {
		t.Fatal(err)
	}
	return o.Dir
}

// TestNames writes projects whose names mean something else to YAML, to the compose file or
// to the image.
func TestNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"shop", "postgres", "migrate", "serve", "on", "no", "null", "true", "src", "bin"} {
		dir := newProject(t, name)
		read := func(file string) []byte {
			text, err := os.ReadFile(filepath.Join(dir, file))
			if err != nil {
				t.Fatal(err)
			}
			return text
		}
		var compose struct {
			Services map[string]struct {
				Environment map[string]any
			}
		}
		if err := yaml.Unmarshal(read("compose.yaml"), &compose); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, key := range []string{"POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB"} {
			if got := compose.Services["postgres"].Environment[key]; got != name {
				t.Errorf("%s: %s is %#v", name, key, got)
			}
		}
		if len(compose.Services) != 3 || compose.Services["serve"].Environment["DATABASE_URL"] == nil {
			t.Errorf("%s: the services are %v", name, compose.Services)
		}
		for _, file := range []string{"gqlgen.yml", "ent/migrate/lint.yaml", ".github/workflows/ci.yml"} {
			if err := yaml.Unmarshal(read(file), &map[string]any{}); err != nil {
				t.Errorf("%s: %s: %v", name, file, err)
			}
		}
		if text := string(read("Dockerfile")); !strings.Contains(text, "-o /out/"+name+" .") || !strings.Contains(text, `ENTRYPOINT ["/usr/local/bin/`+name+`"]`) {
			t.Errorf("%s: %s", name, text)
		}
	}
}

// TestRunSh passes on to the program what the script does not know: the app's own commands.
func TestRunSh(t *testing.T) {
	t.Parallel()
	dir := newProject(t, "shop")
	for name, text := range map[string]string{"bin/shop": "#!/bin/sh\necho shop \"$@\"\n", "tools/go": "#!/bin/sh\ncase $1 in list) echo example.com/shop ;; test) shift && echo tested \"$@\" ;; esac\n"} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o755)); err != nil {
			t.Fatal(err)
		}
	}
	for args, want := range map[string]string{
		"": "shop dev\n", "migrate up --json": "shop migrate up --json\n", "version": "shop version\n",
		"user create": "shop user create\n", "greet ada --word bye": "shop greet ada --word bye\n", "help": "usage: ./run.sh",
		"test -v": "tested -buildvcs=false -v example.com/shop\n", // what has no tests is not named
	} {
		cmd := exec.CommandContext(t.Context(), filepath.Join(dir, "run.sh"), strings.Fields(args)...)
		cmd.Env = append(os.Environ(), "PATH="+filepath.Join(dir, "tools")+":"+os.Getenv("PATH"))
		if out, err := cmd.Output(); err != nil || !strings.HasPrefix(string(out), want) {
			t.Errorf("%s: %v, %q, want %q", args, err, out, want)
		}
	}
}
