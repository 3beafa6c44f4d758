package postgres

import (
	"context"
	"errors"
	"testing"

	"entgo.io/ent/dialect/sql/sqlgraph"
	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5/pgconn"
)

// Ent knows a constraint error of a server that speaks another language, or of
// Postgres 18, whose text for RESTRICT is new.
func TestEntKnowsConstraintErrorsInAnyLanguage(t *testing.T) {
	t.Parallel()
	for code, message := range map[string]string{
		pgerrcode.UniqueViolation:     "doppelter Schlüsselwert verletzt Unique-Constraint »users_username_key«",
		pgerrcode.ForeignKeyViolation: "la inserción viola la llave foránea",
		pgerrcode.CheckViolation:      "la nouvelle ligne viole la contrainte de vérification",
		pgerrcode.RestrictViolation:   `update or delete on table "users" violates RESTRICT setting of foreign key constraint`,
	} {
		server := &pgconn.PgError{Code: code, Message: message, ConstraintName: "c"}
		if sqlgraph.IsConstraintError(server) {
			t.Errorf("%s: Ent knows %q by itself", code, message)
		}
		err := forEnt(server)
		if !sqlgraph.IsConstraintError(err) || !errors.Is(err, server) {
			t.Errorf("%s: %v is no constraint error", code, err)
		}
	}
	for _, err := range []error{nil, errors.New("x"), &pgconn.PgError{Code: pgerrcode.UniqueViolation, Message: "violates unique constraint"}} {
		if got := forEnt(err); got != err { //nolint:errorlint // the very same error
			t.Errorf("%v became %v", err, got)
		}
	}
}

// A statement that nobody watches costs nothing.
func TestTracerIsFreeWhenUnused(t *testing.T) {
	t.Parallel()
	tracer, ctx := &tracer{}, context.Background()
	if tracer.begin(ctx, "SELECT 1", nil) != ctx {
		t.Error("the context was wrapped")
	}
}
