package schemadiff

import (
	"fmt"
	"slices"
	"strings"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// What is dropped and made again keeps its owner and what others may do with it as the
// database has them when the migration runs: rights are given by hand as well, on servers
// that no plan sees. One statement keeps them before anything is dropped, in a setting of
// the session, and another one gives them back. Postgres knows no better place: a
// temporary table would end with the transaction of a statement that is tried alone.
//
// Every grant is the owner's afterwards, also one that somebody with a grant option gave.

// RightsSetting is the setting of a session that holds the statements which give rights
// back. Files that keep rights name it.
const RightsSetting = "entgraph.rights"

// hasRights are the kinds that are made again and have an owner or privileges.
var hasRights = []Kind{View, Function, Aggregate, Enum, Domain, Composite, Range, Collation, Operator, Statistics, Column, Sequence}

// rights are the objects whose rights have to be kept, by the way in which they are found.
type rights struct {
	relations, routines, types []string // conditions
	columns                    []string // of tables that stay
	pieces                     []string // others, whole
	copies                     []string // grants on a column for another one
}

// remade lists what this plan drops and makes again, of the kinds that have rights.
func (d *disturbance) remade() (all []Key) {
	for _, k := range d.from.keys() {
		if (d.again[k] || d.swapped[k] || d.dropped[k]) && d.to.Objects[k] != nil && slices.Contains(hasRights, k.Kind) {
			all = append(all, k)
		}
	}
	return all
}

// keepRights gives the statement that keeps rights, none for none to keep.
func (p *pair) keepRights(keys []Key) []Statement {
	var r rights
	for _, k := range keys {
		r.add(k, p.to.Objects[k])
	}
	r.pieces = append(r.pieces, p.recounted()...)
	return r.statement()
}

func (r *rights) add(k Key, now *Object) {
	owned := func(kind, catalog, condition, prefix string) {
		r.pieces = append(r.pieces, fmt.Sprintf(`SELECT %s, %s, %sowner, NULL::aclitem[], 'r'::"char" FROM %s WHERE %s`,
			sqltext.Literal(kind), sqltext.Literal(k.simpleName()), prefix, catalog, condition))
	}
	inSchema := func(column, name string) string {
		return fmt.Sprintf("%s = %s AND %s", column, sqltext.Literal(sqltext.Ident(k.Schema))+"::regnamespace", name+" = "+sqltext.Literal(k.Name))
	}
	switch k.Kind {
	case View:
		condition := "c.oid = to_regclass(" + sqltext.Literal(k.ident()) + ")"
		r.relations = append(r.relations, condition)
		r.columns = append(r.columns, condition+" AND a.attname IN ("+literals(namesOf(now))+")")
	case Column:
		r.columns = append(r.columns, "c.oid = to_regclass("+sqltext.Literal(k.onTable())+") AND a.attname = "+sqltext.Literal(k.Name))
	case Function:
		r.routines = append(r.routines, inSchema("p.pronamespace", "quote_ident(p.proname) || '(' || oidvectortypes(p.proargtypes) || ')'"))
	case Aggregate:
		r.routines = append(r.routines, inSchema("p.pronamespace", "p.prokind = 'a' AND quote_ident(p.proname) || '(' || coalesce(nullif(pg_get_function_identity_arguments(p.oid), ''), '*') || ')'"))
	case Enum, Domain, Composite, Range:
		r.types = append(r.types, "t.oid = to_regtype("+sqltext.Literal(k.ident())+")")
	case Collation:
		owned("COLLATION", "pg_collation", inSchema("collnamespace", "collname"), "coll")
	case Statistics:
		owned("STATISTICS", "pg_statistic_ext", inSchema("stxnamespace", "stxname"), "stx")
	case Operator:
		owned("OPERATOR", "pg_operator", inSchema("oprnamespace", "oprname || ' (' || coalesce(format_type(nullif(oprleft, 0), NULL), 'NONE') || ', ' || coalesce(format_type(nullif(oprright, 0), NULL), 'NONE') || ')'"), "opr")
	case Sequence:
		r.sequence(k.ident(), k.ident())
	}
}

// sequence keeps the privileges on a sequence for one that may have another name. Its owner
// is that of its table.
func (r *rights) sequence(was, now string) {
	r.pieces = append(r.pieces, fmt.Sprintf(`SELECT 'SEQUENCE', %s, NULL::oid, c.relacl, 's'::"char" FROM pg_class c WHERE c.oid = to_regclass(%s)`, sqltext.Literal(now), sqltext.Literal(was)))
}

// copyGrants keeps the grants on a column for another one of its table.
func (r *rights) copyGrants(table Key, from, to string) {
	r.copies = append(r.copies, fmt.Sprintf(`
    UNION ALL SELECT 4, %s, 'TABLE', c.oid::regclass::text, c.relowner, a.attacl
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE a.attacl IS NOT NULL AND c.oid = to_regclass(%s) AND a.attname = %s`,
		sqltext.Literal(" ("+sqltext.Ident(to)+")"), sqltext.Literal(table.ident()), sqltext.Literal(from)))
}

// recounted are the sequences of columns that count in another way from now on.
func (p *pair) recounted() []string {
	var r rights
	for _, old := range p.from.of(Column) {
		c := p.to.Objects[old.Key]
		switch {
		case c == nil:
		case old.Identity != "" && c.Identity == "":
			for _, s := range p.to.of(Sequence) {
				if s.Sequence.owns(c.Key) {
					r.sequence(qualified(old.Sequence.Schema, old.Sequence.Name), s.ident())
				}
			}
		case old.Identity == "" && c.Identity != "" && old.Default != "":
			for _, s := range p.from.of(Sequence) {
				if s.Sequence.owns(c.Key) {
					r.sequence(s.ident(), qualified(c.Sequence.Schema, c.Sequence.Name))
				}
			}
		}
	}
	return r.pieces
}

// owns reports whether a column is the one that the sequence belongs to.
func (s *SeqState) owns(c Key) bool {
	return s.OwnerSchema == c.Schema && s.OwnerTable == c.Table && s.OwnerColumn == c.Name
}

func (r *rights) statement() []Statement {
	pieces := slices.Clone(r.pieces)
	for _, class := range []struct {
		format string
		any    []string
	}{
		{`SELECT 'TABLE', c.oid::regclass::text, c.relowner, c.relacl, 'r'::"char" FROM pg_class c WHERE %s`, r.relations},
		{`SELECT 'ROUTINE', p.oid::regprocedure::text, p.proowner, p.proacl, 'f'::"char" FROM pg_proc p WHERE %s`, r.routines},
		{`SELECT 'TYPE', format_type(t.oid, NULL), t.typowner, t.typacl, 'T'::"char" FROM pg_type t WHERE %s`, r.types},
	} {
		if len(class.any) > 0 {
			pieces = append(pieces, fmt.Sprintf(class.format, strings.Join(class.any, "\n      OR ")))
		}
	}
	columns := "false"
	if len(r.columns) > 0 {
		columns = "(" + strings.Join(r.columns, "\n      OR ") + ")"
	}
	switch {
	case len(pieces)+len(r.columns)+len(r.copies) == 0:
		return nil
	case len(pieces) == 0:
		pieces = []string{`SELECT NULL::text, NULL::text, NULL::oid, NULL::aclitem[], 'r'::"char" WHERE false`}
	}
	return []Statement{query(fmt.Sprintf(keepQuery, strings.Join(pieces, "\n    UNION ALL "), columns+strings.Join(r.copies, "")))}
}

// keepQuery takes the objects and the condition on columns. New objects begin with the
// default privileges of the role that makes them, which are taken from them first.
const keepQuery = `set_config('` + RightsSetting + `', coalesce(string_agg(statement, '; ' ORDER BY place, statement), ''), false) FROM (
  WITH made (kind, name, owner, acl, class) AS (
    %s
  ), defaults AS (
    SELECT DISTINCT g.grantee FROM pg_default_acl d, aclexplode(d.defaclacl) g WHERE d.defaclrole = current_user::regrole
  ), given (place, what, kind, name, owner, acl) AS (
    SELECT 3, '', kind, name, owner, coalesce(acl, acldefault(class, owner)) FROM made
      WHERE acl IS NOT NULL OR owner IS NOT NULL AND EXISTS (SELECT FROM defaults)
    UNION ALL SELECT 4, format(' (%%I)', a.attname), 'TABLE', c.oid::regclass::text, c.relowner, a.attacl
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE a.attacl IS NOT NULL AND %s
  ), roles (oid, name) AS (
    SELECT oid, quote_ident(rolname) FROM pg_roles UNION ALL SELECT 0, 'PUBLIC'
  )
  SELECT 1, format('ALTER %%s %%s OWNER TO %%s', kind, made.name, roles.name) FROM made JOIN roles ON roles.oid = owner
  UNION ALL SELECT 2, format('REVOKE ALL ON %%s %%s FROM %%s', kind, given.name, roles.name) FROM given, roles
    WHERE place = 3 AND (roles.oid IN (0, owner) OR roles.oid IN (SELECT grantee FROM defaults))
  UNION ALL SELECT place, format('GRANT %%s%%s ON %%s %%s TO %%s', privilege_type, what, kind, given.name, roles.name)
    || CASE WHEN is_grantable AND grantee <> owner THEN ' WITH GRANT OPTION' ELSE '' END
    FROM given, aclexplode(acl) JOIN roles ON roles.oid = grantee
) AS rights (place, statement)`

// restoreRights gives back what keepRights has kept.
var restoreRights = writing(`DO $rights$
BEGIN
  EXECUTE current_setting('` + RightsSetting + `');
END
$rights$`)

func literals(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = sqltext.Literal(n)
	}
	return strings.Join(quoted, ", ")
}

func namesOf(o *Object) (names []string) {
	for _, part := range o.Parts {
		names = append(names, part.Name)
	}
	return names
}
