package command

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/migrate/rehearsal"
)

func TestDescribe(t *testing.T) {
	t.Parallel()
	locked := &migrate.StatementError{File: "1_a.sql", Line: 3, Err: &pgconn.PgError{Code: "55P03"}}
	if e := describe(fmt.Errorf("apply: %w", locked), exitFailed).Error; e.Code != "FAILED" || e.File != "1_a.sql" || e.Line != 3 || e.SQLState != "55P03" {
		t.Errorf("statement: %+v", e)
	}
	pending := &migrate.StateError{Reason: migrate.ErrPending, Detail: "1_a.sql"}
	if e := describe(&failure{pending}, exitFailed).Error; e.Code != "PENDING" || e.Message != pending.Error() {
		t.Errorf("state: %+v", e)
	}
	if e := describe(&rehearsal.FailureError{File: "2_b.sql", Line: 7}, exitFailed).Error; e.Code != "REHEARSAL" || e.File != "2_b.sql" || e.Line != 7 {
		t.Errorf("rehearsal: %+v", e)
	}
}
