package planner_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
)

// TestPlansAreNotMixedUp sends one text with variables that change what it selects, how
// long its pages are, their order and their filter, twice and in random order, and
// compares with the same request spelled without variables.
func TestPlansAreNotMixedUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 31, 20)
	const text = `query($a: Boolean!, $b: Boolean!, $c: Boolean!, $n: Int, $in: PostWhereInput, $order: [PostOrder!], $name: String!) {
		userByUsername(username: $name) { id email @skip(if: $c) }
		posts(first: $n, where: $in, orderBy: $order) {
			nodes { id title @include(if: $a) ...tags @include(if: $b) author @skip(if: $b) { username } }
			totalCount @include(if: $c)
			aggregate @skip(if: $a) { count }
		}
	}
	fragment tags on Post { tags(first: $n) { nodes { name id @skip(if: $a) } } }`
	r := rand.New(rand.NewPCG(5, 6))
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	for range 200 {
		a, b, c := r.IntN(2) == 0, r.IntN(2) == 0, r.IntN(2) == 0
		n, in, order, name := pick("null", "0", "1", "3"), pick("null", "{}", `{title: "t1_%"}`, `{hasTags: true}`), pick("null", "[]", "[{field: TITLE, direction: DESC}]"), pick("ada", "bob", "nobody")
		vars := fmt.Sprintf(`{"a": %t, "b": %t, "c": %t, "n": %s, "in": %s, "order": %s, "name": %q}`, a, b, c, n, asJSON(in), asJSON(order), name)
		if n == "null" && r.IntN(2) == 0 {
			vars = strings.Replace(vars, `"n": null, `, "", 1) // absent and null are the same here
		}
		got := string(w.Query(t, text, rawJSON(vars)).OK(t))

		plain := strings.NewReplacer("$name", `"`+name+`"`, "$a", fmt.Sprint(a), "$b", fmt.Sprint(b), "$c", fmt.Sprint(c), "$n", n,
			"$in", in, "$order", order).Replace(text[strings.Index(text, "{"):])
		if want := string(w.Query(t, plain, nil).OK(t)); got != want {
			t.Fatalf("%s:\n got %s\nwant %s", vars, got, want)
		}
	}
}

type rawJSON string

func (r rawJSON) MarshalJSON() ([]byte, error) { return []byte(r), nil }

// asJSON writes a GraphQL literal of these tests as JSON.
func asJSON(s string) string {
	return strings.NewReplacer("{field: TITLE, direction: DESC}", `{"field":"TITLE","direction":"DESC"}`, "{title:", `{"title":`, "{hasTags:", `{"hasTags":`).Replace(s)
}

// TestPlansServeManyRequestsAtOnce runs one plan with different variables side by side;
// the race detector looks on.
func TestPlansServeManyRequestsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 32, 20)
	const text = `query($n: Int!, $name: String!) { userByUsername(username: $name) { username posts(first: $n) { nodes { tags { nodes { name } } } totalCount } } }`
	want := map[string]string{}
	key := func(name string, n int) map[string]any { return map[string]any{"name": name, "n": n} }
	for _, name := range []string{"ada", "bob", "cid"} {
		for n := range 5 {
			want[fmt.Sprint(name, n)] = string(w.Query(t, text, key(name, n)).OK(t))
		}
	}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 1))
			for range 40 {
				name, n := []string{"ada", "bob", "cid"}[r.IntN(3)], r.IntN(5)
				if got := string(w.Query(t, text, key(name, n)).Data); got != want[fmt.Sprint(name, n)] {
					t.Errorf("%s %d: %s", name, n, got)
				}
			}
		})
	}
	all.Wait()
}

// TestReusedMemoryShowsNothingOfOthers runs one plan side by side with pages of very
// different size, so that the memory of a large answer serves a small one and the other
// way round; the race detector looks on.
func TestReusedMemoryShowsNothingOfOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 34, 60)
	const text = `query($n: Int!, $in: PostWhereInput!) { posts(first: $n, where: $in) { totalCount aggregate { count } groupBy(keys: [{field: STATUS}]) { key { status } count }
		edges { cursor node { title author { username } tags(first: $n) { totalCount nodes { name posts(first: $n) { nodes { id } groupBy(keys: [{field: TITLE}]) { count } } } } } } } }`
	var variables []map[string]any
	var want []string
	for _, n := range []int{0, 1, 3, 100} {
		for _, title := range []string{"t1_%", "t2_%", "nothing"} {
			variables = append(variables, map[string]any{"n": n, "in": map[string]any{"title": title}})
		}
		variables = append(variables, map[string]any{"n": n, "in": map[string]any{}})
	}
	for _, v := range variables {
		want = append(want, string(w.Query(t, text, v).OK(t)))
	}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 2))
			for range 30 {
				n := r.IntN(len(variables))
				if got := string(w.Query(t, text, variables[n]).Data); got != want[n] {
					t.Errorf("%v:\n got %s\nwant %s", variables[n], got, want[n])
				}
			}
		})
	}
	all.Wait()
}
