package codegen_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
)

// broughtLinks writes links with data that is required, from both ends.
func (s *story) broughtLinks(t *testing.T) {
	const line = `edges { count unitPrice node { id } }`
	const change = `mutation($id: ID!, $in: UpdateOrderInput!) { updateOrder(id: $id, input: $in) { order { products(orderBy: [{field: ID}]) { ` + line + ` } } } }`
	in := func(op string, items ...any) vars { return vars{"products": vars{op: items}} }
	item := func(n int, rest vars) vars {
		out := vars{"id": fmt.Sprintf("product_%d", n)}
		maps.Copy(out, rest)
		return out
	}
	id := func(n int) string { return fmt.Sprintf("product_%d", n) }
	changed := func(t *testing.T, input vars, edges string) {
		t.Helper()
		s.want(t, change, vars{"id": "order_4", "in": input}, `{"updateOrder":{"order":{"products":{"edges":[`+edges+`]}}}}`)
	}
	refused := func(t *testing.T, by *story, input vars, codes ...string) {
		t.Helper()
		by.refused(t, change, vars{"id": "order_4", "in": input}, codes...)
	}

	s.want(t, `mutation($in: CreateOrderInput!) { createOrder(input: $in) { order { id products { `+line+` } } } }`,
		vars{"in": vars{"userID": "user_1", "products": vars{"add": []vars{item(1, vars{"unitPrice": "7.5"})}}}},
		`{"createOrder":{"order":{"id":"order_4","products":{"edges":[{"count":1,"unitPrice":"7.50","node":{"id":"product_1"}}]}}}}`)
	const first = `{"count":1,"unitPrice":"7.50","node":{"id":"product_1"}}`
	changed(t, in("add", item(2, vars{"count": 3, "unitPrice": "1"})), first+`,{"count":3,"unitPrice":"1.00","node":{"id":"product_2"}}`)
	s.want(t, `mutation { updateProduct(id: "product_3", input: {orders: {add: [{id: "order_4", unitPrice: "2"}]}}) { product { orders(where: {id: "order_4"}) { edges { count unitPrice } } } } }`, nil,
		`{"updateProduct":{"product":{"orders":{"edges":[{"count":1,"unitPrice":"2.00"}]}}}}`)
	changed(t, vars{"products": vars{"update": []vars{item(2, vars{"count": 4}), item(1, nil)}, "remove": []string{id(3), id(3)}}},
		first+`,{"count":4,"unitPrice":"1.00","node":{"id":"product_2"}}`)
	changed(t, in("remove", id(3)), first+`,{"count":4,"unitPrice":"1.00","node":{"id":"product_2"}}`) // as before

	t.Run("inputs", func(t *testing.T) {
		refused(t, s, in("add", item(1, vars{"unitPrice": "1"}), item(3, vars{"unitPrice": "1"}), item(2, vars{"unitPrice": "1"})),
			"CONFLICT products.add.0.id", "CONFLICT products.add.2.id")
		refused(t, s, in("add", item(99, vars{"unitPrice": "1"}), item(98, vars{"unitPrice": "1.005"})),
			"BAD_USER_INPUT products.add.0.id", "BAD_USER_INPUT products.add.1.id", "BAD_USER_INPUT products.add.1.unitPrice")
		refused(t, s, in("add", item(3, vars{"unitPrice": "1"}), item(3, vars{"unitPrice": "2"})), "BAD_USER_INPUT products.add.1.id")
		refused(t, s, in("update", item(1, vars{"unitPrice": "1"}), item(3, vars{"count": 1})), "BAD_USER_INPUT products.update.1.id")
		refused(t, s, in("update", item(1, vars{"unitPrice": nil})), "BAD_USER_INPUT products.update.0.unitPrice")
		refused(t, s, vars{"products": vars{"update": []vars{item(1, nil)}, "remove": []string{id(2), id(1)}}}, "BAD_USER_INPUT products.remove.1")
	})
	t.Run("rules", func(t *testing.T) {
		others := &story{api: s.api.Bearer("2")}
		refused(t, others, in("add", item(3, vars{"unitPrice": "1"})), "NOT_FOUND ")
		others.refused(t, `mutation { updateProduct(id: "product_3", input: {orders: {add: [{id: "order_1", unitPrice: "2"}]}}) { product { id } } }`, nil, "BAD_USER_INPUT orders.add.0.id")
		others.refused(t, `mutation { updateProduct(id: "product_1", input: {orders: {remove: ["order_4"]}}) { product { id } } }`, nil, "BAD_USER_INPUT orders.remove.0")
		refused(t, s, in("add", item(3, vars{"count": 13, "unitPrice": "1"})), "FORBIDDEN ")
		refused(t, s, in("update", item(1, vars{"count": 13})), "FORBIDDEN ")
		refused(t, s, in("update", item(1, vars{"count": 100})), "FORBIDDEN ")
		const many = `{"count":60,"unitPrice":"7.50","node":{"id":"product_1"}}`
		changed(t, in("update", item(1, vars{"count": 60})), many+`,{"count":4,"unitPrice":"1.00","node":{"id":"product_2"}}`)
		refused(t, s, in("remove", id(1), id(2)), "FORBIDDEN ")
		changed(t, vars{"products": vars{"remove": []string{id(2)}, "add": []vars{item(3, vars{"count": 200, "unitPrice": "0"})}}}, many+`,{"count":200,"unitPrice":"0.00","node":{"id":"product_3"}}`)
		refused(t, s, in("update", item(3, vars{"count": 1})), "FORBIDDEN ")
	})
	t.Run("hidden", func(t *testing.T) {
		edges := `mutation($in: UpdateOrderInput!) { updateOrder(id: "order_4", input: $in) { order { products { edges { count } } } } }`
		answer := s.api.Query(t, edges, vars{"in": in("add", item(2, vars{"count": 77, "unitPrice": "1"}))})
		answer.OK(t)
		refused(t, s, in("add", item(2, vars{"unitPrice": "1"})), "CONFLICT products.add.0.id")
		refused(t, s, in("update", item(2, vars{"count": 1})), "BAD_USER_INPUT products.update.0.id")
		before := s.api.Query(t, `{ order(id: "order_4") { products { totalCount } } }`, nil).OK(t)
		s.api.Query(t, edges, vars{"in": in("remove", id(2))}).OK(t)
		if after := s.api.Query(t, `{ order(id: "order_4") { products { totalCount } } }`, nil).OK(t); string(before) != string(after) {
			t.Errorf("a hidden link was removed: %s, %s", before, after)
		}
	})
}

// broughtSet sets all links of an order, and writes links of which each is two rows.
func (s *story) broughtSet(t *testing.T) {
	const change = `mutation($id: ID!, $in: UpdateOrderInput!) { updateOrder(id: $id, input: $in) { order { products(orderBy: [{field: ID}]) { edges { count unitPrice node { id } } } } } }`
	line := func(n, count int, price string) string {
		return fmt.Sprintf(`{"count":%d,"unitPrice":%q,"node":{"id":"product_%d"}}`, count, price, n)
	}
	set := func(want string, items ...any) {
		t.Helper()
		s.want(t, change, vars{"id": "order_1", "in": vars{"products": vars{"set": append([]any{}, items...)}}}, `{"updateOrder":{"order":{"products":{"edges":[`+want+`]}}}}`)
	}
	item := func(n int, rest vars) vars {
		rest["id"] = fmt.Sprintf("product_%d", n)
		return rest
	}
	set(line(1, 2, "3.00")+","+line(3, 1, "1.00"), item(3, vars{"unitPrice": "1"}), item(1, vars{"unitPrice": "3"}))
	set(line(1, 2, "3.00")+","+line(2, 5, "1.00"), item(1, vars{"unitPrice": "3"}), item(2, vars{"unitPrice": "1", "count": 5}))
	s.refused(t, change, vars{"id": "order_1", "in": vars{"products": vars{"set": []vars{item(1, vars{"unitPrice": "3", "count": 13})}}}}, "FORBIDDEN ")
	s.refused(t, change, vars{"id": "order_1", "in": vars{"products": vars{"set": []vars{}, "add": []vars{item(3, vars{"unitPrice": "1"})}}}}, "BAD_USER_INPUT products.add")
	s.refused(t, change, vars{"id": "order_1", "in": vars{"products": vars{"set": []vars{item(3, vars{"unitPrice": "1"}), item(2, vars{"unitPrice": "0.001"})}}}}, "BAD_USER_INPUT products.set.1.unitPrice")
	set("")

	const pairs = `mutation($id: ID!, $in: UpdateProductInput!) { updateProduct(id: $id, input: $in) { product { pairs(orderBy: [{field: ID}]) { edges { note node { id pairs { totalCount } } } } } } }`
	pair := func(id int, in vars, want string) {
		t.Helper()
		s.want(t, pairs, vars{"id": fmt.Sprint("product_", id), "in": vars{"pairs": in}}, `{"updateProduct":{"product":{"pairs":{"edges":[`+want+`]}}}}`)
	}
	is := func(n int, note string, total int) string {
		return fmt.Sprintf(`{"note":%s,"node":{"id":"product_%d","pairs":{"totalCount":%d}}}`, note, n, total)
	}
	one, two, three := vars{"id": "product_1"}, vars{"id": "product_2", "note": vars{"n": 2}}, vars{"id": "product_3"}
	pair(1, vars{"add": []vars{two, three}}, is(2, `{"n": 2}`, 1)+","+is(3, `{}`, 1))
	pair(2, vars{"update": []vars{{"id": "product_1", "note": vars{"n": 3}}}}, is(1, `{"n": 3}`, 2))
	pair(1, vars{"set": []vars{one, two}}, is(1, `{}`, 2)+","+is(2, `{"n": 2}`, 1))
	pair(2, vars{"remove": []string{"product_1"}}, "")
	s.want(t, `mutation { updateProduct(id: "product_3", input: {addPairIDs: ["product_1"]}) { product { pairs { edges { note } } } } }`, nil, `{"updateProduct":{"product":{"pairs":{"edges":[{"note":{}}]}}}}`)
	s.refused(t, pairs, vars{"id": "product_2", "in": vars{"pairs": vars{"add": []vars{{"id": "product_3", "note": vars{"locked": true}}}}}}, "FORBIDDEN ")
	pair(1, vars{"update": []vars{{"id": "product_3", "note": vars{"locked": "no"}}}, "remove": []string{"product_1"}}, is(3, `{"locked": "no"}`, 1))
	pair(3, vars{"set": []vars{}}, "")
	s.want(t, `{ products { nodes { pairs { totalCount } } } }`, nil, `{"products":{"nodes":[{"pairs":{"totalCount":0}},{"pairs":{"totalCount":0}},{"pairs":{"totalCount":0}}]}}`)
}

// orderLines are links with data as a model in memory holds them: by order and product the count.
type orderLines map[[2]int]int

// lineBook writes links with data at random, as two users who do not see each other's orders.
type lineBook struct {
	r        *rand.Rand
	now      orderLines
	orders   map[int]int // whose they are
	products int
}

// The policy of the links, in plain words.
func lineShows(count int) bool     { return count != 77 }
func lineMayChange(count int) bool { return count < 100 }
func lineMayVanish(count int) bool { return count < 50 }
func lineMayBecome(count int) bool { return count != 13 }
func (b *lineBook) count() int     { return []int{1, 2, 13, 60, 77, 100}[b.r.IntN(6)] }
func lineOf(fromOrder bool, a, c int) [2]int {
	if fromOrder {
		return [2]int{a, c}
	}
	return [2]int{c, a}
}

// randomLinks compares what random inputs leave, and answer, with what a model says.
func (s *story) randomLinks(t *testing.T, database string) {
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), `DELETE FROM order_product_association; INSERT INTO "order" (user_id, created_at) VALUES (1, now()), (1, now()), (2, now())`); err != nil {
		t.Fatal(err)
	}
	b := &lineBook{r: rand.New(rand.NewPCG(1, 2)), now: orderLines{}, orders: map[int]int{}, products: 3}
	found, err := conn.Query(t.Context(), `SELECT id, user_id FROM "order" ORDER BY id DESC LIMIT 3`)
	if err != nil {
		t.Fatal(err)
	}
	var id, user int
	if _, err := pgx.ForEachRow(found, []any{&id, &user}, func() error { b.orders[id] = user; return nil }); err != nil {
		t.Fatal(err)
	}
	outcomes := map[string]int{}
	for n := range 400 {
		who := 1 + b.r.IntN(2)
		query, in, input, want, after := b.step(who)
		answer := s.api.Bearer(fmt.Sprint(who)).Query(t, query, vars{"in": in})
		got := []string{}
		for _, e := range answer.Errors {
			field, _ := e.Extensions["field"].(string)
			got = append(got, e.Code()+" "+field)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) && len(got)+len(want) > 0 {
			t.Fatalf("%d: user %d: %s %v\nbefore %v\ngot  %v\nwant %v\n%s", n, who, query, input, b.now, got, want, answer.Body)
		}
		outcomes[append(want, "done")[0][:4]]++
		if len(want) == 0 {
			b.now = after
		}
		if stored := storedLines(t, conn); !maps.Equal(stored, b.now) {
			t.Fatalf("%d: user %d: %s %v\ngot  %v\nwant %v", n, who, query, input, stored, b.now)
		}
	}
	t.Logf("outcomes: %v", outcomes)
	for _, outcome := range []string{"done", "BAD_", "CONF", "FORB", "NOT_"} {
		if outcomes[outcome] < 10 {
			t.Errorf("the story has lost its point: %v", outcomes)
		}
	}
}

func storedLines(t *testing.T, conn *pgx.Conn) orderLines {
	t.Helper()
	found, err := conn.Query(t.Context(), "SELECT order_id, product_id, count FROM order_product_association")
	if err != nil {
		t.Fatal(err)
	}
	out := orderLines{}
	var order, product, count int
	if _, err := pgx.ForEachRow(found, []any{&order, &product, &count}, func() error { out[[2]int{order, product}] = count; return nil }); err != nil {
		t.Fatal(err)
	}
	return out
}

// lineItem is an item of an operation.
type lineItem struct {
	id, count int // 0: no count
}

// step draws an update of an order or a product, with the errors that it must end with, or what it
// leaves.
func (b *lineBook) step(who int) (query string, in vars, items map[string][]lineItem, errs []string, after orderLines) {
	orders := slices.Sorted(maps.Keys(b.orders))
	fromOrder := b.r.IntN(3) > 0
	edge, target, pool := "orders", "order", orders
	from := 1 + b.r.IntN(b.products)
	query = fmt.Sprintf(`mutation($in: UpdateProductInput!) { updateProduct(id: "product_%d", input: $in) { product { id } } }`, from)
	if fromOrder {
		from = orders[b.r.IntN(len(orders))]
		edge, target, pool = "products", "product", []int{1, 2, 3, 99}
		query = fmt.Sprintf(`mutation($in: UpdateOrderInput!) { updateOrder(id: "order_%d", input: $in) { order { id } } }`, from)
	}
	items = map[string][]lineItem{}
	ops := vars{}
	for _, op := range []string{"add", "update", "remove"} {
		if b.r.IntN(2) == 0 {
			continue
		}
		list := []any{}
		for range b.r.IntN(3) {
			it := lineItem{id: pool[b.r.IntN(len(pool))]}
			name := fmt.Sprintf("%s_%d", target, it.id)
			sent := vars{"id": name}
			if op != "remove" && (op == "add" || b.r.IntN(3) > 0) {
				it.count = b.count()
				sent["count"] = it.count
			}
			if op == "add" {
				sent["unitPrice"] = "1"
			}
			items[op] = append(items[op], it)
			if list = append(list, any(sent)); op == "remove" {
				list[len(list)-1] = name
			}
		}
		ops[op] = list
	}
	errs, after = b.outcome(who, fromOrder, from, edge, items)
	return query, vars{edge: ops}, items, errs, after
}

// outcome is what an update must end with.
func (b *lineBook) outcome(who int, fromOrder bool, from int, edge string, items map[string][]lineItem) (errs []string, after orderLines) {
	if fromOrder && b.orders[from] != who {
		return []string{"NOT_FOUND "}, nil
	}
	sees := func(id int) bool { return fromOrder && id != 99 || !fromOrder && b.orders[id] == who }
	firsts := map[string]map[int]int{} // by operation and id the place
	for _, op := range []string{"add", "update", "remove"} {
		firsts[op] = map[int]int{}
		for i, it := range items[op] {
			place := fmt.Sprintf("%s.%s.%d", edge, op, i)
			if op != "remove" {
				place += ".id"
			}
			if _, twice := firsts[op][it.id]; twice {
				if op != "remove" {
					errs = append(errs, "BAD_USER_INPUT "+place)
				}
				continue
			}
			firsts[op][it.id] = i
			for _, other := range []string{"add", "update"} {
				if _, both := firsts[other][it.id]; both && other != op {
					errs = append(errs, "BAD_USER_INPUT "+place)
				}
			}
			if !sees(it.id) {
				errs = append(errs, "BAD_USER_INPUT "+place)
			}
		}
	}
	if len(errs) > 0 {
		return errs, nil
	}
	return b.written(fromOrder, from, edge, items)
}

// written is what an update that is right in itself must end with.
func (b *lineBook) written(fromOrder bool, from int, edge string, items map[string][]lineItem) (errs []string, after orderLines) {
	after = maps.Clone(b.now)
	line := func(it lineItem) ([2]int, int, bool) {
		at := lineOf(fromOrder, from, it.id)
		count, there := b.now[at]
		return at, count, there && lineShows(count)
	}
	for i, it := range items["update"] {
		if _, _, seen := line(it); !seen {
			errs = append(errs, fmt.Sprintf("BAD_USER_INPUT %s.update.%d.id", edge, i))
		}
	}
	if len(errs) > 0 {
		return errs, nil
	}
	for i, it := range items["add"] {
		if _, _, seen := line(it); seen {
			errs = append(errs, fmt.Sprintf("CONFLICT %s.add.%d.id", edge, i))
		}
	}
	if len(errs) > 0 {
		return errs, nil
	}
	denied := []string{"FORBIDDEN "}
	for _, it := range items["remove"] {
		at, count, seen := line(it)
		if seen && !lineMayVanish(count) {
			return denied, nil
		}
		if seen {
			delete(after, at)
		}
	}
	later := false // what is asked of links when they are written
	for _, it := range items["update"] {
		at, count, _ := line(it)
		if it.count == 0 {
			continue
		}
		if !lineMayChange(count) {
			return denied, nil
		}
		later = later || !lineMayChange(it.count) || !lineMayBecome(it.count)
		after[at] = it.count
	}
	for i, it := range items["add"] {
		at, _, _ := line(it)
		if _, hidden := b.now[at]; hidden {
			return []string{fmt.Sprintf("CONFLICT %s.add.%d.id", edge, i)}, nil
		}
		later = later || !lineMayBecome(it.count)
		after[at] = it.count
	}
	if later {
		return denied, nil
	}
	return nil, after
}
