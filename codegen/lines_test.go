package codegen_test

import "testing"

// lines writes bills of whose lines the database fills most, and asks for what it has made of them.
func (s *story) lines(t *testing.T) {
	create := func(input vars) string {
		return s.at(t, "createLine.line.id", `mutation($in: CreateLineInput!) { createLine(input: $in) { line { id } } }`, vars{"in": input})
	}
	s.want(t, `mutation { createLine(input: {quantity: 3, price: "2.50"}) { line { number ticket total label bulk currency } } }`, nil,
		`{"createLine":{"line":{"number":1,"ticket":"1","total":"7.50","label":null,"bulk":false,"currency":"EUR"}}}`)
	second := create(vars{"quantity": 10, "price": "1", "note": "ink", "ticket": 7, "currency": "CHF"})
	create(vars{"quantity": 20, "price": "0.05", "note": "nib"})
	s.want(t, `mutation($id: ID!) { updateLine(id: $id, input: {price: "1.10", note: "Ink"}) { line { number ticket total label bulk currency } } }`, vars{"id": second},
		`{"updateLine":{"line":{"number":2,"ticket":"7","total":"11.00","label":"INK","bulk":true,"currency":"CHF"}}}`)
	s.want(t, `{ lines(where: {totalGT: "1", bulk: true}, orderBy: [{field: TOTAL}]) { nodes { total } } lineByNumber(number: 2) { total }
		all: lines { aggregate { sum { total } max { total } } groupBy(keys: [{field: BULK}]) { key { bulk } count } } }`, nil,
		`{"lines":{"nodes":[{"total":"11.00"}]},"lineByNumber":{"total":"11.00"},`+
			`"all":{"aggregate":{"sum":{"total":"19.50"},"max":{"total":"11.00"}},"groupBy":[{"key":{"bulk":false},"count":1},{"key":{"bulk":true},"count":2}]}}`)
	for _, input := range []string{`{quantity: 1, price: "1", total: "9"}`, `{quantity: 1, price: "1", number: 9}`, `{quantity: 1, price: "1", bulk: true}`} {
		s.refused(t, `mutation { createLine(input: `+input+`) { line { id } } }`, nil, "GRAPHQL_VALIDATION_FAILED ")
	}
	s.refused(t, `mutation { createLine(input: {quantity: 1, price: "1", currency: null}) { line { id } } }`, nil, "BAD_USER_INPUT currency")
	s.refused(t, `mutation { createLine(input: {quantity: 0, price: "1"}) { line { id } } }`, nil, "BAD_USER_INPUT quantity")
	s.clerks(t)
}

// clerks writes lines as others: the edges to who writes lead to them.
func (s *story) clerks(t *testing.T) {
	bob := &story{api: s.api.SignedIn(t, "bob", "MEMBER")}
	user := bob.at(t, "viewer.id", `{ viewer { id } }`, nil)
	const create = `mutation($payer: ID) { createLine(input: {quantity: 1, price: "1", payerID: $payer}) { line { clerk { id } payer { id } seenBy { id } } } }`
	lines := func(clerk, payer string) string {
		return `{"createLine":{"line":{"clerk":{"id":"` + clerk + `"},"payer":{"id":"` + payer + `"},"seenBy":null}}}`
	}
	bob.want(t, `mutation { createLine(input: {quantity: 1, price: "1"}) { line { clerk { id } payer { id } seenBy { id } } } }`, nil, lines(user, user))
	bob.want(t, create, vars{"payer": user}, lines(user, user))
	bob.refused(t, create, vars{"payer": s.user}, "FORBIDDEN ")
	s.want(t, create, vars{"payer": user}, lines(s.user, user))
	s.want(t, create, vars{"payer": nil}, `{"createLine":{"line":{"clerk":{"id":"`+s.user+`"},"payer":null,"seenBy":null}}}`)
	line := bob.at(t, "createLine.line.id", `mutation { createLine(input: {quantity: 1, price: "1"}) { line { id } } }`, nil)
	const update = `mutation($id: ID!, $payer: ID) { updateLine(id: $id, input: {payerID: $payer}) { line { payer { id } } } }`
	bob.refused(t, update, vars{"id": line, "payer": s.user}, "FORBIDDEN ")
	s.want(t, update, vars{"id": line, "payer": s.user}, `{"updateLine":{"line":{"payer":{"id":"`+s.user+`"}}}}`)
	for _, input := range []string{"clerkID", "seenByID"} {
		s.refused(t, `mutation($id: ID!) { createLine(input: {quantity: 1, price: "1", `+input+`: $id}) { line { id } } }`, vars{"id": user}, "GRAPHQL_VALIDATION_FAILED ")
	}
	nobody := &story{api: s.api.Carrying(nil)}
	nobody.refused(t, `mutation { createLine(input: {quantity: 1, price: "1"}) { line { id } } }`, nil, "UNAUTHENTICATED ")
}
