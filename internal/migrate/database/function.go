package database

import (
	"context"
	"errors"
	"fmt"
	"time"

	atlas "ariga.io/atlas/sql/migrate"

	"github.com/entgraph/entgraph/internal/migrate/folder"
)

// applyFunc runs a function and records the migration, in one transaction.
func (s *session) applyFunc(ctx context.Context, d *folder.Directory, f folder.File, fn folder.Func, operator string) error {
	start := time.Now()
	if err := s.begin(ctx); err != nil {
		return err
	}
	if err := s.callFunc(ctx, fn); err != nil {
		// The first cause is what matters, and the server rolls back by itself.
		_ = s.rollback(ctx)
		return fmt.Errorf("apply %s: %w", f.Name, err)
	}
	err := (&store{s, d.Sums}).WriteRevision(ctx, &Revision{
		Version: f.Version, Description: f.Description, Type: atlas.RevisionTypeExecute, Applied: f.Statements, Total: f.Statements,
		ExecutedAt: start, ExecutionTime: time.Since(start), OperatorVersion: operator,
	})
	if err != nil {
		_ = s.rollback(ctx)
		return fmt.Errorf("record %s: %w", f.Name, err)
	}
	return s.commit(ctx)
}

// callFunc runs a function and makes sure that its transaction is still there.
func (s *session) callFunc(ctx context.Context, fn folder.Func) error {
	const current = `SELECT pg_current_xact_id()::text`
	var before, after string
	if err := scanOne(ctx, s.conn, &before, current); err != nil {
		return err
	}
	s.step.Add(1)
	if err := fn(ctx, s.conn); err != nil {
		return err
	}
	if err := scanOne(ctx, s.conn, &after, current); err != nil {
		return err
	}
	if before != after {
		return errors.New("the function ended the transaction that was to record it")
	}
	return nil
}
