package seed

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/entgraph/entgraph"
)

// table is the content of one table, made while it is sent.
type table struct {
	name    string
	columns []string
	rows    int
	row     func(i int) []any // called once for each i, in order
}

// dataset is a set of rows for every table.
type dataset struct {
	users    list[userRow]
	profiles list[profileRow]
	tags     list[tagRow]
	posts    list[postRow]
	taggings list[taggingRow]
}

// tables gives the tables in an order in which foreign keys refer backwards.
func (d dataset) tables() []table {
	return []table{
		tableOf("users", d.users, "username", "email", "role", "password_hash"),
		tableOf("profiles", d.profiles, "first_name", "last_name", "bio", "user_id"),
		tableOf("tags", d.tags, "name"),
		tableOf("posts", d.posts, "title", "body", "status", "published_at", "author_id"),
		tableOf("taggings", d.taggings, "position", "post_id", "tag_id"),
	}
}

// write sends the rows.
func (d dataset) write(ctx context.Context, s *entgraph.Seeder) error {
	for _, t := range d.tables() {
		if err := s.Copy(ctx, t.name, t.columns, t.rows, t.row); err != nil {
			return err
		}
	}
	return nil
}

// list is a list of rows that need not be in memory. Its function is called once for
// each i, in order.
type list[R record] struct {
	n  int
	at func(i int) R
}

func listOf[R record](rows []R) list[R] {
	return list[R]{len(rows), func(i int) R { return rows[i] }}
}

// record is a row of a table: what all tables have, and the values of its own columns.
type record interface {
	shared() base
	values() []any
}

func tableOf[R record](name string, rows list[R], columns ...string) table {
	return table{
		name:    name,
		columns: append([]string{"id", "created_at", "updated_at"}, columns...),
		rows:    rows.n,
		row: func(i int) []any {
			r := rows.at(i)
			b := r.shared()
			return append([]any{b.id, b.createdAt, b.updatedAt}, r.values()...)
		},
	}
}

// base is what every row has.
type base struct {
	id                   uuid.UUID
	createdAt, updatedAt time.Time
}

func (b base) shared() base { return b }

type userRow struct {
	base
	username, role string
	passwordHash   *string // nil for a user who cannot sign in
}

func (u userRow) values() []any {
	return []any{u.username, u.username + "@example.com", u.role, u.passwordHash}
}

type profileRow struct {
	base
	firstName, lastName, bio *string
	userID                   uuid.UUID
}

func (p profileRow) values() []any { return []any{p.firstName, p.lastName, p.bio, p.userID} }

type tagRow struct {
	base
	name string
}

func (t tagRow) values() []any { return []any{t.name} }

type postRow struct {
	base
	title, body string
	publishedAt *time.Time // nil for a draft
	authorID    uuid.UUID
}

func (p postRow) values() []any {
	status := "PUBLISHED"
	if p.publishedAt == nil {
		status = "DRAFT"
	}
	return []any{p.title, p.body, status, p.publishedAt, p.authorID}
}

type taggingRow struct {
	base
	position      int
	postID, tagID uuid.UUID
}

func (t taggingRow) values() []any { return []any{t.position, t.postID, t.tagID} }
