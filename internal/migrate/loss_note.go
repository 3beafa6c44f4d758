package migrate

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	atlas "ariga.io/atlas/sql/migrate"
)

// lossNote is a comment on a statement of a down file that drops a column: the rows in
// which a value is lost, because no other column says the same. "diff --expand-contract"
// writes them.
var lossNote = regexp.MustCompile(`^--\s*entgraph:loses\s+(.+?)\.("(?:[^"]|"")+")\s+WHERE\s+(.+?)\s*$`)

// columnID is a column, whatever its name and that of its table become.
type columnID struct {
	table  uint32
	number int16
}

// noted is what dropping columns loses, by what comments say.
type noted map[columnID]Loss

// read counts the rows that the comments on a statement speak of, before it runs.
func (n noted) read(ctx context.Context, s *session, stmt *atlas.Stmt) error {
	for _, comment := range stmt.Comments {
		for line := range strings.Lines(comment) {
			m := lossNote.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
			if m == nil {
				continue
			}
			if err := n.count(ctx, s, m[1], m[2], m[3]); err != nil {
				return fmt.Errorf("read comment %q: %w", m[0], err)
			}
		}
	}
	return nil
}

func (n noted) count(ctx context.Context, s *session, table, column, condition string) error {
	var id columnID
	row := s.conn.QueryRowContext(ctx, `SELECT attrelid, attnum FROM pg_catalog.pg_attribute
WHERE attrelid = $1::text::regclass AND attname = $2 AND NOT attisdropped`,
		table, strings.ReplaceAll(strings.Trim(column, `"`), `""`, `"`))
	if err := row.Scan(&id.table, &id.number); err != nil {
		return fmt.Errorf("find column: %w", err)
	}
	loss := Loss{Reason: "is dropped, and no other column says the same"}
	query := fmt.Sprintf(`SELECT count(*) FROM (SELECT FROM %s WHERE %s LIMIT %d) AS part`, table, condition, rowLimit+1)
	if err := scanOne(ctx, s.conn, &loss.Rows, query); err != nil {
		return fmt.Errorf("count rows: %w", err)
	}
	if loss.More = loss.Rows > rowLimit; loss.More {
		loss.Rows = rowLimit
	}
	n[id] = loss
	return nil
}
