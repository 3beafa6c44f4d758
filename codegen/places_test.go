package codegen_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/viewer"
)

// makeExternal makes the table that nobody's migration makes here.
func makeExternal(t *testing.T, database string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), database)
	if err == nil {
		_, err = conn.Exec(t.Context(), `CREATE SCHEMA erp; CREATE TABLE erp."LFA1" (id uuid PRIMARY KEY, name text NOT NULL CONSTRAINT "LFA1_name_key" UNIQUE, more text)`)
		_ = conn.Close(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// places reads and writes entities in several schemas of Postgres, under names that need quotes
// or are as long as Postgres keeps them, and reads views.
func places(t *testing.T, s *story, database string) {
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	user := s.at(t, "viewer.id", `{ viewer { id } }`, nil)
	order := s.at(t, "createOrder.order.id", `mutation($u: ID!) { createOrder(input: {select: "one two", group: 3, aNameOfSixtyThreeBytesWhichIsAllThatPostgresKeepsXy: 63, buyerID: $u}) { order { id } } }`, vars{"u": user})
	other := s.at(t, "createOrder.order.id", `mutation { createOrder(input: {select: "three", group: 4}) { order { id } } }`, nil)
	shown := s.at(t, "createOrderItem.orderItem.id", `mutation($o: ID!) { createOrderItem(input: {table: "shown", orderIDs: [$o], orderID: $o}) { orderItem { id } } }`, vars{"o": order})
	hidden := s.at(t, "createOrderItem.orderItem.id", `mutation($o: ID!) { createOrderItem(input: {table: "hidden", orderID: $o}) { orderItem { id } } }`, vars{"o": other})

	t.Run("schemas", func(t *testing.T) {
		const list = `{ orders(where: {search: "two", hasItemsWith: [{tableContains: "how"}], hasBuyer: true}, orderBy: [{field: LINES_COUNT}, {field: GROUP}]) {
			totalCount nodes { select group aNameOfSixtyThreeBytesWhichIsAllThatPostgresKeepsXy items { nodes { table order { select } } } lines { totalCount } buyer { username } }
			groupBy(keys: [{field: SELECT}]) { count } } }`
		s.want(t, list, nil, `{"orders":{"totalCount":1,"nodes":[{"select":"one two","group":3,"aNameOfSixtyThreeBytesWhichIsAllThatPostgresKeepsXy":63,"items":{"nodes":[{"table":"shown","order":{"select":"one two"}}]},"lines":{"totalCount":1},"buyer":{"username":"ada"}}],"groupBy":[{"count":1}]}}`)
		s.want(t, `mutation($id: ID!, $in: UpdateOrderInput!) { updateOrder(id: $id, input: $in) { order { select items { totalCount } } } }`, vars{"id": other, "in": vars{"addItemIDs": []string{shown, hidden}}},
			`{"updateOrder":{"order":{"select":"three","items":{"totalCount":2}}}}`)
		s.want(t, `{ orderBySelect(select: "three") { items(orderBy: [{field: TABLE}]) { nodes { table orders { totalCount } } } } }`, nil,
			`{"orderBySelect":{"items":{"nodes":[{"table":"hidden","orders":{"totalCount":1}},{"table":"shown","orders":{"totalCount":2}}]}}}`)
		s.refused(t, `mutation { createOrder(input: {select: "three"}) { order { id } } }`, nil, "CONFLICT select")
		s.refused(t, `mutation { createOrderItem(input: {table: "shown"}) { orderItem { id } } }`, nil, "CONFLICT table")
		s.refused(t, `mutation { createOrderItem(input: {table: "more", orderID: "order_01h455vb4pex5vsknk084sn02q"}) { orderItem { id } } }`, nil, "BAD_USER_INPUT orderID")
	})
	t.Run("rules", func(t *testing.T) {
		guest := &story{api: s.api.As(viewer.Viewer{})}
		guest.want(t, `{ orders { nodes { select lines { totalCount } } } orderItems { totalCount } spendings { totalCount } }`, nil,
			`{"orders":{"nodes":[{"select":"one two","lines":{"totalCount":1}}]},"orderItems":{"totalCount":2},"spendings":{"totalCount":0}}`)
		guest.refused(t, `mutation { createOrder(input: {select: "guest", group: 9}) { order { id } } }`, nil, "UNAUTHENTICATED ")
	})
	t.Run("view", func(t *testing.T) {
		spending := "spending_" + strings.TrimPrefix(user, "user_")
		s.want(t, `query($id: ID!) { spendings(where: {hasBuyerWith: [{username: "ada"}]}, orderBy: [{field: BUYER_USERNAME}]) { nodes { id orders total buyer { username } } aggregate { sum { total } } } node(id: $id) { id } }`, vars{"id": spending},
			`{"spendings":{"nodes":[{"id":"`+spending+`","orders":"1","total":"3","buyer":{"username":"ada"}}],"aggregate":{"sum":{"total":"3"}}},"node":{"id":"`+spending+`"}}`)
	})
	t.Run("kept view", func(t *testing.T) {
		s.want(t, `{ shelves { totalCount } }`, nil, `{"shelves":{"totalCount":0}}`)
		if _, err := conn.Exec(t.Context(), "REFRESH MATERIALIZED VIEW CONCURRENTLY stock.shelves"); err != nil {
			t.Fatal(err)
		}
		s.want(t, `{ shelfByLabel(label: "shown") { label orders } shelves(orderBy: [{field: LABEL, direction: DESC}], first: 1) { nodes { label } pageInfo { hasNextPage } } }`, nil,
			`{"shelfByLabel":{"label":"shown","orders":"2"},"shelves":{"nodes":[{"label":"shown"}],"pageInfo":{"hasNextPage":true}}}`)
	})
	t.Run("table of others", func(t *testing.T) {
		supplier := s.at(t, "createSupplier.supplier.id", `mutation($i: ID!) { createSupplier(input: {name: "ACME", itemIDs: [$i]}) { supplier { id } } }`, vars{"i": shown})
		s.want(t, `{ suppliers(where: {hasItemsWith: [{table: "shown"}]}) { nodes { id name items { nodes { table supplier { name } } } } } }`, nil,
			`{"suppliers":{"nodes":[{"id":"`+supplier+`","name":"ACME","items":{"nodes":[{"table":"shown","supplier":{"name":"ACME"}}]}}]}}`)
		s.refused(t, `mutation { createSupplier(input: {name: "ACME"}) { supplier { id } } }`, nil, "CONFLICT name")
		s.want(t, `query($id: String!) { auditLogs(where: {entityID: $id}) { totalCount } }`, vars{"id": supplier}, `{"auditLogs":{"totalCount":0}}`)
	})
	s.want(t, `query($id: String!) { auditLogs(where: {entityID: $id}) { nodes { action } } }`, vars{"id": order}, `{"auditLogs":{"nodes":[{"action":"CREATE"}]}}`)
	s.want(t, `mutation($id: ID!) { deleteOrder(id: $id) { deletedID } }`, vars{"id": order}, `{"deleteOrder":{"deletedID":"`+order+`"}}`)
}
