package schemadiff

import (
	"context"
	"errors"
	"fmt"
)

// trial is the database without rows that statements are tried in.
type trial struct {
	ctx  context.Context
	conn Conn
}

// try runs statements.
func (t *trial) try(statements ...Statement) error {
	for _, s := range statements {
		if err := t.exec(s.SQL); err != nil {
			return err
		}
	}
	return nil
}

func (t *trial) exec(sql string) error {
	if _, err := t.conn.ExecContext(t.ctx, sql); err != nil {
		return fmt.Errorf("try planned statement: %w\n%s", err, sql)
	}
	return nil
}

// perform runs a step and gives its statements.
func (t *trial) perform(s step) (statements []Statement, err error) {
	statements = []Statement{s.Statement}
	if s.done {
		return statements, nil
	}
	if s.more != nil {
		if statements, err = s.more(); err != nil {
			return nil, err
		}
	}
	return statements, t.try(statements...)
}

// aside runs f in a transaction that is rolled back. A statement that fails does not
// end it.
func (t *trial) aside(f func() error) (err error) {
	if _, err := t.conn.ExecContext(t.ctx, "BEGIN"); err != nil {
		return fmt.Errorf("try on a copy: %w", err)
	}
	defer func() {
		if _, rerr := t.conn.ExecContext(context.WithoutCancel(t.ctx), "ROLLBACK"); rerr != nil {
			err = errors.Join(err, fmt.Errorf("try on a copy: %w", rerr))
		}
	}()
	return f()
}

// scan reads one text.
func (t *trial) scan(into *string, query string) error {
	rows, err := t.conn.QueryContext(t.ctx, query)
	if err != nil {
		return fmt.Errorf("ask about tables: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(into); err != nil {
			return fmt.Errorf("ask about tables: %w", err)
		}
	}
	return rows.Err()
}
