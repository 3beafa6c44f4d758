// Package apitest is package apptest with the sample as the app, for tests of the engine.
//
//	api := apitest.New(t)
//	api.Query(t, `{ posts { totalCount } }`, nil).OK(t)
//
// Only tests import this package.
package apitest

import (
	"testing"

	sample "github.com/entgraph/entgraph/cmd/entgraph/seed"
	"github.com/entgraph/entgraph/ent"
	entmigrate "github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/graph"
	"github.com/entgraph/entgraph/internal/apptest"
	"github.com/entgraph/entgraph/internal/executor"
	"github.com/entgraph/entgraph/internal/rls"
)

// What a test has of a running API; see package apptest.
type (
	API      = apptest.API
	Options  = apptest.Options
	Response = apptest.Response
	Error    = apptest.Error
	Log      = apptest.Log
)

// ServerRole is the role of servers in tests with row-level security.
const ServerRole = apptest.ServerRole

// App is the sample, which the tests of the engine have as their example.
var App = executor.App{Ent: ent.Engine, Graph: graph.Graph}

// Subject is the sample as package apptest takes it.
func Subject() apptest.Subject {
	return apptest.Subject{Name: "entgraph", Ent: App.Ent, Graph: App.Graph, Migrations: entmigrate.Migrations, Seed: sample.Write}
}

// New starts the sample's API for the test.
func New(t testing.TB, change ...func(*Options)) *API {
	t.Helper()
	own := func(o *Options) { o.Server.Name, o.Server.Examples = "sample", graph.Examples }
	return apptest.New(t, Subject(), append([]func(*Options){own}, change...)...)
}

// Database returns the address of a migrated, empty database of the test's own.
func Database(t testing.TB) string {
	t.Helper()
	return Subject().Database(t)
}

// SecuredDatabase is [Database] in which [ServerRole] may work. The role of
// TEST_DATABASE_URL needs CREATEROLE for it.
func SecuredDatabase(t testing.TB) string {
	t.Helper()
	return Subject().SecuredDatabase(t)
}

// AsServer is the address of a database for connections that act as [ServerRole].
func AsServer(t testing.TB, address string) string {
	t.Helper()
	return apptest.AsServer(t, address)
}

// RowRules are the sample's rules as row-level security.
func RowRules() (rls.Rules, error) { return Subject().RowRules() }
