package database

import (
	"context"
	"fmt"
	"slices"
	"strings"

	atlas "ariga.io/atlas/sql/migrate"

	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
	"github.com/entgraph/entgraph/internal/sqltext"
)

func fills(stmt *atlas.Stmt) bool {
	return slices.ContainsFunc(stmt.Comments, sqlfile.Filling.MatchString)
}

// columnID is a column, whatever its name and that of its table become.
type columnID struct {
	table  uint32
	number int16
}

// noted is what dropping columns loses, by what comments say. What is said first counts:
// after a filling that was left out, the columns do not say it any more.
type noted struct {
	rows map[columnID]Loss
	// meant are the columns that a later statement says it drops.
	meant map[columnID]bool
}

// foresee reads the comments on the fillings of a way back before a transaction of a trial
// holds locks, since that reads tables through.
func (n noted) foresee(ctx context.Context, s *session, t backStep) error {
	for _, stmt := range t.stmts[t.done:] {
		if !fills(stmt) {
			continue
		}
		if err := n.read(ctx, s, stmt); err != nil {
			return err
		}
	}
	return nil
}

// read counts the rows that the comments on a statement speak of, before it runs.
func (n noted) read(ctx context.Context, s *session, stmt *atlas.Stmt) error {
	for _, comment := range stmt.Comments {
		for line := range strings.Lines(comment) {
			m := sqlfile.Losing.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
			if m == nil {
				continue
			}
			id, err := n.count(ctx, s, m[1], m[2], m[3])
			if err != nil {
				return fmt.Errorf("read comment %q: %w", m[0], err)
			}
			n.meant[id] = n.meant[id] || !fills(stmt)
		}
	}
	return nil
}

func (n noted) count(ctx context.Context, s *session, table, column, condition string) (id columnID, err error) {
	row := s.conn.QueryRowContext(ctx, `SELECT attrelid, attnum FROM pg_catalog.pg_attribute
WHERE attrelid = $1::text::regclass AND attname = $2 AND NOT attisdropped`,
		table, sqltext.Unquote(column))
	if err := row.Scan(&id.table, &id.number); err != nil {
		return id, fmt.Errorf("find column: %w", err)
	}
	if _, ok := n.rows[id]; ok {
		return id, nil
	}
	loss := Loss{Table: table, Column: column, Reason: "is dropped, and no other column says the same"}
	query := fmt.Sprintf(`SELECT count(*) FROM (SELECT FROM %s WHERE %s LIMIT %d) AS part`, table, condition, rowLimit+1)
	if err := scanOne(ctx, s.conn, &loss.Rows, query); err != nil {
		return id, fmt.Errorf("count rows: %w", err)
	}
	if loss.More = loss.Rows > rowLimit; loss.More {
		loss.Rows = rowLimit
	}
	n.rows[id] = loss
	return id, nil
}

// left lists the losses of columns that were to be dropped and were not: what drops them
// wants something that was left out.
func (n noted) left() (all []Loss) {
	for id, loss := range n.rows {
		if n.meant[id] && loss.Rows > 0 {
			all = append(all, loss)
		}
	}
	slices.SortFunc(all, func(a, b Loss) int { return strings.Compare(a.Table+a.Column, b.Table+b.Column) })
	return all
}
