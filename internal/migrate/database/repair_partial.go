package database

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"

	atlas "ariga.io/atlas/sql/migrate"
	"github.com/jackc/pgerrcode"

	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/sqltext"
)

// partialProblems explains a file that was applied, or taken back, in part.
func (s *session) partialProblems(ctx context.Context, d *folder.Directory, st Status, o RepairOptions) ([]Problem, error) {
	if st.Reverting != nil {
		return []Problem{{What: "version " + st.Reverting.Version + " is taken back in part", Advice: "finish it with: migrate down 1"}}, nil
	}
	r := st.Partial
	if r == nil {
		return nil, nil
	}
	f := d.ByVersion(r.Version)
	stmts, err := folder.Statements(f)
	if err != nil || r.Applied >= len(stmts) {
		return nil, err
	}
	next := stmts[r.Applied]
	p := Problem{What: "version " + st.partialDetail(),
		Advice: fmt.Sprintf("go on with statement %d (line %d): migrate up", r.Applied+1, folder.Line(f, next))}
	cause, err := s.seemsDone(ctx, next.Text)
	if err != nil {
		return nil, err
	}
	if cause != nil {
		p.Advice = fmt.Sprintf("statement %d (line %d) seems to be done already (%v); if so: migrate repair --skip %s",
			r.Applied+1, folder.Line(f, next), cause, r.Version)
	}
	if o.Skip == r.Version {
		p.Fix = fixOf("skip", r.Version)
		p.do = func(ctx context.Context, s *session) error { return s.skip(ctx, d, r, stmts) }
	}
	return []Problem{p}, nil
}

// existence are the SQLSTATEs of what is there already, or is not there any more.
var existence = []string{
	pgerrcode.DuplicateTable, pgerrcode.DuplicateColumn, pgerrcode.DuplicateObject, pgerrcode.DuplicateSchema, pgerrcode.DuplicateFunction,
	pgerrcode.UndefinedTable, pgerrcode.UndefinedColumn, pgerrcode.UndefinedObject, pgerrcode.UndefinedFunction,
}

// seemsDone tries a statement in a transaction that is rolled back, and gives the error
// when it says that there is nothing left to do.
func (s *session) seemsDone(ctx context.Context, query string) (cause, err error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	_, cause = s.conn.ExecContext(ctx, query)
	if err := s.rollback(ctx); err != nil {
		return nil, err
	}
	if slices.Contains(existence, sqltext.State(cause)) {
		return cause, nil
	}
	return nil, nil
}

// skip counts the next statement of a file as applied, as the executor would.
func (s *session) skip(ctx context.Context, d *folder.Directory, r *Revision, stmts []*atlas.Stmt) error {
	h, sum := sha256.New(), ""
	for _, stmt := range stmts[:r.Applied+1] {
		h.Write([]byte(stmt.Text))
		sum = "h1:" + base64.StdEncoding.EncodeToString(h.Sum(nil))
	}
	counted := *r
	counted.Applied++
	counted.PartialHashes = append(slices.Clone(r.PartialHashes), sum)
	counted.Error, counted.ErrorStmt = "", ""
	if counted.Applied == counted.Total {
		counted.PartialHashes = nil
	}
	return (&store{s, d.Sums}).WriteRevision(ctx, &counted)
}

// selectInvalid leaves out indexes that are being built and those of partitioned
// tables, which are invalid as long as a partition lacks its own.
const selectInvalid = `SELECT i.indexrelid::regclass::text || ' ' || c.relname
FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
WHERE NOT i.indisvalid AND c.relkind = 'i'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid)
ORDER BY 1`

var copyName = regexp.MustCompile(`_cc(new|old)[0-9]*$`)

// indexProblems finds indexes that were built concurrently and have failed.
func (s *session) indexProblems(ctx context.Context, d *folder.Directory, st Status) ([]Problem, error) {
	rows, err := scanAll(ctx, s.conn, selectInvalid)
	if err != nil {
		return nil, fmt.Errorf("look for invalid indexes: %w", err)
	}
	planned, err := plannedIndexes(d, st)
	if err != nil {
		return nil, err
	}
	var all []Problem
	for _, row := range rows {
		// The name comes last and the qualified one may hold blanks within quotes.
		m := regexp.MustCompile(`^(".*"|\S+) (.*)$`).FindStringSubmatch(row)
		if m == nil {
			return nil, fmt.Errorf("look for invalid indexes: unexpected name %q", row)
		}
		p := Problem{What: "index " + m[1] + " is invalid: building it failed or was stopped"}
		query := "REINDEX INDEX CONCURRENTLY " + m[1]
		switch {
		case copyName.MatchString(m[2]):
			p.Fix, query = "drop it: it is the copy of an interrupted REINDEX", "DROP INDEX CONCURRENTLY "+m[1]
		case slices.Contains(planned, m[2]):
			p.Fix, query = "drop it: a pending migration builds it", "DROP INDEX CONCURRENTLY "+m[1]
			p.Advice = "when a unique index has duplicate values, remove them; then run: migrate up"
		default:
			p.Fix = "build it again"
			p.Advice = "when a unique index has duplicate values, remove them and repair again"
		}
		p.do = func(ctx context.Context, s *session) error {
			_, err := s.conn.ExecContext(ctx, query)
			return err
		}
		all = append(all, p)
	}
	return all, nil
}

// plannedIndexes names the indexes that pending files build concurrently.
func plannedIndexes(d *folder.Directory, st Status) ([]string, error) {
	var names []string
	for _, p := range st.Pending {
		stmts, err := folder.Statements(d.ByVersion(p.Version))
		if err != nil {
			return nil, err
		}
		for _, stmt := range stmts {
			if ci, ok := parseConcurrentIndex(stmt.Text); ok {
				names = append(names, ci.name)
			}
		}
	}
	return names, nil
}
