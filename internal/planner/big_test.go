package planner_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	entmigrate "github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/folder"
)

// size is how large a data set is. Both have the posts with the numbers of smallSize, of
// three authors and with five tags; the big one has 100,000 more posts around them, of
// other authors and with other tags.
type size struct{ first, last, users, tags int }

var (
	smallSize = size{first: 50_001, last: 50_030, users: 3, tags: 5}
	bigSize   = size{first: 1, last: 100_030, users: 10_000, tags: 200}
)

// dataSQL writes a data set. Ids sort by number. Three posts each are created in the
// same minute; every fifth is a draft without published_at. The parameters are those of
// the size.
var dataSQL = []string{
	`SET session_replication_role = replica`, // the references are right; checking them takes longer than the rest
	`SET synchronous_commit = on`,            // else VACUUM may find rows that it cannot yet mark as visible to all
	`CREATE FUNCTION pg_temp.uid(kind int, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
		$$ SELECT ('0190' || lpad(to_hex(n), 8, '0') || '70008000' || lpad(to_hex(kind), 12, '0'))::uuid $$`,
	`INSERT INTO users (id, username, email, created_at, updated_at)
		SELECT pg_temp.uid(1, i), 'user' || i, 'user' || i || '@example.com', at, at
		FROM (SELECT i, timestamptz '2026-01-01Z' + i * interval '1 second' AS at FROM generate_series(1, %[3]d) i) s`,
	`INSERT INTO profiles (id, user_id, first_name, created_at, updated_at)
		SELECT pg_temp.uid(2, i), pg_temp.uid(1, i), 'First' || i, timestamptz '2026-01-01Z', timestamptz '2026-01-01Z' FROM generate_series(1, %[3]d) i`,
	`INSERT INTO tags (id, name, created_at, updated_at)
		SELECT pg_temp.uid(3, i), 'tag' || i, timestamptz '2026-01-01Z', timestamptz '2026-01-01Z' FROM generate_series(1, %[4]d) i`,
	`INSERT INTO posts (id, title, body, status, created_at, updated_at, published_at, author_id)
		SELECT pg_temp.uid(4, i), 't' || i %% 7, 'text', CASE WHEN draft THEN 'DRAFT' ELSE 'PUBLISHED' END, at, at,
			CASE WHEN NOT draft THEN at + i %% 11 * interval '1 hour' END,
			pg_temp.uid(1, CASE WHEN i BETWEEN 50001 AND 50030 THEN 1 + i %% 3 ELSE 4 + i %% (%[3]d - 3) END)
		FROM (SELECT i, i %% 5 = 4 AS draft, timestamptz '2026-02-01Z' + i / 3 * interval '1 minute' AS at FROM generate_series(%[1]d, %[2]d) i) s`,
	`INSERT INTO taggings (id, post_id, tag_id, position, created_at, updated_at)
		SELECT pg_temp.uid(5, i * 4 + k), pg_temp.uid(4, i), pg_temp.uid(3, CASE WHEN i BETWEEN 50001 AND 50030 THEN 1 + (i + k) %% 5 ELSE 6 + (i * 7 + k) %% (%[4]d - 5) END), k,
			timestamptz '2026-02-01Z', timestamptz '2026-02-01Z'
		FROM generate_series(%[1]d, %[2]d) i, generate_series(0, 1) k`,
	`VACUUM (ANALYZE)`,
}

// newSized starts an API on a data set with so many rows.
func newSized(t *testing.T, s size) *apitest.API {
	t.Helper()
	hash, err := folder.Hash(entmigrate.Migrations)
	if err != nil {
		t.Fatal(err)
	}
	url := devpg.Clone(t, devpg.Template{
		Key: fmt.Sprint("planner ", hash, dataSQL, s),
		Build: func(ctx context.Context, url string) error {
			if _, err := database.Up(ctx, url, entmigrate.Migrations, database.UpOptions{StandIns: true}); err != nil {
				return err
			}
			return fillSized(ctx, url, s)
		},
	})
	return apitest.New(t, func(o *apitest.Options) { o.Database = url })
}

func fillSized(ctx context.Context, url string, s size) (err error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	for _, sql := range dataSQL {
		if strings.HasPrefix(sql, "INSERT") {
			sql = fmt.Sprintf(sql+" -- %[1]d %[2]d %[3]d %[4]d", s.first, s.last, s.users, s.tags)
		}
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%.60s: %w", sql, err)
		}
	}
	return nil
}
