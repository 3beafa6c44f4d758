// Package scaffold writes a new project: only what its owner edits. Everything else follows
// from that by the generator of the same release, so that nothing here has to be merged by
// hand later.
package scaffold

import (
	"embed"
	"errors"
	"fmt"
	"go/format"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"text/template"

	"golang.org/x/mod/module"
)

//go:embed project
var project embed.FS

// Framework is the module that projects import.
const Framework = "github.com/entgraph/entgraph"

// Options say what to write.
type Options struct {
	// Name is the app's: lower-case letters, digits, - and _, beginning with a letter.
	Name string
	// Module is the Go module's path. Default: Name.
	Module string
	// Dir is the folder, which must not exist or be empty. Default: Name.
	Dir string
	// Version is that of the framework in go.mod.
	Version string
	// Go is the version of the language in go.mod, such as "1.26".
	Go string
	// NoAuth leaves out users and signing in.
	NoAuth bool
}

// Unreleased is the version of a checkout, which go.mod replaces.
const Unreleased = "v0.0.0"

// Release is what the project is begun with, in words.
func (o Options) Release() string {
	if o.Version == Unreleased {
		return "a checkout"
	}
	return o.Version
}

var name = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`)

// Check fills in the defaults and refuses what makes no project. The error says what to
// write instead.
func (o *Options) Check() error {
	if !name.MatchString(o.Name) {
		return fmt.Errorf("the name %q must have lower-case letters, digits, - and _, at most 40, and begin with a letter", o.Name)
	}
	if o.Module == "" {
		o.Module = o.Name
	}
	if err := module.CheckImportPath(o.Module); err != nil {
		return fmt.Errorf("--module: %w; write something like example.com/%s", err, o.Name)
	}
	if o.Module == Framework || strings.HasPrefix(o.Module, Framework+"/") {
		return fmt.Errorf("--module: %s is the framework itself; write something like example.com/%s", o.Module, o.Name)
	}
	if o.Dir == "" {
		o.Dir = o.Name
	}
	entries, err := os.ReadDir(o.Dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("look into %s: %w", o.Dir, err)
	case len(entries) > 0:
		return fmt.Errorf("the folder %s is not empty: choose another one with --dir", o.Dir)
	}
	return nil
}

// places are the files that are called otherwise than here.
var places = map[string]string{
	"gitignore": ".gitignore", "gitattributes": ".gitattributes", "dockerignore": ".dockerignore",
	"ci.yml": ".github/workflows/ci.yml",
}

// Write writes the project. The options must have been checked.
func Write(o Options) error {
	return fs.WalkDir(project, "project", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		place := strings.TrimSuffix(strings.TrimPrefix(file, "project/"), ".tmpl")
		if to, ok := places[place]; ok {
			place = to
		}
		if o.NoAuth && path.Base(place) == "user.go" {
			return nil
		}
		text, err := render(file, o)
		if err != nil {
			return err
		}
		return write(filepath.Join(o.Dir, filepath.FromSlash(place)), text)
	})
}

func render(file string, o Options) ([]byte, error) {
	t, err := template.ParseFS(project, file)
	if err != nil {
		return nil, fmt.Errorf("read the template %s: %w", file, err)
	}
	var b strings.Builder
	data := struct {
		Options
		Framework string
		Auth      bool
	}{o, Framework, !o.NoAuth}
	if err := t.Execute(&b, data); err != nil {
		return nil, fmt.Errorf("write %s: %w", file, err)
	}
	if strings.HasSuffix(file, ".go.tmpl") {
		return format.Source([]byte(b.String()))
	}
	return []byte(b.String()), nil
}

func write(file string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("write the project: %w", err)
	}
	mode := fs.FileMode(0o644)
	if strings.HasSuffix(file, ".sh") {
		mode = 0o755
	}
	if err := os.WriteFile(file, text, mode); err != nil {
		return fmt.Errorf("write the project: %w", err)
	}
	return nil
}
