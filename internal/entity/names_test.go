package entity

import (
	"slices"
	"strings"
	"testing"

	"entgo.io/ent"

	"github.com/entgraph/entgraph/rule"
)

// TestRootFields finds what the generated fields of Query and Mutation do.
func TestRootFields(t *testing.T) {
	t.Parallel()
	g := blog(t).graph
	for name, want := range map[string]Root{
		"post": {Kind: One}, "posts": {Kind: List}, "userByName": {Kind: Lookup}, "node": {Kind: Node}, "nodes": {Kind: Nodes},
		"createPost": {Kind: Create}, "updatePost": {Kind: Update}, "deletePost": {Kind: Delete},
	} {
		root := g.Query(name)
		if root == nil {
			root = g.Mutation(name)
		}
		if root == nil || root.Kind != want.Kind {
			t.Errorf("%s is %+v", name, root)
		}
	}
	for _, name := range []string{"Post", "postByTitle", "postByID", "createposts", ""} {
		if g.Query(name) != nil || g.Mutation(name) != nil {
			t.Errorf("%q is a root field", name)
		}
	}
	if root := g.Query("userByName"); root.Entity.Table != "users" || root.Field.Column != "name" {
		t.Errorf("userByName finds %+v", root)
	}
}

// TestFilterAndOrderNames lists the names of the API in the order of its SDL.
func TestFilterAndOrderNames(t *testing.T) {
	t.Parallel()
	e := blog(t).graph.Entity("Post")
	var filters, orders []string
	for _, f := range e.Filters() {
		if f.Field == nil || f.Field.Name == "firstLine" {
			filters = append(filters, f.Name)
		}
		if e.FilterByName(f.Name) == nil {
			t.Errorf("no filter is called %s", f.Name)
		}
	}
	for _, o := range e.Orders() {
		orders = append(orders, o.Name)
	}
	const wantFilters = "firstLine firstLineNEQ firstLineIn firstLineNotIn firstLineGT firstLineGTE firstLineLT firstLineLTE firstLineContains firstLineHasPrefix " +
		"firstLineHasSuffix firstLineEqualFold firstLineContainsFold firstLineMatches firstLineIsNil firstLineNotNil hasAuthor hasAuthorWith hasEditor hasEditorWith " +
		"hasParent hasParentWith hasReplies hasRepliesWith repliesSome repliesNone repliesEvery repliesCount hasTags hasTagsWith tagsSome tagsNone tagsEvery tagsCount " +
		"hasHints hasHintsWith hintsSome hintsNone hintsEvery hintsCount"
	const wantOrders = "ID CREATED_AT TITLE FIRST_LINE RANK AUTHOR_ID AUTHOR_NAME EDITOR_ID EDITOR_NAME " +
		"PARENT_ID PARENT_CREATED_AT PARENT_TITLE PARENT_FIRST_LINE PARENT_RANK REPLIES_COUNT TAGS_COUNT HINTS_COUNT"
	if got := strings.Join(filters, " "); got != wantFilters {
		t.Errorf("filters: %s", got)
	}
	if got := strings.Join(orders, " "); got != wantOrders {
		t.Errorf("orders: %s", got)
	}
}

// TestSchemaNames finds edges by either spelling, and columns by what the API calls them.
func TestSchemaNames(t *testing.T) {
	t.Parallel()
	for pair, want := range map[[2]string]bool{
		{"blogPosts", "blog_posts"}: true, {"blog_posts", "blogposts"}: true, {"a", "a"}: true, {"a", "b"}: false, {"posts", "post"}: false,
	} {
		if SameName(pair[0], pair[1]) != want {
			t.Errorf("%q: %t", pair, !want)
		}
	}
	e := blog(t).graph.Entity("Post")
	if e.RuledEdge("AUTHOR").Column != "author_id" || e.RuledEdge("nothing") != nil {
		t.Error("edges are not found by their names")
	}
	if e.FieldByColumn("first_line") != e.FieldByName("firstLine") || e.FieldByName("first_line") != nil {
		t.Error("fields are not found by their names")
	}
	if keys := e.ForeignKeys(); !slices.Equal(keys, []string{"author_id", "editor_id", "parent_id"}) {
		t.Errorf("foreign keys: %q", keys)
	}
	for path, want := range map[string]string{
		"title": "Post.title", "author.name": "author User.name", "author": `Post has no field "author"`, "tags.name": `Post has no to-one edge "tags"`,
		"author.age": `User has no field "age"`, "x.y": `Post has no to-one edge "x"`,
	} {
		edge, f, err := e.Need(path)
		got := ""
		switch {
		case err != nil:
			got = err.Error()
		case edge == nil:
			got = "Post." + f.Name
		default:
			got = edge.Name + " " + edge.Target.Name + "." + f.Name
		}
		if got != want {
			t.Errorf("%s needs %s, want %s", path, got, want)
		}
	}
}

// TestNamesTakenTwice refuses entities whose names meet, and says which to change.
func TestNamesTakenTwice(t *testing.T) {
	t.Parallel()
	policy := ent.Policy(rule.Policy{Read: rule.Everyone()})
	text := func(name string) Field { return StringField[string](name, name, 0, nil) }
	thing := func(change func(*Entity)) Entity {
		e := Entity{Name: "Thing", Field: "thing", Plural: "things", Prefix: "thing", Table: "things", Policy: &policy, Fields: []Field{idField()}}
		change(&e)
		return e
	}
	plain := thing(func(*Entity) {})
	toThing := func(name, input string) Edge {
		return Edge{Name: name, Type: "Thing", Unique: true, Column: name + "_id", Input: input}
	}
	for want, entities := range map[string][]Entity{
		`entities Thing and Other have the same id prefix "thing": give one of them entity.Prefix(...)`: {plain, thing(func(e *Entity) { e.Name, e.Field, e.Plural = "Other", "other", "others" })},
		`Other: the root field "things" belongs to Thing: rename one of them`:                           {plain, thing(func(e *Entity) { e.Name, e.Field, e.Plural, e.Prefix = "Other", "other", "things", "other" })},
		`Thing: the root field "node" belongs to the API itself: rename one of them`:                    {thing(func(e *Entity) { e.Field = "node" })},
		`Thing has two fields of the name "a": rename the field a`:                                      {thing(func(e *Entity) { e.Fields = append(e.Fields, text("a"), text("a")) })},
		`Thing has two fields of the name "a": rename the edge a`:                                       {thing(func(e *Entity) { e.Fields, e.Edges = append(e.Fields, text("a")), []Edge{toThing("a", "")} })},
		`Thing has two inputs of the name "aID": rename the edge a`:                                     {thing(func(e *Entity) { e.Fields, e.Edges = append(e.Fields, text("aID")), []Edge{toThing("a", "aID")} })},
		`Thing has two filters of the name "aNEQ": rename the field aNEQ`:                               {thing(func(e *Entity) { e.Fields = append(e.Fields, text("a"), text("aNEQ")) })},
		`Thing has two filters of the name "not": rename the field not`:                                 {thing(func(e *Entity) { e.Fields = append(e.Fields, text("not")) })},
		`Thing has two orders of the name "A_ID": rename the edge a`:                                    {thing(func(e *Entity) { e.Fields, e.Edges = append(e.Fields, text("aID")), []Edge{toThing("a", "")} })},
		`edge Thing.gone leads to Gone, which is not served: give the edge entity.Skip() or serve the entity`: {thing(func(e *Entity) {
			e.Edges = []Edge{HasOne("gone", "Gone", "thing_id")}
		})},
		`Thing has no policy: generate again`: {thing(func(e *Entity) { e.Policy = nil })},
	} {
		_, err := New(entities, nil, Store{})
		if err == nil || !slices.Contains(strings.Split(err.Error(), "\n"), want) {
			t.Errorf("%v\nwant %s", err, want)
		}
	}
}
