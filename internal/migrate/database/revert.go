package database

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"

	atlas "ariga.io/atlas/sql/migrate"

	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
)

// sums gives for each statement of the down file the hash of it and of those before.
func (t backStep) sums() []string {
	sums, h := make([]string, len(t.stmts)), sha256.New()
	for i, stmt := range t.stmts {
		h.Write([]byte(stmt.Text))
		sums[i] = "h1:" + base64.StdEncoding.EncodeToString(h.Sum(nil))
	}
	return sums
}

// revert runs a down file and removes the revision.
func (s *session) revert(ctx context.Context, t backStep, o UpOptions) error {
	tx, err := folder.Transactional(t.back)
	if err != nil {
		return err
	}
	if err := s.prepare(ctx, o.StatementLockTimeout); err != nil {
		return err
	}
	if !tx {
		return s.revertSteps(ctx, t)
	}
	if err := s.begin(ctx); err != nil {
		return err
	}
	if err := s.revertAll(ctx, t); err != nil {
		// The first cause is what matters, and the server rolls back by itself.
		_ = s.rollback(ctx)
		return err
	}
	if err := s.commit(ctx); err != nil {
		return fmt.Errorf("take back %s: %w", t.back.Name(), err)
	}
	return nil
}

func (s *session) revertAll(ctx context.Context, t backStep) error {
	for _, stmt := range t.stmts {
		s.step.Add(1)
		if _, err := s.exec(ctx, stmt.Text); err != nil {
			return s.backError(t, stmt, err)
		}
	}
	return (&store{s: s}).DeleteRevision(ctx, t.rev.Version)
}

// revertSteps runs a down file without a transaction. Each statement and its being
// counted are one transaction, where Postgres allows it.
func (s *session) revertSteps(ctx context.Context, t backStep) error {
	resuming, sums := reverting(t.rev), t.sums()
	if err := s.countDown(ctx, t, sums[:t.done]); err != nil {
		return err
	}
	texts := make([]string, t.done)
	for i := range texts {
		texts[i] = t.stmts[i].Text
	}
	if err := s.replaySettings(ctx, texts); err != nil {
		return err
	}
	s.step.Store(int64(t.done))
	for i := t.done; i < len(t.stmts); i++ {
		s.step.Add(1)
		if _, err := s.execStatement(ctx, t.stmts[i].Text, resuming); err != nil {
			return s.backError(t, t.stmts[i], err)
		}
		resuming = false
		if err := s.endStatement(ctx, s.countDown(ctx, t, sums[:i+1])); err != nil {
			return fmt.Errorf("take back %s: %w", t.back.Name(), err)
		}
	}
	return (&store{s: s}).DeleteRevision(ctx, t.rev.Version)
}

// countDown notes which statements of a down file are done. Applied and total stay equal:
// another tool must not take the row for a migration to go on with.
func (s *session) countDown(ctx context.Context, t backStep, sums []string) error {
	text, err := json.Marshal(append([]string{downMark}, sums...))
	if err != nil {
		return fmt.Errorf("encode partial hashes: %w", err)
	}
	err = s.asSelf(ctx, func() error {
		_, err := s.conn.ExecContext(ctx, `UPDATE `+sqlfile.RevisionTable+` SET partial_hashes = $2::jsonb WHERE version = $1`,
			t.rev.Version, string(text))
		return err
	})
	if err != nil {
		return fmt.Errorf("count statements of %s/%s: %w", sqlfile.Down, t.back.Name(), err)
	}
	return nil
}

func (s Status) reverting() error {
	return migrate.Refuse(migrate.ErrReverting, fmt.Sprintf("%s, %s of its down file applied", s.Reverting.Version,
		migrate.Count(len(s.Reverting.PartialHashes)-1, "statement")), "finish it with: migrate down 1")
}

// backError is statementError for a down file.
func (s *session) backError(t backStep, stmt *atlas.Stmt, cause error) error {
	err := s.statementError(t.back, stmt, cause)
	err.File = sqlfile.Down + "/" + err.File
	return err
}
