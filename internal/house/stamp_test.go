package house_test

import (
	"os"
	"strings"
	"testing"
)

// stampFile is what generated code could name when the constant Version… of entity/table got its
// name, as lines of apiFile.
const stampFile = "internal/house/testdata/stamp.txt"

// TestStamp holds that generated code which does not fit names a constant that is not there: what
// entity/table takes or changes needs another name for the constant. What it adds needs none. It
// reads apiFile, which [TestAPI] compares with the code.
func TestStamp(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(apiFile)
	if err != nil {
		t.Fatal(err)
	}
	var now strings.Builder
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, generatedUses+".") {
			now.WriteString(line)
		}
	}
	old, err := os.ReadFile(stampFile)
	if err != nil && !*update {
		t.Fatal(err)
	}
	was, is := readExported(string(old)), readExported(now.String())
	if stampOf(is) == "" {
		t.Fatalf("%s has no constant Version… of %s", apiFile, generatedUses)
	}
	if stampOf(was) != stampOf(is) {
		if !*update {
			t.Fatalf("the constant has another name, %s: go test ./internal/house -run TestStamp -update, and commit %s", stampOf(is), stampFile)
		}
		if err := os.WriteFile(stampFile, []byte(now.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if breaking, _ := was.compare(is); len(breaking) > 0 {
		t.Errorf("Code that was generated before does not compile, and does not say why:\n  %s\n"+
			"Name %s anew in entity/table/table.go, codegen/table.go and release_test.go, run ./run.sh generate, and then: go test ./internal/house -run 'TestAPI|TestStamp' -update",
			strings.Join(breaking, "\n  "), stampOf(is))
	}
}

// stampOf is the constant that generated code names.
func stampOf(e exported) string {
	for at := range e {
		if strings.HasPrefix(at, generatedUses+".Version") {
			return at
		}
	}
	return ""
}
