package schemadiff_test

import (
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

// What programs of the schema before need not know of, and what disturbs them.
func TestBreaks(t *testing.T) {
	t.Parallel()
	const start = `CREATE TABLE users (id int PRIMARY KEY, name varchar(10) NOT NULL, bio text DEFAULT 'x', n int);
		CREATE INDEX users_bio ON users (bio); CREATE UNIQUE INDEX users_n ON users (n);
		CREATE VIEW names AS SELECT id FROM users; CREATE TYPE mood AS ENUM ('glad'); CREATE SEQUENCE numbers;
		CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1';
		ALTER TABLE users ADD CONSTRAINT late CHECK (n < 9) NOT VALID;
		CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';`
	for sql, want := range map[string]string{ // "" for what is harmless
		`CREATE TABLE posts (id int PRIMARY KEY, author int NOT NULL UNIQUE REFERENCES users CHECK (author > 0))`:                                                                          "",
		`CREATE TABLE posts (id int); CREATE TRIGGER t BEFORE INSERT ON posts FOR EACH ROW EXECUTE FUNCTION stop(); ALTER TABLE posts ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON posts`: "",
		`ALTER TABLE users ADD COLUMN age int`:                                         "",
		`ALTER TABLE users ADD COLUMN age int NOT NULL DEFAULT 0`:                      "",
		`ALTER TABLE users ADD COLUMN age int UNIQUE CHECK (age > 0) REFERENCES users`: "",
		`ALTER TABLE users ADD COLUMN age int GENERATED ALWAYS AS (n + 1) STORED`:      "",
		`CREATE INDEX users_name ON users (name)`:                                      "",
		`DROP INDEX users_bio`:                       "",
		`ALTER TABLE users ALTER n SET DEFAULT 1`:    "",
		`COMMENT ON COLUMN users.n IS 'a number'`:    "",
		`ALTER TABLE users VALIDATE CONSTRAINT late`: "",
		`CREATE VIEW more AS SELECT 1 AS one; CREATE TYPE size AS ENUM ('s'); CREATE FUNCTION two() RETURNS int LANGUAGE sql AS 'SELECT 2'`: "",

		`DROP TABLE users CASCADE`:                                                                "table users goes",
		`ALTER TABLE users DROP COLUMN bio`:                                                       "column users.bio goes",
		`ALTER TABLE users RENAME COLUMN bio TO about`:                                            "column users.bio goes",
		`ALTER TABLE users RENAME TO people`:                                                      "table users goes",
		`ALTER TABLE users ADD COLUMN age int NOT NULL`:                                           "column users.age is new and required",
		`ALTER TABLE users ALTER n SET NOT NULL`:                                                  "column users.n changes: not null",
		`ALTER TABLE users ALTER name DROP NOT NULL`:                                              "column users.name changes: not null",
		`ALTER TABLE users ALTER bio DROP DEFAULT`:                                                "column users.bio changes: default",
		`ALTER TABLE users ALTER n TYPE bigint`:                                                   "column users.n changes: type",
		`ALTER TABLE users ALTER name TYPE varchar(20)`:                                           "column users.name changes: type",
		`CREATE UNIQUE INDEX users_name ON users (name)`:                                          "index users.users_name is new and unique",
		`DROP INDEX users_n`:                                                                      "index users.users_n goes",
		`ALTER TABLE users ADD CHECK (n > 0)`:                                                     "constraint users.users_n_check is new",
		`ALTER TABLE users ADD COLUMN age int, ADD CONSTRAINT c CHECK (age > n)`:                  "constraint users.c is new",
		`ALTER TABLE users ADD FOREIGN KEY (n) REFERENCES users`:                                  "constraint users.users_n_fkey is new",
		`ALTER TABLE users DROP CONSTRAINT late`:                                                  "constraint users.late goes",
		`CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION stop()`:            "trigger users.t is new",
		`CREATE POLICY p ON users`:                                                                "policy users.p is new",
		`ALTER TABLE users ENABLE ROW LEVEL SECURITY`:                                             "table users changes: row-level security",
		`CREATE RULE r AS ON DELETE TO users DO INSTEAD NOTHING`:                                  "rule users.r is new",
		`ALTER TYPE mood ADD VALUE 'sad'`:                                                         "enum mood changes",
		`CREATE OR REPLACE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 2'`:                 "function one() changes: definition",
		`CREATE OR REPLACE VIEW names AS SELECT id, bio FROM users`:                               "view names changes",
		`ALTER SEQUENCE numbers INCREMENT 2`:                                                      "sequence numbers changes",
		`CREATE TABLE posts (id int); CREATE RULE r AS ON INSERT TO users DO ALSO SELECT 1 AS ok`: "rule users.r is new",
	} {
		t.Run(sql[:min(len(sql), 60)], func(t *testing.T) {
			t.Parallel()
			db := open(t, start)
			before, err := schemadiff.Read(t.Context(), db.conn)
			if err != nil {
				t.Fatal(err)
			}
			db.run(t, sql)
			after, err := schemadiff.Read(t.Context(), db.conn)
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(schemadiff.Breaks(before, after), "; ")
			if want == "" && got != "" || !strings.Contains(got, want) {
				t.Errorf("%s\n got %q\nwant %q", sql, got, want)
			}
		})
	}
}

func TestChanging(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]bool{
		"CREATE TABLE a ()": false, "-- a word\n/* and\nmore */ ALTER TABLE a ADD b int": false, "SET LOCAL lock_timeout = '5s'": false,
		"COMMENT ON TABLE a IS 'owner to'": true, "GRANT SELECT ON a TO b": false, "DROP INDEX CONCURRENTLY a": false,
		"INSERT INTO a VALUES (1)": true, "update a set b = 1": true, "DO $$ BEGIN END $$": true, "SELECT f()": true, "TRUNCATE a": true, "": true,
		"ALTER TABLE a OWNER TO b": true, "REVOKE SELECT ON a FROM b": true, "ALTER SYSTEM SET x = 1": true, "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO b": true,
		"WITH x AS (DELETE FROM a RETURNING 1) SELECT 1": true, "CALL f()": true, "-- Go function \"fill\"": true,
	} {
		if got := schemadiff.Changing(sql); got != want {
			t.Errorf("%s: %v", sql, got)
		}
	}
}
