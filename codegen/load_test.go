package codegen

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What schemas print is not taken for what they say, and one that ends the program is told so.
func TestSchemasThatPrint(t *testing.T) { // changes the folder
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if name == "go.mod" {
			text = []byte(strings.Replace(string(text), "module github.com/entgraph/entgraph\n",
				"module shop\n\nrequire github.com/entgraph/entgraph v0.0.0\n\nreplace github.com/entgraph/entgraph => "+root+"\n", 1))
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const schema = `package schema

import (
	"fmt"
	"os"

	"entgo.io/ent"
)

func init() {
	fmt.Println("hello, null")
	if os.Getenv("SCHEMAS_EXIT") != "" {
		os.Exit(0)
	}
}

type Product struct{ ent.Schema }
`
	if err := os.MkdirAll(filepath.Join(dir, "ent", "schema"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "ent", "schema", "product.go"), []byte(schema), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	t.Setenv("GOFLAGS", os.Getenv("GOFLAGS")+" -mod=mod")
	l, err := loadSchemas("./ent/schema")
	if err != nil || len(l.schemas) != 1 || l.schemas[0].Name != "Product" {
		t.Fatalf("got %+v, %v", l, err)
	}
	t.Setenv("SCHEMAS_EXIT", "yes")
	if _, err := loadSchemas("./ent/schema"); err == nil || !strings.Contains(err.Error(), "call os.Exit?") {
		t.Errorf("one that exits: %v", err)
	}
}
