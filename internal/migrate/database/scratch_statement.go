package database

import (
	"context"
	"fmt"
	"regexp"
	"strings"
)

const (
	// roleName is a name after the words of a statement.
	roleName = `("(?:[^"]|"")+"|[\pL_][\pL\pN_$]*)`
	// untilSemicolon is the rest of a statement.
	untilSemicolon = `(?:'(?:[^']|'')*'|[^;'])*`
)

var (
	leadingComments = regexp.MustCompile(`\A(?:\s+|--[^\n]*(?:\n|\z)|/\*(?s:.*?)\*/)*`)
	serverStatement = regexp.MustCompile(`(?is)\A(?:` +
		`(?:CREATE|ALTER|DROP)\s+(?:ROLE|GROUP|DATABASE|TABLESPACE|SUBSCRIPTION)\b` +
		`|(?:CREATE|ALTER|DROP)\s+USER\b` +
		`|ALTER\s+SYSTEM\b` +
		`|(?:COMMENT|SECURITY\s+LABEL)\b[^']*?\bON\s+(?:ROLE|DATABASE|TABLESPACE|SUBSCRIPTION)\b` +
		`|(?:GRANT|REVOKE)\b[^'"]*?\bON\s+(?:DATABASE|TABLESPACE|PARAMETER)\b` +
		`|(?:SELECT|INSERT|UPDATE|DELETE|MERGE|WITH|VALUES|CALL|EXPLAIN)\b.*\b` + serverFunctions +
		`|` + serverCopy + `)`)
	userMapping  = regexp.MustCompile(`(?is)\A(?:CREATE|ALTER|DROP)\s+USER\s+MAPPING\b`)
	membership   = regexp.MustCompile(`(?is)\A(?:GRANT|REVOKE)\s`)
	onWord       = regexp.MustCompile(`(?is)\sON\s`)
	createRole   = regexp.MustCompile(`(?is)\ACREATE\s+(?:ROLE|USER|GROUP)\s+` + roleName)
	doBlock      = regexp.MustCompile(`(?is)\ADO\b`)
	roleInBlock  = regexp.MustCompile(`(?is)((?:;|\bBEGIN|\bTHEN|\bELSE|\bLOOP)(?:\s|--[^\n]*\n)*)((?:CREATE|ALTER|DROP)\s+(?:ROLE|USER|GROUP)\s+` + untilSemicolon + `)`)
	serverInside = regexp.MustCompile(`(?is)\b` + serverFunctions + `|(?:` + blockBegins + `|\bEXECUTE\s+(?:format\s*\(\s*)?(?:E?'|\$\w*\$))` + gap + serverCopy)
	// roleExecuted is a command about a role that a block puts together, perhaps not whole.
	roleExecuted = regexp.MustCompile(`(?is)\bEXECUTE\s+(?:format\s*\(\s*)?(?:E?'\s*` + aboutRole + `(?:[^']|'')*'|\$\w*\$\s*` + aboutRole + `[^$]*\$\w*\$)` + untilSemicolon)
	blockRole    = regexp.MustCompile(`(?is)` + aboutRole + `.*`)
)

const (
	gap         = `(?:\s|--[^\n]*\n|/\*.*?\*/)*`
	aboutRole   = `(?:CREATE|ALTER|DROP)\s+(?:ROLE|USER|GROUP)\b`
	blockBegins = `;|\bBEGIN|\bTHEN|\bELSE|\bLOOP`
	// serverCopy reads or writes a file of the server, or runs a program there.
	serverCopy = `(COPY)\b[^;]*?\b(?:FROM|TO)` + gap + `(?:PROGRAM\b|(?:E|U&)?'|\$)`
)

// serverFunctions act on sessions, files and replication of a whole server.
const serverFunctions = `(lo_(?:import|export)|pg_read_(?:binary_)?file|pg_stat_file|pg_ls_\w*dir|pg_file_\w+|pg_logdir_ls|pg_terminate_backend|pg_cancel_backend|pg_reload_conf|pg_rotate_logfile|pg_promote|pg_switch_wal|pg_create_restore_point|pg_(?:create|drop|copy)_\w*replication_slot|pg_wal_replay_\w+|pg_replication_origin_\w+)\s*\(`

// ServerWide reports whether a statement concerns a whole server instead of a database:
// its roles, settings, databases, tablespaces, subscriptions, other sessions, files or
// programs. It is left out on scratch servers.
func ServerWide(statement string) bool {
	text := strings.TrimPrefix(statement, leadingComments.FindString(statement))
	return serverStatement.MatchString(text) && !userMapping.MatchString(text) || membership.MatchString(text) && !onWord.MatchString(text) ||
		doBlock.MatchString(text) && (withoutRoles(text) != text || serverInside.MatchString(text))
}

// local gives what of a statement is run on a scratch server: "" for nothing. Roles that it
// makes are made as stand-ins. What cannot be left out of a block is an error.
func (r *standIns) local(ctx context.Context, statement string) (string, error) {
	if r == nil || !ServerWide(statement) {
		return statement, nil
	}
	text := strings.TrimPrefix(statement, leadingComments.FindString(statement))
	if !doBlock.MatchString(text) {
		return "", r.create(ctx, text)
	}
	if m := serverInside.FindStringSubmatch(text); m != nil {
		return "", fmt.Errorf("try a migration: %s acts on the whole server, not on a database, and cannot be tried: call it by hand, or in a statement of its own, which is left out when migrations are tried", m[1]+m[2])
	}
	for _, statement := range append(roleExecuted.FindAllString(text, -1), roleInBlock.FindAllString(text, -1)...) {
		if err := r.create(ctx, blockRole.FindString(statement)); err != nil {
			return "", err
		}
	}
	return withoutRoles(text), nil
}

// withoutRoles gives a block without the statements about roles.
func withoutRoles(block string) string {
	drop := func(pattern *regexp.Regexp, into string) {
		block = pattern.ReplaceAllStringFunc(block, func(statement string) string {
			if userMapping.MatchString(blockRole.FindString(statement)) {
				return statement
			}
			return pattern.ReplaceAllString(statement, into)
		})
	}
	drop(roleExecuted, "NULL")
	drop(roleInBlock, "${1}NULL")
	return block
}

// create makes the role of a CREATE ROLE, and nothing for another statement.
func (r *standIns) create(ctx context.Context, text string) error {
	m := createRole.FindStringSubmatch(text)
	if m == nil || userMapping.MatchString(text) {
		return nil
	}
	name := strings.ToLower(m[1])
	if inner, ok := strings.CutPrefix(m[1], `"`); ok {
		name = strings.ReplaceAll(strings.TrimSuffix(inner, `"`), `""`, `"`)
	}
	return r.make(ctx, name)
}

// Local gives what of a statement is to be run on the scratch server of a session, ""
// for nothing; see [ServerWide].
func (s *Session) Local(ctx context.Context, statement string) (string, error) {
	return s.s.roles.local(ctx, statement)
}

// WithRoles calls f again after it has failed for want of a role, which is made.
func (s *Session) WithRoles(ctx context.Context, f func() error) error {
	return s.s.roles.withRoles(ctx, f)
}

// DropRoles drops the roles that were made for the session's database. It is called when
// that is gone, by the address of the server's database "postgres".
func (s *Session) DropRoles(ctx context.Context) error { return s.s.roles.drop(ctx) }
