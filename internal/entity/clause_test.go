package entity

import (
	"testing"

	"entgo.io/ent"

	"github.com/entgraph/entgraph/internal/sqltext"
	"github.com/entgraph/entgraph/rule"
)

func TestClausesJoin(t *testing.T) {
	t.Parallel()
	var mine Clause
	mine.Write("owner = ")
	mine.viewer()
	a, b := Plain("a"), Plain("b")
	for _, tc := range []struct {
		clause         Clause
		text           string
		always, viewer bool
	}{
		{AnyOf(), "FALSE", false, false},
		{AllOf(), "TRUE", true, false},
		{AnyOf(a, Always), "TRUE", true, false},
		{AllOf(a, Never), "FALSE", false, false},
		{AnyOf(Never, a), "a", false, false},
		{AllOf(a, AnyOf(b, mine), Always), "(a AND (b OR owner = $2::uuid))", false, true},
		{Exists("t", Never), "FALSE", false, false},
		{Exists("t", AllOf(mine, mine)), "EXISTS (SELECT FROM t WHERE (owner = $2::uuid AND owner = $2::uuid))", false, true},
	} {
		if got := tc.clause.For("$2::uuid"); got != tc.text || tc.clause.Always() != tc.always || tc.clause.AsksViewer() != tc.viewer {
			t.Errorf("%s, always %t, asks the viewer %t, want %s", got, tc.clause.Always(), tc.clause.AsksViewer(), tc.text)
		}
	}
	if copied := a; copied.For("") == "a" {
		copied.Write(" changed")
		if a.For("") != "a" {
			t.Errorf("a copy changed %s", a.For(""))
		}
	}
}

// TestConditions writes conditions for a viewer, before and after the graph is secured, and
// as functions that see all rows do.
func TestConditions(t *testing.T) {
	t.Parallel()
	read := rule.Any(rule.Is("state", "OPEN"), rule.Has("owner", rule.Is("level", 3)))
	policy, open := ent.Policy(rule.Policy{Read: read}), ent.Policy(rule.Policy{Read: rule.Everyone()})
	g, err := New([]Entity{
		{Name: "Post", Field: "post", Plural: "posts", Prefix: "post", Table: "posts", Policy: &policy, Fields: []Field{idField()}, Edges: []Edge{
			{Name: "owner", Type: "User", Unique: true, Required: true, Column: "owner_id"},
			ManyToMany("fans", "User", "fans", "post_id", "user_id", ""),
		}},
		{Name: "User", Field: "user", Plural: "users", Prefix: "user", Table: "users", Policy: &open, Fields: []Field{idField()}, Edges: []Edge{HasMany("posts", "Post", "owner_id")}},
	}, nil, Store{})
	if err != nil {
		t.Fatal(err)
	}
	post := g.Entity("Post")
	asRows := &Asker{SignedIn: "signed", Role: func(is string) string { return "role" + is }, Brackets: true}
	for _, tc := range []struct {
		cond                rule.Cond
		forViewer, withRows string
	}{
		{rule.Everyone(), "TRUE", "TRUE"},
		{rule.In[string]("state"), "FALSE", "FALSE"},
		{rule.SignedIn(), "FALSE", "signed"},
		{rule.Role("ADMIN"), "FALSE", "role = 'ADMIN'"},
		{rule.Is("name", "it's"), `t."name" = 'it''s'`, `t."name" = 'it''s'`},
		{rule.In("n", 1, 2), `t."n" IN (1, 2)`, `t."n" IN (1, 2)`},
		{rule.Owner("owner_id"), `t."owner_id" = me`, `t."owner_id" = me`},
		{rule.Visible("owner"), "TRUE", "TRUE"},
		{rule.Has("owner", rule.Owner("id")), `EXISTS (SELECT FROM public."users" r1 WHERE r1."id" = t."owner_id" AND r1."id" = me)`,
			`EXISTS (SELECT FROM public."users" r1 WHERE (r1."id" = t."owner_id" AND r1."id" = me))`},
		{rule.Has("fans", rule.Everyone()), `EXISTS (SELECT FROM public."users" r1 JOIN public."fans" r2 ON r1."id" = r2."user_id" WHERE r2."post_id" = t."id")`,
			`EXISTS (SELECT FROM public."users" r1 JOIN public."fans" r2 ON r1."id" = r2."user_id" WHERE r2."post_id" = t."id")`},
	} {
		if got := post.Clause(tc.cond, "t").For("me"); got != tc.forViewer {
			t.Errorf("for a viewer: %s, want %s", got, tc.forViewer)
		}
		if got := asRows.Clause(post, tc.cond, func(c string) string { return "t." + sqltext.Ident(c) }).For("me"); got != tc.withRows {
			t.Errorf("for all: %s, want %s", got, tc.withRows)
		}
	}
}
