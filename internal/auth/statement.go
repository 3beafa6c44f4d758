package auth

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/sqltext"
	"github.com/entgraph/entgraph/viewer"
)

// statements are those of sign-in, on the tables and columns of one app. A statement whose
// table or column the app does not have is "". The columns of the tables that package kit
// declares are always called the same.
type statements struct {
	byID, byUsername, byEmail string // a user's id, role and hash of the password
	replaceHash               string
	usernameTaken, joinable   string

	session, touchSession, beginSession, revoke, revokeAll string
	token, touchToken, countTokens                         string
	identity, identityOf, link                             string
	within, count, sweep, forget                           string
}

func newStatements(a entity.Account) statements {
	s := statements{}
	s.addUsers(a)
	s.addSessions(a)
	s.addTokens(a)
	s.addIdentities(a)
	s.addAttempts(a)
	return s
}

// sqlFor puts names into a statement, quoted: {name} is that of the map. Without one of the
// tables or columns, "", there is no statement.
func sqlFor(text string, names map[string]string) string {
	pairs := make([]string, 0, 2*len(names))
	for mark, name := range names {
		if name == "" {
			if strings.Contains(text, "{"+mark+"}") {
				return ""
			}
			continue
		}
		pairs = append(pairs, "{"+mark+"}", sqltext.Ident(name))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// who reads the id and the role of the user u.
func who(a entity.Account) string {
	if a.Role == "" {
		return sqlFor(`u.{id}, ''`, map[string]string{"id": a.IDColumn()})
	}
	return sqlFor(`u.{id}, coalesce(u.{role}::text, '')`, map[string]string{"id": a.IDColumn(), "role": a.Role})
}

func (s *statements) addUsers(a entity.Account) {
	names := map[string]string{"users": a.Table, "id": a.IDColumn(), "username": a.Username, "email": a.Email, "hash": a.PasswordHash, "identities": a.Identities}
	hash := sqlFor(`u.{hash}`, names)
	find := "SELECT " + who(a) + ", " + hash + " FROM public.{users} u WHERE "
	hasHash := "u.{hash} IS NOT NULL OR "
	if hash == "" {
		find = "SELECT " + who(a) + ", NULL::text FROM public.{users} u WHERE "
		hasHash = ""
	}
	s.byID = sqlFor(find+"u.{id} = $1", names)
	s.byUsername = sqlFor(find+"u.{username} = $1", names)
	s.byEmail = sqlFor(find+"u.{email} = $1", names)
	s.replaceHash = sqlFor(`UPDATE public.{users} SET {hash} = $3 WHERE {id} = $1 AND {hash} = $2`, names)
	s.usernameTaken = sqlFor(`SELECT EXISTS (SELECT FROM public.{users} WHERE {username} = $1)`, names)
	s.joinable = sqlFor(`SELECT u.{id}, NOT (`+hasHash+`EXISTS (SELECT FROM public.{identities} i WHERE i.user_id = u.{id}))
		FROM public.{users} u WHERE u.{email} = $1`, names)
}

func (s *statements) addSessions(a entity.Account) {
	names := map[string]string{"users": a.Table, "id": a.IDColumn(), "sessions": a.Sessions}
	s.session = sqlFor(`SELECT s.id, `+who(a)+`, false, s.used_at < now() - $2::interval
		FROM public.{sessions} s JOIN public.{users} u ON u.{id} = s.user_id
		WHERE s.token_hash = $1 AND s.expires_at > now() AND s.used_at > now() - $3::interval`, names)
	s.touchSession = sqlFor(`UPDATE public.{sessions} SET used_at = now() WHERE id = $1`, names)
	s.beginSession = sqlFor(`WITH gone AS (
			DELETE FROM public.{sessions} WHERE user_id = $1 AND (expires_at < now() OR used_at < now() - $4::interval
				OR id IN (SELECT id FROM public.{sessions} WHERE user_id = $1 ORDER BY used_at DESC, id DESC OFFSET $5)))
		INSERT INTO public.{sessions} (user_id, token_hash, used_at, expires_at) VALUES ($1, $2, now(), now() + $3::interval)`, names)
	s.revoke = sqlFor(`DELETE FROM public.{sessions} WHERE token_hash = $1`, names)
	s.revokeAll = sqlFor(`DELETE FROM public.{sessions} WHERE user_id = $1`, names)
}

func (s *statements) addTokens(a entity.Account) {
	names := map[string]string{"users": a.Table, "id": a.IDColumn(), "tokens": a.Tokens}
	s.token = sqlFor(`SELECT t.id, `+who(a)+`, t.scope = 'READ', coalesce(t.used_at < now() - $2::interval, true)
		FROM public.{tokens} t JOIN public.{users} u ON u.{id} = t.user_id
		WHERE t.token_hash = $1 AND t.expires_at > now()`, names)
	s.touchToken = sqlFor(`UPDATE public.{tokens} SET used_at = now() WHERE id = $1`, names)
	s.countTokens = sqlFor(`WITH gone AS (DELETE FROM public.{tokens} WHERE user_id = $1 AND expires_at <= now())
		SELECT count(*) FROM public.{tokens} WHERE user_id = $1 AND expires_at > now()`, names)
}

func (s *statements) addIdentities(a entity.Account) {
	names := map[string]string{"users": a.Table, "id": a.IDColumn(), "identities": a.Identities}
	s.identity = sqlFor(`SELECT `+who(a)+` FROM public.{identities} i JOIN public.{users} u ON u.{id} = i.user_id
		WHERE i.issuer = $1 AND i.subject = $2`, names)
	s.identityOf = sqlFor(`SELECT user_id FROM public.{identities} WHERE issuer = $1 AND subject = $2`, names)
	s.link = sqlFor(`INSERT INTO public.{identities} (issuer, subject, user_id) VALUES ($1, $2, $3)`, names)
}

func (s *statements) addAttempts(a entity.Account) {
	names := map[string]string{"attempts": a.Attempts}
	s.within, s.count = sqlFor(fullAttempts, names), sqlFor(countAttempts, names)
	s.sweep, s.forget = sqlFor(sweepAttempts, names), sqlFor(`DELETE FROM public.{attempts} WHERE id = $1`, names)
}

// system is the context of what only the program itself reads and writes, such as sessions
// and hashes of passwords.
func system(ctx context.Context) context.Context { return viewer.NewContext(ctx, viewer.System()) }

// exec runs a statement in a transaction, as the program itself. The error tells what could
// not be done.
func exec(ctx context.Context, w *entity.Write, what, sql string, args ...any) (pgconn.CommandTag, error) {
	tag, err := w.Tx.Exec(system(ctx), sql, args...)
	if err != nil {
		return tag, fmt.Errorf("%s: %w", what, err)
	}
	return tag, nil
}

// row reads the one row of a statement in a transaction, as the program itself. Without one
// it fails with pgx.ErrNoRows.
func row[T any](ctx context.Context, w *entity.Write, what string, to pgx.RowToFunc[T], sql string, args ...any) (v T, err error) {
	rows, err := w.Tx.Query(system(ctx), sql, args...)
	if err == nil {
		v, err = pgx.CollectExactlyOneRow(rows, to)
	}
	if err != nil {
		return v, fmt.Errorf("%s: %w", what, err)
	}
	return v, nil
}
