package executor_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/apitest"
)

// TestConflictsOfOtherNames names what conflicts where constraints have other names than the
// framework gives, also under row-level security, where Postgres does not tell the columns.
func TestConflictsOfOtherNames(t *testing.T) {
	t.Parallel()
	const renamed = `DO $$
		DECLARE i record;
		BEGIN
			FOR i IN SELECT indexrelid::regclass AS name, row_number() OVER () AS n FROM pg_index
				WHERE indrelid IN ('tags'::regclass, 'users'::regclass, 'taggings'::regclass) AND indisunique LOOP
				EXECUTE format('ALTER INDEX %s RENAME TO uq_%s', i.name, i.n);
			END LOOP;
		END $$;
		CREATE UNIQUE INDEX uq_by_hand ON posts (title, lower(body)) WHERE title = 'by hand'`
	for name, secured := range map[string]bool{"the owner": false, "row-level security": true} {
		database := apitest.Database(t)
		if secured {
			database = apitest.SecuredDatabase(t)
		}
		conn, err := pgx.Connect(t.Context(), database)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(t.Context(), renamed); err != nil {
			t.Fatal(err)
		}
		if err := conn.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		api := apitest.New(t, func(o *apitest.Options) { o.Database, o.RowSecurity = database, secured })
		ada := newUser(t, api, "ada")
		tag := create(t, api, "Tag", vars{"name": "go"})
		post := create(t, api, "Post", vars{"title": "by hand", "authorID": ada})
		create(t, api, "Tagging", vars{"postID": post, "tagID": tag})
		for query, want := range map[string]string{
			`mutation($in: CreateTagInput!) { createTag(input: $in) { tag { id } } }`:             "CONFLICT name",
			`mutation($in: CreateTaggingInput!) { createTagging(input: $in) { tagging { id } } }`: "CONFLICT postID",
			`mutation($in: CreatePostInput!) { createPost(input: $in) { post { id } } }`:          "CONFLICT",
		} {
			in := map[string]vars{"CONFLICT name": {"name": "go"}, "CONFLICT postID": {"postID": post, "tagID": tag}, "CONFLICT": {"title": "by hand", "authorID": ada}}[want]
			if got := problems(api.Query(t, query, vars{"in": in})); len(got) == 0 || got[0] != want {
				t.Errorf("%s: %s: got %q, want %s", name, query, got, want)
			}
		}
	}
}
