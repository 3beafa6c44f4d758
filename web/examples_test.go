package web

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// The playground's example tabs: each parses, names its one operation (the title
// of the tab), opens with a comment and gets exactly the variables it declares.
func TestExamples(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("examples/*.graphql")
	if err != nil || len(files) < 4 {
		t.Fatalf("got %d examples, %v; want at least 4", len(files), err)
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			source, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(string(source), "# ") {
				t.Error("no comment on top")
			}
			doc, err := parser.ParseQuery(&ast.Source{Name: name, Input: string(source)})
			if err != nil {
				t.Fatal(err)
			}
			if len(doc.Operations) != 1 || doc.Operations[0].Name == "" {
				t.Fatal("want one operation with a name")
			}
			checkVariables(t, doc.Operations[0], strings.TrimSuffix(name, ".graphql")+".json")
		})
	}
}

func checkVariables(t *testing.T, op *ast.OperationDefinition, name string) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var values map[string]any
	if err := json.Unmarshal(data, &values); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for _, declared := range op.VariableDefinitions {
		if _, ok := values[declared.Variable]; !ok {
			t.Errorf("%s lacks the variable %s", name, declared.Variable)
		}
		delete(values, declared.Variable)
	}
	for extra := range values {
		t.Errorf("%s holds %s, which the operation does not declare", name, extra)
	}
}
