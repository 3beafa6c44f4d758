package schemadiff_test

import (
	"testing"

	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

// What was there under the names of Postgres or of another program stays, unless it is another
// thing or its name is needed.
func TestNamesStay(t *testing.T) {
	t.Parallel()
	const users = `CREATE TABLE users (id int PRIMARY KEY, mail text, zone text);`
	for _, c := range []struct {
		name, have, want string
		left             []string // what is to be done
	}{
		{
			"a foreign key", users + `CREATE TABLE p (id int PRIMARY KEY, u int REFERENCES users)`,
			users + `CREATE TABLE p (id int PRIMARY KEY, u int, CONSTRAINT p_users_author FOREIGN KEY (u) REFERENCES users (id))`, nil,
		},
		{
			"one that does something else", users + `CREATE TABLE p (id int PRIMARY KEY, u int REFERENCES users)`,
			users + `CREATE TABLE p (id int PRIMARY KEY, u int, CONSTRAINT mine FOREIGN KEY (u) REFERENCES users (id) ON DELETE CASCADE)`,
			[]string{"constraint p.mine", "constraint p.p_u_fkey"},
		},
		{
			"two for one", users + `CREATE TABLE p (u int REFERENCES users REFERENCES users)`,
			users + `CREATE TABLE p (u int CONSTRAINT mine REFERENCES users)`, []string{"constraint p.p_u_fkey1"},
		},
		{
			"a name that is needed", users + `CREATE TABLE p (a int CONSTRAINT x REFERENCES users, b int)`,
			users + `CREATE TABLE p (a int CONSTRAINT y REFERENCES users, b int CONSTRAINT x REFERENCES users)`,
			[]string{"constraint p.x", "constraint p.y"},
		},
		{
			"names that were exchanged", users + `CREATE TABLE p (a int CONSTRAINT x REFERENCES users, b int CONSTRAINT y REFERENCES users)`,
			users + `CREATE TABLE p (a int CONSTRAINT y REFERENCES users, b int CONSTRAINT x REFERENCES users)`,
			[]string{"constraint p.x", "constraint p.y"},
		},
		{
			"a unique constraint", `CREATE TABLE users (id int PRIMARY KEY, mail text UNIQUE, "Zone" text, UNIQUE ("Zone", mail))`,
			`CREATE TABLE users (id int PRIMARY KEY, mail text, "Zone" text); CREATE UNIQUE INDEX users_mail_key ON users (mail); CREATE UNIQUE INDEX zones ON users ("Zone", mail)`, nil,
		},
		{
			"one of another order", `CREATE TABLE users (mail text, zone text, UNIQUE (mail, zone))`,
			`CREATE TABLE users (mail text, zone text); CREATE UNIQUE INDEX z ON users (zone, mail)`,
			[]string{"constraint users.users_mail_zone_key", "index users.z"},
		},
		{
			"one of some rows", `CREATE TABLE users (mail text UNIQUE)`,
			`CREATE TABLE users (mail text); CREATE UNIQUE INDEX m ON users (mail) WHERE mail <> ''`,
			[]string{"constraint users.users_mail_key", "index users.m"},
		},
		{
			"one in another order", `CREATE TABLE users (mail text UNIQUE)`,
			`CREATE TABLE users (mail text); CREATE UNIQUE INDEX m ON users (mail DESC)`,
			[]string{"constraint users.users_mail_key", "index users.m"},
		},
		{
			"a deferred one", `CREATE TABLE users (mail text UNIQUE DEFERRABLE)`,
			`CREATE TABLE users (mail text); CREATE UNIQUE INDEX m ON users (mail)`,
			[]string{"constraint users.users_mail_key", "index users.m"},
		},
		{
			"nulls that are alike", `CREATE TABLE users (mail text UNIQUE NULLS NOT DISTINCT)`,
			`CREATE TABLE users (mail text); CREATE UNIQUE INDEX m ON users (mail)`,
			[]string{"constraint users.users_mail_key", "index users.m"},
		},
		{
			"a key that refers to it", `CREATE TABLE users (mail text UNIQUE); CREATE TABLE p (m text REFERENCES users (mail))`,
			`CREATE TABLE users (mail text); CREATE UNIQUE INDEX m ON users (mail); CREATE TABLE p (m text CONSTRAINT mine REFERENCES users (mail))`, nil,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			base := open(t, c.have)
			have, err := schemadiff.Read(t.Context(), base.conn)
			if err != nil {
				t.Fatal(err)
			}
			want, err := schemadiff.Read(t.Context(), open(t, c.want).conn)
			if err != nil {
				t.Fatal(err)
			}
			before := want.String()
			kept := want.NamedAs(have)
			if want.String() != before {
				t.Errorf("the state that was given is another one")
			}
			var left []string
			for _, k := range have.Diff(kept) {
				left = append(left, string(k.Kind)+" "+k.String())
			}
			if len(left) != len(c.left) {
				t.Fatalf("left is %q, want %q", left, c.left)
			}
			for i := range left {
				if left[i] != c.left[i] {
					t.Errorf("left is %q, want %q", left, c.left)
				}
			}
			// What is left can be done.
			if _, err := schemadiff.Plan(t.Context(), base.conn, kept, schemadiff.Options{}); err != nil {
				t.Errorf("plan: %v", err)
			}
			if now, err := schemadiff.Read(t.Context(), base.conn); err != nil || !now.Equal(kept) {
				t.Errorf("afterwards differ %v (%v)", now.Diff(kept), err)
			}
		})
	}
}
