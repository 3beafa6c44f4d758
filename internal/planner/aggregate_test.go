package planner_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func at(hours int64) string {
	return time.Date(2026, 1, 1, int(hours), 0, 0, 0, time.UTC).Format(time.RFC3339)
}

// TestAggregates compares totals under every filter with those of the rows in memory.
func TestAggregates(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 21, 40)
	for _, f := range filters {
		count, least, greatest := 0, "", ""
		for _, p := range w.posts {
			if !f.match(p) {
				continue
			}
			count++
			if c := at(p.created); least == "" || c < least {
				least = c
			}
			if p.published != nil {
				greatest = max(greatest, at(*p.published))
			}
		}
		quote := func(s string) string {
			if s == "" {
				return "null"
			}
			return `"` + s + `"`
		}
		want := fmt.Sprintf(`{"posts":{"aggregate":{"__typename":"PostAggregate","n":%d,"min":{"createdAt":%s},"max":{"publishedAt":%s}},"totalCount":%[1]d}}`,
			count, quote(least), quote(greatest))
		answer := w.Query(t, `{ posts(where: `+f.text+`) { aggregate { __typename n: count min { createdAt } max { publishedAt } } totalCount } }`, nil)
		if got := string(answer.OK(t)); got != want {
			t.Errorf("where %s:\n got %s\nwant %s", f.text, got, want)
		}
		if answer.Statements != 2 {
			t.Errorf("%d statements, want 2", answer.Statements)
		}
	}
}

// TestGroups compares groups in every order with those of the rows in memory.
func TestGroups(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 22, 60)
	type group struct {
		status, author string
		count          int
	}
	sizes := map[[2]string]int{}
	for _, p := range w.posts {
		sizes[[2]string{p.status, p.author}]++
	}
	var groups []group
	for k, n := range sizes {
		groups = append(groups, group{k[0], k[1], n})
	}
	byKey := func(a, b group) int { return strings.Compare(a.status+" "+a.author, b.status+" "+b.author) }
	for order, compare := range map[string]func(a, b group) int{
		"": byKey,
		"{field: KEY_STATUS, direction: DESC}, {field: KEY_AUTHOR_USERNAME, direction: DESC}": func(a, b group) int { return -byKey(a, b) },
		"{field: COUNT}": func(a, b group) int {
			if a.count != b.count {
				return a.count - b.count
			}
			return byKey(a, b)
		},
		"{field: COUNT, direction: DESC}": func(a, b group) int {
			if a.count != b.count {
				return b.count - a.count
			}
			return byKey(a, b)
		},
	} {
		slices.SortFunc(groups, compare)
		var want []string
		for _, g := range groups[1:4] {
			want = append(want, fmt.Sprintf(`{"key":{"status":"%s","authorUsername":"%s","title":null},"count":%d}`, g.status, g.author, g.count))
		}
		answer := w.Query(t, `{ posts(first: 0) { groupBy(keys: [{field: STATUS}, {field: AUTHOR_USERNAME}], first: 3, offset: 1, orderBy: [`+order+`]) {
			key { status authorUsername title } count } } }`, nil)
		var data struct {
			Posts struct{ GroupBy []json.RawMessage }
		}
		answer.Into(t, &data)
		var got []string
		for _, g := range data.Posts.GroupBy {
			got = append(got, string(g))
		}
		if !slices.Equal(got, want) {
			t.Errorf("by %s:\n got %s\nwant %s", order, got, want)
		}
	}
}

// TestGroupsOfTime groups by a nullable time cut to units.
func TestGroupsOfTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 23, 30)
	sizes := map[string]int{}
	for _, p := range w.posts {
		if p.published == nil {
			sizes["null"]++
		} else {
			sizes[`"2026-01-01T00:00:00Z"`]++
		}
	}
	for _, unit := range []string{"DAY", "MONTH", "YEAR", "QUARTER"} {
		got := string(w.Query(t, `{ posts { groupBy(keys: [{field: PUBLISHED_AT, truncate: `+unit+`}]) { count key { publishedAt } } } }`, nil).OK(t))
		want := fmt.Sprintf(`{"posts":{"groupBy":[{"count":%d,"key":{"publishedAt":"2026-01-01T00:00:00Z"}},{"count":%d,"key":{"publishedAt":null}}]}}`,
			sizes[`"2026-01-01T00:00:00Z"`], sizes["null"])
		if got != want {
			t.Errorf("%s: got %s\nwant %s", unit, got, want)
		}
	}
	// 2026-01-01 is a Thursday; its week begins in the year before.
	if got := string(w.Query(t, `{ posts(where: {publishedAtNotNil: true}) { groupBy(keys: [{field: PUBLISHED_AT, truncate: WEEK}]) { key { publishedAt } } } }`, nil).OK(t)); !strings.Contains(got, "2025-12-29T00:00:00Z") {
		t.Errorf("the week is %s", got)
	}
}

// TestNestedAggregates compares those of each parent in a list with those of it alone.
func TestNestedAggregates(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 24, 30)
	if _, err := w.DB.Write.Exec(t.Context(), `UPDATE taggings SET position = length(post_id::text || tag_id) + ascii(md5(id::text))`); err != nil {
		t.Fatal(err)
	}
	selection := `posts(where: {status: PUBLISHED}) { aggregate { count max { createdAt } } groupBy(keys: [{field: AUTHOR_USERNAME}], orderBy: [{field: COUNT, direction: DESC}], first: 2) { key { authorUsername } count min { publishedAt } } }
		taggings(first: 1) { aggregate { count avg { position } sum { position } min { position } } }`
	var list struct {
		Tags struct{ Nodes []map[string]json.RawMessage }
	}
	w.Query(t, `{ tags { nodes { id `+selection+` } } }`, nil).Into(t, &list)
	if len(list.Tags.Nodes) != 5 {
		t.Fatalf("%d tags", len(list.Tags.Nodes))
	}
	for _, parent := range list.Tags.Nodes {
		var alone struct{ Tag map[string]json.RawMessage }
		w.Query(t, fmt.Sprintf(`{ tag(id: %s) { id %s } }`, parent["id"], selection), nil).Into(t, &alone)
		for key, got := range parent {
			if string(got) != string(alone.Tag[key]) {
				t.Errorf("%s of %s:\nin a list %s\n    alone %s", key, parent["id"], got, alone.Tag[key])
			}
		}
		var sum struct {
			Aggregate struct {
				Count int
				Avg   struct{ Position float64 }
				Sum   struct{ Position string }
				Min   struct{ Position int }
			}
		}
		if err := json.Unmarshal(parent["taggings"], &sum); err != nil {
			t.Fatal(err)
		}
		a := sum.Aggregate
		if got := fmt.Sprintf("%.0f", a.Avg.Position*float64(a.Count)); got != a.Sum.Position || a.Min.Position < 100 {
			t.Errorf("average %v of %d and sum %s do not fit", a.Avg.Position, a.Count, a.Sum.Position)
		}
	}
}

func TestAggregateRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 25, 3)
	empty := w.Query(t, `{ posts(where: {title: "none"}) { aggregate { count min { createdAt } } groupBy(keys: [{field: STATUS}]) { count } } taggings(where: {positionGT: 99}) { aggregate { sum { position } avg { position } } } }`, nil)
	want := `{"posts":{"aggregate":{"count":0,"min":{"createdAt":null}},"groupBy":[]},"taggings":{"aggregate":{"sum":{"position":null},"avg":{"position":null}}}}`
	if got := string(empty.OK(t)); got != want {
		t.Errorf("over nothing: %s", got)
	}
	for args, want := range map[string]string{
		`keys: []`:                                              "BAD_USER_INPUT keys: must name at least one key",
		`keys: [{field: STATUS, truncate: DAY}]`:                "BAD_USER_INPUT keys.0: only a time or a day can be truncated",
		`keys: [{field: STATUS}], first: 101`:                   "LIMIT_EXCEEDED 101 groups are too many, at most 100 are allowed: page with first and offset (PAGE_SIZE_MAX)",
		`keys: [{field: STATUS}], offset: -1`:                   "BAD_USER_INPUT offset: must not be negative",
		`keys: [` + strings.Repeat(`{field: STATUS},`, 9) + `]`: "LIMIT_EXCEEDED keys: at most 8 are allowed",
	} {
		answer := w.Query(t, `{ posts { groupBy(`+args+`) { count } } }`, nil)
		if len(answer.Errors) != 1 || answer.Errors[0].Code()+" "+answer.Errors[0].Message != want {
			t.Errorf("groupBy(%s): %s, want %s", args, answer.Body, want)
		}
	}
}
