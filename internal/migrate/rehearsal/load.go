package rehearsal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// loader puts live rows into the tables of a scratch database.
type loader struct {
	*scratch
	live  *liveRows
	notes []string
}

// load fills those of the tables that are empty and have live rows, and removes rows
// whose foreign keys lead nowhere then. It gives a note where rows do not fit.
func (d *scratch) load(ctx context.Context, tables []*sampleTable, live *liveRows) (notes []string, err error) {
	l := &loader{scratch: d, live: live}
	// Neither foreign keys, which may be cyclic, nor triggers: the rows were there
	// already. Without the right to do so, what they refuse is left out.
	if err := d.exec(ctx, "SET session_replication_role = replica"); err != nil && sqltext.State(err) != pgerrcode.InsufficientPrivilege {
		return nil, fmt.Errorf("load live rows: %w", err)
	}
	defer func() { err = errors.Join(err, d.exec(ctx, "RESET session_replication_role")) }()
	for _, t := range tables {
		from := live.tables[t.Ident]
		if from == nil || len(from.lines) == 0 {
			continue
		}
		if err := d.count(ctx, t); err != nil {
			return nil, err
		}
		if t.rows > 0 {
			continue
		}
		if err := l.table(ctx, t, from); err != nil {
			return nil, err
		}
	}
	if err := l.removeOrphans(ctx, tables); err != nil {
		return nil, err
	}
	return l.notes, nil
}

func (l *loader) note(format string, args ...any) {
	l.notes = append(l.notes, fmt.Sprintf(format, args...))
}

// table loads the rows of one table, with the columns that both sides have.
func (l *loader) table(ctx context.Context, t *sampleTable, from *liveTable) error {
	var (
		here, there = t.names(), from.names()
		both        []string
		fields      []int
	)
	for i, name := range there {
		if slices.Contains(here, name) {
			both, fields = append(both, name), append(fields, i)
		}
	}
	for _, side := range []struct {
		has, lacks []string
		text       string
	}{{there, here, "only in the database of the rows, left out"}, {here, there, "not in the database of the rows, filled by default"}} {
		only := slices.DeleteFunc(slices.Clone(side.has), func(name string) bool { return slices.Contains(side.lacks, name) })
		if len(only) > 0 {
			l.note("%s: %s: %s", t.Name, strings.Join(only, ", "), side.text)
		}
	}
	if len(both) == 0 {
		return nil
	}
	lines := make([][]byte, len(from.lines))
	for i, line := range from.lines {
		lines[i] = project(line, fields)
	}
	c := copier{l.scratch, fmt.Sprintf("COPY %s (%s) FROM STDIN", t.Ident, sqltext.Idents(both)), 0, nil, false}
	if err := c.copy(ctx, lines); err != nil {
		return fmt.Errorf("load live rows of %s: %w", t.Name, err)
	}
	l.loaded[t.Ident] = c.took || l.loaded[t.Ident]
	switch {
	case c.refused == 0:
	case !c.took:
		l.note("%s: no live row fits (%s)", t.Name, c.reason())
	default:
		l.note("%s: %d of %d live rows do not fit (%s)", t.Name, c.refused, len(lines), c.reason())
	}
	return nil
}

// project keeps some fields of a line in COPY's text format, where a tab in a value is
// written as \t.
func project(line []byte, fields []int) []byte {
	all := bytes.Split(line, []byte("\t"))
	kept := make([][]byte, len(fields))
	for i, f := range fields {
		kept[i] = all[f]
	}
	return bytes.Join(kept, []byte("\t"))
}

// copier copies what fits.
type copier struct {
	*scratch
	sql     string
	refused int
	why     *pgconn.PgError // why the first row was refused
	took    bool            // any row
}

// tooMany rows refused without one that fits: none will.
const tooMany = 100

// copy tries all rows at once and halves them where Postgres refuses one.
func (c *copier) copy(ctx context.Context, lines [][]byte) error {
	if !c.took && c.refused >= tooMany {
		c.refused += len(lines)
		return nil
	}
	data := append(bytes.Join(lines, []byte("\n")), '\n')
	_, err := c.conn.PgConn().CopyFrom(ctx, bytes.NewReader(data), c.sql)
	var pg *pgconn.PgError
	switch {
	case err == nil:
		c.took = true
		return nil
	case !errors.As(err, &pg):
		return err
	case len(lines) == 1:
		if c.refused++; c.why == nil {
			c.why = pg
		}
		return nil
	}
	half := len(lines) / 2
	if err := c.copy(ctx, lines[:half]); err != nil {
		return err
	}
	return c.copy(ctx, lines[half:])
}

// reason says why the first row was refused, without its values.
func (c *copier) reason() string {
	what := c.why.ConstraintName
	if what == "" {
		what = c.why.ColumnName
	}
	return strings.TrimSuffix("SQLSTATE "+c.why.Code+", "+what, ", ")
}

// removeOrphans cuts the references of loaded rows to rows that are not there, and
// removes the rows that cannot be without, until there are no more.
func (l *loader) removeOrphans(ctx context.Context, tables []*sampleTable) error {
	cut, removed := map[string]int64{}, map[string]int64{}
	for again := true; again; {
		again = false
		for _, t := range tables {
			if !l.loaded[t.Ident] {
				continue
			}
			for _, k := range t.Keys {
				n, err := l.cut(ctx, t, k)
				if err != nil {
					return err
				}
				cut[t.Name] += n
				if n, err = l.remove(ctx, t, k); err != nil {
					return err
				}
				removed[t.Name] += n
				again = again || n > 0
			}
		}
	}
	for _, t := range tables {
		if n := cut[t.Name]; n > 0 {
			l.note("%s: %d live rows refer to rows that are not there, which is set to null", t.Name, n)
		}
		if n := removed[t.Name]; n > 0 {
			l.note("%s: %d live rows refer to rows that are not there, left out", t.Name, n)
		}
	}
	return nil
}

// orphaned is the condition on a row c that its key leads nowhere.
func (k sampleKey) orphaned() string {
	return fmt.Sprintf("c.%s IS NOT NULL AND NOT EXISTS (SELECT FROM %s p WHERE %s)",
		strings.Join(eachIdent(k.Columns), " IS NOT NULL AND c."), k.Ident, k.condition())
}

// cut sets a key that leads nowhere to null where the table allows it.
func (l *loader) cut(ctx context.Context, t *sampleTable, k sampleKey) (int64, error) {
	if k.Required {
		return 0, nil
	}
	null := strings.Join(eachIdent(k.Columns), " = NULL, ") + " = NULL"
	tag, err := l.conn.Exec(ctx, fmt.Sprintf("UPDATE %s c SET %s WHERE %s", t.Ident, null, k.orphaned()))
	if sqltext.State(err) != "" {
		return 0, nil // a CHECK or a generated column: they are removed
	}
	return tag.RowsAffected(), wrap("cut references of "+t.Name, err)
}

func (l *loader) remove(ctx context.Context, t *sampleTable, k sampleKey) (int64, error) {
	tag, err := l.conn.Exec(ctx, fmt.Sprintf("DELETE FROM %s c WHERE %s", t.Ident, k.orphaned()))
	return tag.RowsAffected(), wrap("remove rows of "+t.Name+" that refer to none", err)
}

// advance moves the sequences of a table behind its values, so that a migration that
// adds rows does not meet them. One that ends before that stays as it is.
func (d *scratch) advance(ctx context.Context, t *sampleTable) error {
	for _, c := range t.Columns {
		if c.Sequence == "" {
			continue
		}
		name := sqltext.Ident(c.Name)
		err := d.exec(ctx, fmt.Sprintf("SELECT setval(%s, max(%s)) FROM %s HAVING max(%[2]s) > 0", sqltext.Literal(c.Sequence), name, t.Ident))
		if err != nil && sqltext.State(err) == "" {
			return fmt.Errorf("advance the sequence of %s.%s: %w", t.Name, c.Name, err)
		}
	}
	return nil
}
