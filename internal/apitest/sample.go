package apitest

import (
	"testing"

	sample "github.com/entgraph/entgraph/cmd/entgraph/seed"
	"github.com/entgraph/entgraph/ent"
	entmigrate "github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/seed"
)

// Sample says what the sample's data are: those of its own function, of which all users have
// the password that everybody knows.
func Sample() seed.Options {
	return seed.Options{
		Tables: entmigrate.Tables, Entities: ent.Engine.Entities,
		Account:      &entity.Account{Table: "users", Username: "username", Email: "email", Role: "role", PasswordHash: "password_hash"},
		Unfilled:     []string{"access_tokens", "attempts", "audit_logs", "identities", "sessions"},
		Seed:         sample.Write,
		PasswordHash: seed.DemoHash,
	}
}

// Fill writes the sample data of [Sample].
func (a *API) Fill(t testing.TB) {
	t.Helper()
	if err := seed.Run(t.Context(), a.DB, Sample()); err != nil {
		t.Fatal(err)
	}
}
