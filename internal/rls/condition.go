package rls

import (
	"fmt"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/sqltext"
	"github.com/entgraph/entgraph/rule"
)

// Who asks, as SQL. Sub-queries are evaluated once in a statement and not for each row.
const (
	signedIn = "(SELECT nullif(current_setting('entgraph.user_id', true), '') IS NOT NULL)"
	isSystem = "(SELECT current_setting('entgraph.system', true) = 'on')"
)

// userID is the id of who asks, of the type that ids of users have.
func userID(typ entity.KeyType) string {
	return "(SELECT nullif(current_setting('entgraph.user_id', true), '')::" + typ.SQL() + ")"
}

func role(compares string) string {
	return "(SELECT nullif(current_setting('entgraph.user_id', true), '') IS NOT NULL AND current_setting('entgraph.role', true)" + compares + ")"
}

// system is the clause that the program itself asks.
var system = entity.Plain(isSystem)

// How conditions are asked: in the policies on reading and on writing, whose statements see
// the rows of whoever asks, and in the functions that answer for all rows.
var (
	reading = &entity.Asker{SignedIn: signedIn, Role: role, Brackets: true, Bound: true,
		Function: func(e *entity.Entity, c rule.Cond) *entity.RuleFunc { return e.RuleFunc(c, false) }}
	writing = &entity.Asker{SignedIn: signedIn, Role: role, Brackets: true, Bound: true,
		Function: func(e *entity.Entity, c rule.Cond) *entity.RuleFunc { return e.RuleFunc(c, true) }}
	allRows = &entity.Asker{SignedIn: signedIn, Role: role, Brackets: true}
)

// under gives the columns of a row under an alias or table name.
func under(alias string) func(column string) string {
	return func(column string) string { return alias + "." + sqltext.Ident(column) }
}

// text is a clause in a policy, trigger or function.
func text(c entity.Clause, users entity.KeyType) string {
	switch {
	case c.Always():
		return "true"
	case c.Never():
		return "false"
	}
	return c.For(userID(users))
}

// constant is a value of the schema.
func constant(v any) string {
	if s, ok := v.(string); ok {
		return sqltext.Literal(s)
	}
	return fmt.Sprint(v)
}

func table(name string) string { return "public." + sqltext.Ident(name) }
