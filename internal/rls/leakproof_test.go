package rls_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/apitest"
)

// TestSearchWantsLeakproof looks at the plans of searches: row-level security keeps
// Postgres from searching an index by a function that might tell of hidden rows, unless a
// superuser vouches for the function.
func TestSearchWantsLeakproof(t *testing.T) {
	t.Parallel()
	url := apitest.SecuredDatabase(t)
	owner, server := connect(t, url), connect(t, apitest.AsServer(t, url))
	searches := map[string]string{
		"post_title":  `SELECT id FROM posts WHERE title ILIKE '%word%'`,
		"post_search": `SELECT id FROM posts WHERE search @@ to_tsquery('english', 'word')`,
	}
	uses := func(conn *pgx.Conn, index, query string) bool {
		if _, err := conn.Exec(t.Context(), "SET enable_seqscan = off; SET enable_indexscan = off"); err != nil {
			t.Fatal(err)
		}
		rows, err := conn.Query(t.Context(), "EXPLAIN "+query)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		return strings.Contains(strings.Join(lines, "\n"), "on "+index)
	}
	for index, query := range searches {
		if !uses(owner, index, query) || uses(server, index, query) {
			t.Errorf("%s: the owner uses it %t, the server's role %t", index, uses(owner, index, query), uses(server, index, query))
		}
	}
	for _, f := range []string{"texticlike(text, text)", "ts_match_vq(tsvector, tsquery)"} {
		if _, err := owner.Exec(t.Context(), "ALTER FUNCTION pg_catalog."+f+" LEAKPROOF"); err != nil {
			t.Fatal(err)
		}
	}
	for index, query := range searches {
		if !uses(server, index, query) {
			t.Errorf("%s is not used though the function is leakproof", index)
		}
	}
}
