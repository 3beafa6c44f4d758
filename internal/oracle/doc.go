// Package oracle answers GraphQL queries over entities by brute force, to judge the
// planner by: all rows in memory, every filter by three-valued logic, every order by
// sorting, every page by slicing. It knows nothing of SQL or of the planner and takes
// from package entity only names, types and edges. Only what the words of a text are, and
// how well they fit a search, it asks of Postgres, from the texts themselves. Only tests
// use it.
//
//	world, err := oracle.Load(ctx, pool, graph)      // all rows
//	ev := &oracle.Evaluator{Schema: schema, World: world, DefaultPage: 20}
//	judge := oracle.NewJudge(ev, ask)                // ask sends a query to the API
//	g := oracle.NewGenerator(ev, maxPage, seed)
//	difference, err := judge.Try(g.Roll(g.Operation()))
//
// [Fill] makes random data, a [Generator] random operations that the schema allows and
// that stay below the server's limits, and [Shrink] makes a failing one small.
//
// The test compares about 2,000 operations, each for two viewers; a longer run, of other operations, is
//
//	go test ./internal/oracle -run TestRandomQueries -oracle.cases 100000 -oracle.seed 7
//
// What the SDL leaves open is fixed here: a cursor counts as a place in the order,
// whether or not its entry is in the list; hasPreviousPage is true after a cursor or an
// offset, and hasNextPage before a cursor, because the entries cut off are taken to be
// there; a cursor is the same text in every list of one type and ordering.
//
// Values of this package serve one goroutine at a time.
package oracle
