package database

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"

	atlas "ariga.io/atlas/sql/migrate"
	"github.com/jackc/pgerrcode"

	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
	"github.com/entgraph/entgraph/internal/sqltext"
)

// explain says where in the file an error of the executor happened.
func (s *session) explain(err error, file *atlas.LocalFile) error {
	var (
		stmt    *atlas.StmtExecError
		changed atlas.HistoryChangedError
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &stmt):
		return s.statementError(file, stmt.Stmt, stmt.Err)
	case errors.As(err, &changed):
		return migrate.Refuse(migrate.ErrEdited, fmt.Sprintf("%s, statement %d was already applied", changed.File, changed.Stmt),
			"restore the statements that were applied; later ones may change")
	case connectionLost(err):
		return fmt.Errorf("apply %s: %w; %s", file.Name(), err, adviceLost)
	}
	return fmt.Errorf("apply %s: %w", file.Name(), err)
}

// statementError says which statement of a file failed, and what helps.
func (s *session) statementError(file *atlas.LocalFile, stmt *atlas.Stmt, cause error) *migrate.StatementError {
	out := &migrate.StatementError{File: file.Name(), Line: folder.Line(file, stmt), SQL: stmt.Text, Err: cause}
	if stmts, err := folder.Statements(file); err == nil {
		for i, other := range stmts {
			if other.Pos == stmt.Pos {
				out.Statement = i + 1
			}
		}
	}
	out.Advice = s.advice(cause)
	if _, concurrent := parseConcurrentIndex(stmt.Text); concurrent && sqltext.State(cause) == pgerrcode.UniqueViolation {
		out.Advice = "remove the duplicate values and run the same command again; it drops the invalid index first"
	}
	return out
}

const adviceLost = "the connection was lost; when the server can be reached, run the same command again: it goes on where this one stopped"

func (s *session) advice(cause error) string {
	switch state := sqltext.State(cause); {
	case outsideTransaction(cause):
		return `begin the file with the line "` + sqlfile.NoTransaction + `" and an empty line`
	case state == pgerrcode.UnsafeNewEnumValueUsage:
		return "use the new value in a later file: it is not there before this one is committed"
	case state == pgerrcode.LockNotAvailable, state == pgerrcode.QueryCanceled: // by statement_timeout or by somebody
		if b := s.blocker.Load(); b != nil {
			return "it waited for " + describeBlockers(*b)
		}
		if state == pgerrcode.LockNotAvailable {
			return "another session holds the lock; try again when it has ended"
		}
	case connectionLost(cause):
		return adviceLost
	}
	return ""
}

// connectionLost says whether the connection to the server is gone.
func connectionLost(err error) bool {
	switch sqltext.State(err) {
	case pgerrcode.AdminShutdown, pgerrcode.CrashShutdown: // the server was stopped or has crashed
		return true
	case "":
		var network *net.OpError
		return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
			errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone)
	}
	return false
}
