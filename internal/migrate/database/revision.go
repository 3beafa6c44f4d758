package database

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	atlas "ariga.io/atlas/sql/migrate"

	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
)

// Revision is one row of the revisions table: an applied migration.
type Revision = atlas.Revision

// Querier runs a query: *sql.DB, *sql.Conn or *sql.Tx.
type Querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// publicSchema is the schema of the tables, in which migrations run.
const publicSchema = "public"

// The columns, types and defaults are those that atlas v0.13.1 creates.
const createRevisions = `CREATE TABLE ` + sqlfile.RevisionTable + ` (
  version character varying NOT NULL,
  description character varying NOT NULL,
  type bigint NOT NULL DEFAULT 2,
  applied bigint NOT NULL DEFAULT 0,
  total bigint NOT NULL DEFAULT 0,
  executed_at timestamptz NOT NULL,
  execution_time bigint NOT NULL,
  error text NULL,
  error_stmt text NULL,
  hash character varying NOT NULL,
  partial_hashes jsonb NULL,
  operator_version character varying NOT NULL,
  PRIMARY KEY (version)
)`

// Versions that begin with a dot are atlas' own notes. The collation makes the
// order the same as Go's, on every server.
const selectRevisions = `SELECT version, description, type, applied, total, executed_at, execution_time,
  coalesce(error, ''), coalesce(error_stmt, ''), hash, coalesce(partial_hashes, 'null'), operator_version
FROM ` + sqlfile.RevisionTable + `
WHERE version NOT LIKE '.%'
ORDER BY version COLLATE "C"`

const upsertRevision = `INSERT INTO ` + sqlfile.RevisionTable + ` (version, description, type, applied, total,
  executed_at, execution_time, error, error_stmt, hash, partial_hashes, operator_version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::jsonb, $12)
ON CONFLICT (version) DO UPDATE SET description = excluded.description, type = excluded.type,
  applied = excluded.applied, total = excluded.total, executed_at = excluded.executed_at,
  execution_time = excluded.execution_time, error = excluded.error, error_stmt = excluded.error_stmt,
  hash = excluded.hash, partial_hashes = excluded.partial_hashes, operator_version = excluded.operator_version`

// ensureRevisions creates the revisions table when it is missing.
func ensureRevisions(ctx context.Context, conn *sql.Conn) error {
	there, err := hasRevisions(ctx, conn)
	if err != nil || there {
		return err
	}
	if _, err := conn.ExecContext(ctx, createRevisions); err != nil {
		return fmt.Errorf("create revisions table: %w", err)
	}
	return nil
}

func hasRevisions(ctx context.Context, q Querier) (bool, error) {
	var there bool
	if err := scanOne(ctx, q, &there, `SELECT to_regclass('`+sqlfile.RevisionTable+`') IS NOT NULL`); err != nil {
		return false, fmt.Errorf("look for revisions table: %w", err)
	}
	return there, nil
}

// readRevisions gives all revisions in version order; none when there is no table.
func readRevisions(ctx context.Context, q Querier) ([]*Revision, error) {
	if there, err := hasRevisions(ctx, q); err != nil || !there {
		return nil, err
	}
	rows, err := q.QueryContext(ctx, selectRevisions)
	if err != nil {
		return nil, fmt.Errorf("read revisions: %w", err)
	}
	defer rows.Close()
	var revs []*Revision
	for rows.Next() {
		var (
			r       Revision
			partial []byte
		)
		err := rows.Scan(&r.Version, &r.Description, &r.Type, &r.Applied, &r.Total, &r.ExecutedAt, &r.ExecutionTime,
			&r.Error, &r.ErrorStmt, &r.Hash, &partial, &r.OperatorVersion)
		if err != nil {
			return nil, fmt.Errorf("read revisions: %w", err)
		}
		if err := json.Unmarshal(partial, &r.PartialHashes); err != nil {
			return nil, fmt.Errorf("read revision %s: partial hashes: %w", r.Version, err)
		}
		revs = append(revs, &r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read revisions: %w", err)
	}
	return revs, nil
}

// scanOne reads the single value of a query's first row.
func scanOne(ctx context.Context, q Querier, dst any, query string, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	if !rows.Next() {
		return errors.Join(rows.Err(), sql.ErrNoRows)
	}
	if err := rows.Scan(dst); err != nil {
		return err
	}
	return rows.Err()
}

// store keeps revisions on the connection that runs the statements. It implements
// Atlas' RevisionReadWriter.
type store struct {
	s    *session
	sums map[string]string
}

// Ident names the table.
func (st *store) Ident() *atlas.TableIdent {
	return &atlas.TableIdent{Name: sqlfile.Revisions, Schema: publicSchema}
}

// ReadRevisions gives all revisions in version order.
func (st *store) ReadRevisions(ctx context.Context) ([]*Revision, error) {
	var revs []*Revision
	err := st.s.asSelf(ctx, func() (err error) {
		revs, err = readRevisions(ctx, st.s.conn)
		return err
	})
	return revs, err
}

// ReadRevision gives one revision, or atlas.ErrRevisionNotExist.
func (st *store) ReadRevision(ctx context.Context, version string) (*Revision, error) {
	revs, err := st.ReadRevisions(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range revs {
		if r.Version == version {
			return r, nil
		}
	}
	return nil, atlas.ErrRevisionNotExist
}

// WriteRevision saves a revision and commits the statement it counts, if one is open.
func (st *store) WriteRevision(ctx context.Context, r *Revision) error {
	// A file that failed may be corrected before it is resumed; what is kept is the
	// hash of the file that ran to its end.
	if sum, ok := st.sums[r.Version]; ok {
		r.Hash = sum
	}
	var partial any
	if r.PartialHashes != nil {
		text, err := json.Marshal(r.PartialHashes)
		if err != nil {
			return fmt.Errorf("encode partial hashes: %w", err)
		}
		partial = string(text)
	}
	err := st.s.asSelf(ctx, func() error {
		_, err := st.s.conn.ExecContext(ctx, upsertRevision, r.Version, r.Description, int64(r.Type), r.Applied, r.Total,
			r.ExecutedAt, int64(r.ExecutionTime), r.Error, r.ErrorStmt, r.Hash, partial, r.OperatorVersion)
		return err
	})
	return st.s.endStatement(ctx, err)
}

// DeleteRevision removes a revision.
func (st *store) DeleteRevision(ctx context.Context, version string) error {
	err := st.s.asSelf(ctx, func() error {
		_, err := st.s.conn.ExecContext(ctx, `DELETE FROM `+sqlfile.RevisionTable+` WHERE version = $1`, version)
		return err
	})
	if err != nil {
		return fmt.Errorf("delete revision %s: %w", version, err)
	}
	return nil
}
