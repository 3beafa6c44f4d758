package folder

import (
	"fmt"
	"testing"

	atlas "ariga.io/atlas/sql/migrate"
)

// Whoever changes a statement changes it for nobody else, and what is remembered has bounds.
func TestStatementsAreTheCallers(t *testing.T) {
	t.Parallel()
	file := atlas.NewLocalFile("1_a.sql", []byte("SELECT 'mine';\nSELECT 2;"))
	for range 3 {
		stmts, err := Statements(file)
		if err != nil || len(stmts) != 2 || stmts[0].Text != "SELECT 'mine';" || stmts[1].Pos != 15 {
			t.Fatalf("got %v, error %v", stmts, err)
		}
		stmts[0].Text, stmts[1] = "SELECT 'yours';", nil
	}
	for i := range mostSplits + 1 {
		if _, err := Statements(atlas.NewLocalFile("1_a.sql", fmt.Appendf(nil, "SELECT %d;", i))); err != nil {
			t.Fatal(err)
		}
	}
	splits.Lock()
	defer splits.Unlock()
	if n := len(splits.byText); n > mostSplits {
		t.Errorf("remembers %d files", n)
	}
}

// A file that cannot be split stays one.
func TestStatementsOfBrokenFile(t *testing.T) {
	t.Parallel()
	for range 2 {
		if _, err := Statements(atlas.NewLocalFile("1_a.sql", []byte("SELECT 'open"))); err == nil {
			t.Error("no error")
		}
	}
}
