package database

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
	"github.com/entgraph/entgraph/internal/sqltext"
)

// Step is a part of a draft: statements that are committed before the next step.
type Step struct {
	Statements []string
	// Transaction: they run in one. Otherwise each runs by itself.
	Transaction bool
}

// String is the SQL of a step.
func (s Step) String() string { return strings.Join(s.Statements, ";\n") + ";\n" }

// DraftOptions tune [Draft]. The zero value is usable.
type DraftOptions struct {
	// AllowLoss lets the statements lose data. Without it Draft fails with
	// [migrate.ErrDestructive], and changes nothing of what would lose some.
	AllowLoss bool
	// Operator is as in [UpOptions].
	Operator string
}

// Draft runs statements that are in no file of the migration directory yet, as development
// does, and records nothing. Each step is compared with the rows there are before it is
// committed: dropped tables and columns that hold something, values that a narrower type may
// cut, deleted rows. It gives the number of steps that are committed, from which another call
// goes on; where the connection ends meanwhile, or a step is no transaction, the last of them
// may be committed in part or not at all.
func Draft(ctx context.Context, url string, steps []Step, o DraftOptions) (done int, err error) {
	err = withLock(ctx, url, UpOptions{Operator: o.Operator}.withDefaults(), func(s *session) error {
		for _, step := range steps {
			kept, err := s.draft(ctx, step, o.AllowLoss)
			if kept {
				done++
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	return done, err
}

// draft runs a step, and reports whether it is, or may be, committed.
func (s *session) draft(ctx context.Context, step Step, allowLoss bool) (kept bool, err error) {
	if err := s.prepare(ctx, 0); err != nil {
		return false, err
	}
	if _, err := s.conn.ExecContext(ctx, "SET search_path = "+sqlfile.SearchPath); err != nil {
		return false, fmt.Errorf("set search_path: %w", err)
	}
	if !step.Transaction {
		return true, s.draftAll(ctx, step)
	}
	if err := s.begin(ctx); err != nil {
		return false, err
	}
	if err := s.draftLosing(ctx, step, allowLoss); err != nil {
		_ = s.rollback(context.WithoutCancel(ctx)) // the first cause is what matters
		return false, s.withDoubles(ctx, err)
	}
	err = s.commit(ctx)
	return err == nil || sqltext.State(err) == "", err // Postgres itself has said no, or nobody knows
}

// draftLosing runs a step in the open transaction, and fails when it loses data.
func (s *session) draftLosing(ctx context.Context, step Step, allow bool) error {
	if allow || !slices.ContainsFunc(step.Statements, mayLose.MatchString) {
		return s.draftAll(ctx, step)
	}
	before, err := s.relations(ctx)
	if err != nil {
		return err
	}
	var suspects []suspect
	if err := s.tentatively(ctx, func() error {
		if err := s.draftAll(ctx, step); err != nil {
			return err
		}
		after, err := s.relations(ctx)
		suspects = compareTables(before, after)
		return err
	}); err != nil {
		return err
	}
	var losses []Loss
	for _, suspect := range suspects { // counted where they still are
		if err := s.countRows(ctx, &suspect); err != nil {
			return err
		}
		if suspect.Rows > 0 {
			losses = append(losses, suspect.Loss)
		}
	}
	if len(losses) > 0 {
		return migrate.Refuse(migrate.ErrDestructive, describeLosses(losses), "")
	}
	return s.draftAll(ctx, step)
}

// tentatively runs f in the open transaction and undoes what it did.
func (s *session) tentatively(ctx context.Context, f func() error) error {
	if _, err := s.conn.ExecContext(ctx, "SAVEPOINT entgraph_draft"); err != nil {
		return fmt.Errorf("try a draft: %w", err)
	}
	if err := f(); err != nil {
		return err
	}
	if _, err := s.conn.ExecContext(ctx, "ROLLBACK TO entgraph_draft"); err != nil {
		return fmt.Errorf("try a draft: %w", err)
	}
	return nil
}

func (s *session) draftAll(ctx context.Context, step Step) error {
	for i, text := range step.Statements {
		if _, err := s.exec(ctx, text); err != nil {
			return &migrate.StatementError{File: "the draft", Statement: i + 1, Line: 1, SQL: text, Err: err}
		}
	}
	return nil
}

// uniqueOver finds the table and the columns of a statement that wants them to be unique.
var uniqueOver = regexp.MustCompile(`^(?:CREATE UNIQUE INDEX \S+ ON (\S+)|ALTER TABLE (\S+) ADD CONSTRAINT \S+ UNIQUE)[^(]*\(([^()]+)\)$`)

// withDoubles adds to the refusal of a unique index one of the values that are there more than
// once, and how many there are.
func (s *session) withDoubles(ctx context.Context, err error) error {
	var stmt *migrate.StatementError
	var pg *pgconn.PgError
	if !errors.As(err, &stmt) || !errors.As(stmt.Err, &pg) || pg.Code != pgerrcode.UniqueViolation {
		return err
	}
	stmt.Advice = pg.Detail // a value
	m := uniqueOver.FindStringSubmatch(stmt.SQL)
	if m == nil {
		return err
	}
	var n int
	count := fmt.Sprintf("SELECT count(*) FROM (SELECT 1 FROM %s WHERE (%s) IS NOT NULL GROUP BY %[2]s HAVING count(*) > 1) doubles", m[1]+m[2], m[3])
	if s.conn.QueryRowContext(ctx, count).Scan(&n) == nil && n > 0 { // unless they come with the draft
		stmt.Advice += fmt.Sprintf(" Of such values there are %d: give each of their rows another one, or delete them.", n)
	}
	return err
}

// StateAt gives the schema that the files of a directory up to a version make, by a replay
// on a scratch database; [folder.Base] is an empty one.
func StateAt(ctx context.Context, dir fs.FS, version string, scratch Scratch) (*schemadiff.State, error) {
	d, err := folder.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := checkVersion(d, version); err != nil {
		return nil, err
	}
	if version != folder.Base {
		return stateAt(ctx, d, version, scratch)
	}
	var state *schemadiff.State
	err = withScratch(ctx, scratch, func(s *session) error {
		state, err = s.read(ctx)
		return err
	})
	return state, err
}
