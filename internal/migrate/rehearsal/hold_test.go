package rehearsal_test

import (
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/migrate/rehearsal"
)

// TestHolds: rows that are made up keep to what the program asks of them, and those of a column of
// which nobody says that it does break a new CHECK.
func TestHolds(t *testing.T) {
	t.Parallel()
	const table = `CREATE TABLE a (id int PRIMARY KEY, stars int NOT NULL, name varchar NOT NULL, code varchar)`
	const checks = `ALTER TABLE a ADD CONSTRAINT a_stars_valid CHECK (stars BETWEEN 41 AND 45),
		ADD CONSTRAINT a_name_valid CHECK (char_length(name) BETWEEN 3 AND 4), ADD CONSTRAINT a_code_valid CHECK (code ~ '^[0-9]{7}$')`
	all := []rehearsal.Holding{
		{Table: "a", Column: "stars", Name: "a_stars_valid", Condition: "stars BETWEEN 41 AND 45"},
		{Table: "a", Column: "name", Name: "a_name_valid", Condition: "char_length(name) BETWEEN 3 AND 4"},
		{Table: "a", Column: "code", Name: "a_code_valid", Condition: "code ~ '^[0-9]{7}$'"},
		{Table: "b", Column: "code", Name: "b_code_valid", Condition: "false"},
	}
	run := func(holds []rehearsal.Holding) (rehearsal.Report, error) {
		return rehearsal.Run(t.Context(), rehearsal.Options{Dir: directory(t, table, checks), Scratch: scratch(t), Rows: 20, Holds: holds, Latest: 1})
	}
	report, err := run(all)
	if err != nil {
		t.Fatal(err)
	}
	notes := strings.Join(report.Notes, "\n")
	if !strings.Contains(notes, "the validators of a.stars, a.name, a.code,") || strings.Contains(notes, "no rows") {
		t.Errorf("it notes %q", notes)
	}
	if _, err := run(all[1:]); err == nil || !strings.Contains(err.Error(), "a_stars_valid") {
		t.Errorf("without a holding: %v", err)
	}
}
