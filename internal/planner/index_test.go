package planner_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/apitest"
)

// echoed is an API whose statements can be echoed.
type echoed struct{ *apitest.API }

func newEchoed(t *testing.T) echoed {
	t.Helper()
	return echoed{apitest.New(t, func(o *apitest.Options) { o.EchoSQL = true })}
}

// explain answers a query and runs the planner's own statements once more, with the
// arguments they had, under EXPLAIN and on the same pool. Arguments must be texts or
// numbers.
func (e echoed) explain(t *testing.T, query string, vars any) (apitest.Response, string) {
	t.Helper()
	before := len(e.Log.Lines("sql"))
	answer := e.Query(t, query, vars)
	answer.OK(t)
	conn, err := e.DB.Read.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	var plan strings.Builder
	for _, line := range e.Log.Lines("sql")[before:] {
		var args [][]byte
		for _, arg := range line["args"].([]any) {
			args = append(args, []byte(arg.(string)))
		}
		sql := "EXPLAIN (ANALYZE, BUFFERS) " + line["sql"].(string)
		result := conn.Conn().PgConn().ExecParams(t.Context(), sql, args, nil, nil, nil).Read()
		if result.Err != nil {
			t.Fatalf("%v\n%s", result.Err, sql)
		}
		for _, row := range result.Rows {
			plan.Write(row[0])
			plan.WriteByte('\n')
		}
	}
	return answer, plan.String()
}

// manyPosts writes n posts of 100 users and lets Postgres count them. Their words begin
// with w; some are in many posts and most in few, as in any language.
func manyPosts(t *testing.T, api *apitest.API, n int) {
	t.Helper()
	exec(t, api, `INSERT INTO users (username, email) SELECT 'user' || i, i || '@example.com' FROM generate_series(0, 99) i`)
	exec(t, api, `INSERT INTO posts (title, body, author_id)
		SELECT 'w' || md5(i::text), (SELECT string_agg('w' || (2000 ^ ((hashint4(i * 20 + k) & 65535) / 65536.0))::int, ' ') FROM generate_series(1, 20) k), u.id
		FROM generate_series(1, $1::int) i JOIN users u ON u.username = 'user' || i % 100`, n)
	exec(t, api, `VACUUM ANALYZE users`)
	exec(t, api, `VACUUM ANALYZE posts`)
}

// TestTrigramIndex looks for a part of a title among many, with everything that LIKE
// could take for a pattern.
func TestTrigramIndex(t *testing.T) {
	t.Parallel()
	e := newEchoed(t)
	manyPosts(t, e.API, 20_000)
	exec(t, e.API, `INSERT INTO posts (title, author_id) SELECT t, id FROM users, unnest('{a Needle_100%,needleX100x,"back\\slash"}'::text[]) t WHERE username = 'user7'`)
	for filter, want := range map[string]string{
		`titleContainsFold: "NEEDLE_100%"`: `[{"title":"a Needle_100%"}]`,
		`titleContains: "edle_100"`:        `[{"title":"a Needle_100%"}]`,
		`titleEqualFold: "NEEDLEX100X"`:    `[{"title":"needleX100x"}]`,
		`titleHasSuffix: "ck\\slash"`:      `[{"title":"back\\slash"}]`,
		`titleContainsFold: "ck\\Slash"`:   `[{"title":"back\\slash"}]`,
	} {
		answer, plan := e.explain(t, fmt.Sprintf("{ posts(where: {%s}) { nodes { title } } }", filter), nil)
		if got := string(answer.Data); got != `{"posts":{"nodes":`+want+`}}` {
			t.Errorf("%s gives %s", filter, got)
		}
		if !strings.Contains(plan, "Bitmap Index Scan on post_title") {
			t.Errorf("%s does not use the index:\n%s", filter, plan)
		}
	}
}
