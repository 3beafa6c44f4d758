package seed

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/postgres"
)

// ErrForeign says that the database holds rows that are not sample data. They are not
// deleted.
var ErrForeign = errors.New("the database holds more than sample data")

// used are the tables to which rows come by themselves while somebody uses the sample.
var used = []string{"access_tokens", "attempts", "audit_logs", "identities", "sessions"}

// Clear deletes every row of the given tables, in one transaction. Unless all is set it
// fails with [ErrForeign], and deletes nothing, when one of them has a row that neither
// [Small] nor [Scale] has written; what the use of the sample leaves, such as sessions
// and the audit log, may go with it. A sample row that was changed is still one.
func Clear(ctx context.Context, db *postgres.DB, names []string, all bool) error {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = pgx.Identifier{name}.Sanitize()
	}
	err := pgx.BeginFunc(ctx, db.Write, func(tx pgx.Tx) error {
		// Nobody adds a row between the look and the end.
		if _, err := tx.Exec(ctx, "SET LOCAL statement_timeout = 0; LOCK TABLE "+strings.Join(list, ", ")); err != nil {
			return fmt.Errorf("lock tables: %w", err)
		}
		if !all {
			if err := onlySample(ctx, tx, names); err != nil {
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

// onlySample looks for rows that are not of the sample. Without users, what is left of
// its use is somebody else's.
func onlySample(ctx context.Context, tx pgx.Tx, names []string) error {
	var people int
	if err := tx.QueryRow(ctx, "SELECT count(*) FROM users").Scan(&people); err != nil {
		return fmt.Errorf("count users: %w", err)
	}
	ids := map[string]map[uuid.UUID]bool{}
	known(ids, smallData(demoHash).tables()...)
	small, large := len(ids["users"]), scaleData(fullSize).tables()
	// First the users, because it takes some seconds to make the ids of the large blog.
	known(ids, large[0])
	if err := onlyKnown(ctx, tx, "users", ids["users"]); err != nil {
		return err
	}
	if people > small {
		known(ids, large...)
	}
	for _, name := range names {
		if people > 0 && slices.Contains(used, name) {
			continue
		}
		if err := onlyKnown(ctx, tx, name, ids[name]); err != nil {
			return err
		}
	}
	return nil
}

// onlyKnown fails when a table has a row without one of the ids, or without an id.
func onlyKnown(ctx context.Context, tx pgx.Tx, name string, ids map[uuid.UUID]bool) error {
	table := pgx.Identifier{name}.Sanitize()
	if len(ids) == 0 {
		var filled bool
		if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM "+table+")").Scan(&filled); err != nil {
			return fmt.Errorf("look into table %s: %w", name, err)
		}
		if filled {
			return fmt.Errorf("%w: table %s has rows", ErrForeign, name)
		}
		return nil
	}
	rows, err := tx.Query(ctx, "SELECT id FROM "+table)
	if err != nil {
		return fmt.Errorf("look into table %s: %w", name, err)
	}
	var id uuid.UUID
	_, err = pgx.ForEachRow(rows, []any{&id}, func() error {
		if !ids[id] {
			return fmt.Errorf("%w: the row %s of table %s", ErrForeign, id, name)
		}
		return nil
	})
	if err != nil && !errors.Is(err, ErrForeign) {
		return fmt.Errorf("look into table %s: %w", name, err)
	}
	return err
}

// known adds the ids of tables' rows to those known.
func known(ids map[string]map[uuid.UUID]bool, tables ...table) {
	for _, t := range tables {
		if ids[t.name] == nil {
			ids[t.name] = map[uuid.UUID]bool{}
		}
		for i := range t.rows {
			if id, ok := t.row(i)[0].(uuid.UUID); ok {
				ids[t.name][id] = true
			}
		}
	}
}
