package graph

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/internal/rule"
	"github.com/entgraph/entgraph/internal/viewer"
)

// links locks the owner of a to-many edge and reads the ids at the edge; see
// [entity.Store].
func links(ctx context.Context, owner *entity.Entity, e *entity.Edge, id uuid.UUID) ([]uuid.UUID, error) {
	tx := postgres.TxFromContext(ctx)
	if tx == nil {
		return nil, errors.New("write a to-many edge outside of a transaction")
	}
	ctx = postgres.AsSystem(ctx) // what the rules let the viewer do is asked later
	lock := fmt.Sprintf("SELECT FROM public.%s WHERE id = $1 FOR UPDATE", ident(owner.Table))
	if tag, err := tx.Exec(ctx, lock, id); err != nil {
		return nil, err
	} else if tag.RowsAffected() == 0 {
		return nil, entity.ErrNotFound
	}
	sql := fmt.Sprintf("SELECT id FROM public.%s WHERE %s = $1", ident(e.Target.Table), ident(e.Column))
	if e.Link != "" {
		sql = fmt.Sprintf("SELECT %s FROM public.%s WHERE %s = $1", ident(e.LinkTo), ident(e.Link), ident(e.LinkFrom))
	}
	rows, err := tx.Query(ctx, sql, id)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
}

// rows finds the rows that fulfil a condition among those with the ids; see
// [entity.Store].
func rows(ctx context.Context, e *entity.Entity, c rule.Cond, ids []uuid.UUID) ([]uuid.UUID, error) {
	tx := postgres.TxFromContext(ctx)
	if tx == nil {
		return nil, errors.New("write an edge outside of a transaction")
	}
	sql, args := e.ConditionSQL(c, "t"), []any{ids}
	if strings.Contains(sql, entity.ViewerMark) {
		sql = strings.ReplaceAll(sql, entity.ViewerMark, "$2")
		args = append(args, viewer.FromContext(ctx).UserID)
	}
	// The condition is the viewer's, and may be about rows that he does not see.
	found, err := tx.Query(postgres.AsSystem(ctx), "SELECT id FROM public."+ident(e.Table)+" t WHERE id = ANY($1) AND "+sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(found, pgx.RowTo[uuid.UUID])
}

func ident(name string) string { return pgx.Identifier{name}.Sanitize() }
