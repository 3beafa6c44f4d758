package codegen_test

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/migrate/folder"
)

// makeExternal makes the table that nobody's migration makes here.
func makeExternal(t *testing.T, database string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), database)
	if err == nil {
		_, err = conn.Exec(t.Context(), `CREATE SCHEMA erp; CREATE TYPE erp."Grade" AS ENUM ('B', 'A', 'C');
CREATE TABLE erp."LFA1" ("LIFNR" bigserial PRIMARY KEY, n serial, name text NOT NULL CONSTRAINT uq UNIQUE, grade erp."Grade", more text);
ALTER TABLE stock."Items of all the Orders there are under a name of 63 bytes with" ADD FOREIGN KEY (supplier_items) REFERENCES erp."LFA1"`)
		_ = conn.Close(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// partition makes a table of a planned migration partitioned, as people do before they apply it.
func (m *module) partition(t *testing.T) {
	t.Helper()
	const dir = "ent/migrate/migrations"
	create := regexp.MustCompile(`(?s)(CREATE TABLE "?stock"?\."Readings" \([^;]*PRIMARY KEY \()"?id"?(\)[^;]*);`)
	files, err := filepath.Glob(filepath.Join(m.dir, dir, "*_add_context*.sql"))
	if err != nil {
		t.Fatal(err)
	}
	done := 0
	for _, file := range files {
		name := filepath.Join(dir, filepath.Base(file))
		text := m.read(t, name)
		if !create.MatchString(text) {
			continue
		}
		done++
		m.write(t, name, create.ReplaceAllString(text, `${1}id, at${2} PARTITION BY RANGE (at);
CREATE TABLE stock."Readings 2025" PARTITION OF stock."Readings" FOR VALUES FROM ('2025-01-01Z') TO ('2026-01-01Z');
CREATE TABLE stock."Readings later" PARTITION OF stock."Readings" FOR VALUES FROM ('2026-01-01Z') TO ('2027-01-01Z');`))
	}
	if done != 1 {
		t.Fatalf("%d migrations of %q make the table", done, files)
	}
	if err := folder.Rehash(filepath.Join(m.dir, dir)); err != nil {
		t.Fatal(err)
	}
}

// settled checks that commands which compare schemas leave alone what others make, and what
// no schema of Ent can say.
func (m *module) settled(t *testing.T, database string) {
	t.Helper()
	env := []string{"DATABASE_URL=" + database}
	m.run(t, env, m.binary(), "migrate", "check")
	m.run(t, env, m.binary(), "schema", "drift")
	m.run(t, env, m.binary(), "schema", "drift", "--against", "ent://")
}

// secured does it all as a role that the policies bind, which the owner of a table of others has to
// let in.
func (m *module) secured(t *testing.T, s *story, conn *pgx.Conn, database string) {
	exec := func(sql string) {
		t.Helper()
		if _, err := conn.Exec(context.WithoutCancel(t.Context()), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	role := fmt.Sprintf("entgraph_places_%d", time.Now().UnixNano())
	m.run(t, []string{"DATABASE_URL=" + database}, m.binary(), "migrate", "grant", role)
	t.Cleanup(func() { exec("DROP OWNED BY " + role + "; DROP ROLE " + role) })
	exec("GRANT " + role + " TO CURRENT_USER")
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("options", "-crole="+role)
	u.RawQuery = q.Encode()
	exec(`REVOKE ALL ON SCHEMA erp FROM ` + role) // whose owner is another one elsewhere
	refused := m.command(t, []string{"DATABASE_URL=" + u.String(), "DATABASE_RLS=on", "ADDR=127.0.0.1:0", "APP_ENV=development"}, m.binary(), "serve")
	if out, err := refused.CombinedOutput(); err == nil || !strings.Contains(string(out), "the role may not read erp.LFA1; its owner grants that") {
		t.Errorf("the server ends with %v:\n%s", err, out)
	}
	exec(`GRANT USAGE ON SCHEMA erp TO ` + role + `; GRANT SELECT, INSERT, UPDATE, DELETE ON erp."LFA1" TO ` + role + `; GRANT USAGE ON ALL SEQUENCES IN SCHEMA erp TO ` + role)
	api, stop := m.serve(t, u.String(), "DATABASE_RLS=on")
	defer stop()
	bound := &story{api: s.api.At(api.Endpoint)}
	order := bound.at(t, "createOrder.order.id", `mutation { createOrder(input: {select: "bound", group: 1, mood: HAPPY}) { order { id } } }`, nil)
	bound.want(t, `mutation($o: ID!) { createReading(input: {sensor: "rls", at: "2026-06-01T00:00:00Z", value: 1, orderID: $o}) { reading { value } }
		createSupplier(input: {name: "RLS"}) { supplier { name } } updateOrder(id: $o, input: {mood: OK}) { order { mood } }
		createOrderItem(input: {table: "bound", orderID: $o, orderIDs: [$o]}) { orderItem { order { select lines { totalCount } items { totalCount } } } } }`, vars{"o": order},
		`{"createReading":{"reading":{"value":1}},"createSupplier":{"supplier":{"name":"RLS"}},"updateOrder":{"order":{"mood":"OK"}},"createOrderItem":{"orderItem":{"order":{"select":"bound","lines":{"totalCount":1},"items":{"totalCount":1}}}}}`)
	guest := &story{api: bound.api.Like(&apitest.API{})}
	guest.want(t, `{ orders(where: {select: "bound"}) { totalCount } spendings { totalCount } readings(where: {sensor: "rls"}) { nodes { value order { select } } } }`, nil,
		`{"orders":{"totalCount":0},"spendings":{"totalCount":0},"readings":{"nodes":[{"value":1,"order":null}]}}`)
	guest.refused(t, `mutation { createReading(input: {sensor: "rls", at: "2026-07-01T00:00:00Z", value: 1}) { reading { id } } }`, nil, "UNAUTHENTICATED ")
	bound.want(t, `mutation($o: ID!) { deleteOrder(id: $o) { deletedID } }`, vars{"o": order}, `{"deleteOrder":{"deletedID":"`+order+`"}}`)
	exec(`DELETE FROM stock."Readings"; DELETE FROM erp."LFA1"; DELETE FROM stock."Items of all the Orders there are under a name of 63 bytes with" WHERE "table" = 'bound'`)
}

// partitions reads and writes a partitioned table: a row may move from one to another.
func partitions(t *testing.T, s *story, order string) {
	create := func(sensor, at string, value int) string {
		t.Helper()
		return s.at(t, "createReading.reading.id", `mutation($in: CreateReadingInput!) { createReading(input: $in) { reading { id } } }`,
			vars{"in": vars{"sensor": sensor, "at": at, "value": value, "orderID": order}})
	}
	old, late := create("a", "2025-05-01T00:00:00Z", 1), create("a", "2026-05-01T00:00:00Z", 2)
	s.want(t, `query($id: ID!) { readings(orderBy: [{field: AT, direction: DESC}], where: {hasOrderWith: [{select: "one two"}]}) { totalCount nodes { value order { select } } aggregate { sum { value } max { at } } } node(id: $id) { ... on Reading { at } } }`, vars{"id": old},
		`{"readings":{"totalCount":2,"nodes":[{"value":2,"order":{"select":"one two"}},{"value":1,"order":{"select":"one two"}}],"aggregate":{"sum":{"value":3},"max":{"at":"2026-05-01T00:00:00Z"}}},"node":{"at":"2025-05-01T00:00:00Z"}}`)
	const update = `mutation($id: ID!, $in: UpdateReadingInput!) { updateReading(id: $id, input: $in) { reading { id at value } } }`
	s.refused(t, update, vars{"id": old, "in": vars{"at": "2026-05-01T00:00:00Z"}}, "CONFLICT at")
	s.want(t, update, vars{"id": old, "in": vars{"at": "2026-05-02T00:00:00Z", "value": 5}}, `{"updateReading":{"reading":{"id":"`+old+`","at":"2026-05-02T00:00:00Z","value":5}}}`)
	s.refused(t, update, vars{"id": old, "in": vars{"at": "2031-05-02T00:00:00Z"}}, "BAD_USER_INPUT ")
	s.want(t, `mutation($id: ID!) { deleteReading(id: $id) { deletedID } }`, vars{"id": late}, `{"deleteReading":{"deletedID":"`+late+`"}}`)
	s.want(t, `{ readings { nodes { value } } }`, nil, `{"readings":{"nodes":[{"value":5}]}}`)
	// Postgres moves a row by taking it from one partition and putting it into another.
	s.want(t, `query($id: String!) { gone: auditLogs(where: {entityID: $id, action: DELETE}) { totalCount } made: auditLogs(where: {entityID: $id, action: CREATE}) { totalCount } }`, vars{"id": old}, `{"gone":{"totalCount":1},"made":{"totalCount":2}}`)
}

// places reads and writes entities in several schemas of Postgres, under names that need quotes
// or are as long as Postgres keeps them, and reads views.
func places(t *testing.T, m *module, s *story, database string) {
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
	t.Run("verbs", func(t *testing.T) {
		s.want(t, `mutation($id: ID!, $in: UpdateOrderInput!) { updateOrder(id: $id, input: $in) { order { mood group items { totalCount } } } }`,
			vars{"id": other, "in": vars{"mood": "SAD", "group": 5, "removeItemIDs": []string{hidden}}}, `{"updateOrder":{"order":{"mood":"SAD","group":5,"items":{"totalCount":1}}}}`)
		s.want(t, `{ orders(where: {moodIn: [SAD, OK], groupGT: 0, itemsCount: {gt: 0}}, orderBy: [{field: MOOD}, {field: ITEMS_COUNT}, {field: BUYER_USERNAME}]) { nodes { mood }
				aggregate { sum { group } avg { group } } groupBy(keys: [{field: MOOD}]) { key { mood } count sum { group } } }
			orderItems(where: {hasOrderWith: [{mood: SAD}], ordersNone: {mood: HAPPY}}, orderBy: [{field: ORDER_SELECT}]) { nodes { table } } }`, nil,
			`{"orders":{"nodes":[{"mood":"SAD"},{"mood":"OK"}],"aggregate":{"sum":{"group":"8"},"avg":{"group":4}},"groupBy":[{"key":{"mood":"SAD"},"count":1,"sum":{"group":"5"}},{"key":{"mood":"OK"},"count":1,"sum":{"group":"3"}}]},"orderItems":{"nodes":[{"table":"hidden"}]}}`)
		s.want(t, `mutation($id: ID!) { updateOrder(id: $id, input: {mood: SO_SO, stage: done}) { order { mood stage } } }`, vars{"id": other}, `{"updateOrder":{"order":{"mood":"SO_SO","stage":"done"}}}`)
		s.want(t, `{ orders(where: {or: [{mood: SO_SO}, {stageIn: [InProgress]}], moodNEQ: HAPPY}, orderBy: [{field: MOOD, direction: DESC}]) { nodes { mood stage } groupBy(keys: [{field: STAGE}]) { key { stage } max { mood } } } }`, nil,
			`{"orders":{"nodes":[{"mood":"SO_SO","stage":"done"},{"mood":"OK","stage":"InProgress"}],"groupBy":[{"key":{"stage":"done"},"max":{"mood":"SO_SO"}},{"key":{"stage":"InProgress"},"max":{"mood":"OK"}}]}}`)
		s.refused(t, `mutation($id: ID!) { updateOrder(id: $id, input: {select: "one two"}) { order { id } } }`, vars{"id": other}, "CONFLICT select")
	})
	t.Run("row-level security", func(t *testing.T) { m.secured(t, s, conn, database) })
	t.Run("partitions", func(t *testing.T) { partitions(t, s, order) })
	t.Run("rules", func(t *testing.T) {
		guest := &story{api: s.api.Like(&apitest.API{})}
		guest.want(t, `{ orders { nodes { select lines { totalCount } } } orderItems { totalCount } spendings { totalCount } }`, nil,
			`{"orders":{"nodes":[{"select":"one two","lines":{"totalCount":1}}]},"orderItems":{"totalCount":2},"spendings":{"totalCount":0}}`)
		guest.refused(t, `mutation { createOrder(input: {select: "guest", group: 9}) { order { id } } }`, nil, "UNAUTHENTICATED ")
	})
	t.Run("view", func(t *testing.T) {
		spending := "spending_" + strings.TrimPrefix(user, "user_")
		s.want(t, `query($id: ID!) { spendings(where: {hasBuyerWith: [{username: "ada"}]}, orderBy: [{field: BUYER_USERNAME}]) { nodes { id orders total buyer { username } } aggregate { sum { total } } } node(id: $id) { id } }`, vars{"id": spending},
			`{"spendings":{"nodes":[{"id":"`+spending+`","orders":"1","total":"3","buyer":{"username":"ada"}}],"aggregate":{"sum":{"total":"3"}}},"node":{"id":"`+spending+`"}}`)
	})
	t.Run("view by a text", func(t *testing.T) {
		id := s.at(t, "moodCounts.nodes.0.id", `{ moodCounts(orderBy: [{field: ORDERS}, {field: ID}]) { nodes { id } } }`, nil)
		s.want(t, `query($id: ID!) { moodCount(id: $id) { id orders } node(id: $id) { id } moodCounts(where: {idIn: [$id]}) { totalCount } }`, vars{"id": id},
			`{"moodCount":{"id":"`+id+`","orders":1},"node":{"id":"`+id+`"},"moodCounts":{"totalCount":1}}`)
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
		supplier := s.at(t, "createSupplier.supplier.id", `mutation($i: ID!) { createSupplier(input: {name: "ACME", grade: A, itemIDs: [$i]}) { supplier { id } } }`, vars{"i": shown})
		s.want(t, `{ suppliers(where: {hasItemsWith: [{table: "shown"}]}) { nodes { id name grade items { nodes { table supplier { name } } } } } }`, nil,
			`{"suppliers":{"nodes":[{"id":"`+supplier+`","name":"ACME","grade":"A","items":{"nodes":[{"table":"shown","supplier":{"name":"ACME"}}]}}]}}`)
		s.refused(t, `mutation { createSupplier(input: {name: "ACME"}) { supplier { id } } }`, nil, "CONFLICT name")
		s.refused(t, `mutation($i: ID!) { updateOrderItem(id: $i, input: {supplierID: "supplier_4711"}) { orderItem { id } } }`, vars{"i": hidden}, "BAD_USER_INPUT supplierID")
		s.refused(t, `mutation($i: ID!) { deleteSupplier(id: $i) { deletedID } }`, vars{"i": supplier}, "CONFLICT ")
		s.want(t, `query($id: String!) { auditLogs(where: {entityID: $id}) { totalCount } }`, vars{"id": supplier}, `{"auditLogs":{"totalCount":0}}`)
	})
	s.want(t, `query($id: String!) { auditLogs(where: {entityID: $id}) { nodes { action } } }`, vars{"id": order}, `{"auditLogs":{"nodes":[{"action":"CREATE"}]}}`)
	s.want(t, `mutation($id: ID!) { deleteOrder(id: $id) { deletedID } }`, vars{"id": order}, `{"deleteOrder":{"deletedID":"`+order+`"}}`)
}
