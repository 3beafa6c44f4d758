package codegen_test

import (
	"fmt"
	"testing"
)

// shipStory writes edges of every make between two types, and those of which one leads
// somewhere.
type shipStory struct {
	story
	home                string
	ann, bob, cat, dora string // sailors
	ark, bee            string // ships
}

func newShips(t *testing.T, s story, post string) *shipStory {
	t.Helper()
	ships := &shipStory{story: s}
	ships.post = post
	ships.home = s.at(t, "contexts.nodes.0.id", `{ contexts(where: {codeName: "a"}) { nodes { id } } }`, nil)
	for name, id := range map[string]*string{"ann": &ships.ann, "bob": &ships.bob, "cat": &ships.cat, "dora": &ships.dora} {
		*id = s.at(t, "createSailor.sailor.id", `mutation($n: String!) { createSailor(input: {name: $n}) { sailor { id } } }`, vars{"n": name})
	}
	return ships
}

func (s *shipStory) all(t *testing.T) {
	t.Run("create", s.create)
	t.Run("far end", s.farEnd)
	t.Run("required list", s.crew)
	t.Run("immutable", s.immutable)
	t.Run("several", s.several)
	t.Run("one of", s.oneOf)
	t.Run("one of by rules", s.hidden)
}

const createShip = `mutation($in: CreateShipInput!) { createShip(input: $in) { ship { id } } }`

// create writes ships with their edges that must lead somewhere, and without.
func (s *shipStory) create(t *testing.T) {
	s.ark = s.at(t, "createShip.ship.id", createShip, vars{"in": vars{
		"name": "ark", "homeID": s.home, "captainID": s.ann, "mateID": s.bob, "crewIDs": []string{s.bob, s.cat}, "formerIDs": []string{s.dora}, "founderID": s.dora}})
	s.bee = s.at(t, "createShip.ship.id", createShip, vars{"in": vars{"name": "bee", "homeID": s.home, "captainID": s.cat, "crewIDs": []string{s.cat}}})
	s.want(t, `query($id: ID!) { ship(id: $id) { captain { name commands { name } } mate { name mateOf { name } } founder { name }
		home { codeName } crew(orderBy: [{field: NAME}]) { nodes { name sails { totalCount } } } former { nodes { name left { name } } } } }`, vars{"id": s.ark},
		`{"ship":{"captain":{"name":"ann","commands":{"name":"ark"}},"mate":{"name":"bob","mateOf":{"name":"ark"}},"founder":{"name":"dora"},`+
			`"home":{"codeName":"a"},"crew":{"nodes":[{"name":"bob","sails":{"totalCount":1}},{"name":"cat","sails":{"totalCount":2}}]},"former":{"nodes":[{"name":"dora","left":{"name":"ark"}}]}}}`)
	s.refused(t, createShip, vars{"in": vars{"name": "cow", "homeID": s.home, "captainID": s.dora, "crewIDs": []string{}}}, "BAD_USER_INPUT crewIDs")
	s.refused(t, createShip, vars{"in": vars{"name": "cow", "homeID": s.home, "captainID": s.ann, "crewIDs": []string{s.ann}}}, "CONFLICT captainID")
	s.refused(t, createShip, vars{"in": vars{"name": "cow", "homeID": s.home, "captainID": s.ark, "crewIDs": []string{s.ann}}}, "BAD_USER_INPUT captainID")
	s.refused(t, createShip, vars{"in": vars{"name": "cow", "homeID": s.home, "crewIDs": []string{s.ann}}}, "GRAPHQL_VALIDATION_FAILED ")
	s.refused(t, createShip, vars{"in": vars{"name": "cow", "homeID": s.home, "captainID": s.dora}}, "GRAPHQL_VALIDATION_FAILED ")
}

const updateShip = `mutation($id: ID!, $in: UpdateShipInput!) { updateShip(id: $id, input: $in) { ship { captain { name } mate { name } } } }`

// farEnd sends to-one edges whose foreign keys are at their other ends: again, changed, as
// null and from both sides.
func (s *shipStory) farEnd(t *testing.T) {
	for _, step := range []struct {
		ship, captain string
		mate          any
		want          string
	}{
		{s.ark, s.ann, s.bob, `{"captain":{"name":"ann"},"mate":{"name":"bob"}}`},
		{s.ark, s.dora, s.ann, `{"captain":{"name":"dora"},"mate":{"name":"ann"}}`},
		{s.ark, s.dora, nil, `{"captain":{"name":"dora"},"mate":null}`},
		{s.ark, s.dora, nil, `{"captain":{"name":"dora"},"mate":null}`},
		{s.bee, s.ann, s.ann, `{"captain":{"name":"ann"},"mate":{"name":"ann"}}`},
		{s.ark, s.dora, s.bob, `{"captain":{"name":"dora"},"mate":{"name":"bob"}}`},
	} {
		s.want(t, updateShip, vars{"id": step.ship, "in": vars{"captainID": step.captain, "mateID": step.mate}}, `{"updateShip":{"ship":`+step.want+`}}`)
	}
	s.refused(t, updateShip, vars{"id": s.ark, "in": vars{"mateID": s.ann}}, "CONFLICT mateID")
	s.refused(t, updateShip, vars{"id": s.ark, "in": vars{"captainID": nil}}, "BAD_USER_INPUT captainID")
	s.refused(t, updateShip, vars{"id": s.ark, "in": vars{"mateID": "sailor_01h455vb4pex5vsknk084sn02q"}}, "BAD_USER_INPUT mateID")
	// What was given up is free.
	s.want(t, `mutation($id: ID!, $ship: ID!) { updateSailor(id: $id, input: {mateOfID: null}) { sailor { mateOf { name } commands { name } } }
		again: updateSailor(id: $id, input: {mateOfID: $ship}) { sailor { mateOf { mate { name } } } } }`, vars{"id": s.ann, "ship": s.bee},
		`{"updateSailor":{"sailor":{"mateOf":null,"commands":{"name":"bee"}}},"again":{"sailor":{"mateOf":{"mate":{"name":"ann"}}}}}`)
}

// crew takes and gives back what must not be empty.
func (s *shipStory) crew(t *testing.T) {
	const update = `mutation($id: ID!, $in: UpdateShipInput!) { updateShip(id: $id, input: $in) { ship { crew(orderBy: [{field: NAME}]) { nodes { name } } } } }`
	for _, in := range []vars{{"crewIDs": []string{}}, {"crewIDs": nil}} {
		s.refused(t, update, vars{"id": s.ark, "in": in}, "BAD_USER_INPUT crewIDs")
	}
	s.refused(t, update, vars{"id": s.ark, "in": vars{"removeCrewIDs": []string{s.bob, s.cat, s.ann}}}, "BAD_USER_INPUT removeCrewIDs")
	s.want(t, update, vars{"id": s.ark, "in": vars{"removeCrewIDs": []string{s.bob, s.ann}}}, `{"updateShip":{"ship":{"crew":{"nodes":[{"name":"cat"}]}}}}`)
	s.want(t, update, vars{"id": s.ark, "in": vars{"removeCrewIDs": []string{s.cat}, "addCrewIDs": []string{s.dora}}}, `{"updateShip":{"ship":{"crew":{"nodes":[{"name":"dora"}]}}}}`)
	s.want(t, update, vars{"id": s.ark, "in": vars{"removeCrewIDs": []string{}, "addCrewIDs": nil}}, `{"updateShip":{"ship":{"crew":{"nodes":[{"name":"dora"}]}}}}`)
}

func (s *shipStory) immutable(t *testing.T) {
	for _, key := range []string{"homeID", "founderID"} {
		s.refused(t, updateShip, vars{"id": s.ark, "in": vars{key: nil}}, "GRAPHQL_VALIDATION_FAILED ")
	}
	const update = `mutation($id: ID!, $in: UpdateSailorInput!) { updateSailor(id: $id, input: $in) { sailor { id } } }`
	s.refused(t, update, vars{"id": s.ann, "in": vars{"savedByID": s.ark}}, "GRAPHQL_VALIDATION_FAILED ")
	s.want(t, `mutation($s: ID!) { createSailor(input: {name: "eve", savedByID: $s}) { sailor { savedBy { name } } } }`, vars{"s": s.ark}, `{"createSailor":{"sailor":{"savedBy":{"name":"ark"}}}}`)
}

// several asks for ships and sailors by several edges at once.
func (s *shipStory) several(t *testing.T) {
	s.want(t, `{ sailors(where: {or: [{hasCommandsWith: [{name: "ark"}]}, {hasMateOf: true}, {hasLeft: true}, {hasSavedBy: true}]}, orderBy: [{field: COMMANDS_NAME, nulls: LAST}, {field: NAME}]) {
			nodes { name commands { name } mateOf { name } left { name } savedBy { name } founded { name } } }
		ships(where: {hasCaptainWith: [{nameNEQ: "x"}], formerSome: {name: "dora"}, hasFounder: true}, orderBy: [{field: CREW_COUNT}, {field: CAPTAIN_NAME}]) { nodes { name } } }`, nil,
		`{"sailors":{"nodes":[{"name":"dora","commands":{"name":"ark"},"mateOf":null,"left":{"name":"ark"},"savedBy":null,"founded":{"name":"ark"}},`+
			`{"name":"ann","commands":{"name":"bee"},"mateOf":{"name":"bee"},"left":null,"savedBy":null,"founded":null},`+
			`{"name":"bob","commands":null,"mateOf":{"name":"ark"},"left":null,"savedBy":null,"founded":null},`+
			`{"name":"eve","commands":null,"mateOf":null,"left":null,"savedBy":{"name":"ark"},"founded":null}]},"ships":{"nodes":[{"name":"ark"}]}}`)
}

const subject = `subject { __typename ... on Node { id } ... on Post { title } ... on Ship { label: name captain { name } crew(first: 1) { nodes { name } } } ... on RemarkSubject { ... on Sailor { name } } }`

// oneOf writes remarks on what they may be on.
func (s *shipStory) oneOf(t *testing.T) {
	const create, update = `mutation($t: String!, $s: ID!) { createRemark(input: {text: $t, subjectID: $s}) { remark { id ` + subject + ` post { title } ship { name } sailor { name } } } }`,
		`mutation($id: ID!, $in: UpdateRemarkInput!) { updateRemark(id: $id, input: $in) { remark { ` + subject + ` post { title } ship { name } sailor { name } } } }`
	one := func(text, id string) string {
		return s.at(t, "createRemark.remark.id", create, vars{"t": text, "s": id})
	}
	remark := one("on a post", s.post)
	one("on a ship", s.ark)
	one("on a sailor", s.ann)
	s.want(t, `{ remarks(orderBy: [{field: TEXT}]) { nodes { text `+subject+` } } }`, nil, fmt.Sprintf(`{"remarks":{"nodes":[{"text":"on a post","subject":{"__typename":"Post","id":%q,"title":"Engines"}},`+
		`{"text":"on a sailor","subject":{"__typename":"Sailor","id":%q,"name":"ann"}},`+
		`{"text":"on a ship","subject":{"__typename":"Ship","id":%q,"label":"ark","captain":{"name":"dora"},"crew":{"nodes":[{"name":"dora"}]}}}]}}`, s.post, s.ann, s.ark))
	s.want(t, `query($id: ID!) { remark(id: $id) { subject { __typename ... on Post { __typename t: __typename } ... on Node { t: __typename __typename } } } }`, vars{"id": remark},
		`{"remark":{"subject":{"__typename":"Post","t":"Post"}}}`)
	for _, step := range []struct{ id, want string }{
		{s.post, fmt.Sprintf(`"subject":{"__typename":"Post","id":%q,"title":"Engines"},"post":{"title":"Engines"},"ship":null,"sailor":null`, s.post)},
		{s.bob, fmt.Sprintf(`"subject":{"__typename":"Sailor","id":%q,"name":"bob"},"post":null,"ship":null,"sailor":{"name":"bob"}`, s.bob)},
		{s.post, fmt.Sprintf(`"subject":{"__typename":"Post","id":%q,"title":"Engines"},"post":{"title":"Engines"},"ship":null,"sailor":null`, s.post)},
	} {
		s.want(t, update, vars{"id": remark, "in": vars{"subjectID": step.id}}, `{"updateRemark":{"remark":{`+step.want+`}}}`)
	}
	s.want(t, update, vars{"id": remark, "in": vars{"text": "still on it"}}, fmt.Sprintf(`{"updateRemark":{"remark":{"subject":{"__typename":"Post","id":%q,"title":"Engines"},"post":{"title":"Engines"},"ship":null,"sailor":null}}}`, s.post))
	s.want(t, `{ post: remarks(where: {hasPost: true}) { totalCount } ship: remarks(where: {hasShipWith: [{name: "ark"}]}) { nodes { text } }
		ships(where: {hasRemarks: true}) { nodes { name remarks { nodes { subject { __typename } } } } } }`, nil,
		`{"post":{"totalCount":1},"ship":{"nodes":[{"text":"on a ship"}]},"ships":{"nodes":[{"name":"ark","remarks":{"nodes":[{"subject":{"__typename":"Ship"}}]}}]}}`)
	for _, id := range []any{nil, "x", s.user, "ship_01h455vb4pex5vsknk084sn02q", "nobody_01h455vb4pex5vsknk084sn02q"} {
		s.refused(t, update, vars{"id": remark, "in": vars{"subjectID": id}}, "BAD_USER_INPUT subjectID")
	}
	s.refused(t, update, vars{"id": remark, "in": vars{"postID": s.post}}, "GRAPHQL_VALIDATION_FAILED ")
	s.refused(t, updateShip, vars{"id": s.ark, "in": vars{"addRemarkIDs": []string{remark}}}, "GRAPHQL_VALIDATION_FAILED ")
	s.refused(t, `mutation { createRemark(input: {text: "on nothing"}) { remark { id } } }`, nil, "GRAPHQL_VALIDATION_FAILED ")
}

// hidden asks for remarks on what only some see.
func (s *shipStory) hidden(t *testing.T) {
	draft := s.at(t, "createPost.post.id", `mutation($a: ID!) { createPost(input: {title: "Draft", authorID: $a}) { post { id } } }`, vars{"a": s.user})
	s.want(t, `mutation($s: ID!) { createRemark(input: {text: "on a draft", subjectID: $s}) { remark { subject { ... on Post { title } } } } }`, vars{"s": draft}, `{"createRemark":{"remark":{"subject":{"title":"Draft"}}}}`)
	const remarks = `{ remarks(orderBy: [{field: TEXT}]) { nodes { text subject { __typename } } } }`
	s.want(t, remarks, nil, `{"remarks":{"nodes":[{"text":"on a draft","subject":{"__typename":"Post"}},{"text":"on a sailor","subject":{"__typename":"Sailor"}},{"text":"on a ship","subject":{"__typename":"Ship"}},{"text":"still on it","subject":{"__typename":"Post"}}]}}`)
	anonymous := story{api: s.api.Carrying(nil)}
	anonymous.want(t, remarks, nil, `{"remarks":{"nodes":[{"text":"on a sailor","subject":{"__typename":"Sailor"}},{"text":"on a ship","subject":{"__typename":"Ship"}},{"text":"still on it","subject":{"__typename":"Post"}}]}}`)
	// What is hidden cannot be named either.
	anonymous.refused(t, `mutation($s: ID!) { createRemark(input: {text: "t", subjectID: $s}) { remark { id } } }`, vars{"s": draft}, "BAD_USER_INPUT subjectID")
}
