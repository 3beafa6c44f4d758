package entity

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"entgo.io/ent"
	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/dialect/sql/sqlgraph"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/rule"
	"github.com/entgraph/entgraph/viewer"
)

// blogTables have the constraints of a [blog], named as Ent names them.
func blogTables() []*schema.Table {
	column := func(name string) *schema.Column { return &schema.Column{Name: name} }
	author, rank, tag, post := column("author_id"), column("rank"), column("tag_id"), column("post_id")
	return []*schema.Table{
		{Name: "posts", PrimaryKey: []*schema.Column{column("id")}, Columns: []*schema.Column{{Name: "title", Unique: true}, {Name: "secret", Unique: true}},
			Indexes: []*schema.Index{
				{Name: "post_author_id_rank", Unique: true, Columns: []*schema.Column{author, rank}},
				{Name: "post_rank", Columns: []*schema.Column{rank}},
			},
			ForeignKeys: []*schema.ForeignKey{{Symbol: "posts_users_author", Columns: []*schema.Column{author}}}},
		{Name: "post_tags", ForeignKeys: []*schema.ForeignKey{{Symbol: "post_tags_tag_id", Columns: []*schema.Column{tag}}},
			Indexes: []*schema.Index{{Name: "post_tags_pkey", Unique: true, Columns: []*schema.Column{post, tag}}}},
		{Name: "users", Columns: []*schema.Column{{Name: "name", Unique: true}}},
	}
}

// TestRefusals says what the database refused: which key of the input is to blame, and what
// the client reads. An input names keys by their values' places in it.
func TestRefusals(t *testing.T) {
	t.Parallel()
	w := blog(t, blogTables()...)
	other := errors.New("another error")
	tags := []any{w.graph.Entity("Tag").FormatID(no(1))}
	user := w.graph.Entity("User").FormatID(no(1))
	const still = "update or delete on table violates foreign key constraint"
	for name, tc := range map[string]struct {
		input vals
		err   error
		want  string
	}{
		"one key":                 {vals{"title": "a", "rank": 1}, &pgconn.PgError{Code: "23505", ConstraintName: "posts_title_key"}, "conflict title: there is a Post with this title already"},
		"a key by a hook":         {vals{"rank": 1}, &pgconn.PgError{Code: "23505", ConstraintName: "posts_title_key"}, "conflict : there is a Post with this title already"},
		"two keys":                {vals{"authorID": user, "rank": 1}, &pgconn.PgError{Code: "23505", ConstraintName: "post_author_id_rank"}, "conflict authorID,rank: there is a Post with this authorID and rank already"},
		"one of two is kept":      {vals{"rank": 1}, &pgconn.PgError{Code: "23505", ConstraintName: "post_author_id_rank"}, "conflict rank: there is a Post with this authorID and rank already"},
		"an id that was not":      {vals{"rank": 1}, &pgconn.PgError{Code: "23505", ConstraintName: "posts_pkey"}, "conflict : there is a Post with this id already"},
		"a column nobody sees":    {vals{"rank": 1}, &pgconn.PgError{Code: "23505", ConstraintName: "posts_secret_key"}, "conflict : this Post exists already"},
		"an unknown constraint":   {vals{"rank": 1}, &pgconn.PgError{Code: "23P01", ConstraintName: "by_hand"}, "conflict : this Post exists already"},
		"a link":                  {vals{"tagIDs": tags}, &pgconn.PgError{Code: "23505", ConstraintName: "post_tags_pkey"}, "conflict tagIDs: something in a list of this Post is in it already"},
		"a target gone meanwhile": {vals{"authorID": user}, &pgconn.PgError{Code: "23503", ConstraintName: "posts_users_author", Message: "insert or update"}, "authorID: names something that does not exist"},
		"a linked one gone":       {vals{"tagIDs": tags}, &pgconn.PgError{Code: "23503", ConstraintName: "post_tags_tag_id", Message: "insert or update"}, "tagIDs: names something that does not exist"},
		"a target by a hook":      {vals{"rank": 1}, &pgconn.PgError{Code: "23503", ConstraintName: "posts_users_author", Message: "insert or update"}, "conflict : this Post is still used by posts"},
		"still used":              {vals{"authorID": user}, &pgconn.PgError{Code: "23503", ConstraintName: "posts_users_author", Message: still}, "conflict : this Post is still used by posts"},
		"used by what is hidden":  {vals{"rank": 1}, &pgconn.PgError{Code: "23503", ConstraintName: "by_hand", Message: still}, "conflict : this Post is still used"},
		"null":                    {vals{"firstLine": "a"}, &pgconn.PgError{Code: "23502", TableName: "posts", ColumnName: "first_line"}, "firstLine: must not be null"},
		"null that was not sent":  {vals{"rank": 1}, &pgconn.PgError{Code: "23502", TableName: "posts", ColumnName: "secret"}, ": must not be null"},
		"a check":                 {vals{"rank": 1}, &pgconn.PgError{Code: "23514", ConstraintName: "rank_positive"}, `: breaks the rule "rank_positive"`},
		"another's child":         {vals{"replyIDs": []any{w.graph.Entity("Post").FormatID(no(2))}}, &sqlgraph.ConstraintError{}, "conflict replyIDs: something in a list of this Post belongs to another one already"},
		"another error":           {vals{"rank": 1}, other, "another error"},
	} {
		w.fails = fmt.Errorf("from Ent: %w", tc.err)
		_, err := w.graph.Write(nil, w).Create(t.Context(), w.graph.Entity("Post"), tc.input)
		want := tc.want
		if tc.err == other {
			want = "from Ent: " + want
		}
		if got := said(err); !slices.Equal(got, []string{want}) {
			t.Errorf("%s says %q, want %q", name, got, want)
		}
		if !errors.Is(err, tc.err) {
			t.Errorf("%s: the cause is lost", name)
		}
	}
	w.fails = &pgconn.PgError{Code: "23503", ConstraintName: "posts_users_author", Message: still}
	if got := said(w.graph.Write(nil, w).Delete(t.Context(), w.graph.Entity("User"), no(1))); !slices.Equal(got, []string{"conflict : this User is still used by posts"}) {
		t.Errorf("a deletion says %q", got)
	}
}

// TestGivenConflict blames an id for being there.
func TestGivenConflict(t *testing.T) {
	t.Parallel()
	g := blog(t, blogTables()...).graph
	err := g.refusal(g.Entity("Post"), vals{"id": "x", "rank": 1}, &pgconn.PgError{Code: "23505", ConstraintName: "posts_pkey"})
	if got := said(err); !slices.Equal(got, []string{"conflict id: there is a Post with this id already"}) {
		t.Errorf("it says %q", got)
	}
}

// TestHiddenConflicts says of which conflicts the answer tells what its viewer may not see.
func TestHiddenConflicts(t *testing.T) {
	t.Parallel()
	admin, ada := viewer.Viewer{UserID: no(1), Role: "ADMIN"}, viewer.Viewer{UserID: no(2)}
	policy := ent.Policy(rule.Policy{Read: rule.Any(rule.SignedIn(), rule.Is("hidden", false)), Write: rule.Everyone(), Fields: rule.Fields{"name": rule.Role("ADMIN")}})
	w := newWorld(t, []*schema.Table{{Name: "users", Columns: []*schema.Column{{Name: "name", Unique: true}, {Name: "code", Unique: true}}}},
		Entity{Name: "User", Policy: &policy, Fields: []Field{idField(), StringField[string]("name", "name", Nullable, nil), StringField[string]("code", "code", 0, nil)}})
	for name, tc := range map[string]struct {
		constraint string
		met        string
		hides      map[viewer.Viewer]bool
	}{
		"a guarded field": {"users_name_key", "User.name", map[viewer.Viewer]bool{admin: false, ada: true, {}: true}},
		"an open one":     {"users_code_key", "User.code", map[viewer.Viewer]bool{admin: false, ada: false, {}: true}},
		"nobody knows":    {"by_hand", "User", map[viewer.Viewer]bool{admin: false, ada: false, {}: true}},
	} {
		w.fails = &pgconn.PgError{Code: "23505", ConstraintName: tc.constraint}
		var conflict *ConflictError
		if _, err := w.graph.Write(nil, w).Create(t.Context(), w.graph.Entity("User"), vals{"code": "a"}); !errors.As(err, &conflict) {
			t.Fatalf("%s: %v", name, err)
		}
		if !slices.Equal(conflict.Met(), []string{tc.met}) {
			t.Errorf("%s: met %q", name, conflict.Met())
		}
		for v, want := range tc.hides {
			if got := conflict.Hides(v); got != want {
				t.Errorf("%s hides from %s %q: %t", name, v, v.Role, got)
			}
		}
	}
	for v, want := range map[viewer.Viewer][]string{admin: nil, ada: {"name"}, {UserID: key.UUID(uuid.Max)}: {"name"}} {
		keys := w.graph.HiddenKeys(w.graph.Entity("User"), v, vals{"name": "a", "code": "a", "x": 1})
		if !slices.Equal(keys, want) {
			t.Errorf("hidden keys of %s: %q", v, keys)
		}
	}
	if keys := w.graph.HiddenKeys(w.graph.Entity("User"), ada, vals{"name": nil}); keys != nil {
		t.Errorf("null is a hidden value: %q", keys)
	}
}
