package schemadiff_test

import (
	"strings"
	"testing"
)

// rightsRoles stay on the server of the tests.
const rightsRoles = `DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['rights_owner', 'rights_rep', 'rights_lead', 'Rights "odd"'] LOOP
    BEGIN EXECUTE format('CREATE ROLE %I', name); EXCEPTION WHEN duplicate_object OR unique_violation THEN END;
  END LOOP;
END $$; GRANT CREATE ON SCHEMA public TO rights_owner;`

// What is dropped and made again has the owner, privileges, comments and settings that it
// had, also those that only the migrated database knows. Rights are what is run on the
// migrated database before, and on the one to compare with.
func TestRightsAreKept(t *testing.T) {
	t.Parallel()
	const table = "CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL);"
	const wide = "CREATE TABLE t (id int PRIMARY KEY, a bigint NOT NULL);"
	const viewRights = `ALTER VIEW v OWNER TO rights_owner; REVOKE ALL ON v FROM rights_owner; GRANT SELECT ON v TO rights_owner, "Rights ""odd""";
GRANT SELECT ON v TO rights_lead WITH GRANT OPTION; GRANT UPDATE (a), INSERT (id, a) ON v TO rights_rep; GRANT SELECT (a) ON v TO rights_lead WITH GRANT OPTION;
COMMENT ON COLUMN v.a IS 'c';`
	const functionRights = `ALTER FUNCTION f(v) OWNER TO rights_owner; REVOKE EXECUTE ON FUNCTION f(v) FROM PUBLIC; GRANT EXECUTE ON FUNCTION f(v) TO rights_rep WITH GRANT OPTION;`
	const function = `CREATE FUNCTION f(x v) RETURNS bigint LANGUAGE sql STABLE LEAKPROOF STRICT SECURITY DEFINER PARALLEL SAFE COST 7 SET search_path = 'public', 'pg_temp' AS $$ SELECT x.a::bigint $$; COMMENT ON FUNCTION f(v) IS 'g';`
	tests := map[string]struct{ base, after, rights string }{
		"view and function": {table + "CREATE VIEW v WITH (security_barrier, security_invoker) AS SELECT id, a FROM t; COMMENT ON VIEW v IS 'b'; COMMENT ON COLUMN v.a IS 'c';" + function,
			wide + "CREATE VIEW v WITH (security_barrier, security_invoker) AS SELECT id, a FROM t; COMMENT ON VIEW v IS 'b'; COMMENT ON COLUMN v.a IS 'c';" + function, viewRights + functionRights},
		"no rights for anybody": {table + "CREATE VIEW v AS SELECT id, a FROM t;" + function, wide + "CREATE VIEW v AS SELECT id, a FROM t;" + function,
			"REVOKE ALL ON v FROM CURRENT_USER; REVOKE ALL ON FUNCTION f(v) FROM PUBLIC, CURRENT_USER"},
		"default privileges": {table + "CREATE VIEW v AS SELECT id, a FROM t; CREATE VIEW w AS SELECT a FROM t;" + function, wide + "CREATE VIEW v AS SELECT id, a FROM t; CREATE VIEW w AS SELECT a FROM t;" + function,
			`GRANT SELECT ON v TO rights_lead; ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO rights_rep; ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO rights_owner;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC; ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO rights_lead`},
		"materialized view": {table + "CREATE MATERIALIZED VIEW v WITH (fillfactor=50) AS SELECT id, a FROM t; CREATE INDEX i ON v (a); COMMENT ON INDEX i IS 'i'",
			wide + "CREATE MATERIALIZED VIEW v WITH (fillfactor=50) AS SELECT id, a FROM t; CREATE INDEX i ON v (a); COMMENT ON INDEX i IS 'i'",
			"ALTER MATERIALIZED VIEW v OWNER TO rights_owner; GRANT SELECT ON v TO rights_rep; GRANT SELECT (a) ON v TO rights_lead"},
		"a column of a view goes": {table + "CREATE VIEW v AS SELECT id, a, 1 AS b FROM t", wide + "CREATE VIEW v AS SELECT id, a FROM t", "GRANT SELECT (a) ON v TO rights_rep"},
		"other schema": {`CREATE SCHEMA "My app"; ` + table + `CREATE VIEW "My app"."V ""w" AS SELECT a FROM t; CREATE FUNCTION "My app"."F 1"(int, x "My app"."V ""w") RETURNS int LANGUAGE sql AS 'SELECT 1'`,
			`CREATE SCHEMA "My app"; ` + wide + `CREATE VIEW "My app"."V ""w" AS SELECT a FROM t; CREATE FUNCTION "My app"."F 1"(int, x "My app"."V ""w") RETURNS int LANGUAGE sql AS 'SELECT 1'`,
			`GRANT CREATE ON SCHEMA "My app" TO rights_owner; ALTER VIEW "My app"."V ""w" OWNER TO rights_owner; GRANT SELECT ON "My app"."V ""w" TO "Rights ""odd"""; REVOKE ALL ON FUNCTION "My app"."F 1"(int, "My app"."V ""w") FROM PUBLIC`},
		"result of a function": {`CREATE FUNCTION f(a int, VARIADIC b text[] DEFAULT '{}') RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'; CREATE PROCEDURE q(int) LANGUAGE sql AS 'SELECT 1'`,
			`CREATE FUNCTION f(a int, VARIADIC b text[] DEFAULT '{}') RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT 1::bigint'; CREATE PROCEDURE q(int) LANGUAGE sql AS 'SELECT 1'`,
			`ALTER FUNCTION f OWNER TO rights_owner; REVOKE ALL ON FUNCTION f FROM PUBLIC; GRANT EXECUTE ON FUNCTION f TO rights_rep; REVOKE ALL ON PROCEDURE q FROM PUBLIC`},
		"function to procedure": {`CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'`, `CREATE PROCEDURE f(a int) LANGUAGE sql AS 'SELECT 1'`,
			`ALTER ROUTINE f OWNER TO rights_owner; REVOKE ALL ON ROUTINE f FROM PUBLIC`},
		"aggregates": {`CREATE FUNCTION plus(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 + $2'; CREATE AGGREGATE total(int) (SFUNC = plus, STYPE = int); CREATE FUNCTION inc(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE AGGREGATE number(*) (SFUNC = inc, STYPE = int, INITCOND = '0')`,
			`CREATE FUNCTION plus(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 + $2'; CREATE AGGREGATE total(int) (SFUNC = plus, STYPE = int, INITCOND = '1'); CREATE FUNCTION inc(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE AGGREGATE number(*) (SFUNC = inc, STYPE = int, INITCOND = '3')`,
			`ALTER AGGREGATE total(int) OWNER TO rights_owner; REVOKE ALL ON FUNCTION total(int) FROM PUBLIC; GRANT EXECUTE ON FUNCTION total(int) TO rights_rep; REVOKE ALL ON FUNCTION number() FROM PUBLIC; ALTER AGGREGATE number(*) OWNER TO rights_owner`},
		"enum and domain": {"CREATE TYPE mood AS ENUM ('a', 'b'); CREATE DOMAIN d AS mood; CREATE TABLE m (x d, y mood)", "CREATE TYPE mood AS ENUM ('b', 'a'); CREATE DOMAIN d AS mood; CREATE TABLE m (x d, y mood)",
			"ALTER TYPE mood OWNER TO rights_owner; REVOKE USAGE ON TYPE mood FROM PUBLIC; GRANT USAGE ON TYPE mood TO rights_rep WITH GRANT OPTION; ALTER DOMAIN d OWNER TO rights_owner; REVOKE USAGE ON DOMAIN d FROM PUBLIC; GRANT SELECT (x, y) ON m TO rights_rep"},
		"range type": {"CREATE TYPE span AS RANGE (SUBTYPE = int); CREATE TABLE m (x span)", "CREATE TYPE span AS RANGE (SUBTYPE = bigint); CREATE TABLE m (x span)",
			"ALTER TYPE span OWNER TO rights_owner; REVOKE USAGE ON TYPE span FROM PUBLIC; GRANT USAGE ON TYPE span TO rights_rep"},
		"generated column": {"CREATE TABLE g (a int, b int GENERATED ALWAYS AS (a + 1) STORED)", "CREATE TABLE g (a int, b int GENERATED ALWAYS AS (a + 2) STORED)",
			"GRANT SELECT (b) ON g TO rights_rep WITH GRANT OPTION; GRANT SELECT (a) ON g TO rights_lead"},
		"serial to identity": {"CREATE TABLE s (id serial PRIMARY KEY)", "CREATE TABLE s (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY)",
			"GRANT USAGE, SELECT ON SEQUENCE s_id_seq TO rights_rep"},
		"statistics": {"CREATE TABLE s (a int, b int); CREATE STATISTICS st (ndistinct) ON a, b FROM s", "CREATE TABLE s (a int, b int); CREATE STATISTICS st (dependencies) ON a, b FROM s",
			"ALTER STATISTICS st OWNER TO rights_owner"},
		"policies, triggers and rules": {table + `ALTER TABLE t ENABLE ROW LEVEL SECURITY; ALTER TABLE t FORCE ROW LEVEL SECURITY; CREATE POLICY p ON t AS RESTRICTIVE FOR UPDATE TO rights_rep, rights_lead USING (a > 1) WITH CHECK (a > 2); COMMENT ON POLICY p ON t IS 'p';
CREATE FUNCTION n() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$; CREATE TRIGGER g AFTER UPDATE OF a ON t FOR EACH ROW EXECUTE FUNCTION n(); ALTER TABLE t ENABLE ALWAYS TRIGGER g; CREATE TRIGGER h AFTER UPDATE OF a ON t FOR EACH ROW EXECUTE FUNCTION n(); ALTER TABLE t DISABLE TRIGGER h;
CREATE UNIQUE INDEX u ON t (a); ALTER TABLE t REPLICA IDENTITY USING INDEX u; ALTER TABLE t CLUSTER ON u; CREATE VIEW v AS SELECT a FROM t; CREATE RULE r AS ON INSERT TO v DO INSTEAD NOTHING; COMMENT ON RULE r ON v IS 'r'`,
			wide + `ALTER TABLE t ENABLE ROW LEVEL SECURITY; ALTER TABLE t FORCE ROW LEVEL SECURITY; CREATE POLICY p ON t AS RESTRICTIVE FOR UPDATE TO rights_rep, rights_lead USING (a > 1) WITH CHECK (a > 2); COMMENT ON POLICY p ON t IS 'p';
CREATE FUNCTION n() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$; CREATE TRIGGER g AFTER UPDATE OF a ON t FOR EACH ROW EXECUTE FUNCTION n(); ALTER TABLE t ENABLE ALWAYS TRIGGER g; CREATE TRIGGER h AFTER UPDATE OF a ON t FOR EACH ROW EXECUTE FUNCTION n(); ALTER TABLE t DISABLE TRIGGER h;
CREATE UNIQUE INDEX u ON t (a); ALTER TABLE t REPLICA IDENTITY USING INDEX u; ALTER TABLE t CLUSTER ON u; CREATE VIEW v AS SELECT a FROM t; CREATE RULE r AS ON INSERT TO v DO INSTEAD NOTHING; COMMENT ON RULE r ON v IS 'r'`,
			"GRANT INSERT ON v TO rights_rep; ALTER TABLE t OWNER TO rights_owner"},
		"across files": {"CREATE TABLE t (id int PRIMARY KEY, a int); CREATE VIEW v AS SELECT id, a FROM t GROUP BY id", "CREATE TABLE t (id bigint, a int, CONSTRAINT other PRIMARY KEY (id)); CREATE VIEW v AS SELECT id, a FROM t GROUP BY id",
			"GRANT SELECT ON v TO rights_rep"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := newJudge(t, rightsRoles+test.base, rightsRoles+test.after, "")
			j.dumped, j.dumpedBack, j.rights = true, true, true
			j.filled.run(t, test.rights)
			j.fresh.run(t, strings.ReplaceAll(test.rights, "COMMENT ON COLUMN v.a IS 'c';", ""))
			j.judge(nil)
			j.again()
		})
	}
}

// The second stage of a change that programs run beside drops columns and what stands on
// them too, and its way back does.
func TestRightsAreKeptByExpansions(t *testing.T) {
	t.Parallel()
	const base = "CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL, b int); CREATE VIEW v AS SELECT id, a FROM t; CREATE FUNCTION f(x v) RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';"
	j := newJudge(t, rightsRoles+base, rightsRoles+strings.Replace(base, "a int NOT NULL", "a bigint NOT NULL", 1), "INSERT INTO t SELECT i, i, i FROM generate_series(1, 5) i")
	j.dumped, j.dumpedBack, j.rights, j.expand = true, true, true, true
	const given = `ALTER VIEW v OWNER TO rights_owner; GRANT SELECT ON v TO rights_rep WITH GRANT OPTION; REVOKE ALL ON FUNCTION f(v) FROM PUBLIC; GRANT EXECUTE ON FUNCTION f(v) TO rights_lead;
GRANT SELECT (a), UPDATE (b) ON t TO rights_rep`
	j.filled.run(t, given)
	j.fresh.run(t, given)
	j.judge(nil)
	if len(j.files) < 3 {
		t.Errorf("%d files", len(j.files))
	}
	j.again()
}
