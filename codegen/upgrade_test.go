package codegen

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMainPackage(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		files string // packages at folder=package
		want  string // "" for an error
	}{
		"as new begins it":     {".=main ent=ent", "example.com/a"},
		"in cmd":               {"cmd/a=main cmd/internal=internal", "example.com/a/cmd/a"},
		"a library with a cmd": {".=a cmd/a=main tools/b=main", "example.com/a/cmd/a"},
		"two":                  {"cmd/a=main cmd/b=main", ""},
		"none":                 {".=a", ""},
	} {
		dir := t.TempDir()
		files := map[string]string{"go.mod": "module example.com/a\n"}
		for _, f := range strings.Fields(tc.files) {
			folder, pkg, _ := strings.Cut(f, "=")
			files[folder+"/a.go"] = "package " + pkg + "\n"
		}
		for file, text := range files {
			path := filepath.Join(dir, filepath.FromSlash(file))
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := mainPackage(dir); got != tc.want || (err == nil) != (tc.want != "") {
			t.Errorf("%s: %q, %v, want %q", name, got, err, tc.want)
		}
	}
}
