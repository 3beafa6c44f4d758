package codegen

import (
	"os"
	"path/filepath"
	"testing"
)

// A table of another release does not compile; schemas that import its package have to.
func TestSetAside(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "entity.go")
	if err := setAside(file); err != nil {
		t.Errorf("a project that just began: %v", err)
	}
	const head = "// Code generated. DO NOT EDIT.\n\npackage ent\n\n"
	for text, want := range map[string]string{
		head + stamp: head + stamp,
		head + "const _ = table.Version0RunGoToolEntgraphGenerate": "package ent // being generated. DO NOT EDIT.\n",
		head + stamp + "2": "package ent // being generated. DO NOT EDIT.\n",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := setAside(file); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
		if !isGenerated(got) {
			t.Errorf("%q counts as written by hand", got)
		}
	}
}
