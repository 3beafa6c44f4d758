package codegen

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestExecutorKey changes what gqlgen reads, and what it does not.
func TestExecutorKey(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	files := map[string]string{
		"go.mod":               "module example.com/app\n\ngo 1.26\n\nrequire example.com/near v0.0.0\n\nreplace example.com/near => ./near\n",
		"gqlgen.yml":           "schema: [graph/ent.graphql, graph/custom.graphql]\nexec: {filename: graph/generated.go, package: graph}\nmodel: {filename: graph/models_gen.go, package: graph}\nmodels:\n  Place: {model: example.com/app/model.Place}\n",
		"graph/ent.graphql":    "type Query { posts: [Post] }\ninterface Node { id: ID! }\ntype Post implements Node { id: ID!, title: String }\nenum Color { RED }\n",
		"graph/custom.graphql": "type Place { name: String }\nextend type Query { here: Place, first(in: Color): Post }\n",
		"model/model.go":       "package model\n\nimport (\n\t_ \"fmt\"\n\n\t_ \"example.com/near\"\n\n\t_ \"example.com/app/deep\"\n)\n\ntype Place struct{ Name string }\n",
		"model/model_test.go":  "package model\n",
		"deep/deep.go":         "package deep\n",
		"near/near.go":         "package near\n",
		"graph/resolver.go":    "package graph\n",
		"ent/post.go":          "package ent\n",
	}
	write := func(t *testing.T, name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	key := func(t *testing.T) string {
		t.Helper()
		key, err := executorKey(Config{Schema: "ent/schema", Ent: "ent", Package: "example.com/app/ent", SDL: "graph/ent.graphql", Gqlgen: "gqlgen.yml"})
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	t.Setenv("GOWORK", "off")
	for name, text := range files {
		write(t, name, text)
	}
	before := key(t)
	if before == "" {
		t.Fatal("there is no key")
	}
	for _, change := range []struct {
		file, old, text string
		matters         bool
	}{
		{"graph/custom.graphql", "name: String", "name: String!", true},
		{"graph/custom.graphql", "Place,", "Place, there: Place,", true},
		{"gqlgen.yml", "schema:", "omit_complexity: true\nschema:", true},
		{"go.mod", "go 1.26", "go 1.26.1", true},
		{"model/model.go", "Name string", "Name, Town string", true},
		{"deep/deep.go", "package deep", "package deep\n\nconst X = 1", true},
		{"near/near.go", "package near", "package near\n\nconst X = 1", true},
		{"graph/ent.graphql", "enum Color { RED }", "input Color { red: Boolean }", true},
		{"graph/ent.graphql", "enum Color", "type Tag { name: String, posts: [Post] }\nenum Color", false},
		{"graph/ent.graphql", "title: String", "title: String!, color: Color", false},
		{"graph/ent.graphql", "posts:", "tags: [String] posts:", false},
		{"model/model_test.go", "model", "model_test", false},
		{"graph/resolver.go", "package graph", "package graph\n\ntype Resolver struct{}", false},
		{"ent/post.go", "package ent", "package ent\n\ntype Post struct{}", false},
	} {
		changed := strings.Replace(files[change.file], change.old, change.text, 1)
		if changed == files[change.file] {
			t.Fatalf("%s has no %q", change.file, change.old)
		}
		write(t, change.file, changed)
		if got := key(t) != before; got != change.matters {
			t.Errorf("%s, %q instead of %q: another key %t, want %t", change.file, change.text, change.old, got, change.matters)
		}
		write(t, change.file, files[change.file])
	}
	if key(t) != before {
		t.Error("the same files have another key")
	}
	write(t, "graph/custom.graphql", "extend type Query { x: Nothing }")
	if got := key(t); got != "" {
		t.Errorf("SDL with a mistake has the key %s", got)
	}
}
