package auth

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/entity"
)

// memberTables are those of an app whose users are members of a club, with names that must be
// quoted.
const memberTables = `CREATE TABLE "Members" ("Order" uuid PRIMARY KEY, "Mail" text UNIQUE, nick text UNIQUE, rank text, "sec""ret" text);
	CREATE TABLE "select" (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), user_id uuid, token_hash bytea, used_at timestamptz, expires_at timestamptz);
	CREATE TABLE keys (id uuid PRIMARY KEY, user_id uuid, token_hash bytea, scope text, used_at timestamptz, expires_at timestamptz);
	CREATE TABLE origins (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), user_id uuid, issuer text, subject text);
	CREATE TABLE tries (id varchar(64) PRIMARY KEY, count bigint, ends_at timestamptz)`

// TestStatements lets Postgres prepare every statement for accounts of all shapes: each is on
// what the account has, or there is none.
func TestStatements(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), devpg.Empty(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), memberTables); err != nil {
		t.Fatal(err)
	}
	all := entity.Account{
		Entity: "Member", Table: "Members", ID: "Order", Username: "nick", Email: "Mail", Role: "rank", PasswordHash: `sec"ret`,
		Sessions: "select", Tokens: "keys", Identities: "origins", Attempts: "tries",
	}
	passwords := []string{"replaceHash"}
	sessions := []string{"beginSession", "revoke", "revokeAll", "session", "touchSession"}
	tokens := []string{"countTokens", "token", "touchToken"}
	identities := []string{"identity", "identityOf", "joinable", "link"}
	attempts := []string{"count", "forget", "sweep", "within"}
	for name, tc := range map[string]struct {
		change  func(*entity.Account)
		without []string
	}{
		"everything":  {func(*entity.Account) {}, nil},
		"no username": {func(a *entity.Account) { a.Username = "" }, []string{"byUsername", "usernameTaken"}},
		"no email":    {func(a *entity.Account) { a.Email = "" }, []string{"byEmail", "joinable"}},
		"no role":     {func(a *entity.Account) { a.Role = "" }, nil},
		"no password": {func(a *entity.Account) { a.PasswordHash = "" }, passwords},
		"no sessions": {func(a *entity.Account) { a.Sessions = "" }, sessions},
		"no tokens":   {func(a *entity.Account) { a.Tokens = "" }, tokens},
		"no provider": {func(a *entity.Account) { a.Identities = "" }, identities},
		"no attempts": {func(a *entity.Account) { a.Attempts = "" }, attempts},
		"nothing": {func(a *entity.Account) { *a = entity.Account{Table: "Members", ID: "Order"} },
			slices.Concat([]string{"byUsername", "usernameTaken", "byEmail"}, passwords, sessions, tokens, identities, attempts)},
	} {
		a := all
		tc.change(&a)
		v := reflect.ValueOf(newStatements(a))
		var without []string
		for i := range v.NumField() {
			field, sql := v.Type().Field(i).Name, v.Field(i).String()
			if sql == "" {
				without = append(without, field)
				continue
			}
			if _, err := conn.Prepare(t.Context(), fmt.Sprint(name, field), sql); err != nil {
				t.Errorf("%s: %s: %v\n%s", name, field, err, sql)
			}
		}
		slices.Sort(without)
		slices.Sort(tc.without)
		if !slices.Equal(without, tc.without) {
			t.Errorf("%s: without %v, want %v", name, without, tc.without)
		}
	}
}
