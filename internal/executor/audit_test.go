package executor_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/entgraph/entgraph/ent"
	"github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/viewer"
)

// logged is a row of the audit log.
type logged struct {
	Actor, RequestID, Action, Entity, EntityID string
	Before, After                              map[string]any
}

// auditLog reads the log as an admin, the oldest first, and checks that what one request
// did has one id.
func auditLog(t *testing.T, api *apitest.API, where string) []logged {
	t.Helper()
	var answer struct{ AuditLogs struct{ Nodes []logged } }
	admin := api.As(viewer.Viewer{UserID: key.UUID(uuid.New()), Role: "ADMIN"})
	admin.Query(t, fmt.Sprintf(`{ auditLogs(first: 100, where: %s, orderBy: [{field: ID}]) { nodes { actor requestID action entity entityID before after } } }`, where), nil).Into(t, &answer)
	return answer.AuditLogs.Nodes
}

// TestAuditLog writes in every way as somebody, and reads who it was.
func TestAuditLog(t *testing.T) {
	t.Parallel()
	n := newNewspaper(t)
	made := n.ada.Query(t, fmt.Sprintf(`mutation { createPost(input: {title: "one", body: "words", authorID: %q, tagIDs: [%q]}) { post { id } } }`, n.adaID, n.tag), nil)
	post := made.At(t, "createPost.post.id").(string)
	changed := n.ada.Query(t, fmt.Sprintf(`mutation { updatePost(id: %q, input: {title: "two", status: PUBLISHED, body: "words"}) { post { id } } }`, post), nil)
	n.ada.Query(t, fmt.Sprintf(`mutation { updatePost(id: %q, input: {title: "two"}) { post { id } } }`, post), nil).OK(t) // changes nothing
	n.ada.Query(t, fmt.Sprintf(`mutation { updatePost(id: %q, input: {title: "three"}) { post { id } } undone: deletePost(id: "x") { deletedID } }`, post), nil)
	deleted := n.admin.Query(t, fmt.Sprintf(`mutation { deletePost(id: %q) { deletedID } }`, post), nil)
	deleted.OK(t)
	adminID := auditLog(t, n.api, fmt.Sprintf(`{entityID: %q, action: DELETE}`, post))[0].Actor
	author, err := authorKey(n.adaID)
	if err != nil {
		t.Fatal(err)
	}
	id := func(r apitest.Response) string { return r.Header.Get("X-Request-Id") }
	want := []logged{
		{n.adaID, id(made), "CREATE", "Post", post, nil, map[string]any{"title": "one", "body": "words", "status": "DRAFT", "published_at": nil, "author_id": author}},
		{n.adaID, id(changed), "UPDATE", "Post", post, map[string]any{"title": "one", "status": "DRAFT"}, map[string]any{"title": "two", "status": "PUBLISHED"}},
		{adminID, id(deleted), "DELETE", "Post", post, map[string]any{"title": "two", "body": "words", "status": "PUBLISHED", "published_at": nil, "author_id": author}, nil},
	}
	got := auditLog(t, n.api, fmt.Sprintf(`{entityID: %q}`, post))
	// When it was published is the program's own.
	for i := range got {
		for _, m := range []map[string]any{got[i].Before, got[i].After} {
			if m["published_at"] != nil {
				m["published_at"] = nil
			}
		}
		if i == 1 {
			delete(got[i].Before, "published_at")
			delete(got[i].After, "published_at")
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if !strings.HasPrefix(adminID, "user_") || adminID == n.adaID {
		t.Errorf("the admin is %s", adminID)
	}
	// Links and what a cascade deletes.
	links := auditLog(t, n.api, fmt.Sprintf(`{entity: "Tagging", requestIDIn: [%q, %q]}`, id(made), id(deleted)))
	if len(links) != 2 || links[0].Action != "CREATE" || links[1].Action != "DELETE" || links[1].Actor != adminID {
		t.Errorf("links: %+v", links)
	}
}

// authorKey is a user's id as the database has it.
func authorKey(id string) (string, error) {
	g, err := entity.New(ent.Engine.Entities, migrate.Tables, entity.Store{})
	if err != nil {
		return "", err
	}
	parsed, err := g.Entity("User").ParseID(id)
	return parsed.String(), err
}

// TestAuditLogHasNoSecrets changes what nobody is to see.
func TestAuditLogHasNoSecrets(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	signedUp := api.As(viewer.Viewer{}).Query(t, `mutation { signUp(input: {username: "zoe", email: "zoe@example.com", password: "correct horse"}) { user { id } } }`, nil)
	id := signedUp.At(t, "signUp.user.id").(string)
	stored, err := authorKey(id)
	if err != nil {
		t.Fatal(err)
	}
	zoe := api.As(viewer.Viewer{UserID: key.UUID(uuid.MustParse(stored)), Role: "MEMBER"})
	text, token := newToken(t, zoe, "READ")
	zoe.Query(t, fmt.Sprintf(`mutation { deleteAccessToken(id: %q) { deletedID } }`, token), nil).OK(t)
	log := auditLog(t, api, "{}")
	whole, err := json.Marshal(log)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"argon2", text, `\\x`} {
		if strings.Contains(string(whole), secret) {
			t.Errorf("%s is in the log: %s", secret, whole)
		}
	}
	var actions []string
	for _, l := range log {
		actions = append(actions, l.Actor+" "+l.Action+" "+l.Entity)
	}
	want := []string{"anonymous CREATE User", "anonymous UPDATE User", id + " CREATE AccessToken", id + " DELETE AccessToken"}
	if !slices.Equal(actions, want) || log[1].After["password_hash"] != "(secret)" || log[1].Before["password_hash"] != nil || log[2].After["token_hash"] != "(secret)" {
		t.Errorf("log %s", whole)
	}
}

// TestAuditLogOfSQL changes rows past the program.
func TestAuditLogOfSQL(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	create(t, api, "Tag", vars{"name": "go"})
	if _, err := api.DB.Write.Exec(t.Context(), "UPDATE tags SET name = 'sql'; SET entgraph.audit = 'off'; DELETE FROM tags"); err != nil {
		t.Fatal(err)
	}
	var role string
	if err := api.DB.Write.QueryRow(t.Context(), "SELECT session_user").Scan(&role); err != nil {
		t.Fatal(err)
	}
	log := auditLog(t, api, `{entity: "Tag"}`)
	if len(log) != 2 || log[0].Actor != "system" || log[1].Actor != "role "+role || log[1].RequestID != "" || log[1].After["name"] != "sql" {
		t.Errorf("log %+v", log)
	}
	// The connection went back to the pool: what one transaction said is not said of the next.
	create(t, api, "Tag", vars{"name": "again"})
	if _, err := api.DB.Write.Exec(t.Context(), "SET entgraph.audit = 'on'; UPDATE tags SET name = 'later'"); err != nil {
		t.Fatal(err)
	}
	if log := auditLog(t, api, `{entity: "Tag", action: UPDATE}`); len(log) != 2 || log[1].Actor != "role "+role {
		t.Errorf("log %+v", log)
	}
}

// TestAuditLogIsForAdmins asks as others, and for mutations.
func TestAuditLogIsForAdmins(t *testing.T) {
	t.Parallel()
	n := newNewspaper(t)
	if len(auditLog(t, n.api, "{}")) == 0 {
		t.Error("the log is empty")
	}
	for name, api := range map[string]*apitest.API{"anonymous": n.anonymous, "a member": n.ada} {
		if got := string(api.Query(t, `{ auditLogs { totalCount nodes { id } } }`, nil).Data); got != `{"auditLogs":{"totalCount":0,"nodes":[]}}` {
			t.Errorf("%s sees %s", name, got)
		}
	}
	for _, name := range []string{"create", "update", "delete"} {
		if n.api.Schema.Schema().Mutation.Fields.ForName(name+"AuditLog") != nil {
			t.Errorf("there is a mutation %sAuditLog", name)
		}
	}
}

// TestIDInSQL compares the ids that SQL writes with those of the API.
func TestIDInSQL(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	g, err := entity.New(ent.Engine.Entities, migrate.Tables, entity.Store{})
	if err != nil {
		t.Fatal(err)
	}
	ids := []uuid.UUID{{}, uuid.Max}
	for range 500 {
		ids = append(ids, uuid.New())
	}
	for _, id := range ids {
		var got string
		if err := api.DB.Write.QueryRow(t.Context(), "SELECT entgraph_id('post', $1)", id).Scan(&got); err != nil {
			t.Fatal(err)
		}
		if want := g.Entity("Post").FormatID(key.UUID(id)); got != want {
			t.Errorf("%s: got %s, want %s", id, got, want)
		}
	}
}
