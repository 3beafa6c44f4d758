package schemadiff_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

// Renames and changes of type lead to the same by expand and contract, and back.
func TestExpandCases(t *testing.T) {
	t.Parallel()
	for i, c := range loadCases(t, strings.Split(*casesFiles, ",")[0]) {
		if c.Noop || c.Group != "type" && !strings.Contains(c.ID, "rename") {
			continue
		}
		t.Run(c.Group+"/"+c.ID, func(t *testing.T) {
			t.Parallel()
			j := newJudge(t, c.Base, c.After, c.Seed)
			j.dumped, j.expand = *dumpAll || i%4 == 0, true
			if c.Group == "enum" { // a value or a type cannot have two names
				if err := j.plan(c.Answers, true); !errors.Is(err, schemadiff.ErrExpand) {
					t.Fatalf("got %v\n%s", err, j.script())
				}
				return
			}
			j.judge(c.Answers)
			if c.Check != "" && !j.true(c.Check) {
				t.Errorf("the check is false: %s\n%s", c.Check, j.script())
			}
			j.back()
		})
	}
}
