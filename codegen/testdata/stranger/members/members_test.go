// Package members runs the app.
package members

import (
	"fmt"
	"os"
	"testing"

	"github.com/entgraph/entgraph"
	"github.com/entgraph/entgraph/auth"
	"github.com/entgraph/entgraph/ent"
	"github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/entgraphtest"
	"github.com/entgraph/entgraph/graph"
	"github.com/entgraph/entgraph/internal/apptest"
	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/viewer"
)

func TestMain(m *testing.M) { os.Exit(devpg.Main(m)) }

var app = entgraph.App{
	Name: "club",
	Ent:  ent.Engine, Migrations: migrate.Migrations, Graph: graph.Graph,
	Auth: &auth.Options{},
}

type vars = map[string]any

// TestSigningIn signs up members, whose ids are numbers, and follows them to what keeps their ids.
func TestSigningIn(t *testing.T) {
	t.Parallel()
	api := entgraphtest.New(t, app)
	ada := api.SignUp(t, vars{"email": "ada@example.com", "nickname": "Ada", "password": "correct horse battery"})
	api.SignUp(t, vars{"email": "bob@example.com", "nickname": "Bob", "password": "correct horse battery"})
	bob := api.SignIn(t, vars{"email": "bob@example.com", "password": "correct horse battery"})
	ada.Query(t, `{ viewer { id } }`, nil).WantData(t, `{"viewer":{"id":"member_1"}}`)
	bob.Query(t, `{ viewer { id nickname } }`, nil).WantData(t, `{"viewer":{"id":"member_2","nickname":"Bob"}}`)

	write := `mutation($m: ID!) { createNote(input: {text: "hello", memberID: $m}) { note { id member { id } } } }`
	ada.Query(t, write, vars{"m": "member_1"}).WantData(t, `{"createNote":{"note":{"id":"note_1","member":{"id":"member_1"}}}}`)
	ada.Query(t, write, vars{"m": "member_2"}).WantCode(t, "FORBIDDEN")
	bob.Query(t, `{ notes { totalCount } }`, nil).WantData(t, `{"notes":{"totalCount":0}}`)
	bob.Query(t, `mutation { deleteNote(id: "note_1") { deletedID } }`, nil).WantCode(t, "NOT_FOUND")

	ada.Query(t, `mutation { createAccessToken(input: {name: "x", scope: READ}) { token } }`, nil).OK(t)
	ada.Query(t, `{ viewer { keys { nodes { user { id } } } } }`, nil).WantData(t, `{"viewer":{"keys":{"nodes":[{"user":{"id":"member_1"}}]}}}`)
	ada.Query(t, `{ stories(where: {entity: "Note"}) { nodes { actor action entityID after } } }`, nil).
		WantData(t, `{"stories":{"nodes":[{"actor":"member_1","action":"CREATE","entityID":"note_1","after":{"open": false, "text": "hello", "trace": null, "member_id": 1, "labels": null, "facts": null, "country_notes": null}}]}}`)
	ada.Query(t, `mutation { signOut { __typename } }`, nil).OK(t)
	ada.Query(t, `{ viewer { id } }`, nil).WantCode(t, "UNAUTHENTICATED")
}

// TestGivenIDs makes countries of codes.
func TestGivenIDs(t *testing.T) {
	t.Parallel()
	system := entgraphtest.New(t, app).As(viewer.System())
	create := `mutation($id: String!) { createCountry(input: {id: $id}) { country { id } } }`
	system.Query(t, create, vars{"id": "DE"}).WantData(t, `{"createCountry":{"country":{"id":"country_DE"}}}`)
	system.Query(t, create, vars{"id": "DE"}).WantCode(t, "CONFLICT")
	for _, bad := range []string{"", "de", "DEU", "D\n"} {
		system.Query(t, create, vars{"id": bad}).WantCode(t, "BAD_USER_INPUT")
	}
	system.Query(t, `{ country(id: "country_DE") { notes { totalCount } } node(id: "country_DE") { id } }`, nil).
		WantData(t, `{"country":{"notes":{"totalCount":0}},"node":{"id":"country_DE"}}`)
}

// TestRules fills the tables and proves every rule.
func TestRules(t *testing.T) {
	t.Parallel()
	entgraphtest.Matrix(t, app)
}

// TestRowSecurity lets the database itself bind the server to the rules.
func TestRowSecurity(t *testing.T) {
	t.Parallel()
	api := apptest.New(t, apptest.Subject{Name: app.Name, Ent: app.Ent, Graph: app.Graph, Migrations: app.Migrations}, func(o *apptest.Options) { o.RowSecurity = true })
	for i, name := range []string{"ada", "bob"} {
		api.Query(t, `mutation($in: CreateMemberInput!) { createMember(input: $in) { member { id } } }`, vars{"in": vars{"email": name + "@example.com", "nickname": name}}).OK(t)
		api.Query(t, `mutation($m: ID!) { createNote(input: {text: "x", memberID: $m}) { note { id } } }`, vars{"m": fmt.Sprint("member_", i+1)}).OK(t)
	}
	for i := range 2 {
		var n, number int
		tx, err := api.DB.Write.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(t.Context(), `SELECT set_config('entgraph.user_id', $1, true)`, fmt.Sprint(i+1)); err != nil {
			t.Fatal(err)
		}
		if err := tx.QueryRow(t.Context(), `SELECT count(*), max(number) FROM notes`).Scan(&n, &number); err != nil || n != 1 || number != i+1 {
			t.Errorf("member %d sees %d notes up to %d: %v", i+1, n, number, err)
		}
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}
