package database

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// ChangesRole finds statements that may become another role, such as SET ROLE.
var ChangesRole = regexp.MustCompile(`(?i)\b(?:ROLE|AUTHORIZATION)\b`)

// asSelf calls f, which reads or writes revisions, as the role that has connected, whomever
// the statements before it have become. They go on as that one. All of it is local to a
// transaction, so that what they have set for it alone, and for the session, stays so.
func (s *session) asSelf(ctx context.Context, f func() error) (err error) {
	if !s.became {
		return f()
	}
	var conn *pgx.Conn
	err = s.conn.Raw(func(driver any) error {
		c, ok := driver.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("open connection: not one of pgx but %T", driver)
		}
		conn = c.Conn()
		return nil
	})
	if err != nil {
		return err
	}
	switch conn.PgConn().TxStatus() {
	case 'E':
		return f()
	case 'I':
		if err := s.begin(ctx); err != nil {
			return err
		}
		defer func() {
			if err != nil {
				err = errors.Join(err, s.rollback(ctx))
			} else {
				err = s.commit(ctx)
			}
		}()
	}
	var user, role string
	if err := s.conn.QueryRowContext(ctx, `SELECT session_user, pg_catalog.current_setting('role')`).Scan(&user, &role); err != nil {
		return fmt.Errorf("look for the role: %w", err)
	}
	self, again := "SET LOCAL role TO DEFAULT", "SET LOCAL ROLE "+sqltext.Ident(role)
	if role == "none" {
		again = "SET LOCAL ROLE NONE"
	}
	if user != conn.Config().User { // else the role, which depends on it, is left alone
		self, again = "SET LOCAL SESSION AUTHORIZATION DEFAULT; "+self, "SET LOCAL SESSION AUTHORIZATION "+sqltext.Ident(user)+"; "+again
	}
	for _, do := range []func() error{s.becoming(ctx, self), f, s.becoming(ctx, again)} {
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) becoming(ctx context.Context, sql string) func() error {
	return func() error {
		if _, err := s.conn.ExecContext(ctx, sql); err != nil {
			return fmt.Errorf("change the role: %w", err)
		}
		return nil
	}
}
