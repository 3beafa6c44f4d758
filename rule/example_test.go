package rule_test

import (
	"fmt"

	"github.com/google/uuid"

	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/rule"
	"github.com/entgraph/entgraph/viewer"
)

// Everybody reads what is published, and authors their own drafts too. What is left of a
// condition for a viewer is what the database is asked.
func ExamplePolicy() {
	policy := rule.Policy{
		Read:  rule.Any(rule.Is("status", "PUBLISHED"), rule.Owner("author_id")),
		Write: rule.Owner("author_id"),
	}
	ada := viewer.Viewer{UserID: key.UUID(uuid.MustParse("018f0000-0000-7000-8000-000000000001")), Role: "MEMBER"}
	for _, who := range []viewer.Viewer{{}, ada, viewer.System()} {
		read := policy.Read.For(who)
		fmt.Printf("%s: %s\n", who, read.Op)
	}
	// Output:
	// anonymous: in
	// 018f0000-0000-7000-8000-000000000001: any
	// system: everyone
}
