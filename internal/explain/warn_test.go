package explain

import (
	"slices"
	"testing"

	"github.com/entgraph/entgraph/internal/planner"
)

func TestWarnings(t *testing.T) {
	t.Parallel()
	limit := Node{Type: "Limit", Loops: 1, Rows: 3}
	under := func(n Node) Node {
		n.Depth++
		return n
	}
	tests := map[string]struct {
		kind  planner.Kind
		rows  int64
		nodes []Node
		want  []string
	}{
		"cheap": {planner.KindPage, 21, []Node{limit, under(Node{Type: "Index Scan", Relation: "posts", Loops: 1, Rows: 21})}, nil},
		"scan": {planner.KindPage, 3, []Node{limit, under(Node{Type: "Seq Scan", Relation: "posts", Loops: 1, Rows: 3, Removed: 99_997,
			filter: "(((title)::text = 'x'::text) AND ((status)::text = 'DRAFT'::text))"})},
			[]string{"a sequential scan of posts reads 100,000 rows and keeps 3 rows; an index on posts (title, status) would help"}},
		"like": {planner.KindPage, 1, []Node{{Type: "Seq Scan", Relation: "posts", Loops: 1, Rows: 1, Removed: 5000,
			filter: "((title)::text ~~* '%race%'::text)"}},
			[]string{"a sequential scan of posts reads 5,001 rows and keeps 1 row; a trigram index (pg_trgm) on posts (title) would help"}},
		"index without the filter": {planner.KindPage, 0, []Node{{Type: "Index Scan", Relation: "posts", Index: "posts_pkey", Loops: 1, Removed: 5000, filter: "(a > 1)"}},
			[]string{"the scan of posts by posts_pkey reads 5,000 rows and keeps 0 rows; an index on posts (a) would help"}},
		"sort": {planner.KindPage, 3, []Node{limit, under(Node{Type: "Sort", Loops: 1, Rows: 3, sortKey: []string{"e0.title DESC NULLS LAST", "e0.id"}}),
			under(under(Node{Type: "Seq Scan", Relation: "posts", alias: "e0", Loops: 1, Rows: 2000}))},
			[]string{"2,000 rows of posts are sorted; an index on posts (title DESC NULLS LAST, id) would give them in order"}},
		"sort by another table": {planner.KindPage, 3, []Node{{Type: "Sort", Loops: 1, Rows: 3, sortKey: []string{"u.name", "p.id"}},
			under(Node{Type: "Nested Loop", Loops: 1, Rows: 2000}),
			under(under(Node{Type: "Seq Scan", Relation: "posts", alias: "p", Loops: 1, Rows: 2000})),
			under(under(Node{Type: "Index Scan", Relation: "users", alias: "u", Loops: 2000, Rows: 2000}))},
			[]string{"2,000 rows are sorted by u.name, p.id, for which there can be no index"}},
		"small tables read whole": {planner.KindEdge, 15, []Node{{Type: "Seq Scan", Relation: "tags", Loops: 20, Rows: 20 * 500}}, nil},
		"count": {planner.KindCount, 1, []Node{{Type: "Aggregate", Loops: 1, Rows: 1}, under(Node{Type: "Index Only Scan", Relation: "posts", Loops: 1, Rows: 3000})},
			[]string{"the count reads 3,000 rows; without totalCount the page alone is read"}},
		"groups": {planner.KindGroups, 5, []Node{{Type: "Sort", Loops: 1, Rows: 3000, sortKey: []string{"p.status"}}, under(Node{Type: "Seq Scan", Relation: "posts", alias: "p", Loops: 1, Rows: 3000})},
			[]string{"the totals read 3,000 rows; a filter would leave fewer"}},
		"waste": {planner.KindPage, 6, []Node{limit, under(Node{Type: "Index Scan", Relation: "posts", Loops: 1, Rows: 1500})},
			[]string{"1,500 rows are read for 6 rows; an index that has both the filter and the ordering would read fewer"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &Cost{Nodes: test.nodes}
			c.warn(&Statement{Kind: string(test.kind), Rows: test.rows})
			if !slices.Equal(c.Warnings, test.want) {
				t.Errorf("got  %q\nwant %q", c.Warnings, test.want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "{}", "[]", `[{"Plan": 1}]`} {
		if c, err := parse([]byte(text)); err == nil {
			t.Errorf("%q gives %v", text, c)
		}
	}
}
