package database

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/sqltext"
)

// Roles belong to a whole server, of which a scratch database is a small part. Those that
// migrations name are made there without a login for as long as a database needs them, and
// have a comment by which everybody knows them. Who uses one may connect to its own scratch
// database by a grant, so that Postgres refuses to drop it before that database is gone;
// the last one drops it. All of it is done on a connection of its own, in transactions so
// short that nobody waits for a file that goes on.
type standIns struct {
	url   string
	names []string // that this database uses
	made  []string // of those, the ones that the server lacked
	held  *Event   // the end of a file that lacked a role and is tried again, not told yet
}

const standInComment = "stands in for a role of the same name while entgraph tries migrations"

// mostRoles bounds how often a file is tried again because it names a role.
const mostRoles = 1000

// roleRoutines are the functions of Postgres that say a role does not exist, whatever the
// language of the message.
var (
	roleRoutines = []string{"get_role_oid", "get_rolespec_oid", "get_rolespec_tuple"}
	quotedName   = regexp.MustCompile(`(?s)["«„“](.*)["»“”]`)
	// settingRoutine refuses the values of all settings; of "role" it says the name alone.
	settingRoutine = "call_string_check_hook"
	oneQuotedName  = regexp.MustCompile(`\A[^"«„“]*["«„“][^"«»„“”]*["»“”][^"«»„“”]*\z`)
)

// missingRole gives the name of the role that a statement failed for, "" for another error.
func missingRole(err error) string {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || !slices.Contains(roleRoutines, pg.Routine) && (pg.Routine != settingRoutine || !oneQuotedName.MatchString(pg.Message)) {
		return ""
	}
	m := quotedName.FindStringSubmatch(pg.Message)
	if m == nil {
		return ""
	}
	return m[1]
}

// withRoles calls f until no role is missing any more that can be made. F must be one that
// can be called again after a failure.
func (r *standIns) withRoles(ctx context.Context, f func() error) error {
	last := ""
	for range mostRoles {
		err := f()
		name := missingRole(err)
		if r == nil || name == "" || name == last {
			return err
		}
		if merr := r.make(ctx, name); merr != nil {
			return errors.Join(err, merr)
		}
		last = name
	}
	return fmt.Errorf("try migrations: they name more than %d roles", mostRoles)
}

// holds keeps the end of a file to itself when a role was missing: the file is tried again.
func (r *standIns) holds(e Event) bool {
	if r == nil {
		return false
	}
	r.held = nil
	if missingRole(e.Err) != "" {
		r.held = &e
	}
	return r.held != nil
}

// again says whether a file has begun already, and is tried again.
func (r *standIns) again(f folder.File) bool {
	return r != nil && r.held != nil && r.held.File.Version == f.Version
}

// tell tells the end of a file that was held and did not succeed in the end, or the roles
// that were made.
func (r *standIns) tell(o UpOptions) {
	if r == nil {
		return
	}
	if r.held != nil {
		o.Progress(*r.held)
	}
	switch len(r.made) {
	case 0:
	case 1:
		o.notice(Event{})("made the role " + r.made[0] + " without a login: migrations name it, and this server lacked it")
	default:
		o.notice(Event{})("made the roles " + strings.Join(r.made, ", ") + " without a login: migrations name them, and this server lacked them")
	}
}

// make makes a role, unless the server has one of that name, and keeps it from being dropped.
func (r *standIns) make(ctx context.Context, names ...string) error {
	for _, name := range names {
		var err error
		for range 5 { // others make and drop the same ones
			if err = r.pin(ctx, name); err == nil || !slices.Contains([]string{pgerrcode.UniqueViolation, pgerrcode.DuplicateObject, pgerrcode.UndefinedObject, pgerrcode.InternalError, pgerrcode.DeadlockDetected}, sqltext.State(err)) {
				break
			}
		}
		if err != nil {
			return fmt.Errorf("make role %s on the scratch server: %w", name, err)
		}
		if !slices.Contains(r.names, name) {
			r.names = append(r.names, name)
		}
	}
	return nil
}

func (r *standIns) pin(ctx context.Context, name string) error {
	conn, err := pgx.Connect(ctx, r.url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // nothing is left to lose
	made := false
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		var there, ours bool
		err := tx.QueryRow(ctx, `SELECT count(*) > 0, coalesce(bool_or(shobj_description(oid, 'pg_authid') = $2), false)
FROM pg_catalog.pg_roles WHERE rolname = $1`, name, standInComment).Scan(&there, &ours)
		if err != nil || there && !ours {
			return err
		}
		role, statements := sqltext.Ident(name), []string{}
		if !there {
			statements = append(statements, "CREATE ROLE "+role+" NOLOGIN", "COMMENT ON ROLE "+role+" IS '"+standInComment+"'")
		}
		statements = append(statements, "GRANT CONNECT ON DATABASE "+sqltext.Ident(conn.Config().Database)+" TO "+role)
		for _, sql := range statements {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return err
			}
		}
		made = !there
		return nil
	})
	if err == nil && made {
		r.made = append(r.made, name)
	}
	return err
}

// drop drops the roles that nobody needs any more; the scratch database is gone.
func (r *standIns) drop(ctx context.Context) error {
	if r == nil || len(r.names) == 0 {
		return nil
	}
	cfg, err := pgx.ParseConfig(r.url)
	if err != nil {
		return err
	}
	cfg.Database = "postgres"
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return fmt.Errorf("drop roles of scratch database: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	rows, err := conn.Query(ctx, `SELECT rolname FROM pg_catalog.pg_roles WHERE shobj_description(oid, 'pg_authid') = $1`, standInComment)
	if err != nil {
		return fmt.Errorf("list roles of scratch databases: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("list roles of scratch databases: %w", err)
	}
	for _, name := range names {
		_, err := conn.Exec(ctx, "DROP ROLE IF EXISTS "+sqltext.Ident(name))
		if err != nil && !slices.Contains([]string{pgerrcode.DependentObjectsStillExist, pgerrcode.UndefinedObject, pgerrcode.InternalError}, sqltext.State(err)) { // others need it, or were faster
			return fmt.Errorf("drop role of scratch databases: %w", err)
		}
	}
	return nil
}
