package rule_test

import (
	"fmt"
	"time"

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

// An announcement is read from its day on until it ends, by its author always. What nobody has
// approved is still theirs to change, unless it is older than thirty days.
func ExampleNot() {
	policy := rule.Policy{
		Read: rule.Any(
			rule.Owner("author_id"),
			rule.All(
				rule.NotNull("approved_by"),
				rule.LTE("starts_at", rule.Now()),
				rule.Not(rule.LTE("ends_at", rule.Now())), // also without an end
			),
		),
		Write: rule.All(
			rule.Owner("author_id"),
			rule.IsNull("approved_by"),
			rule.GT("created_at", rule.Now().Add(-30*24*time.Hour)),
			rule.LT("price", "99.50"),
		),
	}
	policy.Read.Walk(func(c rule.Cond) { fmt.Print(c.Op, " ") })
	// Output: any owner all notNull lte not lte
}

// A tenant is read by its members and written by its owners, and who makes one is its first.
func ExampleHas() {
	owner := rule.Has("memberships", rule.All(rule.Owner("user_id"), rule.Is("role", "OWNER")))
	policy := rule.Policy{
		Read:   rule.Has("memberships", rule.Owner("user_id")),
		Create: owner,
		Update: owner,
		Delete: owner,
	}
	fmt.Println(policy.Creates().For(viewer.Viewer{}).Op == rule.OpNobody)
	// Output: true
}
