// Package planner reads entities: it compiles GraphQL selections to SQL and writes
// the rows as JSON. A Planner is immutable and safe for concurrent use. It never
// writes to the database.
//
// # The way of a query
//
// [Planner.Read] takes the selections of one operation and works in four steps.
//
// Compile walks them over the entity graph: to-one edges become joins, every to-many
// edge becomes a level of its own. The plan that comes of it is kept for the operation
// and what its variables make of @include and @skip, and serves any number of requests
// at once.
//
// Bind turns the arguments of each level into a page, an ordering, a filter and the SQL
// text. What has no variables is bound once, with the plan. Bad input ends here: a
// coded error for its selection, before anything is sent.
//
// Run executes one statement per level, for all parents together, and one more for each
// count or aggregate. All statements of one depth are one round trip; the ids that they
// return are the argument of the next depth. Everything is one pipeline and so one
// snapshot, or runs inside the transaction of a mutation.
//
// Write puts the binary rows into one JSON buffer in the order of the client's fields.
//
// # A worked example
//
// Asked of the sample data by somebody who is not signed in:
//
//	{
//	  posts(first: 2, where: {status: PUBLISHED}, orderBy: [{field: CREATED_AT, direction: DESC}]) {
//	    totalCount
//	    nodes {
//	      title
//	      author { username }
//	      tags(first: 1) { nodes { name } }
//	    }
//	  }
//	}
//
// The plan has two levels, posts and tags. The authors come with the posts. With
// pageInfo a page would be read with one row more, to know whether there is a next one:
//
//	└─ posts: root page of Post, 2 rows  #1
//	   ├─ totalCount: count of Post, 1 row  #2
//	   └─ nodes.tags: edge page of Tag, 2 parents -> 2 rows  #3
//
// The second statement is sent beside the first, the third once the ids of the posts
// are known. For the posts on the page it reads the first tags of each; k.o is which
// post a row belongs to, and a key of the ordering that nobody selected has a column too:
//
//	-- #1 posts
//	WITH "posts" AS NOT MATERIALIZED (
//	  SELECT t."id", t."created_at", t."updated_at", t."title", t."body", t."status", t."published_at", t."author_id", t."search"
//	  FROM public."posts" t
//	  WHERE t."status" = 'PUBLISHED'
//	),
//	"users" AS NOT MATERIALIZED (
//	  SELECT t."id", t."created_at", t."updated_at", t."username", CASE WHEN FALSE THEN t."email" END AS "email", t."role"
//	  FROM public."users" t
//	)
//	SELECT e0."title" AS c0, j1."username" AS c1, e0."id" AS c2
//	FROM "posts" e0
//	LEFT JOIN "users" j1 ON j1."id" = e0."author_id"
//	WHERE TRUE
//	  AND (e0."status" = $1::text)
//	ORDER BY e0."created_at" DESC, e0."id"
//	LIMIT 2
//
//	-- #2 posts.totalCount
//	WITH "posts" AS NOT MATERIALIZED (
//	  SELECT t."id", t."created_at", t."updated_at", t."title", t."body", t."status", t."published_at", t."author_id", t."search"
//	  FROM public."posts" t
//	  WHERE t."status" = 'PUBLISHED'
//	)
//	SELECT count(*) AS n
//	FROM "posts" e0
//	WHERE TRUE
//	  AND (e0."status" = $1::text)
//
//	-- #3 posts.nodes.tags
//	WITH "taggings~post_id~tag_id" AS NOT MATERIALIZED (
//	  SELECT t."id", t."created_at", t."updated_at", t."position", t."post_id", t."tag_id"
//	  FROM public."taggings" t
//	),
//	"tags" AS NOT MATERIALIZED (
//	  SELECT t."id", t."created_at", t."updated_at", t."name"
//	  FROM public."tags" t
//	)
//	SELECT k.o, p.c0
//	FROM unnest($1::uuid[]) WITH ORDINALITY k(id, o)
//	CROSS JOIN LATERAL (
//	  SELECT e0."name" AS c0, e0."id" AS c1
//	  FROM "taggings~post_id~tag_id" l
//	  JOIN "tags" e0 ON e0."id" = l."tag_id"
//	  WHERE l."post_id" = k.id
//	  ORDER BY e0."id"
//	  LIMIT 1
//	) p
//	ORDER BY k.o, p.c1
//
// The answer has the names and the order of the query:
//
//	{
//	  "posts": {
//	    "totalCount": 171,
//	    "nodes": [
//	      {
//	        "title": "Why we changed our mind about slow queries",
//	        "author": {
//	          "username": "alan"
//	        },
//	        "tags": {
//	          "nodes": [
//	            {
//	              "name": "postgres"
//	            }
//	          ]
//	        }
//	      },
//	      {
//	        "title": "Before you blame error wrapping",
//	        "author": {
//	          "username": "ada"
//	        },
//	        "tags": {
//	          "nodes": [
//	            {
//	              "name": "go"
//	            }
//	          ]
//	        }
//	      }
//	    ]
//	  }
//	}
//
// The test TestDocExample keeps this example true. To see the same of any query run
// entgraph explain.
//
// # What may be seen
//
// Every statement shadows each table that it touches by a WITH query of the table's
// own name (visible.go), which is the one place that names the real table. A
// forgotten table is an error and not a leak, because the read connections have an
// empty search_path.
//
// # What an operation may cost
//
// An answer is not as large as its query: rows that are read once are written wherever
// they belong, and aliases in fragments that spread each other double with every fragment.
// So every step has bounds ([Options], budget.go). Compile counts the selections that it
// looks at, levels, joins and statements; bind the edges of filters and the bytes of
// arguments; run the rows as they come, with their bytes, and the ids for the next depth;
// write the rows and bytes of the answer as it grows. What is counted belongs to the
// [Operation], so that no bound is passed by many small reads. The first refusal ends the
// operation; a connection that still has rows to send is closed. A client that has left
// ends compiling, running and writing as well.
//
// Postgres hears neither a cancel nor a time-out while it plans a statement, so that what it
// plans must be small. An EXISTS among alternatives becomes a sub-plan, of which it makes
// two plans, one to run for each row and one to hash; in both it does the same for those
// inside, which doubles the work with each edge. Only the first of a path has the choice
// here (existsSQL), and of all edges so many become joins that there are at most eight.
// TestPlanning lets it plan the largest filters, orderings and groupings that the limits
// allow, of every entity; processor time of the backend, in ms, on a machine that was busy
// with other things, the shortest of five:
//
//	alternatives nested in each other     1    2    3    4    5    6    7    8 edges
//	  with the choice for each          0.5  1.3  1.3  2.5  8.3  8.9   19   45 ms
//	                                      2    6   14   46   62  126  382  766 sub-plans
//	  with the choice for the first     0.3  0.6  0.6  0.8  1.1  1.2  1.7  1.9 ms
//	                                      2    4    6   14   10   12   20   22 sub-plans
//	joins along to-one edges              4    8   12   16   20   30   40  100
//	                                    0.8  1.7  4.1  6.8  7.3   17   40  344 ms
//	the longest of all within the limits: 29 to 35 ms (taggings by 20 edges, 12 joins)
//
// go test ./internal/planner -run Planning -v -planning prints them again.
//
// # The files
//
//	planner.go            Planner, Read, the results and errors
//	compile.go, level.go  selections to levels and the shape of the output
//	detach.go             arguments apart from their document
//	cache.go, size.go     plans by operation, and the bytes that they take
//	bind.go, page.go      arguments to pages; look-ups, ids, lists
//	order.go, cursor.go   orderings, what lies beyond a cursor, the text of cursors
//	ranges.go             lists ordered by a nullable field, in two parts
//	where.go, search.go   filters to conditions, full-text search
//	array.go, document.go filters on arrays, and on what is in documents
//	range.go              filters on ranges
//	fold.go               filters without regard to case
//	edgecount.go          filters by how many there are at an edge
//	regex.go              regular expressions, written again for Postgres
//	aggregate.go          aggregate and groupBy
//	group.go, having.go   the arguments of groupBy
//	total.go              counts, sums and other totals as SQL
//	sql.go, visible.go    statements, their arguments, and the tables they may see
//	budget.go             what an operation may cost, and has cost
//	run.go, prepared.go   the pipeline and the prepared statements of a connection
//	state.go, table.go    what one request adds: keys, rows, pages
//	reuse.go              the memory of the rows, for the next request
//	value.go, write.go    values and rows as JSON, and where null rises to
//	write_list.go         lists, edges, cursors and pages as JSON
//	observe.go            reports statements to whoever asks, see [WithObserver]
//	argument.go           their arguments for people
//	columns.go, id.go     the types of the columns that are read, and ids from level to level
package planner
