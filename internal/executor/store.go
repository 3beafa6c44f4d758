package executor

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/internal/sqltext"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/rule"
	"github.com/entgraph/entgraph/viewer"
)

// lock locks a row that fulfils a condition; see [entity.Store]. Rows that refer to it
// may be written all the same.
func lock(ctx context.Context, tx *postgres.Tx, e *entity.Entity, c rule.Cond, id key.Key) error {
	found, err := query(ctx, tx, e, selectID(e)+" = $1 AND ", c, " FOR NO KEY UPDATE", id.Any())
	if err == nil && len(found) == 0 {
		err = entity.ErrNotFound
	}
	return err
}

// targets reads the ids at an edge; see [entity.Store].
func targets(ctx context.Context, tx *postgres.Tx, e *entity.Edge, id key.Key, among []key.Key, most int) ([]key.Key, error) {
	table, from, to := e.Target.Relation(), e.Column, e.Target.ID().Column
	if e.Link != "" {
		table, from, to = e.LinkRelation(), e.LinkFrom, e.LinkTo
	}
	sql := fmt.Sprintf("SELECT %s FROM %s WHERE %s = $1", sqltext.Ident(to), table, sqltext.Ident(from))
	if among != nil {
		return collectIDs(ctx, tx, sql+" AND "+sqltext.Ident(to)+" = ANY($2)", id.Any(), e.Target.Key().Keys(among))
	}
	return collectIDs(ctx, tx, sql+" LIMIT "+strconv.Itoa(most), id.Any())
}

// rows finds the rows that fulfil a condition among those with the ids; see
// [entity.Store].
func rows(ctx context.Context, tx *postgres.Tx, e *entity.Entity, c rule.Cond, ids []key.Key) ([]key.Key, error) {
	return query(ctx, tx, e, selectID(e)+" = ANY($1) AND ", c, "", e.Key().Keys(ids))
}

// links finds links of an edge that fulfil a condition, and locks them; see [entity.Store].
func links(ctx context.Context, tx *postgres.Tx, e *entity.Edge, c rule.Cond, from key.Key, to []key.Key) ([]key.Key, error) {
	before := fmt.Sprintf("SELECT %s FROM %s t WHERE %s = $1 AND %[1]s = ANY($2) AND ", sqltext.Ident(e.LinkTo), e.LinkRelation(), sqltext.Ident(e.LinkFrom))
	return query(ctx, tx, e.ThroughType, before, c, " FOR NO KEY UPDATE", from.Any(), e.Target.Key().Keys(to))
}

// selectID begins a statement that reads ids by the id.
func selectID(e *entity.Entity) string {
	id := sqltext.Ident(e.ID().Column)
	return "SELECT " + id + " FROM " + e.Relation() + " t WHERE " + id
}

// query reads ids under a condition on the rows of an entity that are called t.
func query(ctx context.Context, tx *postgres.Tx, e *entity.Entity, before string, c rule.Cond, after string, args ...any) ([]key.Key, error) {
	where := e.Clause(c, "t")
	if where.AsksViewer() {
		args = append(args, viewer.FromContext(ctx).UserID.Any())
	}
	asker := fmt.Sprintf("$%d::%s", len(args), e.ViewerKey().SQL())
	return collectIDs(ctx, tx, before+where.For(asker)+after, args...)
}

// collectIDs runs a statement in the transaction of the mutation. It sees all rows: what
// the rules let the viewer see and do is asked by conditions, which may be about rows that
// they do not see.
func collectIDs(ctx context.Context, tx *postgres.Tx, sql string, args ...any) ([]key.Key, error) {
	found, err := tx.QueryAsSystem(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(found, postgres.RowToKey)
}
