package codegen_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/devpg"
)

// TestBrought serves a database that was there before, made by SQLAlchemy: the schema of Ent is
// written for its tables, so that no migration is due, and its rows are served as they are.
func TestBrought(t *testing.T) {
	t.Parallel()
	m, database := copyModule(t), devpg.Empty(t)
	m.empty(t)
	for _, name := range []string{"ent/migrate/migrations", "cmd/entgraph"} {
		if err := os.RemoveAll(filepath.Join(m.dir, filepath.FromSlash(name))); err != nil {
			t.Fatal(err)
		}
	}
	m.overlay(t, "testdata/brought")
	m.execute(t, database, "ent/migrate/migrations/20200102030405_shop.sql")
	m.execute(t, database, "rows.sql")
	m.generate(t)
	m.build(t)
	m.run(t, nil, m.binary(), "migrate", "hash")
	m.build(t) // the sums are in the program
	for _, args := range [][]string{{"migrate", "diff", "--dry-run", "more"}, {"migrate", "check"}} {
		out, err := m.command(t, nil, m.binary(), args...).CombinedOutput()
		if err != nil || !strings.Contains(string(out), "the directory matches the schema") {
			t.Errorf("%s: %v\n%s", args, err, out)
		}
	}
	m.run(t, []string{"DATABASE_URL=" + database}, m.binary(), "migrate", "stamp", "20200102030405")
	api, _ := m.serve(t, database)
	s := &story{api: api.Bearer("1")}
	t.Run("read", s.broughtRead)
	t.Run("write", s.broughtWrite)
	t.Run("rules", s.broughtRules)
	t.Run("links", s.broughtLinks)
	t.Run("sets of links", s.broughtSet)
	t.Run("links at random", func(t *testing.T) { s.randomLinks(t, database) })
	m.run(t, []string{"TEST_DATABASE_URL=" + devpg.Empty(t)}, "go", "test", "-vet=off", "./entgraphtest")
}

// execute runs a file of SQL as it is.
func (m *module) execute(t *testing.T, database, file string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), m.read(t, file)); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

func (s *story) broughtRead(t *testing.T) {
	s.want(t, `{ users(orderBy: [{field: ID}]) { totalCount nodes { id username profile { id firstName bio birthday avatar } posts { nodes { id title body tags } } } } }`, nil,
		`{"users":{"totalCount":3,"nodes":[`+
			`{"id":"user_1","username":"ada","profile":{"id":"profile_1","firstName":"Ada","bio":null,"birthday":"1815-12-10","avatar":"AP8Q"},"posts":{"nodes":[{"id":"post_1","title":"One","body":"First","tags":["go","a, b"]},{"id":"post_2","title":"Two","body":"","tags":[]}]}},`+
			`{"id":"user_2","username":"ben","profile":null,"posts":{"nodes":[{"id":"post_3","title":"Three","body":"Third","tags":["go"]}]}},`+
			`{"id":"user_3","username":"cleo","profile":{"id":"profile_2","firstName":null,"bio":"It's me","birthday":null,"avatar":null},"posts":{"nodes":[]}}]}}`)
	s.want(t, `{ orders { nodes { id status promocode createdAt user { username } products(orderBy: [{field: PRICE, direction: DESC}]) { nodes { name price } } } } }`, nil,
		`{"orders":{"nodes":[{"id":"order_1","status":"paid","promocode":"SPRING","createdAt":"2024-02-29T23:59:59.123456","user":{"username":"ada"},`+
			`"products":{"nodes":[{"name":"Desk","price":"99999999.99"},{"name":"Mouse","price":"12.50"}]}}]}}`)
	s.want(t, `{ order(id: "order_1") { products(orderBy: [{field: ID}]) { edges { count unitPrice node { id } } } } }`, nil,
		`{"order":{"products":{"edges":[{"count":2,"unitPrice":"12.00","node":{"id":"product_1"}},{"count":1,"unitPrice":"99999999.99","node":{"id":"product_2"}}]}}}`)
	s.want(t, `{ posts(where: {tagsHas: "go"}) { totalCount } }`, nil, `{"posts":{"totalCount":2}}`)
	s.want(t, `{ products(where: {priceLT: "12.51", priceGT: "0.1"}) { nodes { id price } } node(id: "product_3") { id ... on Product { name price } } }`, nil,
		`{"products":{"nodes":[{"id":"product_1","price":"12.50"}]},"node":{"id":"product_3","name":"Pen","price":"0.10"}}`)
}

func (s *story) broughtWrite(t *testing.T) {
	s.want(t, `mutation { createPost(input: {title: "Four", tags: ["x", "y"], userID: "user_1"}) { post { id title body tags user { username } } } }`, nil,
		`{"createPost":{"post":{"id":"post_4","title":"Four","body":"","tags":["x","y"],"user":{"username":"ada"}}}}`)
	s.want(t, `mutation { updateProduct(id: "product_1", input: {price: "13"}) { product { price } } }`, nil,
		`{"updateProduct":{"product":{"price":"13.00"}}}`)
	s.want(t, `mutation { createOrder(input: {userID: "user_1", createdAt: "2024-05-06T07:08:09.5", status: shipped}) { order { id status createdAt } } }`, nil,
		`{"createOrder":{"order":{"id":"order_3","status":"shipped","createdAt":"2024-05-06T07:08:09.5"}}}`)
	s.want(t, `mutation { deletePost(id: "post_4") { deletedID } }`, nil, `{"deletePost":{"deletedID":"post_4"}}`)
	s.refused(t, `mutation { createUser(input: {username: "ada"}) { user { id } } }`, nil, "CONFLICT username")
	s.refused(t, `mutation { createUser(input: {username: "a name with more than 32 characters"}) { user { id } } }`, nil, "BAD_USER_INPUT username")
	s.refused(t, `mutation { updateProduct(id: "product_1", input: {price: "1.005"}) { product { id } } }`, nil, "BAD_USER_INPUT price")
}

// broughtRules asks as others: an owner is told by a number.
func (s *story) broughtRules(t *testing.T) {
	others := &story{api: s.api.Bearer("2")}
	others.want(t, `{ orders { nodes { id products { nodes { name } } } } node(id: "order_1") { id } }`, nil,
		`{"orders":{"nodes":[{"id":"order_2","products":{"nodes":[{"name":"Pen"}]}}]},"node":null}`)
	others.refused(t, `mutation { createPost(input: {title: "Mine", userID: "user_1"}) { post { id } } }`, nil, "FORBIDDEN ")
	others.refused(t, `mutation { updateOrder(id: "order_1", input: {promocode: "X"}) { order { id } } }`, nil, "NOT_FOUND ")
}
