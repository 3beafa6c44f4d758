package schemadiff_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

// Renames and changes of type lead to the same by expand and contract, and back.
// notExpanded are the cases that have no form in which both programs run, beside enums:
// what has one name, heirs, and what Postgres rewrites.
var notExpanded = []string{
	"object/schema_renamed", "object/composite_attribute_renamed", "object/sequence_renamed", "object/collation_renamed", "column/renamed_in_partitions",
	"type/in_heirs", "type/collation_in_use", "generated/of_renamed_and_retyped",
}

func TestExpandCases(t *testing.T) {
	t.Parallel()
	for i, c := range loadCases(t, strings.Split(*casesFiles, ",")...) {
		if c.Noop || c.Group != "type" && !strings.Contains(c.ID, "rename") {
			continue
		}
		t.Run(c.Group+"/"+c.ID, func(t *testing.T) {
			t.Parallel()
			j := newJudge(t, c.Base, c.After, c.Seed)
			j.dumped, j.expand = *dumpAll || i%4 == 0, true
			if c.Group == "enum" || slices.Contains(notExpanded, c.Group+"/"+c.ID) {
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
