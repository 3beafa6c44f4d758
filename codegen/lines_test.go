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
}
