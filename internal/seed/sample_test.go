package seed_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/ent"
	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/seed"
)

// What seed did not write stays, whoever asks to delete it.
func TestClearDeletesSampleDataAlone(t *testing.T) {
	t.Parallel()
	const ada = `(SELECT id FROM users WHERE username = 'ada')`
	for name, tc := range map[string]struct {
		sql  string
		kept string // the table that the error names, "" when it is the sample's
	}{
		"untouched":           {`SELECT`, ""},
		"changed":             {`UPDATE posts SET title = 'Changed'; DELETE FROM taggings`, ""},
		"use leaves":          {`INSERT INTO sessions (token_hash, user_id, used_at, expires_at) SELECT sha256('x'), ` + ada + `, now(), now()`, ""},
		"another user":        {`INSERT INTO users (username, email) VALUES ('mine', 'mine@example.com')`, "users"},
		"a sample user's own": {`INSERT INTO posts (title, author_id) VALUES ('mine', ` + ada + `)`, "posts"},
		"a tag, and no users": {`SET entgraph.audit = 'off'; TRUNCATE users CASCADE; INSERT INTO tags (name) VALUES ('mine')`, "tags"},
		"traces, and no users": {`TRUNCATE users, tags, posts CASCADE;
			INSERT INTO audit_logs (entity, entity_id, action, actor) VALUES ('Post', 'x', 'CREATE', 'anonymous')`, "audit_logs"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := apitest.New(t)
			api.Fill(t)
			db, o := api.DB, seed.For(ent.Engine, api.Subject.Seed)
			o.PasswordHash = seed.DemoHash
			if _, err := db.Write.Exec(t.Context(), tc.sql); err != nil {
				t.Fatal(err)
			}
			err := seed.Clear(t.Context(), db, o, false)
			var rows int
			count := `SELECT (SELECT count(*) FROM users) + (SELECT count(*) FROM tags) + (SELECT count(*) FROM posts) + (SELECT count(*) FROM audit_logs)`
			if serr := db.Read.QueryRow(t.Context(), strings.ReplaceAll(count, "FROM ", "FROM public.")).Scan(&rows); serr != nil {
				t.Fatal(serr)
			}
			switch {
			case tc.kept == "" && (err != nil || rows != 0):
				t.Errorf("error %v, %d rows are left", err, rows)
			case tc.kept != "" && (!errors.Is(err, seed.ErrForeign) || !strings.Contains(err.Error(), "table "+tc.kept) || rows == 0):
				t.Errorf("error %v, %d rows are left; want ErrForeign for table %s", err, rows, tc.kept)
			}
			if err := seed.Clear(t.Context(), db, o, true); err != nil {
				t.Errorf("all of it: %v", err)
			}
		})
	}
}

// What dev tells: who can sign in, and no more once that password is gone.
func TestDemo(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	api.Fill(t)
	if name, err := seed.Demo(t.Context(), api.DB, ent.Engine.Account); name != "ada" || err != nil {
		t.Errorf("the demo user is %q, want ada; error %v", name, err)
	}
	if _, err := api.DB.Write.Exec(t.Context(), "UPDATE users SET password_hash = NULL"); err != nil {
		t.Fatal(err)
	}
	if name, err := seed.Demo(t.Context(), api.DB, ent.Engine.Account); name != "" || err != nil {
		t.Errorf("the demo user is %q, want none; error %v", name, err)
	}
}
