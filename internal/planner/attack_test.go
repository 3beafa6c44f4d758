package planner_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/viewer"
)

// TestCheapRequests sends short requests of somebody unknown that once took seconds, tens
// of thousands of statements or all of the memory, on 100,000 posts: each is refused by a
// limit that it is told, having taken few statements, or has a bounded answer.
func TestCheapRequests(t *testing.T) {
	t.Parallel()
	api := newSized(t, bigSize).As(viewer.Viewer{})
	const maxStatements, maxBytes = 200, 8 << 20
	for name, tc := range map[string]struct {
		query string
		limit string
	}{
		"answers that multiply":        {expanding(6), "MAX_ROWS"},
		"answers that multiply deeper": {expanding(8), "MAX_ROWS"},
		"deeper than levels":           {expanding(11), "MAX_LEVELS"},
		"aliased fragments, one":       {chain(18, "profile { user { ", " } }"), "MAX_DOCUMENT_FIELDS"},
		"aliased fragments, many":      {chain(14, "posts(first: 1) { nodes { author { ", " } } }"), "MAX_DOCUMENT_FIELDS"},
		"aliased fragments, fewer":     {chain(9, "posts(first: 1) { nodes { author { ", " } } }"), "MAX_STATEMENTS"},
		"nested quantifiers":           {"{ posts(where: " + strings.Repeat("{tagsEvery: {postsEvery: ", 5) + "{tagsEvery: {}}" + strings.Repeat("}}", 5) + ") { totalCount } }", "MAX_FILTER_DEPTH"},
		"counts below many parents":    {"{ users(first: 100) { nodes { posts(first: 100) { nodes { " + manyCounts(190) + " } } } } }", "MAX_READ_BYTES"},
		"a wide row":                   {"{ posts(first: 100) { nodes { " + wideRow(700) + " tags(first: 100) { nodes { posts(first: 100) { nodes { " + wideRow(700) + " } } } } } } }", "MAX_ANSWER_BYTES"},
		"long patterns":                {`{ posts(where: {or: [{titleContainsFold: "` + strings.Repeat("a_%", 1000) + `"}, {bodyEqualFold: "` + strings.Repeat("b", 2500) + `"}]}) { totalCount } }`, "MAX_FILTER_TEXT"},
		"counts of all":                {"{ " + manyLists(51) + " }", "MAX_ROOT_FIELDS"},
	} {
		got := api.Query(t, tc.query, nil)
		if !slices.Equal(got.Codes(), []string{"LIMIT_EXCEEDED"}) || got.Errors[0].Extensions["limit"] != tc.limit {
			t.Errorf("%s: %.300s, want %s", name, got.Body, tc.limit)
		}
		if got.Statements > maxStatements || len(got.Body) > maxBytes {
			t.Errorf("%s: %d statements, %d bytes", name, got.Statements, len(got.Body))
		}
	}
	api.Query(t, expanding(2), nil).OK(t)
}

// expanding lists tags, their posts, their tags and so on, so many lists in each other.
func expanding(levels int) string {
	inner := "id"
	for i := levels - 1; i >= 0; i-- {
		inner = fmt.Sprintf("%s(first: 100) { nodes { %s } }", []string{"tags", "posts"}[i%2], inner)
	}
	return "{ " + inner + " }"
}

// chain is fragments that spread each other twice.
func chain(n int, open, end string) string {
	var b strings.Builder
	b.WriteString("{ users(first: 3) { nodes { ...F0 } } }")
	for i := range n {
		fmt.Fprintf(&b, " fragment F%d on User { a: %s...F%d%s b: %s...F%d%s }", i, open, i+1, end, open, i+1, end)
	}
	fmt.Fprintf(&b, " fragment F%d on User { id }", n)
	return b.String()
}

func manyCounts(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "a%d: tags { totalCount } ", i)
	}
	return b.String()
}

func manyLists(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "a%d: posts { totalCount } ", i)
	}
	return b.String()
}

func wideRow(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "a%d: id ", i)
	}
	return b.String()
}
