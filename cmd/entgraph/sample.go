package main

import (
	sample "github.com/entgraph/entgraph/cmd/entgraph/seed"
	"github.com/entgraph/entgraph/ent"
	entmigrate "github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/seed"
)

// account is where those who sign in are kept.
var account = entity.Account{Table: "users", Username: "username", Email: "email", Role: "role", PasswordHash: "password_hash"}

// sampleData says what seed and dev write.
func sampleData() seed.Options {
	return seed.Options{
		Tables: entmigrate.Tables, Entities: ent.Engine.Entities, Account: &account,
		Unfilled: []string{"access_tokens", "attempts", "audit_logs", "identities", "sessions"},
		Seed:     sample.Write,
	}
}
