package planner_test

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.jetify.com/typeid"

	"github.com/entgraph/entgraph/internal/apitest"
)

// row is a post as the oracle knows it.
type row struct {
	id        uuid.UUID
	title     string
	status    string
	created   int64
	published *int64
	author    string
	tags      []string
}

// world is a database with ties, nulls and shared tags, and the same in memory.
type world struct {
	*apitest.API
	posts []row
}

func newWorld(t *testing.T, seed uint64, n int) *world {
	t.Helper()
	w := &world{API: apitest.New(t)}
	r := rand.New(rand.NewPCG(seed, 1))
	base := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := w.DB.Write.Exec(t.Context(), sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	users := map[string]uuid.UUID{}
	for _, name := range []string{"ada", "bob", "cid"} {
		users[name] = id(r)
		exec(`INSERT INTO users (id, username, email) VALUES ($1, $2, $3)`, users[name], name, name+"@example.com")
	}
	tags := map[string]uuid.UUID{}
	for i := range 5 {
		name := fmt.Sprint("tag", i)
		tags[name] = id(r)
		exec(`INSERT INTO tags (id, name) VALUES ($1, $2)`, tags[name], name)
	}
	names := slices.Sorted(maps.Keys(users))
	for range n {
		p := row{id: id(r), title: fmt.Sprintf("t%d_%%", r.IntN(6)), status: "PUBLISHED", created: int64(r.IntN(8)), author: names[r.IntN(3)]}
		if r.IntN(3) == 0 {
			p.status = "DRAFT"
		}
		if r.IntN(2) == 0 {
			at := int64(r.IntN(4))
			p.published = &at
		}
		var published *time.Time
		if p.published != nil {
			at := base.Add(time.Duration(*p.published) * time.Hour)
			published = &at
		}
		exec(`INSERT INTO posts (id, title, body, status, created_at, published_at, author_id) VALUES ($1, $2, '', $3, $4, $5, $6)`,
			p.id, p.title, p.status, base.Add(time.Duration(p.created)*time.Hour), published, users[p.author])
		for _, tag := range slices.Sorted(maps.Keys(tags)) {
			if r.IntN(3) == 0 {
				p.tags = append(p.tags, tag)
				exec(`INSERT INTO taggings (post_id, tag_id) VALUES ($1, $2)`, p.id, tags[tag])
			}
		}
		w.posts = append(w.posts, p)
	}
	return w
}

func id(r *rand.Rand) uuid.UUID {
	var u uuid.UUID
	for i := range u {
		u[i] = byte(r.Uint32())
	}
	u[6], u[8] = u[6]&0x0f|0x70, u[8]&0x3f|0x80
	return u
}

// sortKey is a key of a random ordering, in GraphQL and in Go.
type sortKey struct {
	field      string
	desc       bool
	nullsFirst bool
	explicit   bool
	value      func(row) (string, bool) // false for NULL
}

var sortFields = map[string]func(row) (string, bool){
	"CREATED_AT": func(p row) (string, bool) { return fmt.Sprintf("%08d", p.created), true },
	"TITLE":      func(p row) (string, bool) { return p.title, true },
	"STATUS":     func(p row) (string, bool) { return p.status, true },
	"PUBLISHED_AT": func(p row) (string, bool) {
		if p.published == nil {
			return "", false
		}
		return fmt.Sprintf("%08d", *p.published), true
	},
	"AUTHOR_USERNAME": func(p row) (string, bool) { return p.author, true },
	"TAGS_COUNT":      func(p row) (string, bool) { return fmt.Sprintf("%08d", len(p.tags)), true },
	"ID":              func(p row) (string, bool) { return p.id.String(), true },
}

func randomOrder(r *rand.Rand) []sortKey {
	fields := slices.Sorted(maps.Keys(sortFields))
	var keys []sortKey
	for range r.IntN(4) {
		f := fields[r.IntN(len(fields))]
		k := sortKey{field: f, desc: r.IntN(2) == 0, value: sortFields[f]}
		k.nullsFirst = k.desc
		if r.IntN(2) == 0 {
			k.explicit, k.nullsFirst = true, r.IntN(2) == 0
		}
		keys = append(keys, k)
	}
	return keys
}

func orderText(keys []sortKey) string {
	var parts []string
	for _, k := range keys {
		text := "{field: " + k.field + ", direction: " + map[bool]string{true: "DESC", false: "ASC"}[k.desc]
		if k.explicit {
			text += ", nulls: " + map[bool]string{true: "FIRST", false: "LAST"}[k.nullsFirst]
		}
		parts = append(parts, text+"}")
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func sorted(posts []row, keys []sortKey) []row {
	out := slices.Clone(posts)
	slices.SortFunc(out, func(a, b row) int {
		for _, k := range keys {
			if c := k.compare(a, b); c != 0 {
				return c
			}
		}
		return cmp.Compare(a.id.String(), b.id.String())
	})
	return out
}

func (k sortKey) compare(a, b row) int {
	va, okA := k.value(a)
	vb, okB := k.value(b)
	switch {
	case !okA && !okB:
		return 0
	case !okA || !okB:
		if okB == k.nullsFirst {
			return -1
		}
		return 1
	}
	if c := cmp.Compare(va, vb); k.desc {
		return -c
	} else {
		return c
	}
}

// filters are conditions in GraphQL and in Go.
var filters = []struct {
	text  string
	match func(row) bool
}{
	{`{}`, func(row) bool { return true }},
	{`{title: "t1_%"}`, func(p row) bool { return p.title == "t1_%" }},
	{`{titleNEQ: "t1_%"}`, func(p row) bool { return p.title != "t1_%" }},
	{`{titleContains: "1_"}`, func(p row) bool { return strings.Contains(p.title, "1_") }},
	{`{titleContains: "1%"}`, func(p row) bool { return strings.Contains(p.title, "1%") }},
	{`{titleHasSuffix: "_%", titleHasPrefix: "t"}`, func(row) bool { return true }},
	{`{titleEqualFold: "T2_%"}`, func(p row) bool { return p.title == "t2_%" }},
	{`{titleContainsFold: "T3"}`, func(p row) bool { return strings.Contains(p.title, "t3") }},
	{`{statusIn: []}`, func(row) bool { return false }},
	{`{statusNotIn: []}`, func(row) bool { return true }},
	{`{statusIn: [DRAFT]}`, func(p row) bool { return p.status == "DRAFT" }},
	{`{or: []}`, func(row) bool { return false }},
	{`{and: []}`, func(row) bool { return true }},
	{`{publishedAtIsNil: true}`, func(p row) bool { return p.published == nil }},
	{`{publishedAtIsNil: false}`, func(p row) bool { return p.published != nil }},
	{`{publishedAtGT: "2026-01-01T01:00:00Z"}`, func(p row) bool { return p.published != nil && *p.published > 1 }},
	{`{not: {publishedAtGT: "2026-01-01T01:00:00Z"}}`, func(p row) bool { return p.published != nil && *p.published <= 1 }},
	{`{createdAtGTE: "2026-01-01T02:00:00Z", createdAtLT: "2026-01-01T05:00:00Z"}`, func(p row) bool { return p.created >= 2 && p.created < 5 }},
	{`{hasAuthorWith: [{username: "ADA"}]}`, func(p row) bool { return p.author == "ada" }},
	{`{hasAuthorWith: []}`, func(row) bool { return false }},
	{`{hasTags: true}`, func(p row) bool { return len(p.tags) > 0 }},
	{`{hasTags: false}`, func(p row) bool { return len(p.tags) == 0 }},
	{`{hasTagsWith: [{name: "tag3"}]}`, func(p row) bool { return slices.Contains(p.tags, "tag3") }},
	{`{not: {hasTagsWith: [{name: "none"}]}}`, func(row) bool { return true }},
	{`{not: {hasAuthorWith: [{username: "none"}]}}`, func(row) bool { return true }},
	{`{hasTagsWith: [{nameIn: ["tag1", "tag2"]}]}`, func(p row) bool { return slices.Contains(p.tags, "tag1") || slices.Contains(p.tags, "tag2") }},
	{`{hasTagsWith: [{name: "tag3"}]}`, func(p row) bool { return slices.Contains(p.tags, "tag3") }},
	{`{not: {hasTagsWith: [{name: "none"}]}}`, func(row) bool { return true }},
	{`{not: {hasAuthorWith: [{username: "none"}]}}`, func(row) bool { return true }},
	{`{hasTagsWith: [{nameIn: ["tag1", "tag2"]}, {nameNEQ: "tag1"}]}`, func(p row) bool { return slices.Contains(p.tags, "tag2") }},
	{`{not: {hasTagsWith: [{name: "tag1"}]}}`, func(p row) bool { return !slices.Contains(p.tags, "tag1") }},
	{`{hasTaggingsWith: [{hasTagWith: [{name: "tag4"}], positionLT: 1}]}`, func(p row) bool { return slices.Contains(p.tags, "tag4") }},
	{`{or: [{status: DRAFT}, {and: [{hasTags: false}, {title: "t0_%"}]}]}`, func(p row) bool {
		return p.status == "DRAFT" || len(p.tags) == 0 && p.title == "t0_%"
	}},
}

// TestEveryPageOfEveryOrder walks lists by pages in both directions and compares with
// sorting and filtering all rows in memory.
func TestEveryPageOfEveryOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 7, 40)
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 150 {
		keys, f, size := randomOrder(r), filters[(i+r.IntN(2))%len(filters)], 1+r.IntN(15)
		var want []string
		for _, p := range sorted(w.posts, keys) {
			if f.match(p) {
				want = append(want, typeid.Must(typeid.FromUUIDBytesWithPrefix("post", p.id[:])).String())
			}
		}
		args := fmt.Sprintf("orderBy: %s, where: %s", orderText(keys), f.text)
		for _, forward := range []bool{true, false} {
			got, total := w.walk(t, args, size, forward)
			if !slices.Equal(got, want) {
				t.Fatalf("posts(%s) by pages of %d, forward %t:\n got %v\nwant %v", args, size, forward, got, want)
			}
			if total != len(want) {
				t.Fatalf("posts(%s): totalCount %d, want %d", args, total, len(want))
			}
		}
	}
}

// walk reads a whole list page by page and returns the ids in the list's order.
func (w *world) walk(t *testing.T, args string, size int, forward bool) (ids []string, total int) {
	t.Helper()
	cursor := "null"
	for page := 0; ; page++ {
		paging := fmt.Sprintf("first: %d, after: %s", size, cursor)
		if !forward {
			paging = fmt.Sprintf("last: %d, before: %s", size, cursor)
		}
		var data struct {
			Posts struct {
				TotalCount int
				Nodes      []struct{ ID string }
				Edges      []struct{ Cursor string }
				PageInfo   struct {
					HasNextPage, HasPreviousPage bool
					StartCursor, EndCursor       *string
				}
			}
		}
		query := fmt.Sprintf(`{ posts(%s, %s) { totalCount nodes { id } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`, paging, args)
		w.Query(t, query, nil).Into(t, &data)
		posts := data.Posts
		var chunk []string
		for _, n := range posts.Nodes {
			chunk = append(chunk, n.ID)
		}
		more, back := posts.PageInfo.HasNextPage, posts.PageInfo.HasPreviousPage
		next := posts.PageInfo.EndCursor
		if forward {
			ids = append(ids, chunk...)
		} else {
			ids = append(chunk, ids...)
			more, back, next = back, more, posts.PageInfo.StartCursor
		}
		if back != (page > 0) {
			t.Fatalf("page %d of %s says %t of what lies before it", page, args, back)
		}
		if n := len(posts.Edges); n > 0 && (*posts.PageInfo.StartCursor != posts.Edges[0].Cursor || *posts.PageInfo.EndCursor != posts.Edges[n-1].Cursor) {
			t.Fatalf("the cursors of pageInfo and edges differ for %s", args)
		}
		if !more {
			return ids, posts.TotalCount
		}
		if next == nil || len(chunk) != size {
			t.Fatalf("a page of %d with %d entries says that there are more (%s)", size, len(chunk), query)
		}
		cursor = `"` + *next + `"`
	}
}
