package planner_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/apitest"
)

// bound is a pair of operations, at a limit and just above it.
type bound struct {
	allowed, refused string
	setting          string // "" for a limit that no setting changes
	max              int
	message          string
}

// check sends both operations of a bound: the first is answered, the second is refused with
// the limit's name and value, and nothing of it reaches the database.
func (b bound) check(t *testing.T, api *apitest.API) {
	t.Helper()
	api.Query(t, b.allowed, nil).OK(t)
	answer := api.Query(t, b.refused, nil)
	if !slices.Equal(answer.Codes(), []string{"LIMIT_EXCEEDED"}) || answer.Statements != 0 {
		t.Errorf("%.200s\ngives %.300s with %d statements", b.refused, answer.Body, answer.Statements)
		return
	}
	err := answer.Errors[0]
	limit, _ := err.Extensions["limit"].(string)
	most, _ := err.Extensions["max"].(float64)
	if err.Message != b.message || limit != b.setting || int(most) != b.max {
		t.Errorf("%.200s\ngives %q of %s = %v, want %q of %s = %d", b.refused, err.Message, limit, most, b.message, b.setting, b.max)
	}
}

// TestBoundsOfStatements asks for as much of one statement as is allowed, and for more.
func TestBoundsOfStatements(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 41, 5)
	posts := func(where string) string { return "{ posts(where: " + where + ") { totalCount } }" }
	path := func(n int, quantifier string) string {
		out := "{}"
		for i := n - 1; i >= 0; i-- {
			out = "{" + []string{"tags", "posts"}[i%2] + quantifier + ": " + out + "}"
		}
		return out
	}
	beside := func(n int) string {
		return "{or: [" + strings.TrimSuffix(strings.Repeat(`{hasTagsWith: [{nameContains: "1"}]}, `, n), ", ") + "]}"
	}
	joined := func(n int) string {
		inner := "id"
		for i := n - 1; i >= 0; i-- {
			inner = "id " + []string{"profile", "user"}[i%2] + " { " + inner + " }"
		}
		return "{ users { nodes { " + inner + " } } }"
	}
	// A link's rule asks for its post: each follows two edges.
	links := func(n int) string {
		return "{ tags(where: {and: [" + strings.Repeat(`{taggingsSome: {hasPostWith: [{hasTaggings: true}]}} `, n) + "]}) { totalCount } }"
	}
	order := func(keys ...string) string {
		return "{ posts(orderBy: [{field: " + strings.Join(keys, "}, {field: ") + "}]) { nodes { id } } }"
	}
	const far, many, joins = "where: more than 5 edges follow one another (MAX_FILTER_DEPTH)", "where: more than 20 edges are followed (MAX_FILTER_EDGES)", "more than 12 edges to one User or beyond it are followed (MAX_JOINS)"
	for name, b := range map[string]bound{
		"edges one after another, Every": {posts(path(5, "Every")), posts(path(6, "Every")), "MAX_FILTER_DEPTH", 5, far},
		"edges one after another, None":  {posts(path(5, "None")), posts(path(6, "None")), "MAX_FILTER_DEPTH", 5, far},
		"edges one after another, Some":  {posts(path(5, "Some")), posts(path(6, "Some")), "MAX_FILTER_DEPTH", 5, far},
		"edges below parents": {"{ tags { nodes { posts(where: " + path(5, "Every") + ") { totalCount } } } }", "{ tags { nodes { posts(where: " + path(6, "Every") + ") { totalCount } } } }",
			"MAX_FILTER_DEPTH", 5, far},
		"edges beside each other":   {posts(beside(20)), posts(beside(21)), "MAX_FILTER_EDGES", 20, many},
		"edges with those of rules": {links(6), links(7), "MAX_FILTER_EDGES", 20, many},
		"joins":                     {joined(12), joined(13), "MAX_JOINS", 12, joins},
		"keys":                      {order(slices.Repeat([]string{"TITLE"}, 8)...), order(slices.Repeat([]string{"TITLE"}, 9)...), "", 0, "orderBy: at most 8 keys are allowed"},
		"conditions":                {posts("{or: [" + strings.Repeat(`{title: "x"} `, 199) + "]}"), posts("{or: [" + strings.Repeat(`{title: "x"} `, 200) + "]}"), "", 0, "where: at most 200 conditions are allowed"},
		"depth":                     {posts(strings.Repeat("{not: ", 16) + "{}" + strings.Repeat("}", 16)), posts(strings.Repeat("{not: ", 17) + "{}" + strings.Repeat("}", 17)), "", 0, "where: filters may be nested at most 16 deep"},
	} {
		t.Run(name, func(t *testing.T) { b.check(t, w.API) })
	}
}

// TestQuantifiersStayFast sends what once kept Postgres planning until it was killed: it is
// refused, and just within the limit it is answered.
func TestQuantifiersStayFast(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 42, 20)
	nested := func(n int) string {
		return "{ posts(where: " + strings.Repeat("{tagsEvery: {postsEvery: ", n/2) + strings.Repeat("{tagsEvery: ", n%2) + "{}" + strings.Repeat("}", n) + ") { totalCount } }"
	}
	for n := range 12 {
		answer := w.Query(t, nested(n), nil)
		if want := n > 5; slices.Equal(answer.Codes(), []string{"LIMIT_EXCEEDED"}) != want || !want && len(answer.Errors) > 0 {
			t.Errorf("%d deep: %s", n, answer.Body)
		}
	}
}
