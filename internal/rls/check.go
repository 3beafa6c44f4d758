package rls

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/postgres"
)

// Error tells why row-level security does not hold for a role.
type Error struct {
	// Problems are what is wrong, each with what to do about it.
	Problems []string
}

// Error lists the problems, one a line.
func (e *Error) Error() string {
	return "row-level security does not hold:\n  " + strings.Join(e.Problems, "\n  ")
}

const (
	grantHint   = "use a role of its own, made by: migrate grant ROLE"
	migrateHint = "bring the database up to date with: migrate up; what was changed by hand is shown by: schema drift"
)

// Check fails with an [Error] unless the rules bind the role of the connection: it is no
// superuser, has no BYPASSRLS and owns no table, every table has row-level security, the
// policies, triggers and functions are those of the rules and no others, and the role has
// the privileges that a server needs. It trusts the comments of the objects, which change
// with the rules: a policy that somebody replaced under the same comment is found by a
// comparison of schemas alone.
func Check(ctx context.Context, q postgres.Querier, r Rules) error {
	var problems []string
	for _, check := range []func(context.Context, postgres.Querier, Rules) ([]string, error){checkRole, checkTables, checkObjects} {
		found, err := check(ctx, q, r)
		if err != nil {
			return fmt.Errorf("check row-level security: %w", err)
		}
		problems = append(problems, found...)
	}
	if len(problems) > 0 {
		return &Error{problems}
	}
	return nil
}

// Bound reports whether row-level security binds the role of the connection, so that a
// server which tells nobody who asks would find nothing.
func Bound(ctx context.Context, q postgres.Querier, r Rules) (bool, error) {
	rows, err := q.Query(ctx, `SELECT c.oid FROM pg_class c WHERE `+ours+` AND c.relkind IN ('r', 'p') AND row_security_active(c.oid)`, keys(r.Tables))
	if err != nil {
		return false, fmt.Errorf("look for row-level security: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[uint32])
	if err != nil {
		return false, fmt.Errorf("look for row-level security: %w", err)
	}
	return len(found) > 0, nil
}

func checkRole(ctx context.Context, q postgres.Querier, r Rules) ([]string, error) {
	return roleProblems(ctx, q, r, "")
}

// roleProblems says why policies do not bind a role, by default that of the connection.
func roleProblems(ctx context.Context, q postgres.Querier, r Rules, role string) ([]string, error) {
	rows, err := q.Query(ctx, `SELECT r.rolname::text, r.rolsuper, r.rolbypassrls, coalesce((
			SELECT string_agg(c.relname, ', ' ORDER BY c.relname) FROM pg_class c
			WHERE (c.relnamespace = 'public'::regnamespace OR c.oid IN (SELECT oid FROM `+catalog+` named WHERE name = ANY ($2::text[]))) AND c.relkind IN ('r', 'p', 'v', 'm') AND pg_has_role(r.oid, c.relowner, 'MEMBER')), '')
		FROM pg_roles r WHERE r.rolname = coalesce(nullif($1, ''), current_user)`, role, keys(r.Tables, r.Views, r.External))
	if err != nil {
		return nil, err
	}
	type state struct {
		Name          string
		Super, Bypass bool
		Owns          string
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[state])
	if err != nil {
		return nil, err
	}
	var problems []string
	for _, s := range found {
		switch {
		case s.Super:
			problems = append(problems, fmt.Sprintf("the role %q is a superuser, and no policy binds a superuser; %s", s.Name, grantHint))
		case s.Bypass:
			problems = append(problems, fmt.Sprintf("the role %q has BYPASSRLS; %s", s.Name, grantHint))
		case s.Owns != "":
			problems = append(problems, fmt.Sprintf("the role %q owns %s, or belongs to a role that does, and no policy binds an owner; %s", s.Name, s.Owns, grantHint))
		}
	}
	return problems, nil
}

func checkTables(ctx context.Context, q postgres.Querier, r Rules) ([]string, error) {
	rows, err := q.Query(ctx, `SELECT t.n, c.oid IS NULL, coalesce(c.relrowsecurity, false),
			coalesce(has_schema_privilege(c.relnamespace, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
				AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE'), false)
		FROM unnest($1::text[]) WITH ORDINALITY AS t(name, n)
		LEFT JOIN `+catalog+` c ON c.name = t.name AND c.relkind IN ('r', 'p')
		ORDER BY t.n`, keys(r.Tables))
	if err != nil {
		return nil, err
	}
	var problems []string
	var n int
	var missing, secured, granted bool
	_, err = pgx.ForEachRow(rows, []any{&n, &missing, &secured, &granted}, func() error {
		switch name := r.Tables[n-1]; {
		case missing:
			problems = append(problems, fmt.Sprintf("the table %s is missing; %s", name, migrateHint))
		case !secured && slices.Contains(r.Unsecured, name):
			problems = append(problems, fmt.Sprintf("the schema of %s leaves it without row-level security: remove entity.NoRowSecurity(), or serve with DATABASE_RLS=off", name))
		case !secured:
			problems = append(problems, fmt.Sprintf("row-level security of %s is off; %s", name, migrateHint))
		case !granted:
			problems = append(problems, fmt.Sprintf("the role may not read and write %s; grant it with: migrate grant ROLE", name))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	others, err := checkOthers(ctx, q, r)
	return append(problems, others...), err
}

// checkOthers looks whether the role may read what has no rules of ours.
func checkOthers(ctx context.Context, q postgres.Querier, r Rules) ([]string, error) {
	all := slices.Concat(r.Views, r.External)
	rows, err := q.Query(ctx, `SELECT n, c.oid IS NULL, coalesce(has_schema_privilege(c.relnamespace, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'), false)
		FROM unnest($1::text[]) WITH ORDINALITY AS t(name, n) LEFT JOIN `+catalog+` c ON c.name = t.name ORDER BY n`, keys(all))
	if err != nil {
		return nil, err
	}
	var problems []string
	var n int
	var missing, granted bool
	_, err = pgx.ForEachRow(rows, []any{&n, &missing, &granted}, func() error {
		switch who := grantHint; {
		case missing && n <= len(r.Views):
			problems = append(problems, fmt.Sprintf("the view %s is missing; %s", all[n-1], migrateHint))
		case missing:
			problems = append(problems, fmt.Sprintf("the table %s is missing, which others make", all[n-1]))
		case !granted:
			if n > len(r.Views) {
				who = "its owner grants that"
			}
			problems = append(problems, fmt.Sprintf("the role may not read %s; %s", all[n-1], who))
		}
		return nil
	})
	return problems, err
}

// shown is the name of a relation as [Relation.String] gives it.
const shown = `CASE c.relnamespace WHEN 'public'::regnamespace THEN '' ELSE (SELECT nspname FROM pg_namespace WHERE oid = c.relnamespace) || '.' END || c.relname`

// ours says of a pg_class c that it is one of the tables.
const ours = `c.oid IN (SELECT oid FROM ` + catalog + ` named WHERE name = ANY ($1::text[]))`

// catalog has the tables and views by name, as [keys] gives it. The function to_regclass fails for
// a schema that the role may not use.
const catalog = `(SELECT k.oid, k.relkind, k.relnamespace, k.relowner, k.relrowsecurity, '"' || replace(s.nspname, '"', '""') || '"."' || replace(k.relname, '"', '""') || '"' AS name
	FROM pg_class k JOIN pg_namespace s ON s.oid = k.relnamespace WHERE k.relkind IN ('r', 'p', 'v', 'm', 'f'))`

// selectObjects gives what applies to the role of the connection: kind, table, name, the
// comment, and for what is ours by its name whether it is in force.
const selectObjects = `SELECT 'policy', ` + shown + `, p.polname::text, coalesce(obj_description(p.oid, 'pg_policy'), ''), true
	FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
	WHERE ` + ours + `
		AND EXISTS (SELECT FROM unnest(p.polroles) AS r(oid) WHERE r.oid = 0 OR pg_has_role(r.oid, 'USAGE'))
	UNION ALL
	SELECT 'trigger', ` + shown + `, t.tgname, coalesce(obj_description(t.oid, 'pg_trigger'), ''), t.tgenabled IN ('O', 'A')
	FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
	WHERE ` + ours + ` AND t.tgname LIKE 'entgraph\_%'
	UNION ALL
	SELECT 'function', '', f.proname, coalesce(obj_description(f.oid, 'pg_proc'), ''), has_function_privilege(f.oid, 'EXECUTE') OR f.prorettype = 'trigger'::regtype
	FROM pg_proc f WHERE f.pronamespace = 'public'::regnamespace AND f.proname LIKE 'entgraph\_%'`

func checkObjects(ctx context.Context, q postgres.Querier, r Rules) ([]string, error) {
	want := map[[3]string]string{}
	for _, o := range r.Objects {
		want[[3]string{string(o.Kind), o.Table.String(), o.Name}] = o.Mark()
	}
	rows, err := q.Query(ctx, selectObjects, keys(r.Tables))
	if err != nil {
		return nil, err
	}
	var problems []string
	var key [3]string
	var mark string
	var inForce bool
	_, err = pgx.ForEachRow(rows, []any{&key[0], &key[1], &key[2], &mark, &inForce}, func() error {
		switch wanted, known := want[key]; {
		case !known && key[0] == string(Policy):
			problems = append(problems, fmt.Sprintf("%s is not one of the program's; drop it, or make it for roles other than this one", describe(key)))
		case known && wanted != mark:
			problems = append(problems, fmt.Sprintf("%s was made from other rules; %s", describe(key), migrateHint))
		case known && !inForce:
			problems = append(problems, fmt.Sprintf("%s is disabled or may not be used; %s", describe(key), grantHint))
		}
		delete(want, key)
		return nil
	})
	for missing := range want {
		problems = append(problems, fmt.Sprintf("%s is missing; %s", describe(missing), migrateHint))
	}
	slices.Sort(problems)
	return problems, err
}

func describe(key [3]string) string {
	if key[1] == "" {
		return key[0] + " " + key[2]
	}
	return key[0] + " " + key[2] + " on " + key[1]
}
