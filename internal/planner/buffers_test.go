package planner_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/explain"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/viewer"
)

// TestBuffers runs the planner's statements on 100,000 posts and counts the pages that
// Postgres touches. Times would say less, and differ from run to run.
func TestBuffers(t *testing.T) {
	t.Parallel()
	api := newSized(t, bigSize)
	t.Run("deep pages", func(t *testing.T) {
		t.Parallel()
		checkDeepPages(t, api)
	})
	t.Run("deep pages with rules", func(t *testing.T) {
		t.Parallel()
		checkDeepPages(t, api.As(viewer.Viewer{}))
		checkDeepPages(t, api.As(viewer.Viewer{UserID: key.UUID(uuid.Must(uuid.NewV7())), Role: "MEMBER"}))
	})
	t.Run("nulls", func(t *testing.T) {
		t.Parallel()
		checkNulls(t, api)
	})
	t.Run("shapes", func(t *testing.T) {
		t.Parallel()
		checkShapes(t, api)
	})
}

// The deep page begins with row 75,000: away from the end, where few rows are left and
// Postgres rightly sorts them.
const (
	pageSize = 15
	deepPage = 5000
)

// checkDeepPages compares the first page of an ordering with page 5000, in both
// directions.
func checkDeepPages(t *testing.T, api *apitest.API) {
	for _, order := range []string{
		"", "{field: ID, direction: DESC}",
		"{field: CREATED_AT}", "{field: CREATED_AT, direction: DESC}", "{field: CREATED_AT, direction: DESC}, {field: ID, direction: DESC}",
	} {
		page := func(paging string) string {
			return fmt.Sprintf("{ posts(%s, orderBy: [%s]) { nodes { id title author { username } } pageInfo { hasNextPage } } }", paging, order)
		}
		after, before := cursors(t, api, order)
		for name, pages := range map[string][2]string{
			"forward":  {page(fmt.Sprintf("first: %d", pageSize)), page(fmt.Sprintf("first: %d, after: %q", pageSize, after))},
			"backward": {page(fmt.Sprintf("last: %d", pageSize)), page(fmt.Sprintf("last: %d, before: %q", pageSize, before))},
		} {
			first, deep := cost(t, api, pages[0], 1), cost(t, api, pages[1], 1)
			if n := deep.RowsRead; n < pageSize {
				t.Errorf("[%s] %s: the deep page reads %d rows", order, name, n)
			}
			if limit := touched(first)*11/10 + 4; touched(deep) > limit {
				t.Errorf("[%s] %s: page %d touches %d buffers, the first page %d, at most %d are allowed", order, name, deepPage, touched(deep), touched(first), limit)
			}
			noScan(t, pages[0], first)
			noScan(t, pages[1], deep)
		}
	}
}

// checkNulls reads pages of a list that is ordered by a nullable field: at both ends, in
// the middle of the rows with a value and of those without, and where they meet.
func checkNulls(t *testing.T, api *apitest.API) {
	const most = 30 // the rows of a page may lie in as many pages of the table
	values := int(api.Query(t, `{ posts(where: {publishedAtNotNil: true}) { totalCount } }`, nil).At(t, "posts.totalCount").(float64))
	for _, order := range []string{
		"{field: PUBLISHED_AT}", "{field: PUBLISHED_AT, nulls: FIRST}", "{field: PUBLISHED_AT, direction: DESC}", "{field: PUBLISHED_AT, direction: DESC, nulls: LAST}",
		"{field: PUBLISHED_AT, direction: DESC, nulls: LAST}, {field: ID, direction: DESC}",
	} {
		meet := values
		if strings.Contains(order, "FIRST") || strings.HasSuffix(order, "DESC}") && !strings.Contains(order, "ID") {
			meet = bigSize.last - values
		}
		for _, depth := range []int{0, meet / 2, meet - pageSize/2, (meet + bigSize.last) / 2} {
			forward, backward := "null", "null"
			if depth > 0 {
				query := fmt.Sprintf("{ posts(first: 2, offset: %d, orderBy: [%s]) { edges { cursor } } }", depth-1, order)
				edges := api.Query(t, query, nil)
				forward, backward = fmt.Sprintf("%q", edges.At(t, "posts.edges.0.cursor")), fmt.Sprintf("%q", edges.At(t, "posts.edges.1.cursor"))
			}
			for _, paging := range []string{fmt.Sprintf("first: %d, after: %s", pageSize, forward), fmt.Sprintf("last: %d, before: %s", pageSize, backward)} {
				query := fmt.Sprintf("{ posts(%s, orderBy: [%s]) { nodes { id title } } }", paging, order)
				c := cost(t, api, query, 1)
				// A page of both parts seeks twice.
				limit := int64(most)
				if depth == meet-pageSize/2 {
					limit += most / 2
				}
				if n := touched(c); n > limit {
					t.Errorf("[%s] at %d, %.20s…: touches %d buffers, at most %d are allowed: %+v", order, depth, paging, n, limit, c.Nodes)
				}
			}
		}
	}
}

// cursors returns the cursors before page 5000 and, counted from the end, behind it.
func cursors(t *testing.T, api *apitest.API, order string) (after, before string) {
	t.Helper()
	cursor := func(offset int) string {
		query := fmt.Sprintf("{ posts(first: 1, offset: %d, orderBy: [%s]) { pageInfo { endCursor } } }", offset, order)
		return api.Query(t, query, nil).At(t, "posts.pageInfo.endCursor").(string)
	}
	depth := pageSize * (deepPage - 1)
	return cursor(depth - 1), cursor(bigSize.last - depth)
}

// checkShapes bounds what the statements of a query touch, one bound for each. A look-up
// in an index of this size is three or four pages.
func checkShapes(t *testing.T, api *apitest.API) {
	first := api.Query(t, `{ posts(first: 30) { nodes { id author { id } } } tagByName(name: "tag100") { id } }`, nil)
	post, user := first.At(t, "posts.nodes.0.id"), first.At(t, "posts.nodes.0.author.id")
	tag := first.At(t, "tagByName.id")
	var ids []string
	for i := range 30 {
		ids = append(ids, fmt.Sprintf("%q", first.At(t, fmt.Sprintf("posts.nodes.%d.id", i))))
	}
	for query, limits := range map[string][]int64{
		fmt.Sprintf(`{ post(id: %q) { title } }`, post):                                          {4},
		fmt.Sprintf(`{ node(id: %q) { ... on Post { author { username } } } }`, post):            {8},
		fmt.Sprintf(`{ nodes(ids: [%s]) { id ... on Post { title } } }`, strings.Join(ids, ",")): {4 * 30},
		`{ userByUsername(username: "user7000") { id profile { firstName } } }`:                  {8},
		`{ tagByName(name: "tag100") { name } }`:                                                 {4},

		// A page for each of twenty parents: a seek and the rows.
		`{ users(first: 20) { nodes { posts(first: 3) { nodes { title } } } } }`:                        {6, 20 * 8},
		`{ users(first: 20) { nodes { posts(last: 3) { nodes { title } } } } }`:                         {6, 20 * 8},
		`{ posts(first: 20) { nodes { tags(first: 1) { nodes { name } } } } }`:                          {6, 20 * 8},
		`{ tags(first: 20, offset: 50) { nodes { posts(first: 3) { nodes { title } } } } }`:             {6, 20 * 24},
		fmt.Sprintf(`{ user(id: %q) { posts(first: 2) { nodes { tags { nodes { name } } } } } }`, user): {4, 14, 24},

		// Counts of one parent's rows read the index, and those rows only.
		`{ users(first: 20) { nodes { posts { totalCount } } } }`:                                                               {6, 20 * 4},
		`{ posts(first: 20) { nodes { tags { totalCount } } } }`:                                                                {6, 20 * 8},
		fmt.Sprintf(`{ posts(where: {hasAuthorWith: [{id: %q}]}) { totalCount } }`, user):                                       {24},
		fmt.Sprintf(`{ posts(first: 2, where: {hasAuthorWith: [{id: %q}]}) { nodes { title } } }`, user):                        {24},
		fmt.Sprintf(`{ tag(id: %q) { posts(first: 3, where: {status: PUBLISHED}) { nodes { id } } } }`, tag):                    {4, 48},
		`{ posts(first: 5, where: {createdAtGT: "2026-02-20T00:00:00Z"}, orderBy: [{field: CREATED_AT}]) { nodes { title } } }`: {8},
		`{ posts(where: {createdAtGT: "2026-02-20T00:00:00Z", createdAtLT: "2026-02-20T01:00:00Z"}) { totalCount }  }`:          {12},
	} {
		_, report := explained(t, api, "analyze", query)
		if len(report.Statements) != len(limits) {
			t.Errorf("%.200s takes %d statements, want %d", query, len(report.Statements), len(limits))
			continue
		}
		for i, s := range report.Statements {
			if n := touched(s.Cost); n > limits[i] {
				t.Errorf("%.200s\n#%d touches %d buffers, at most %d are allowed:\n%s\n%+v", query, s.Number, n, limits[i], explain.Format(s.SQL), s.Cost.Nodes)
			}
			noScan(t, query, s.Cost)
		}
	}
}

// cost runs a query of so many statements and returns what the first costs.
func cost(t *testing.T, api *apitest.API, query string, statements int) *explain.Cost {
	t.Helper()
	_, report := explained(t, api, "analyze", query)
	if len(report.Statements) != statements || report.Error != "" {
		t.Fatalf("%s: %+v", query, report)
	}
	return report.Statements[0].Cost
}

func touched(c *explain.Cost) int64 { return c.BuffersHit + c.BuffersRead }

// noScan fails when a plan reads the whole of a large table.
func noScan(t *testing.T, query string, c *explain.Cost) {
	t.Helper()
	for _, n := range c.Nodes {
		if n.Type == "Seq Scan" && n.Loops > 0 && slices.Contains([]string{"posts", "taggings", "users", "profiles"}, n.Relation) {
			t.Errorf("%.200s scans %s", query, n.Relation)
		}
	}
}

// TestSizeDoesNotMatter sends queries that select the common rows to both data sets and
// compares the answers, cursors and counts included, byte for byte.
func TestSizeDoesNotMatter(t *testing.T) {
	t.Parallel()
	small, big := newSized(t, smallSize), newSized(t, bigSize)
	const ours = `{hasAuthorWith: [{usernameIn: ["user1", "user2", "user3"]}]}`
	const node = `edges { cursor node { id title status createdAt publishedAt author { username profile { firstName } posts(first: 2) { totalCount nodes { id } } }
		tags(first: 1, orderBy: [{field: NAME, direction: DESC}]) { totalCount edges { cursor position node { name posts(last: 2) { nodes { id } } } } } } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }`
	for _, order := range []string{
		"", "{field: CREATED_AT, direction: DESC}", "{field: PUBLISHED_AT, direction: DESC, nulls: LAST}", "{field: PUBLISHED_AT, nulls: FIRST}, {field: TITLE}",
		"{field: TITLE}, {field: STATUS, direction: DESC}", "{field: AUTHOR_USERNAME, direction: DESC}", "{field: TAGS_COUNT}, {field: CREATED_AT, direction: DESC}",
	} {
		for _, paging := range []string{"first: 7", "last: 7", "first: 30", "first: 4, offset: 9"} {
			same(t, small, big, fmt.Sprintf("{ posts(%s, where: %s, orderBy: [%s]) { totalCount %s } }", paging, ours, order, node))
		}
		// The second page, by the cursor of the first.
		page := fmt.Sprintf("{ posts(first: 11, where: %s, orderBy: [%s], after: %%s) { nodes { id } pageInfo { endCursor } } }", ours, order)
		end := small.Query(t, fmt.Sprintf(page, "null"), nil).At(t, "posts.pageInfo.endCursor")
		same(t, small, big, fmt.Sprintf(page, fmt.Sprintf("%q", end)))
	}
	for _, query := range []string{
		`{ userByUsername(username: "user2") { id posts(first: 100) { totalCount aggregate { count min { createdAt publishedAt } max { createdAt } } groupBy(keys: [{field: STATUS}]) { count key { status } } nodes { id } } } }`,
		`{ tagByName(name: "tag3") { posts(first: 5, where: {status: PUBLISHED}, orderBy: [{field: CREATED_AT, direction: DESC}]) { totalCount nodes { id title } } taggings(last: 2) { nodes { position post { title } } } } }`,
		`{ posts(where: ` + ours + `) { aggregate { count max { createdAt } } groupBy(keys: [{field: PUBLISHED_AT, truncate: HOUR}], orderBy: [{field: COUNT, direction: DESC}]) { count key { publishedAt } } } }`,
		`{ posts(where: {and: [` + ours + `, {or: [{title: "t3"}, {hasTagsWith: [{name: "tag1"}]}]}]}) { totalCount nodes { id } } }`,
		`{ users(where: {usernameIn: ["user1", "user2", "user3"], hasPostsWith: [{status: DRAFT}]}, orderBy: [{field: POSTS_COUNT, direction: DESC}]) { totalCount nodes { id posts(first: 1, where: {publishedAtIsNil: true}) { nodes { id } } } } }`,
	} {
		same(t, small, big, query)
	}
}

func same(t *testing.T, small, big *apitest.API, query string) {
	t.Helper()
	want, got := small.Query(t, query, nil), big.Query(t, query, nil)
	want.OK(t)
	if string(got.Body) != string(want.Body) {
		t.Errorf("%s\n  with 30 posts: %s\nwith 100,030: %s", query, want.Body, got.Body)
	}
}
