package database

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
	"github.com/entgraph/entgraph/internal/sqltext"
)

// Loss is data that a migration would destroy.
type Loss struct {
	Table  string // as written in SQL; "" when it cannot be known
	Column string // "" for the whole table
	Reason string // such as "is dropped"
	Rows   int64  // how many rows are concerned, counted up to 10,000
	More   bool   // there are more rows than were counted
}

// String describes the loss for people.
func (l Loss) String() string {
	if l.Table == "" {
		return l.Reason
	}
	name, rows := "table "+l.Table, migrate.Count(int(l.Rows), "row")
	if l.Column != "" {
		name = "column " + l.Table + "." + l.Column
	}
	if l.More {
		rows = "more than " + rows
	}
	return fmt.Sprintf("%s %s (%s)", name, l.Reason, rows)
}

func describeLosses(losses []Loss) string {
	text := make([]string, len(losses))
	for i, l := range losses {
		text[i] = l.String()
	}
	return strings.Join(text, ", ")
}

// mayLose finds statements that can destroy data; without one there is no need to try.
var mayLose = regexp.MustCompile(`(?i)\b(DROP|TRUNCATE|DELETE|UPDATE|MERGE|TYPE|EXECUTE|CALL|DO|SELECT)\b`)

// trial runs down files in a transaction that is rolled back, and compares the catalog
// before with the one after: unlike the text of the statements it also knows what a
// CASCADE or a function does. Statements that cannot run in a transaction are left out.
// They destroy no rows, except one that commits by itself, such as a DO block.
func (s *session) trial(ctx context.Context, targets []backStep) (losses []Loss, err error) {
	if !slices.ContainsFunc(targets, func(t backStep) bool { return mayLose.Match(t.back.Bytes()) }) {
		return nil, nil
	}
	if err := s.prepare(ctx, 0); err != nil {
		return nil, err
	}
	known := noted{map[columnID]Loss{}, map[columnID]bool{}}
	if err := known.foresee(ctx, s, targets[0]); err != nil {
		return nil, err
	}
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	before, after, losses, err := s.tryAll(ctx, targets, known)
	if rerr := s.rollback(ctx); err == nil {
		err = rerr
	}
	if err != nil {
		return nil, err
	}
	for _, suspect := range compareTables(before, after) {
		if loss, ok := known.rows[suspect.id]; ok && suspect.Reason == dropped {
			delete(known.rows, suspect.id)
			if loss.Table, loss.Column = suspect.Table, suspect.Column; loss.Rows > 0 {
				losses = append(losses, loss)
			}
			continue
		}
		if err := s.countRows(ctx, &suspect); err != nil {
			return nil, err
		}
		if suspect.Rows > 0 {
			losses = append(losses, suspect.Loss)
		}
	}
	return append(losses, known.left()...), nil
}

// tryAll runs the statements and reads the tables before and after. What it cannot try
// and may lose rows is in blind, and what comments say of a column in known.
func (s *session) tryAll(ctx context.Context, targets []backStep, known noted) (before, after map[uint32]*lossTable, blind []Loss, err error) {
	if before, err = s.relations(ctx); err != nil {
		return nil, nil, nil, err
	}
	leftOut := false
	for _, t := range targets {
		for i := t.done; i < len(t.stmts); i++ {
			if err := known.read(ctx, s, t.stmts[i]); err != nil {
				return nil, nil, nil, err
			}
			cause, err := s.tryOne(ctx, t.stmts[i].Text)
			switch {
			case err != nil:
				return nil, nil, nil, fmt.Errorf("try %s/%s: %w", sqlfile.Down, t.back.Name(), err)
			case outsideTransaction(cause):
				leftOut = true
				if sqltext.State(cause) == pgerrcode.InvalidTransactionTermination && !fills(t.stmts[i]) && mayLose.MatchString(t.stmts[i].Text) {
					blind = append(blind, Loss{Reason: fmt.Sprintf("statement %d of %s/%s commits by itself, so what it loses cannot be foreseen",
						i+1, sqlfile.Down, t.back.Name())})
				}
			case cause != nil && !leftOut: // otherwise it may want what was left out
				return nil, nil, nil, s.backError(t, t.stmts[i], cause)
			}
		}
	}
	after, err = s.relations(ctx)
	return before, after, blind, err
}

// tryOne runs a statement and undoes it if it fails, which is the cause.
func (s *session) tryOne(ctx context.Context, query string) (cause, err error) {
	if _, err := s.conn.ExecContext(ctx, "SAVEPOINT entgraph_trial"); err != nil {
		return nil, err
	}
	if _, cause = s.exec(ctx, query); cause == nil {
		return nil, nil
	}
	_, err = s.conn.ExecContext(ctx, "ROLLBACK TO entgraph_trial")
	return cause, err
}

// lossTable is a table with what tells whether it has lost something.
type lossTable struct {
	name    string
	node    int64 // changes when the table is rewritten or emptied
	deleted int64 // rows that this transaction has deleted
	empty   bool  // only known of a table with a new node
	columns map[int16]lossColumn
}

type lossColumn struct {
	name, typ string
	oid       uint32
}

// Columns that Postgres computes lose nothing.
const selectRelations = `SELECT c.oid, quote_ident(n.nspname) || '.' || quote_ident(c.relname), coalesce(pg_relation_filenode(c.oid), 0)::int8,
  coalesce(s.n_tup_del, 0), coalesce(a.attnum, 0), coalesce(a.attname, ''), coalesce(format_type(a.atttypid, a.atttypmod), ''),
  coalesce(a.atttypid, 0)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_stat_xact_user_tables s ON s.relid = c.oid
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT (n.nspname = 'public' AND c.relname = '` + sqlfile.Revisions + `')`

func (s *session) relations(ctx context.Context) (map[uint32]*lossTable, error) {
	rows, err := s.conn.QueryContext(ctx, selectRelations)
	if err != nil {
		return nil, fmt.Errorf("read tables: %w", err)
	}
	defer rows.Close()
	all := make(map[uint32]*lossTable)
	for rows.Next() {
		var (
			oid uint32
			num int16
			r   lossTable
			a   lossColumn
		)
		if err := rows.Scan(&oid, &r.name, &r.node, &r.deleted, &num, &a.name, &a.typ, &a.oid); err != nil {
			return nil, fmt.Errorf("read tables: %w", err)
		}
		if all[oid] == nil {
			r.columns = make(map[int16]lossColumn)
			all[oid] = &r
		}
		if num > 0 {
			all[oid].columns[num] = a
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read tables: %w", err)
	}
	for _, r := range all {
		var filled bool
		if err := scanOne(ctx, s.conn, &filled, `SELECT EXISTS (SELECT FROM `+r.name+`)`); err != nil {
			return nil, fmt.Errorf("look whether %s is empty: %w", r.name, err)
		}
		r.empty = !filled
	}
	return all, nil
}

const dropped = "is dropped"

// suspect is a loss if there are rows.
type suspect struct {
	Loss
	deleted int64    // of a table: rows deleted one by one
	id      columnID // of a column
}

// compareTables lists what is not there any more, in the order of the names.
func compareTables(before, after map[uint32]*lossTable) []suspect {
	var all []suspect
	for oid, was := range before {
		is := after[oid]
		switch {
		case was.empty:
			continue
		case is == nil:
			all = append(all, suspect{Loss: Loss{Table: was.name, Reason: dropped}})
			continue
		case is.empty:
			all = append(all, suspect{Loss: Loss{Table: was.name, Reason: "is emptied"}})
		case is.deleted > was.deleted:
			all = append(all, suspect{Loss: Loss{Table: was.name, Reason: "has rows deleted"}, deleted: is.deleted - was.deleted})
		}
		for num, a := range was.columns {
			b, there := is.columns[num]
			loss := Loss{Table: was.name, Column: sqltext.Ident(a.name)}
			switch {
			case !there:
				loss.Reason = dropped
			case loses(a, b):
				loss.Reason = fmt.Sprintf("turns from %s into %s", a.typ, b.typ)
			default:
				continue
			}
			all = append(all, suspect{Loss: loss, id: columnID{oid, num}})
		}
	}
	slices.SortFunc(all, func(a, b suspect) int { return strings.Compare(a.Table+a.Column, b.Table+b.Column) })
	return all
}

// loses says whether a change of type may cut values. It does not where everything has
// a place in the new type and where a value that has none makes the statement fail.
func loses(from, to lossColumn) bool {
	if from.oid == to.oid && from.typ == to.typ {
		return false
	}
	integers, texts := []string{"smallint", "integer", "bigint"}, []string{"text", "character varying"}
	a, b := withoutLength(from.typ), withoutLength(to.typ)
	switch {
	case slices.Contains(texts, to.typ): // without a length
		return false
	case slices.Contains(integers, a) && (slices.Contains(integers, b) || to.typ == "numeric"):
		return false
	case slices.Contains(texts, a) && (b == "json" || b == "jsonb" || b == "uuid"):
		return false
	}
	return !(a == b && a == "character varying" && typeLength(from.typ) <= typeLength(to.typ) && typeLength(from.typ) > 0)
}

// typeLength is the n of "character varying(n)", 0 without one.
func typeLength(typ string) int {
	_, text, _ := strings.Cut(strings.TrimSuffix(typ, ")"), "(")
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}

func withoutLength(typ string) string {
	name, _, _ := strings.Cut(typ, "(")
	return name
}

// rowLimit bounds counting.
const rowLimit = 10_000

func (s *session) countRows(ctx context.Context, l *suspect) error {
	if l.deleted > 0 {
		l.Rows = l.deleted
		return nil
	}
	where := ""
	if l.Column != "" {
		where = " WHERE " + l.Column + " IS NOT NULL"
	}
	query := fmt.Sprintf(`SELECT count(*) FROM (SELECT FROM %s%s LIMIT %d) AS part`, l.Table, where, rowLimit+1)
	if err := scanOne(ctx, s.conn, &l.Rows, query); err != nil {
		return fmt.Errorf("count rows of %s: %w", l.Table, err)
	}
	if l.More = l.Rows > rowLimit; l.More {
		l.Rows = rowLimit
	}
	return nil
}
