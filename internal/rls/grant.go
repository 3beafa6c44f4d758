package rls

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/internal/sqltext"
)

// Revisions is the table in which migrations are recorded; a server reads it to know that
// the schema fits.
const Revisions = sqlfile.Revisions

// ErrNoTables tells that there is nothing yet to grant.
var ErrNoTables = errors.New("the tables are not there yet; run first: migrate up")

// Grant lists the statements that give a server's role what it needs and nothing more:
// the role itself when there is none, reading and writing of the tables, of those that
// later migrations of the same owner make as well, and the functions of the rules, which
// nobody else may call then. A new role has no password. It fails with an [Error] for a
// role that policies do not bind. q is a connection of the tables' owner.
func Grant(ctx context.Context, q postgres.Querier, r Rules, role string) ([]string, error) {
	if problems, err := roleProblems(ctx, q, r, role); err != nil {
		return nil, fmt.Errorf("read the role: %w", err)
	} else if len(problems) > 0 {
		return nil, &Error{problems}
	}
	s, err := readState(ctx, q, r, role)
	if err != nil {
		return nil, fmt.Errorf("read the privileges: %w", err)
	}
	if s.Tables < len(r.Tables)+len(r.Views) {
		return nil, ErrNoTables
	}
	to := " TO " + sqltext.Ident(role)
	var out []string
	if !s.Exists {
		out = append(out, "CREATE ROLE "+sqltext.Ident(role)+" LOGIN")
	}
	schemas := r.schemas()
	const dml = "GRANT SELECT, INSERT, UPDATE, DELETE "
	out = append(out,
		"GRANT CONNECT ON DATABASE "+sqltext.Ident(s.Database)+to,
		"GRANT USAGE ON SCHEMA "+schemas+to,
		dml+"ON "+strings.Join(relations(r.Tables), ", ")+to,
		"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA "+schemas+to,
	)
	if len(r.Views) > 0 {
		out = append(out, "GRANT SELECT ON "+strings.Join(relations(r.Views), ", ")+to)
	}
	out = append(out, r.grantTheirs(s, to)...)
	if s.Revisions {
		out = append(out, "REVOKE ALL ON "+sqltext.Table("", Revisions)+" FROM "+sqltext.Ident(role), "GRANT SELECT ON "+sqltext.Table("", Revisions)+to)
	}
	for _, o := range r.Objects {
		if o.Kind == Function {
			out = append(out, "REVOKE ALL ON FUNCTION "+o.signature()+" FROM PUBLIC", "GRANT EXECUTE ON FUNCTION "+o.signature()+to)
		}
	}
	return append(out,
		"ALTER DEFAULT PRIVILEGES IN SCHEMA "+schemas+" "+dml+"ON TABLES"+to,
		"ALTER DEFAULT PRIVILEGES IN SCHEMA "+schemas+" GRANT USAGE, SELECT ON SEQUENCES"+to,
		"ALTER DEFAULT PRIVILEGES IN SCHEMA "+schemas+" GRANT EXECUTE ON FUNCTIONS"+to,
	), nil
}

// grantTheirs lets a role use those tables of others, by their number, that the owner of ours may
// grant, such as what stands in for them in development.
func (r Rules) grantTheirs(s grantState, to string) (out []string) {
	var schemas, tables []string
	for _, n := range s.Theirs {
		t := r.External[n]
		if schema := sqltext.Ident(cmp.Or(t.Schema, sqltext.Public)); !slices.Contains(schemas, schema) {
			schemas = append(schemas, schema)
		}
		tables = append(tables, t.sql())
	}
	if len(tables) == 0 {
		return nil
	}
	out = []string{"GRANT USAGE ON SCHEMA " + strings.Join(schemas, ", ") + to, "GRANT SELECT, INSERT, UPDATE, DELETE ON " + strings.Join(tables, ", ") + to}
	if len(s.Sequences) > 0 {
		out = append(out, "GRANT USAGE, SELECT ON SEQUENCE "+strings.Join(s.Sequences, ", ")+to)
	}
	return out
}

// schemas lists the schemas of what is granted, public first.
func (r Rules) schemas() string {
	list := []string{sqltext.Public}
	all := slices.Clone(r.Types)
	for _, t := range slices.Concat(r.Tables, r.Views) {
		all = append(all, t.Schema)
	}
	for _, schema := range all {
		if name := sqltext.Ident(schema); schema != "" && schema != sqltext.Public && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return strings.Join(list, ", ")
}

// grantState is what Grant needs to know of the database.
type grantState struct {
	Database  string
	Exists    bool
	Tables    int
	Revisions bool
	Theirs    []int32  // which tables of others belong to who grants
	Sequences []string // of these, as SQL
}

func readState(ctx context.Context, q postgres.Querier, r Rules, role string) (grantState, error) {
	rows, err := q.Query(ctx, `SELECT current_database()::text, EXISTS (SELECT FROM pg_roles WHERE rolname = $1),
		(SELECT count(to_regclass(name)) FROM unnest($2::text[]) AS t(name))::int,
		EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname = $3),
		ARRAY(SELECT (n - 1)::int FROM unnest($4::text[]) WITH ORDINALITY AS t(name, n) JOIN `+catalog+` c ON c.name = t.name
			WHERE pg_has_role(c.relowner, 'USAGE') AND has_schema_privilege(c.relnamespace, 'USAGE WITH GRANT OPTION') ORDER BY n),
		ARRAY(SELECT format('%I.%I', n.nspname, q.relname) FROM `+catalog+` c JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid AND d.deptype IN ('a', 'i')
			JOIN pg_class q ON q.oid = d.objid AND d.classid = 'pg_class'::regclass AND q.relkind = 'S' JOIN pg_namespace n ON n.oid = q.relnamespace
			WHERE c.name = ANY ($4::text[]) AND pg_has_role(q.relowner, 'USAGE') ORDER BY 1)`, role, relations(r.Tables, r.Views), Revisions, keys(r.External))
	if err != nil {
		return grantState{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[grantState])
}
