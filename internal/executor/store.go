package executor

import (
	"context"
	"fmt"
	"strconv"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/internal/sqltext"
	"github.com/entgraph/entgraph/rule"
	"github.com/entgraph/entgraph/viewer"
)

// lock locks a row that fulfils a condition; see [entity.Store]. Rows that refer to it
// may be written all the same.
func lock(ctx context.Context, tx *postgres.Tx, e *entity.Entity, c rule.Cond, id uuid.UUID) error {
	found, err := query(ctx, tx, e, "SELECT id FROM "+e.Relation()+" t WHERE id = $1 AND ", c, " FOR NO KEY UPDATE", id)
	if err == nil && len(found) == 0 {
		err = entity.ErrNotFound
	}
	return err
}

// targets reads the ids at an edge; see [entity.Store].
func targets(ctx context.Context, tx *postgres.Tx, e *entity.Edge, id uuid.UUID, among []uuid.UUID, most int) ([]uuid.UUID, error) {
	table, from, to := e.Target.Relation(), e.Column, "id"
	if e.Link != "" {
		table, from, to = e.LinkRelation(), e.LinkFrom, e.LinkTo
	}
	sql := fmt.Sprintf("SELECT %s FROM %s WHERE %s = $1", sqltext.Ident(to), table, sqltext.Ident(from))
	if among != nil {
		return collectIDs(ctx, tx, sql+" AND "+sqltext.Ident(to)+" = ANY($2)", id, among)
	}
	return collectIDs(ctx, tx, sql+" LIMIT "+strconv.Itoa(most), id)
}

// rows finds the rows that fulfil a condition among those with the ids; see
// [entity.Store].
func rows(ctx context.Context, tx *postgres.Tx, e *entity.Entity, c rule.Cond, ids []uuid.UUID) ([]uuid.UUID, error) {
	return query(ctx, tx, e, "SELECT id FROM "+e.Relation()+" t WHERE id = ANY($1) AND ", c, "", ids)
}

// query reads ids under a condition on the rows of an entity that are called t.
func query(ctx context.Context, tx *postgres.Tx, e *entity.Entity, before string, c rule.Cond, after string, arg any) ([]uuid.UUID, error) {
	where, args := e.Clause(c, "t"), []any{arg}
	if where.AsksViewer() {
		args = append(args, viewer.FromContext(ctx).UserID)
	}
	return collectIDs(ctx, tx, before+where.For("$2::uuid")+after, args...)
}

// collectIDs runs a statement in the transaction of the mutation. It sees all rows: what
// the rules let the viewer see and do is asked by conditions, which may be about rows that
// they do not see.
func collectIDs(ctx context.Context, tx *postgres.Tx, sql string, args ...any) ([]uuid.UUID, error) {
	found, err := tx.QueryAsSystem(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(found, pgx.RowTo[uuid.UUID])
}
