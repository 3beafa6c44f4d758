package rls_test

import (
	"fmt"
	"testing"

	gent "entgo.io/ent"
	"entgo.io/ent/dialect/sql/schema"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/internal/rls"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/rule"
	"github.com/entgraph/entgraph/viewer"
)

const linkTables = `CREATE TABLE docs (id uuid PRIMARY KEY, owner uuid, public bool NOT NULL);
CREATE TABLE "Topics" (id uuid PRIMARY KEY);
CREATE TABLE doc_topics (doc_id uuid REFERENCES docs, topic_id uuid REFERENCES "Topics", PRIMARY KEY (doc_id, topic_id));`

// TestLinksWithoutAnEntity keeps a link table that the API does not show: who sees both
// ends sees a link, and who may write one of them makes and deletes it.
func TestLinksWithoutAnEntity(t *testing.T) {
	t.Parallel()
	doc := gent.Policy(rule.Policy{Read: rule.Any(rule.Is("public", true), rule.Owner("owner")), Write: rule.Owner("owner")})
	topic := gent.Policy(rule.Policy{Read: rule.Everyone(), Write: rule.Role("ADMIN")})
	g, err := entity.New([]entity.Entity{
		{Name: "Doc", Field: "doc", Plural: "docs", Prefix: "doc", Table: "docs", Policy: &doc,
			Fields: []entity.Field{entity.IDField[any, [16]byte](nil, "id", entity.UUIDKey)}, Edges: []entity.Edge{entity.ManyToMany("topics", "Topic", "doc_topics", "doc_id", "topic_id", "")}},
		{Name: "Topic", Field: "topic", Plural: "topics", Prefix: "topic", Table: "Topics", Policy: &topic,
			Fields: []entity.Field{entity.IDField[any, [16]byte](nil, "id", entity.UUIDKey)}, Edges: []entity.Edge{entity.ManyToMany("docs", "Doc", "doc_topics", "topic_id", "doc_id", "")}},
	}, nil, entity.Store{})
	if err != nil {
		t.Fatal(err)
	}
	apitest.SecuredDatabase(t) // makes the role
	url := devpg.Empty(t)
	owner := connect(t, url)
	ada, public, draft, subject := uuid.New(), uuid.New(), uuid.New(), uuid.New()
	all := linkTables + rls.Make(g, []*schema.Table{{Name: "docs"}, {Name: "Topics"}, {Name: "doc_topics"}}).SQL() +
		fmt.Sprintf(`INSERT INTO docs VALUES ('%s', '%s', true), ('%s', '%[2]s', false); INSERT INTO "Topics" VALUES ('%[4]s');
		INSERT INTO doc_topics SELECT id, '%[4]s' FROM docs; GRANT ALL ON ALL TABLES IN SCHEMA public TO %[5]s`, public, ada, draft, subject, apitest.ServerRole)
	if _, err := owner.Exec(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	server := connect(t, apitest.AsServer(t, url))
	for name, tc := range map[string]struct {
		viewer        viewer.Viewer
		sees, deletes int64
	}{
		"anonymous": {viewer.Viewer{}, 1, 0},
		"other":     {viewer.Viewer{UserID: key.UUID(uuid.New()), Role: "MEMBER"}, 1, 0},
		"owner":     {viewer.Viewer{UserID: key.UUID(ada), Role: "MEMBER"}, 2, 2},
		"admin":     {viewer.Viewer{UserID: key.UUID(uuid.New()), Role: "ADMIN"}, 1, 1},
		"system":    {viewer.System(), 2, 2},
	} {
		ctx := viewer.NewContext(t.Context(), tc.viewer)
		tx, err := server.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(ctx, postgres.SetViewer, postgres.ViewerArgs(ctx)...); err != nil {
			t.Fatal(err)
		}
		seen, err := tx.Exec(ctx, "SELECT FROM doc_topics")
		if err != nil || seen.RowsAffected() != tc.sees {
			t.Errorf("%s sees %v, want %d: %v", name, seen, tc.sees, err)
		}
		deleted, err := tx.Exec(ctx, "DELETE FROM doc_topics")
		if err != nil || deleted.RowsAffected() != tc.deletes {
			t.Errorf("%s deletes %v, want %d: %v", name, deleted, tc.deletes, err)
		}
		_, err = tx.Exec(ctx, "INSERT INTO doc_topics VALUES ($1, $2) ON CONFLICT DO NOTHING", public, subject)
		if allowed := err == nil; allowed != (tc.deletes > 0) || err != nil && !postgres.IsDenied(err) {
			t.Errorf("%s makes a link: %v", name, err)
		}
		if err := tx.Rollback(ctx); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFirstOwner makes a row that only who owns one of its links may make: the row comes first, and
// the rule is asked when all is written.
func TestFirstOwner(t *testing.T) {
	t.Parallel()
	w := newWall(t, 4, 6)
	g := graphWith(t, map[string]rule.Policy{
		"Tag":     {Read: rule.Everyone(), Create: rule.All(rule.SignedIn(), rule.Has("posts", rule.Owner("author_id")))},
		"Tagging": {Read: rule.Everyone(), Create: rule.Has("post", rule.Owner("author_id"))},
	})
	w.become(t, g)
	if err := rls.Check(t.Context(), w.server, w.rules); err != nil {
		t.Error(err)
	}
	post := w.world.Rows(g.Entity("Post"))[0]
	author, err := key.Of(post["author_id"])
	if err != nil {
		t.Fatal(err)
	}
	const tag, link = `INSERT INTO tags (id, name) VALUES ($1::uuid, $1::uuid::text)`, `INSERT INTO taggings (post_id, tag_id) VALUES ($1, $2)`
	for name, tc := range map[string]struct {
		viewer viewer.Viewer
		links  bool
		fails  string // where it does
	}{
		"the author":       {viewer.Viewer{UserID: author, Role: "MEMBER"}, true, ""},
		"without a link":   {viewer.Viewer{UserID: author, Role: "MEMBER"}, false, "commit"},
		"another's post":   {viewer.Viewer{UserID: key.UUID(uuid.New()), Role: "MEMBER"}, true, "link"},
		"nobody, at once":  {viewer.Viewer{}, false, "tag"},
		"the program":      {viewer.System(), false, ""},
		"nobody of a role": {viewer.Viewer{Role: "ADMIN"}, false, "tag"},
	} {
		ctx := viewer.NewContext(t.Context(), tc.viewer)
		at := "tag"
		err := pgx.BeginFunc(ctx, w.server, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, postgres.SetViewer, postgres.ViewerArgs(ctx)...); err != nil {
				return err
			}
			id := uuid.New()
			if _, err := tx.Exec(ctx, tag, id); err != nil {
				return err
			}
			if at = "link"; tc.links {
				if _, err := tx.Exec(ctx, link, post["id"], id); err != nil {
					return err
				}
			}
			at = "commit"
			return nil
		})
		if err == nil {
			at = ""
		}
		if at != tc.fails || err != nil && !postgres.IsDenied(err) {
			t.Errorf("%s: fails at %q, want %q: %v", name, at, tc.fails, err)
		}
	}
}
