package seed

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entgraph/entgraph"
	"github.com/entgraph/entgraph/entgraphtest"
)

// smallSize is a large blog of a size for tests of behaviour.
var smallSize = size{users: 300, tags: 40, posts: 4_000}

// One database for all checks: it is the one slow test.
func TestScale(t *testing.T) {
	t.Parallel()
	app := appWith(Write)
	api := entgraphtest.New(t, app)
	environ := []string{"DATABASE_URL=" + api.DatabaseURL, "HOME=" + t.TempDir()}
	program := func(args ...string) string {
		t.Helper()
		var out, report bytes.Buffer
		if code := app.Run(t.Context(), args, environ, strings.NewReader(""), &out, &report); code != 0 {
			t.Fatalf("%v: exit %d: %s%s", args, code, &out, &report)
		}
		return report.String()
	}
	start := time.Now()
	report := program("seed", "--scale")
	db := connect(t, api.DatabaseURL)
	t.Logf("took %s, %s", time.Since(start).Round(time.Millisecond),
		one[string](t, db, "SELECT pg_size_pretty(sum(pg_total_relation_size(t::regclass))) FROM unnest($1::text[]) t", tableNames))
	if !strings.Contains(report, "sample data: 420500 rows in ") {
		t.Errorf("no summary in the report:\n%s", report)
	}

	wantCounts(t, db, map[string]int{
		`SELECT count(*) FROM users`:                                   10_000,
		`SELECT count(*) FROM profiles`:                                10_000,
		`SELECT count(*) FROM tags`:                                    500,
		`SELECT count(*) FROM posts`:                                   100_000,
		`SELECT count(DISTINCT created_at) FROM posts`:                 100_000,
		`SELECT count(*) FROM posts WHERE published_at IS NULL`:        20_000,
		`SELECT count(*) FROM taggings`:                                300_000,
		`SELECT count(DISTINCT (post_id, tag_id)) FROM taggings`:       300_000,
		`SELECT count(DISTINCT post_id) FROM taggings`:                 100_000,
		`SELECT count(DISTINCT tag_id) FROM taggings`:                  500,
		`SELECT count(*) FROM tags WHERE name IN ('tag000', 'tag499')`: 2,
	})
	wantAtLeast(t, db, map[string]int{
		// Uneven: some wrote hundreds, half wrote less than the mean.
		`SELECT max(n) FROM (SELECT count(*) n FROM posts GROUP BY author_id) x`:               300,
		`SELECT count(*) FROM (SELECT FROM posts GROUP BY author_id HAVING count(*) < 10) x`:   5_000,
		`SELECT max(n) FROM (SELECT count(*) n FROM taggings GROUP BY tag_id) x`:               5_000,
		`SELECT count(*) FROM profiles WHERE bio IS NULL`:                                      500,
		`SELECT count(*) FROM pg_stats WHERE schemaname = 'public' AND tablename = 'taggings'`: 6,
		`SELECT count(*) FROM pg_stat_user_tables
			WHERE relname = ANY('{users,profiles,tags,posts,taggings}') AND last_vacuum IS NOT NULL`: 5,
		// Visible to all, so that an index is enough. On a shared server another session
		// may keep a table from it for a moment.
		`SELECT count(*) FROM pg_class WHERE relname = ANY('{users,profiles,tags,posts,taggings}')
			AND relallvisible = relpages`: 4,
		`SELECT reltuples::int FROM pg_class WHERE oid = 'posts'::regclass`: 99_000,
	})
	checkValues(t, db)
	checkBase(t, db)

	// All of it is known as sample data: what is not would stay, and the command fail.
	program("seed", "--reset", "--database", one[string](t, db, "SELECT current_database()"))
	wantCounts(t, db, map[string]int{`SELECT count(*) FROM posts`: 200, `SELECT count(*) FROM tags`: 13})
}

func TestScaleIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	var sums [2]map[string]string
	for i := range sums {
		sums[i] = checksums(t, openWith(t, func(ctx context.Context, s *entgraph.Seeder) error {
			return scaleData(smallSize).write(ctx, s)
		}))
	}
	if diff := cmp.Diff(sums[0], sums[1]); diff != "" {
		t.Errorf("two calls differ:\n%s", diff)
	}
}
