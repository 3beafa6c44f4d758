package seed

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"entgo.io/ent/dialect/sql/schema"
	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/internal/sqltext"
)

// ErrForeign says that the database holds rows that are not sample data. They are not
// deleted.
var ErrForeign = errors.New("the database holds more than sample data")

// Clear deletes every row of Options.Tables, in one transaction. Unless all is set it
// fails with [ErrForeign], and deletes nothing, when one of them has a row that [Run] with
// the same options would not write, with Scale or without; what the use of the sample
// leaves, such as sessions and the audit log, may go with it. A sample row that was changed
// is still one: rows are known by their ids.
func Clear(ctx context.Context, db *postgres.DB, o Options, all bool) error {
	if len(o.Tables) == 0 {
		return nil
	}
	err := pgx.BeginFunc(ctx, db.Write, func(tx pgx.Tx) error {
		var place string
		if err := tx.QueryRow(ctx, "SELECT current_schema()").Scan(&place); err != nil {
			return fmt.Errorf("look for the schema: %w", err)
		}
		list := make([]string, len(o.Tables))
		for i, t := range o.Tables {
			list[i] = sqltext.Ident(placeOf(t, place), t.Name)
		}
		if err := o.setUp(ctx, tx); err != nil {
			return err
		}
		// Nobody adds a row between the look and the end.
		if _, err := tx.Exec(ctx, "LOCK TABLE "+strings.Join(list, ", ")); err != nil {
			return fmt.Errorf("lock tables: %w", err)
		}
		if !all {
			if err := onlySample(ctx, tx, o, place); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, "TRUNCATE "+strings.Join(list, ", "))
		return err
	})
	if err != nil {
		return fmt.Errorf("delete all rows: %w", err)
	}
	return nil
}

// placeOf is the schema of a table: its own, or the one in which others are.
func placeOf(t *schema.Table, place string) string {
	if t.Schema != "" {
		return t.Schema
	}
	return place
}

// onlySample looks for rows that are not of the sample: neither of the small data nor of
// the large. Of the two it is compared with the one that fewer rows are foreign to.
func onlySample(ctx context.Context, tx pgx.Tx, o Options, place string) error {
	o.Scale = false
	small, err := compareWith(ctx, tx, o, place)
	if err != nil || small.rows == 0 {
		return err
	}
	o.Scale = true
	large, err := compareWith(ctx, tx, o, place)
	if err != nil || large.rows == 0 {
		return err
	}
	if large.rows < small.rows {
		return large.err
	}
	return small.err
}

// foreign are rows that are not sample data; err names the first.
type foreign struct {
	rows int
	err  error
}

func (f *foreign) add(rows int, what string) {
	if f.rows += rows; f.err == nil {
		f.err = fmt.Errorf("%w: %s", ErrForeign, what)
	}
}

// compareWith writes sample data into temporary tables, which hide those of the same name,
// and takes them away again.
func compareWith(ctx context.Context, tx pgx.Tx, o Options, place string) (found foreign, err error) {
	shadow, err := tx.Begin(ctx)
	if err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, shadow.Rollback(ctx)) }()
	for _, t := range o.Tables {
		_, err := shadow.Exec(ctx, fmt.Sprintf("CREATE TEMP TABLE %s (LIKE %s INCLUDING DEFAULTS INCLUDING GENERATED) ON COMMIT DROP",
			sqltext.Ident(t.Name), sqltext.Ident(placeOf(t, place), t.Name)))
		if err != nil {
			return found, fmt.Errorf("make a table to compare %s with: %w", t.Name, err)
		}
	}
	// A statement that was prepared before goes on reading the tables that are hidden now.
	if err := shadow.Conn().DeallocateAll(ctx); err != nil {
		return found, fmt.Errorf("forget prepared statements: %w", err)
	}
	if err := o.write(ctx, o.seeder(shadow, silent{})); err != nil {
		return found, fmt.Errorf("%w: it cannot be told which of them, because the sample data cannot be made again: %w", ErrForeign, err)
	}
	has := false
	for _, t := range o.Tables {
		if slices.Contains(o.Unfilled, t.Name) {
			continue
		}
		any, err := compare(ctx, shadow, t, place, &found)
		if err != nil {
			return found, fmt.Errorf("look into table %s: %w", t.Name, err)
		}
		has = has || any
	}
	if has {
		return found, nil
	}
	// Without a row of the sample, what is left of its use is somebody else's.
	for _, name := range o.Unfilled {
		var filled bool
		if err := shadow.QueryRow(ctx, "SELECT EXISTS (SELECT FROM "+sqltext.Ident(place, name)+")").Scan(&filled); err != nil {
			return found, fmt.Errorf("look into table %s: %w", name, err)
		}
		if filled {
			found.add(1, "table "+name+" has rows")
		}
	}
	return found, nil
}

// compare adds the rows of a table whose keys the sample has not, and reports whether the
// table has a row at all.
func compare(ctx context.Context, tx pgx.Tx, t *schema.Table, place string, found *foreign) (has bool, err error) {
	key := make([]string, len(t.PrimaryKey))
	for i, c := range t.PrimaryKey {
		key[i] = c.Name
	}
	table, columns := sqltext.Ident(placeOf(t, place), t.Name), sqltext.Idents(key)
	var n int
	var first *string
	query := fmt.Sprintf("SELECT count(*), min(r::text), EXISTS (SELECT FROM %[1]s) FROM (SELECT %[2]s FROM %[1]s EXCEPT SELECT %[2]s FROM %[3]s) r",
		table, columns, sqltext.Ident(t.Name))
	if err := tx.QueryRow(ctx, query).Scan(&n, &first, &has); err != nil {
		return false, err
	}
	if n > 0 {
		found.add(n, fmt.Sprintf("the row %s of table %s", strings.Trim(*first, "()"), t.Name))
	}
	return has, nil
}
