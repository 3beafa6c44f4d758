package codegen_test

import (
	"fmt"
	"strings"
	"testing"
)

const everything = `slug body stars views size score pinned mood seenAt traceID labels place extra origin edits`

// create writes a sighting with a value in every field and one with only what must be
// given, and reads what is stored.
func (s *story) create(t *testing.T) {
	s.first = s.at(t, "createSighting.sighting.id", `mutation($in: CreateSightingInput!) { createSighting(input: $in) { sighting { id } } }`, vars{"in": vars{
		"slug": "  First ", "body": `Says "hi"`, "stars": 3, "views": "9007199254740993", "size": 7, "score": 0.5, "pinned": true,
		"mood": "HAPPY", "seenAt": "2026-01-31T13:00:00.123456+01:00", "traceID": "018f4e6a-7b7a-7c3e-8d2f-2b1c5d6e7f80",
		"labels": []string{"a", "b"}, "place": vars{"city": "Paris", "zip": 75}, "extra": vars{"deep": []any{1, nil, "x"}},
		"origin": "app", "postID": s.post, "authorID": s.user,
	}})
	s.want(t, `query($id: ID!) { sighting(id: $id) { `+everything+` post { title } author { username } parent { id } } }`, vars{"id": s.first},
		`{"sighting":{"slug":"first","body":"Says \"hi\"","stars":3,"views":"9007199254740993","size":"7","score":0.5,"pinned":true,"mood":"HAPPY",`+
			`"seenAt":"2026-01-31T12:00:00.123456Z","traceID":"018f4e6a-7b7a-7c3e-8d2f-2b1c5d6e7f80","labels":["a", "b"],"place":{"zip": 75, "city": "Paris"},`+
			`"extra":{"deep": [1, null, "x"]},"origin":"app","edits":0,"post":{"title":"Engines"},"author":{"username":"ada"},"parent":null}}`)
	s.reply = s.at(t, "createSighting.sighting.id", `mutation($post: ID!, $parent: ID!) { createSighting(input: {slug: "reply", body: "b", postID: $post, parentID: $parent, mood: null}) { sighting { id } } }`,
		vars{"post": s.post, "parent": s.first})
	s.want(t, `query($id: ID!) { sighting(id: $id) { `+everything+` author { id } } }`, vars{"id": s.reply},
		`{"sighting":{"slug":"reply","body":"b","stars":0,"views":null,"size":"0","score":null,"pinned":false,"mood":null,"seenAt":null,"traceID":null,`+
			`"labels":null,"place":null,"extra":null,"origin":"web","edits":0,"author":null}}`)

	s.refused(t, `mutation($in: CreateSightingInput!) { createSighting(input: $in) { sighting { id } } }`, vars{"in": vars{
		"slug": " ", "body": "b", "stars": -1, "views": "x", "size": "-1", "score": 2, "seenAt": "then", "traceID": "t", "labels": vars{"a": 1},
		"place": vars{"city": 3}, "postID": s.user, "authorID": "ada", "parentID": nil,
	}}, "BAD_USER_INPUT authorID", "BAD_USER_INPUT labels", "BAD_USER_INPUT place", "BAD_USER_INPUT postID", "BAD_USER_INPUT score", "BAD_USER_INPUT seenAt",
		"BAD_USER_INPUT size", "BAD_USER_INPUT slug", "BAD_USER_INPUT stars", "BAD_USER_INPUT traceID", "BAD_USER_INPUT views")
	s.refused(t, `mutation($p: ID!) { createSighting(input: {slug: "FIRST", body: "b", postID: $p}) { sighting { id } } }`, vars{"p": s.post}, "CONFLICT slug")
	s.refused(t, `mutation { createSighting(input: {slug: "x", body: "b", postID: "post_01h455vb4pex5vsknk084sn02q"}) { sighting { id } } }`, nil, "BAD_USER_INPUT postID")
	s.refused(t, `mutation($p: ID!) { createSighting(input: {slug: "x", body: "b", postID: $p, size: "18446744073709551615"}) { sighting { id } } }`, vars{"p": s.post}, "BAD_USER_INPUT size")
}

// update checks that an absent key keeps, null clears, and a value is set.
func (s *story) update(t *testing.T) {
	const update = `mutation($id: ID!, $in: UpdateSightingInput!) { updateSighting(id: $id, input: $in) { sighting { ` + everything + ` author { username } parent { slug } } } }`
	s.want(t, update, vars{"id": s.first, "in": vars{"views": nil, "mood": nil, "seenAt": nil, "traceID": nil, "labels": nil, "place": nil, "authorID": nil, "stars": 5}},
		`{"updateSighting":{"sighting":{"slug":"first","body":"Says \"hi\"","stars":5,"views":null,"size":"7","score":0.5,"pinned":true,"mood":null,"seenAt":null,`+
			`"traceID":null,"labels":null,"place":null,"extra":{"deep": [1, null, "x"]},"origin":"app","edits":1,"author":null,"parent":null}}}`)
	s.want(t, update, vars{"id": s.first, "in": vars{"mood": "SAD", "seenAt": "2026-02-01T00:00:00Z", "labels": []string{}, "authorID": s.user}},
		`{"updateSighting":{"sighting":{"slug":"first","body":"Says \"hi\"","stars":5,"views":null,"size":"7","score":0.5,"pinned":true,"mood":"SAD","seenAt":"2026-02-01T00:00:00Z",`+
			`"traceID":null,"labels":[],"place":null,"extra":{"deep": [1, null, "x"]},"origin":"app","edits":2,"author":{"username":"ada"},"parent":null}}}`)
	s.refused(t, update, vars{"id": s.first, "in": vars{"slug": nil, "stars": nil, "postID": nil, "pinned": nil}},
		"BAD_USER_INPUT pinned", "BAD_USER_INPUT postID", "BAD_USER_INPUT slug", "BAD_USER_INPUT stars")
	s.refused(t, update, vars{"id": s.first, "in": vars{"extra": 4, "place": []int{1}}}, "BAD_USER_INPUT extra", "BAD_USER_INPUT place")
	s.refused(t, update, vars{"id": s.first, "in": vars{"origin": "x"}}, "GRAPHQL_VALIDATION_FAILED ")
	s.refused(t, update, vars{"id": s.post, "in": vars{}}, "BAD_USER_INPUT id")
	s.refused(t, update, vars{"id": "sighting_01h455vb4pex5vsknk084sn02q", "in": vars{"stars": 1}}, "NOT_FOUND ")
	s.refused(t, update, vars{"id": s.reply, "in": vars{"slug": "first"}}, "CONFLICT slug")
}

// find looks one up by each key.
func (s *story) find(t *testing.T) {
	s.want(t, `query($id: ID!, $ids: [ID!]!) {
		sighting(id: $id) { slug }
		sightingBySlug(slug: " FIRST ") { id }
		none: sightingBySlug(slug: "none") { id }
		node(id: $id) { __typename id ... on Sighting { stars } }
		nodes(ids: $ids) { ... on Sighting { slug } ... on User { username } }
	}`, vars{"id": s.first, "ids": []string{s.reply, s.user, "sighting_01h455vb4pex5vsknk084sn02q"}},
		fmt.Sprintf(`{"sighting":{"slug":"first"},"sightingBySlug":{"id":%q},"none":null,"node":{"__typename":"Sighting","id":%q,"stars":5},"nodes":[{"slug":"reply"},{"username":"ada"},null]}`, s.first, s.first))
	s.refused(t, `query($id: ID!) { sighting(id: $id) { slug } }`, vars{"id": s.post}, "BAD_USER_INPUT id")
}

// list writes more sightings and pages through them both ways.
func (s *story) list(t *testing.T) {
	for i, stars := range []int{4, 4, 1} {
		s.api.Query(t, `mutation($in: CreateSightingInput!) { createSighting(input: $in) { sighting { id } } }`,
			vars{"in": vars{"slug": fmt.Sprint("c", i), "body": "more", "stars": stars, "postID": s.post, "mood": []any{"SAD", nil, "HAPPY"}[i]}}).OK(t)
	}
	// By stars: first 5, c0 4, c1 4, c2 1, reply 0.
	const page = `query($first: Int, $after: Cursor, $last: Int, $before: Cursor) {
		sightings(first: $first, after: $after, last: $last, before: $before, orderBy: [{field: STARS, direction: DESC}, {field: SLUG}]) {
			totalCount edges { node { slug } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
		} }`
	var forward, backward []string
	for after := any(nil); ; {
		answer := s.api.Query(t, page, vars{"first": 2, "after": after})
		forward = append(forward, slugs(answer.At(t, "sightings.edges"))...)
		if total := answer.At(t, "sightings.totalCount"); total != 5.0 {
			t.Fatalf("%v sightings, want 5", total)
		}
		if answer.At(t, "sightings.pageInfo.hasNextPage") == false {
			break
		}
		after = answer.At(t, "sightings.pageInfo.endCursor")
	}
	for before := any(nil); ; {
		answer := s.api.Query(t, page, vars{"last": 2, "before": before})
		backward = append(slugs(answer.At(t, "sightings.edges")), backward...)
		if answer.At(t, "sightings.pageInfo.hasPreviousPage") == false {
			break
		}
		before = answer.At(t, "sightings.pageInfo.startCursor")
	}
	const want = "first c0 c1 c2 reply"
	if got := strings.Join(forward, " "); got != want {
		t.Errorf("paged forward %s, want %s", got, want)
	}
	if got := strings.Join(backward, " "); got != want {
		t.Errorf("paged backward %s, want %s", got, want)
	}
	for order, want := range map[string]string{
		`{field: SLUG, direction: DESC}`:                         "reply first c2 c1 c0",
		`{field: MOOD, nulls: FIRST}, {field: SLUG}`:             "c1 reply c2 c0 first",
		`{field: SCORE, direction: DESC, nulls: LAST}`:           "first reply c0 c1 c2",
		`{field: SEEN_AT}, {field: STARS}`:                       "first reply c2 c0 c1",
		`{field: PINNED, direction: DESC}, {field: CREATED_AT}`:  "first reply c0 c1 c2",
		`{field: SIZE, direction: DESC}, {field: ID}`:            "first reply c0 c1 c2",
		`{field: REPLIES_COUNT, direction: DESC}, {field: SLUG}`: "first c0 c1 c2 reply",
		`{field: AUTHOR_USERNAME, nulls: LAST}, {field: SLUG}`:   "first c0 c1 c2 reply",
		`{field: PARENT_STARS, nulls: FIRST}, {field: SLUG}`:     "c0 c1 c2 first reply",
		`{field: POST_TITLE}, {field: SLUG}, {field: VIEWS}`:     "c0 c1 c2 first reply",
		`{field: TRACE_ID}, {field: EDITS}, {field: SLUG}`:       "c0 c1 c2 reply first",
		`{field: UPDATED_AT, direction: DESC}`:                   "c2 c1 c0 first reply",
	} {
		answer := s.api.Query(t, `{ sightings(orderBy: [`+order+`]) { edges { node { slug } } } }`, nil)
		if got := strings.Join(slugs(answer.At(t, "sightings.edges")), " "); got != want {
			t.Errorf("ordered by %s: %s, want %s", order, got, want)
		}
	}
}

// slugs lists the slugs of a connection's edges.
func slugs(edges any) []string {
	var out []string
	for _, e := range edges.([]any) {
		out = append(out, e.(map[string]any)["node"].(map[string]any)["slug"].(string))
	}
	return out
}

// filter asks with a filter of every type and operator.
func (s *story) filter(t *testing.T) {
	for where, want := range map[string]string{
		`{}`:                        "c0 c1 c2 first reply",
		`{slug: "FIRST"}`:           "first",
		`{slugNEQ: "first"}`:        "c0 c1 c2 reply",
		`{slugIn: ["c0", "first"]}`: "c0 first",
		`{slugIn: []}`:              "",
		`{slugNotIn: ["c0"]}`:       "c1 c2 first reply",
		`{slugGT: "c1"}`:            "c2 first reply",
		`{slugHasPrefix: "c"}`:      "c0 c1 c2",
		`{slugHasSuffix: "ply"}`:    "reply",
		`{slugContains: "irs"}`:     "first",
		`{bodyEqualFold: "MORE"}`:   "c0 c1 c2",
		`{bodyContainsFold: "HI"}`:  "first",
		`{stars: 4}`:                "c0 c1", `{starsGTE: 4}`: "c0 c1 first", `{starsLT: 1}`: "reply", `{starsIn: [0, 1]}`: "c2 reply",
		`{views: "1"}`: "", `{viewsIsNil: true}`: "c0 c1 c2 first reply", `{sizeGT: "0"}`: "first", `{size: 7}`: "first",
		`{scoreLTE: 0.5}`: "first", `{scoreNotNil: true}`: "first", `{pinned: true}`: "first", `{pinnedNEQ: true}`: "c0 c1 c2 reply",
		`{mood: SAD}`: "c0 first", `{moodIn: [HAPPY]}`: "c2", `{moodIsNil: true}`: "c1 reply", `{moodNotIn: [SAD]}`: "c2",
		`{seenAt: "2026-02-01T01:00:00+01:00"}`: "first", `{seenAtLT: "2026-01-01T00:00:00Z"}`: "",
		`{traceIDIsNil: false}`: "", `{labelsIsNil: false}`: "first", `{placeNotNil: true}`: "", `{extraNotNil: true}`: "first",
		`{hasParent: true}`: "reply", `{hasRepliesWith: [{slug: "reply"}]}`: "first", `{hasAuthorWith: [{username: "ADA"}]}`: "first",
		`{hasPostWith: [{titleContains: "Eng"}], hasAuthor: false}`: "c0 c1 c2 reply",
		`{or: [{slug: "c0"}, {stars: 5}], not: {mood: HAPPY}}`:      "c0 first",
		`{and: [{stars: 4}, {not: {slug: "c0"}}]}`:                  "c1",
	} {
		answer := s.api.Query(t, `{ sightings(where: `+where+`, orderBy: [{field: SLUG}]) { edges { node { slug } } totalCount } }`, nil)
		got := slugs(answer.At(t, "sightings.edges"))
		if strings.Join(got, " ") != want {
			t.Errorf("where %s: %v, want %s", where, got, want)
		}
		if total := answer.At(t, "sightings.totalCount"); total != float64(len(got)) {
			t.Errorf("where %s: totalCount %v of %d", where, total, len(got))
		}
	}
	s.want(t, `query($id: ID!) { sightings(where: {id: $id}) { nodes { slug } } }`, vars{"id": s.first}, `{"sightings":{"nodes":[{"slug":"first"}]}}`)
	s.refused(t, `query($id: ID!) { sightings(where: {idIn: [$id]}) { nodes { slug } } }`, vars{"id": s.user}, "BAD_USER_INPUT where")
}

// edges writes the edges of a sighting to sightings, which need no other entity's help.
func (s *story) edges(t *testing.T) {
	const update = `mutation($id: ID!, $in: UpdateSightingInput!) { updateSighting(id: $id, input: $in) { sighting {
		replies(orderBy: [{field: SLUG}]) { nodes { slug } totalCount } related { nodes { slug related { totalCount } } } } } }`
	c0 := s.at(t, "sightingBySlug.id", `{ sightingBySlug(slug: "c0") { id } }`, nil)
	s.want(t, update, vars{"id": s.first, "in": vars{"addReplyIDs": []string{c0, s.reply}, "relatedIDs": []string{c0}}},
		`{"updateSighting":{"sighting":{"replies":{"nodes":[{"slug":"c0"},{"slug":"reply"}],"totalCount":2},"related":{"nodes":[{"slug":"c0","related":{"totalCount":1}}]}}}}`)
	s.want(t, `query($id: ID!) { sighting(id: $id) { parent { slug parent { id } } related { nodes { slug } } } }`, vars{"id": c0},
		`{"sighting":{"parent":{"slug":"first","parent":null},"related":{"nodes":[{"slug":"first"}]}}}`)
	// A reply of one sighting is not taken away by another without a word.
	s.refused(t, update, vars{"id": c0, "in": vars{"addReplyIDs": []string{s.reply}}}, "CONFLICT addReplyIDs")
	s.want(t, update, vars{"id": s.first, "in": vars{"removeReplyIDs": []string{c0}, "removeRelatedIDs": []string{c0}}},
		`{"updateSighting":{"sighting":{"replies":{"nodes":[{"slug":"reply"}],"totalCount":1},"related":{"nodes":[]}}}}`)
}

// hook checks the hook around every write: it refuses, and it counted.
func (s *story) hook(t *testing.T) {
	s.refused(t, `mutation($p: ID!) { createSighting(input: {slug: "f", body: "forbidden", postID: $p}) { sighting { id } } }`, vars{"p": s.post}, "BAD_USER_INPUT body")
	s.refused(t, `mutation($id: ID!) { updateSighting(id: $id, input: {body: "forbidden"}) { sighting { id } } }`, vars{"id": s.first}, "BAD_USER_INPUT body")
	s.want(t, `query($id: ID!) { sighting(id: $id) { edits body } }`, vars{"id": s.first}, `{"sighting":{"edits":4,"body":"Says \"hi\""}}`)
}
