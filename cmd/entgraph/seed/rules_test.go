package seed

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/entgraph/entgraph/ent/post"
	"github.com/entgraph/entgraph/ent/profile"
	_ "github.com/entgraph/entgraph/ent/runtime" // sets the validators
	"github.com/entgraph/entgraph/ent/tag"
	"github.com/entgraph/entgraph/ent/tagging"
	"github.com/entgraph/entgraph/ent/user"
)

// validators has a rule for every column that is no id and no time and
// is not computed.
var validators = map[string]func(any) error{
	"users.username":      rule(user.UsernameValidator),
	"users.email":         rule(user.EmailValidator),
	"users.role":          rule(func(s string) error { return user.RoleValidator(user.Role(s)) }),
	"users.password_hash": rule(func(s string) error { return user.PasswordHashValidator(s) }),
	"profiles.first_name": rule(profile.FirstNameValidator),
	"profiles.last_name":  rule(profile.LastNameValidator),
	"profiles.bio":        rule(profile.BioValidator),
	"tags.name":           rule(tag.NameValidator),
	"posts.title":         rule(post.TitleValidator),
	"posts.body":          rule(post.BodyValidator),
	"posts.status":        rule(func(s string) error { return post.StatusValidator(post.Status(s)) }),
	"taggings.position":   rule(func(n int64) error { return tagging.PositionValidator(int(n)) }),
}

func rule[T any](validate func(T) error) func(any) error {
	return func(value any) error {
		v, ok := value.(T)
		if !ok {
			return fmt.Errorf("is a %T, want %T", value, v)
		}
		return validate(v)
	}
}

// checkValues applies the rules of the entities to all values.
func checkValues(t *testing.T, db *pgxpool.Pool) {
	t.Helper()
	columns := column[string](t, db, `SELECT table_name || '.' || column_name FROM information_schema.columns
		WHERE table_schema = 'public' AND table_name = ANY($1) AND data_type NOT IN ('uuid', 'timestamp with time zone')
		AND is_generated = 'NEVER'`, tableNames)
	if len(columns) != len(validators) {
		t.Errorf("the tables have %d columns of values, the test knows %d", len(columns), len(validators))
	}
	for _, name := range columns {
		validate := validators[name]
		if validate == nil {
			t.Errorf("no rule for %s", name)
			continue
		}
		checkColumn(t, db, name, validate)
	}
}

// checkColumn reports the first value of a column that breaks its rule.
func checkColumn(t *testing.T, db *pgxpool.Pool, name string, validate func(any) error) {
	t.Helper()
	table, field, _ := strings.Cut(name, ".")
	for _, value := range column[any](t, db, "SELECT "+field+" FROM "+table+" WHERE "+field+" IS NOT NULL") {
		if err := validate(value); err != nil {
			t.Errorf("%s: %q: %v", name, value, err)
			return
		}
	}
}

// checkBase looks at ids and times: an id is a version 7 UUID of the row's time of
// creation, ids sort like these times, and no row was changed before it was made.
func checkBase(t *testing.T, db *pgxpool.Pool) {
	t.Helper()
	for _, name := range tableNames {
		wantCounts(t, db, map[string]int{
			`SELECT count(*) FROM ` + name + ` WHERE updated_at < created_at`:         0,
			`SELECT count(*) FROM ` + name + ` WHERE created_at < '2026-01-01Z'`:      0,
			`SELECT count(*) FROM ` + name + ` WHERE updated_at >= '2026-07-01Z'`:     0,
			`SELECT count(*) FROM ` + name + ` WHERE id::text !~ '^.{14}7.{4}[89ab]'`: 0,
			`SELECT count(*) FROM ` + name + ` WHERE left(replace(id::text, '-', ''), 12)
				<> lpad(to_hex(floor(extract(epoch FROM created_at) * 1000)::bigint), 12, '0')`: 0,
			`SELECT count(*) FROM (SELECT created_at, lag(created_at) OVER (ORDER BY id) AS before
				FROM ` + name + `) x WHERE before > created_at`: 0,
		})
	}
	wantCounts(t, db, map[string]int{
		`SELECT count(*) FROM posts WHERE published_at < created_at OR published_at > updated_at`: 0,
		`SELECT count(*) FROM posts WHERE (published_at IS NULL) <> (status = 'DRAFT')`:           0,
		`SELECT count(*) FROM posts p JOIN users u ON u.id = author_id
			WHERE p.created_at < u.created_at`: 0,
		`SELECT count(*) FROM taggings x JOIN posts p ON p.id = post_id WHERE x.created_at < p.created_at`: 0,
		`SELECT count(*) FROM taggings x JOIN tags t ON t.id = tag_id WHERE x.created_at < t.created_at`:   0,
		// Positions of a post begin at 0 and have no gaps.
		`SELECT count(*) FROM (SELECT FROM taggings GROUP BY post_id
			HAVING count(*) <> max(position) + 1 OR count(DISTINCT position) <> count(*)) x`: 0,
	})
}
