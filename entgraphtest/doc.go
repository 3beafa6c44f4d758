// Package entgraphtest runs an app's whole API for a test: on a database of the test's own with
// all migrations applied, behind the real HTTP handler.
//
//	func TestProducts(t *testing.T) {
//		t.Parallel()
//		api := entgraphtest.New(t, app)
//		ada := api.SignUp(t, map[string]any{"email": "ada@example.com", "password": "correct horse battery"})
//		bob := api.SignUp(t, map[string]any{"email": "bob@example.com", "password": "correct horse battery"})
//
//		by := map[string]any{"user": ada.Query(t, `{ viewer { id } }`, nil).String(t, "viewer.id")}
//		id := ada.Query(t, `mutation($user: ID!) {
//			createProduct(input: {name: "Lamp", price: 1250, userID: $user}) { product { id } }
//		}`, by).String(t, "createProduct.product.id")
//		bob.Query(t, `mutation($id: ID!) { deleteProduct(id: $id) { deletedID } }`, map[string]any{"id": id}).
//			WantCode(t, "FORBIDDEN")
//	}
//
//	func TestRules(t *testing.T) { entgraphtest.Matrix(t, app) }
//
// Here app is the [entgraph.App] that main runs. [API.As] asks as any viewer, without sign-in;
// with [viewer.System], to which no access rule applies, it makes the rows that a test needs.
// [Response.Statements] tells how many SQL statements an answer took. [Matrix] proves the access
// rules of every entity.
//
// A database costs about 10 ms, so that each test takes its own and runs in parallel with the
// others. The Postgres is that of TEST_DATABASE_URL, whose role needs CREATEDB, else a private
// one that starts by itself and ends when nobody needs it. The database of a failed test stays
// for a day, and the test's log says how to open it.
package entgraphtest
