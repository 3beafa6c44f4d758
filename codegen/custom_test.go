package codegen_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/apitest"
)

// inverse reads the edges that post.go and user.go gained.
func (s *story) inverse(t *testing.T) {
	s.want(t, `query($post: ID!) { post(id: $post) { sightings(first: 2, orderBy: [{field: SLUG}]) { totalCount nodes { slug post { id } } } } }`, vars{"post": s.post},
		fmt.Sprintf(`{"post":{"sightings":{"totalCount":5,"nodes":[{"slug":"c0","post":{"id":%q}},{"slug":"c1","post":{"id":%q}}]}}}`, s.post, s.post))
	s.want(t, `{ users(where: {hasSightingsWith: [{stars: 5}]}, orderBy: [{field: SIGHTINGS_COUNT}]) { nodes { username sightings { edges { node { slug author { username } } } } } } }`, nil,
		`{"users":{"nodes":[{"username":"ada","sightings":{"edges":[{"node":{"slug":"first","author":{"username":"ada"}}}]}}]}}`)
	// The user's edge is optional at the other end, so the user can write it too.
	s.want(t, `mutation($id: ID!, $c: [ID!]) { updateUser(id: $id, input: {addSightingIDs: $c}) { user { sightings { totalCount } } } }`, vars{"id": s.user, "c": []string{s.reply}},
		`{"updateUser":{"user":{"sightings":{"totalCount":2}}}}`)
}

// custom calls the handwritten fields that return the entity.
func (s *story) custom(t *testing.T) {
	s.want(t, `{ recentSightings(first: 2) { __typename slug author { username } related { totalCount } } }`, nil,
		`{"recentSightings":[{"__typename":"Sighting","slug":"c2","author":null,"related":{"totalCount":0}},`+
			`{"__typename":"Sighting","slug":"c1","author":null,"related":{"totalCount":0}},null]}`)
	s.want(t, `mutation($id: ID!) { pinSighting(id: $id) { sighting { pinned slug } __typename } }`, vars{"id": s.reply},
		`{"pinSighting":{"sighting":{"pinned":true,"slug":"reply"},"__typename":"UpdateSightingPayload"}}`)
}

// unwritten calls the field for which nobody has written a method. The generator has, with
// the types of its arguments, into the file of the others.
func (s *story) unwritten(t *testing.T) {
	answer := s.api.Query(t, `{ unwritten(words: ["a"], since: "2026-01-01T00:00:00Z", like: {n: 1}) { n } viewer { username } }`, nil)
	if len(answer.Errors) != 1 || answer.Errors[0].Code() != "NOT_IMPLEMENTED" || !strings.Contains(answer.Errors[0].Message, "Query.unwritten is not implemented yet: its method is in graph/custom.resolvers.go") {
		t.Errorf("got %s", answer.Body)
	}
}

// replaced calls the mutation that gqlgen.yml replaces; its siblings stay generated.
func (s *story) replaced(t *testing.T) {
	s.want(t, `mutation($in: CreateTagInput!) { a: createTag(input: $in) { tag { name } } b: createTag(input: {name: "sql"}) { tag { name posts { totalCount } } } }`, vars{"in": vars{"name": "go"}},
		`{"a":{"tag":{"name":"#go"}},"b":{"tag":{"name":"#sql","posts":{"totalCount":0}}}}`)
	s.refused(t, `mutation { createTag(input: {name: "go"}) { tag { name } } }`, nil, "CONFLICT name")
	id := s.at(t, "tagByName.id", `{ tagByName(name: "#sql") { id } }`, nil)
	s.want(t, `mutation($id: ID!) { updateTag(id: $id, input: {name: "sql"}) { tag { name } } }`, vars{"id": id}, `{"updateTag":{"tag":{"name":"sql"}}}`)
}

// computed reads a field that a function computes from own and neighbouring columns.
func (s *story) computed(t *testing.T) {
	s.want(t, `query($id: ID!) { sighting(id: $id) { summary replies { nodes { summary } } } }`, vars{"id": s.first},
		`{"sighting":{"summary":"first on Engines by ada","replies":{"nodes":[{"summary":"reply on Engines by ada"}]}}}`)
}

// remove deletes; what cannot go is a conflict that says so.
func (s *story) remove(t *testing.T) {
	before := s.total(t)
	s.want(t, `mutation($id: ID!) { deleteSighting(id: $id) { deletedID __typename } }`, vars{"id": s.reply},
		fmt.Sprintf(`{"deleteSighting":{"deletedID":%q,"__typename":"DeleteSightingPayload"}}`, s.reply))
	s.want(t, `query($id: ID!) { sighting(id: $id) { id } node(id: $id) { id } sightings { totalCount } }`, vars{"id": s.reply},
		fmt.Sprintf(`{"sighting":null,"node":null,"sightings":{"totalCount":%d}}`, before-1))
	s.refused(t, `mutation($id: ID!) { deleteSighting(id: $id) { deletedID } }`, vars{"id": s.reply}, "NOT_FOUND ")
	s.refused(t, `mutation($id: ID!) { deleteUser(id: $id) { deletedID } }`, vars{"id": s.user}, "CONFLICT ")
	s.want(t, `mutation($id: ID!) { deletePost(id: $id) { deletedID } }`, vars{"id": s.post}, fmt.Sprintf(`{"deletePost":{"deletedID":%q}}`, s.post))
	s.want(t, `{ sightings { totalCount } }`, nil, `{"sightings":{"totalCount":0}}`)
}

// total counts the sightings, of which other tests have made some.
func (s *story) total(t *testing.T) int {
	t.Helper()
	var data struct{ Sightings struct{ TotalCount int } }
	s.api.Query(t, `{ sightings { totalCount } }`, nil).Into(t, &data)
	return data.Sightings.TotalCount
}

// odd calls the API of an entity whose names are used elsewhere and whose edges lead to
// itself in every way.
func odd(t *testing.T, api *apitest.API) *oddStory {
	t.Helper()
	s := newOdd(t, api)
	t.Run("odd fields", s.fields)
	t.Run("types", s.types)
	t.Run("many to many itself", s.many)
	t.Run("one to one itself", s.one)
	t.Run("optional owner", s.owner)
	return s
}

type oddStory struct {
	story
	a, b, c string
}

func newOdd(t *testing.T, api *apitest.API) *oddStory {
	t.Helper()
	s := &oddStory{story: story{api: api}}
	s.user = s.at(t, "userByUsername.id", `{ userByUsername(username: "ada") { id } }`, nil)
	for name, id := range map[string]*string{"a": &s.a, "b": &s.b, "c": &s.c} {
		*id = s.at(t, "createContext.context.id", `mutation($n: String!) { createContext(input: {type: "t", codeName: $n}) { context { id } } }`, vars{"n": name})
	}
	return s
}

func (s *oddStory) fields(t *testing.T) {
	s.want(t, `mutation($id: ID!) { updateContext(id: $id, input: {type: "x", op: "add", first: 2, cursor: "k", node: "n", where: false, weight: HEAVY}) {
		context { type op first cursor node where weight codeName } } }`, vars{"id": s.a},
		`{"updateContext":{"context":{"type":"x","op":"add","first":2,"cursor":"k","node":"n","where":false,"weight":"HEAVY","codeName":"a"}}}`)
	s.want(t, `{ contextByCodeName(codeName: "a") { type } contexts(where: {weightIn: [HEAVY], typeIn: ["x"], whereNEQ: true, firstGT: 1, cursor: "k", nodeNotNil: true, codeNameHasPrefix: "a"},
		orderBy: [{field: CODE_NAME}, {field: TYPE}]) { nodes { codeName } totalCount } }`, nil,
		`{"contextByCodeName":{"type":"x"},"contexts":{"nodes":[{"codeName":"a"}],"totalCount":1}}`)
	s.refused(t, `mutation { createContext(input: {type: "", codeName: "z"}) { context { id } } }`, nil, "BAD_USER_INPUT type")
	s.refused(t, `mutation { createContext(input: {type: "t", codeName: "a"}) { context { id } } }`, nil, "CONFLICT codeName")
	if len(s.a) < 12 || s.a[:12] != "odd_context_" {
		t.Errorf("the id %s has not the prefix of the annotation", s.a)
	}
}

// types writes and finds values of columns that have a scalar of their own.
func (s *oddStory) types(t *testing.T) {
	s.lists(t)
	s.ranges(t)
	const all = `price amount born local opens lasts address network hardware letters blob spot shade`
	s.want(t, `mutation($id: ID!) { updateContext(id: $id, input: {price: 12.5, amount: "0.10", born: "2024-02-29", local: "2026-01-31T12:00:00", opens: "09:30:00", lasts: "PT90M", address: "192.0.2.1/32",
		network: "192.0.2.0/24", hardware: "08-00-2B-01-02-03", letters: "DE", blob: "aGk=", spot: "( 1,2)", shade: HEAVY}) { context { `+all+` } } }`, vars{"id": s.b},
		`{"updateContext":{"context":{"price":"12.50","amount":"0.10","born":"2024-02-29","local":"2026-01-31T12:00:00","opens":"09:30:00","lasts":"PT1H30M","address":"192.0.2.1",`+
			`"network":"192.0.2.0/24","hardware":"08:00:2b:01:02:03","letters":"DE","blob":"aGk=","spot":"(1,2)","shade":"HEAVY"}}}`)
	for _, where := range []string{
		`price: "12.500"`, `priceGT: 12`, `amountLT: "1"`, `bornGTE: "2024-02-29"`, `local: "2026-01-31T12:00:00.000"`, `opensLT: "10:00:00"`, `lasts: "PT5400S"`, `addressWithin: "192.0.2.0/24"`,
		`networkCovers: "192.0.2.7"`, `networkWithin: "192.0.0.0/16"`, `hardware: "08:00:2b:01:02:03"`, `letters: "DE"`, `lettersHasSuffix: "E"`, `lettersIn: ["DE", "FR"]`, `blob: "aGk="`, `blobIn: ["aGk=", ""]`,
		`spot: "( 1,2)"`, `spotIn: ["(1,2)"]`, `spotNotNil: true`, `shade: HEAVY`, `shadeNotIn: [LIGHT]`,
	} {
		s.want(t, `query($id: ID!) { contexts(where: {id: $id, `+where+`}) { totalCount } }`, vars{"id": s.b}, `{"contexts":{"totalCount":1}}`)
	}
	s.want(t, `{ contexts(where: {codeNameIn: ["a", "b"]}, orderBy: [{field: SHADE, direction: DESC}]) { nodes { shade } aggregate { sum { price } avg { price } max { born } } groupBy(keys: [{field: BORN, truncate: YEAR}, {field: SHADE}]) { key { born shade } } } }`, nil,
		`{"contexts":{"nodes":[{"shade":"HEAVY"},{"shade":"LIGHT"}],"aggregate":{"sum":{"price":"12.50"},"avg":{"price":"12.5000000000000000"},"max":{"born":"2024-02-29"}},`+
			`"groupBy":[{"key":{"born":"2024-01-01","shade":"HEAVY"}},{"key":{"born":null,"shade":"LIGHT"}}]}}`)
	s.want(t, `mutation($id: ID!) { updateContext(id: $id, input: {nick: "ADA", pause: "1500", level: 127, share: 0.1}) { context { nick pause level share } } }`, vars{"id": s.b},
		`{"updateContext":{"context":{"nick":"ada","pause":"1500","level":127,"share":0.1}}}`)
	s.refused(t, `mutation($id: ID!) { updateContext(id: $id, input: {nick: "long-winded", level: 128}) { context { id } } }`, vars{"id": s.b}, "BAD_USER_INPUT level")
	s.refused(t, `mutation($id: ID!) { updateContext(id: $id, input: {nick: "long-winded"}) { context { id } } }`, vars{"id": s.b}, "BAD_USER_INPUT nick")
	s.refused(t, `mutation($id: ID!) { updateContext(id: $id, input: {price: "12.505", amount: "NaN", born: "2026-02-29", local: "2026-01-31T12:00:00Z", opens: "24:00:00", lasts: "1 day", address: "192.0.2", network: "192.0.2.1/24",
		hardware: "8", letters: "a ", blob: "aGk", spot: "1"}) { context { id } } }`, vars{"id": s.b}, "BAD_USER_INPUT address", "BAD_USER_INPUT amount", "BAD_USER_INPUT blob", "BAD_USER_INPUT born", "BAD_USER_INPUT hardware",
		"BAD_USER_INPUT lasts", "BAD_USER_INPUT letters", "BAD_USER_INPUT local", "BAD_USER_INPUT network", "BAD_USER_INPUT opens", "BAD_USER_INPUT price", "BAD_USER_INPUT spot")
}

func (s *oddStory) many(t *testing.T) {
	s.want(t, `mutation($id: ID!, $ids: [ID!], $c: [ID!]) { updateContext(id: $id, input: {followingIDs: $ids, friendIDs: $c}) { context { codeName } } }`,
		vars{"id": s.a, "ids": []string{s.b, s.c}, "c": []string{s.c}}, `{"updateContext":{"context":{"codeName":"a"}}}`)
	s.want(t, `query($a: ID!, $c: ID!) {
		a: context(id: $a) { following(orderBy: [{field: CODE_NAME}]) { nodes { codeName followers { nodes { codeName } } } } followers { totalCount } friends { nodes { codeName } } }
		c: context(id: $c) { following { totalCount } followers { nodes { codeName } } friends { nodes { codeName } } }
		contexts(where: {hasFollowersWith: [{codeName: "a"}]}, orderBy: [{field: FOLLOWERS_COUNT}, {field: CODE_NAME}]) { nodes { codeName } } }`, vars{"a": s.a, "c": s.c},
		`{"a":{"following":{"nodes":[{"codeName":"b","followers":{"nodes":[{"codeName":"a"}]}},{"codeName":"c","followers":{"nodes":[{"codeName":"a"}]}}]},"followers":{"totalCount":0},"friends":{"nodes":[{"codeName":"c"}]}},`+
			`"c":{"following":{"totalCount":0},"followers":{"nodes":[{"codeName":"a"}]},"friends":{"nodes":[{"codeName":"a"}]}},"contexts":{"nodes":[{"codeName":"b"},{"codeName":"c"}]}}`)
	s.want(t, `mutation($id: ID!, $a: [ID!]) { updateContext(id: $id, input: {removeFollowerIDs: $a, removeFriendIDs: $a}) { context { followers { totalCount } friends { totalCount } } } }`,
		vars{"id": s.c, "a": []string{s.a}}, `{"updateContext":{"context":{"followers":{"totalCount":0},"friends":{"totalCount":0}}}}`)
	s.want(t, `query($a: ID!) { context(id: $a) { following { nodes { codeName } } friends { totalCount } } }`, vars{"a": s.a},
		`{"context":{"following":{"nodes":[{"codeName":"b"}]},"friends":{"totalCount":0}}}`)
}

func (s *oddStory) one(t *testing.T) {
	const set = `mutation($id: ID!, $in: UpdateContextInput!) { updateContext(id: $id, input: $in) { context { prev { codeName } next { codeName } spouse { codeName } shout } } }`
	s.want(t, set, vars{"id": s.b, "in": vars{"prevID": s.a, "spouseID": s.c}},
		`{"updateContext":{"context":{"prev":{"codeName":"a"},"next":null,"spouse":{"codeName":"c"},"shout":"b after a!"}}}`)
	s.want(t, `query($a: ID!, $c: ID!) { a: context(id: $a) { next { codeName } shout } c: context(id: $c) { spouse { codeName } } contexts(where: {hasNext: true}) { nodes { codeName } } }`, vars{"a": s.a, "c": s.c},
		`{"a":{"next":{"codeName":"b"},"shout":null},"c":{"spouse":{"codeName":"b"}},"contexts":{"nodes":[{"codeName":"a"}]}}`)
	s.refused(t, set, vars{"id": s.c, "in": vars{"prevID": s.a}}, "CONFLICT prevID")
	s.want(t, set, vars{"id": s.b, "in": vars{"prevID": nil, "spouseID": nil}},
		`{"updateContext":{"context":{"prev":null,"next":null,"spouse":null,"shout":null}}}`)
	s.want(t, `query($c: ID!) { context(id: $c) { spouse { codeName } } }`, vars{"c": s.c}, `{"context":{"spouse":null}}`)
}

func (s *oddStory) owner(t *testing.T) {
	s.want(t, `mutation($a: ID!, $u: ID!) { updateContext(id: $a, input: {ownerID: $u}) { context { owner { username contexts { nodes { codeName } } } } } }`, vars{"a": s.a, "u": s.user},
		`{"updateContext":{"context":{"owner":{"username":"ada","contexts":{"nodes":[{"codeName":"a"}]}}}}}`)
	s.want(t, `mutation($u: ID!, $in: UpdateUserInput!) { updateUser(id: $u, input: $in) { user { contexts(orderBy: [{field: CODE_NAME}]) { nodes { codeName } } } } }`,
		vars{"u": s.user, "in": vars{"contextIDs": []string{s.b, s.c}}}, `{"updateUser":{"user":{"contexts":{"nodes":[{"codeName":"b"},{"codeName":"c"}]}}}}`)
	s.want(t, `{ contexts(where: {hasOwner: false}) { nodes { codeName owner { id } } } }`, nil, `{"contexts":{"nodes":[{"codeName":"a","owner":null}]}}`)
	post := s.at(t, "posts.nodes.0.id", `{ posts { nodes { id } } }`, nil)
	s.want(t, `mutation($id: ID!, $p: [ID!]) { updateContext(id: $id, input: {blogPostIDs: $p}) { context { blogPosts { nodes { title } } } } }`, vars{"id": s.a, "p": []string{post}},
		`{"updateContext":{"context":{"blogPosts":{"nodes":[{"title":"Engines"}]}}}}`)
	// The foreign key is in the posts: the rules of posts decide, though everybody writes contexts.
	eve := story{api: s.api.SignedIn(t, "eve", "MEMBER")}
	eve.refused(t, `mutation($id: ID!, $p: [ID!]) { updateContext(id: $id, input: {removeBlogPostIDs: $p}) { context { id } } }`, vars{"id": s.a, "p": []string{post}}, "FORBIDDEN ")
	eve.refused(t, `mutation($p: [ID!]) { createContext(input: {type: "t", codeName: "d", blogPostIDs: $p}) { context { id } } }`, vars{"p": []string{post}}, "FORBIDDEN ")
	s.want(t, `mutation($id: ID!, $p: [ID!]) { updateContext(id: $id, input: {removeBlogPostIDs: $p}) { context { blogPosts { nodes { title } } } } }`, vars{"id": s.a, "p": []string{post}},
		`{"updateContext":{"context":{"blogPosts":{"nodes":[]}}}}`)
}
