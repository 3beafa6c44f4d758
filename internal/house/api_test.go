package house_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	load "golang.org/x/tools/go/packages"
)

// apiFile is what the packages that people import exported when it was last accepted, a line
// each. It is text, so that a review reads what a commit takes or adds.
const apiFile = "internal/house/testdata/api.txt"

// generatedUses is the package that generated code alone uses, which changes with the generator.
const generatedUses = "entity/table"

// notPublic are the packages that nobody imports, though Go would let them: the sample and the
// pages.
var notPublic = []string{"cmd", "ent", "graph", "internal", "web"}

// TestAPI compares what the public packages export with what was accepted. Nothing of it
// changes by accident, and a change that breaks programs is seen as one.
//
// golang.org/x/exp/apidiff was looked at: it compares two loaded packages, so that the baseline
// would be export data, which nobody reads and which belongs to one version of Go, or a
// checkout of an older commit. The lines here are made so that taking or changing one is what
// breaks programs, and adding one breaks none; see exported.
func TestAPI(t *testing.T) {
	t.Parallel()
	now := publicAPI(t)
	if *update {
		if err := os.WriteFile(apiFile, []byte(now.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(apiFile)
	if err != nil {
		t.Fatal(err)
	}
	breaking, added := readExported(string(text)).compare(now)
	if len(breaking)+len(added) == 0 {
		return
	}
	of := func(list []string, generated bool) (out []string) {
		for _, line := range list {
			if strings.HasPrefix(line, generatedUses+".") == generated {
				out = append(out, line)
			}
		}
		return out
	}
	var b strings.Builder
	for _, part := range []struct {
		lines []string
		text  string
	}{
		{of(breaking, false), "This breaks programs that use it. Say in CHANGELOG.md what they do instead:"},
		{of(breaking, true), "Code that the last release generated does not fit " + generatedUses + " any more. If that release has the\n" +
			"same constant Version…, name it anew, there and in codegen/table.go, so that the compiler says what to run:"},
		{of(added, false), "This is new and breaks nothing. Once it is released it has to stay:"},
		{of(added, true), "This is new for generated code:"},
	} {
		if len(part.lines) > 0 {
			fmt.Fprintf(&b, "\n%s\n  %s\n", part.text, strings.Join(part.lines, "\n  "))
		}
	}
	t.Errorf("What people import changes.\n%s\nWhere that is wanted: go test ./internal/house -run TestAPI -update, and commit %s", &b, apiFile)
}

// publicAPI describes the packages that people import, as the compiler sees them.
func publicAPI(t *testing.T) exported {
	t.Helper()
	loaded, err := load.Load(&load.Config{
		Mode: load.NeedName | load.NeedTypes | load.NeedImports | load.NeedExportFile,
	}, "./...")
	if err != nil {
		t.Fatal(err)
	}
	d := describer{module: module, plain: generatedUses, out: exported{}}
	for _, p := range loaded {
		if len(p.Errors) > 0 {
			t.Fatalf("load %s: %v", p.PkgPath, p.Errors)
		}
		if !slices.ContainsFunc(notPublic, func(dir string) bool { return under(short(p.PkgPath), dir) }) {
			d.public = append(d.public, p.Types)
		}
	}
	if len(d.public) < 10 {
		t.Fatalf("only %d public packages found", len(d.public))
	}
	d.describe()
	return d.out
}
