package seed

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"
	"github.com/google/go-cmp/cmp"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/postgres"
)

// shop has one of everything: accounts, a tree, a one-to-one, a circle, links with and
// without an id, CHECKs of several columns, and columns of many names and types.
func shop() Options {
	users := made("users", moment("created_at"), moment("updated_at"), unlike(text("username")), unlike(text("email")),
		&schema.Column{Name: "role", Type: field.TypeEnum, Enums: []string{"ADMIN", "CLERK", "MEMBER"}, Default: "MEMBER"},
		null(&schema.Column{Name: "password_hash", Type: field.TypeString}), null(moment("deleted_at")))
	profiles := made("profiles", text("first_name"), null(text("bio")), null(moment("birthday")))
	refer(profiles, "user_id", users, unlike)
	categories := made("categories", unlike(text("name")), &schema.Column{Name: "position", Type: field.TypeInt, Default: 0})
	refer(categories, "parent_id", categories, null)
	products := made("products", text("name"), text("slug"), number("price_cents"), null(number("sale_price_cents")),
		&schema.Column{Name: "rating", Type: field.TypeFloat64}, &schema.Column{Name: "active", Type: field.TypeBool, Default: true},
		null(&schema.Column{Name: "options", Type: field.TypeJSON}), &schema.Column{Name: "sku", Type: field.TypeString, Size: 12},
		&schema.Column{Name: "digest", Type: field.TypeBytes}, text("currency"), text("contact_email"), moment("starts_at"), moment("ends_at"))
	refer(products, "category_id", categories)
	together(products, "category_id", "slug")
	products.Annotation = &entsql.Annotation{Checks: map[string]string{
		"sale":     "sale_price_cents < price_cents",
		"stars":    "rating BETWEEN 1 AND 5",
		"sku_form": `sku ~ '^[A-Z]{2}-[0-9]{4}$'`,
		"mail":     `contact_email ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$'`,
		"sha":      "octet_length(digest) = 20",
		"money":    "currency IN ('EUR', 'CHF')",
		"period":   "starts_at <= ends_at",
	}}
	teams := made("teams", text("name"))
	members := made("members", text("nickname"))
	refer(members, "team_id", teams)
	refer(teams, "captain_id", members, null, unlike)
	tags := made("tags", unlike(text("name")))
	tagged := schema.NewTable("product_tags")
	refer(tagged, "product_id", products)
	refer(tagged, "tag_id", tags)
	tagged.PrimaryKey = tagged.Columns
	notes := made("notes", text("text"))
	for _, to := range []*schema.Table{users, products, tags, notes} {
		refer(notes, to.Name+"_id", to, null)
	}
	notes.Annotation = &entsql.Annotation{Checks: map[string]string{"one_of": "num_nonnulls(users_id, products_id, tags_id, notes_id) = 1"}}
	likes := made("likes", moment("created_at"))
	refer(likes, "user_id", users)
	refer(likes, "product_id", products)
	together(likes, "user_id", "product_id")
	sessions := made("sessions", text("token"))
	refer(sessions, "user_id", users)
	return Options{
		Tables:       []*schema.Table{notes, likes, tagged, members, products, profiles, sessions, categories, teams, users, tags},
		Account:      &entity.Account{Table: "users", Username: "username", Email: "email", Role: "role", PasswordHash: "password_hash"},
		Unfilled:     []string{"sessions"},
		PasswordHash: DemoHash,
	}
}

func write(t *testing.T, db *postgres.DB, o Options) {
	t.Helper()
	if err := Run(t.Context(), db, o); err != nil {
		t.Fatal(err)
	}
}

func TestShop(t *testing.T) {
	t.Parallel()
	o := shop()
	db := open(t, o.Tables)
	write(t, db, o)
	want(t, db, map[string]int{
		`SELECT count(*) FROM users`:      20,
		`SELECT count(*) FROM categories`: 20,
		`SELECT count(*) FROM products`:   100,
		`SELECT count(*) FROM notes WHERE num_nonnulls(users_id, products_id, tags_id) = 1`:        20,
		`SELECT count(DISTINCT num_nonnulls(users_id) + 2 * num_nonnulls(products_id)) FROM notes`: 3,
		`SELECT count(*) FROM sessions`:                                                                                    0,
		`SELECT count(*) FROM users WHERE role = 'ADMIN'`:                                                                  1,
		`SELECT count(*) FROM users WHERE role = 'MEMBER'`:                                                                 19,
		`SELECT count(*) FROM users WHERE password_hash IS NULL`:                                                           0,
		`SELECT count(*) FROM users WHERE updated_at < created_at`:                                                         0,
		`SELECT count(*) FROM users WHERE updated_at > '2026-07-01Z'`:                                                      0,
		`SELECT count(*) FROM users WHERE email !~ '^[a-z0-9.]+@example\.com$'`:                                            0,
		`SELECT count(*) FROM products WHERE contact_email !~ '^[a-z0-9.]+@example\.com$'`:                                 0,
		`SELECT count(*) FROM likes l JOIN users u ON u.id = user_id WHERE l.created_at < u.created_at`:                    0,
		`SELECT count(*) FROM (SELECT created_at, lag(created_at) OVER (ORDER BY id) b FROM users) x WHERE b > created_at`: 0,
		// Of the tree each refers to an earlier one, so that there is no circle.
		`SELECT count(*) FROM categories WHERE parent_id >= id`: 0,
	})
	for _, query := range []string{
		`SELECT count(*) > 10 FROM profiles`,
		`SELECT count(*) BETWEEN 5 AND 20 FROM categories WHERE parent_id IS NOT NULL`,
		`SELECT count(*) > 10 FROM teams WHERE captain_id IS NOT NULL`,
		`SELECT count(*) BETWEEN 100 AND 1000 FROM product_tags`,
		`SELECT count(*) BETWEEN 100 AND 1000 FROM likes`,
		`SELECT count(*) BETWEEN 1 AND 99 FROM products WHERE sale_price_cents IS NOT NULL`,
		`SELECT count(DISTINCT name) > 50 FROM products`,
	} {
		if !list[bool](t, db, query)[0] {
			t.Errorf("not so: %s", query)
		}
	}
	if name, err := Demo(t.Context(), db, o.Account); name != "demo" || err != nil {
		t.Errorf("the demo user is %q; error %v", name, err)
	}
	if err := Clear(t.Context(), db, o, false); err != nil {
		t.Errorf("believable rows are not known as sample data: %v", err)
	}
	want(t, db, map[string]int{`SELECT count(*) FROM products`: 0})
}

// The same number gives the same rows, another one gives others.
func TestNumberChoosesRows(t *testing.T) {
	t.Parallel()
	var sums [3]string
	for i, n := range []uint64{1, 1, 2} {
		o := shop()
		o.Number = n
		db := open(t, o.Tables)
		write(t, db, o)
		for _, name := range o.filled() {
			sums[i] += list[string](t, db, "SELECT md5(string_agg(r::text, '|' ORDER BY r)) FROM "+name+" r")[0] + "\n"
		}
	}
	if diff := cmp.Diff(sums[0], sums[1]); diff != "" {
		t.Errorf("two calls differ:\n%s", diff)
	}
	if sums[0] == sums[2] {
		t.Error("another number gives the same rows")
	}
}

// An app's function writes some rows by itself and has the rest made.
func TestFunctionOfTheApp(t *testing.T) {
	t.Parallel()
	o := shop()
	o.Seed = func(ctx context.Context, s *Seeder) error {
		err := s.Copy(ctx, "users", []string{"id", "created_at", "updated_at", "username", "email", "role", "password_hash"}, 1, func(int) []any {
			at := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
			return []any{"018f4e6a-7b7a-7c3e-8d2f-2b1c5d6e7f80", at, at, "ada", "ada@example.com", "ADMIN", s.PasswordHash}
		})
		if err != nil {
			return err
		}
		if err := s.Generate(ctx, "users", 5); err != nil {
			return err
		}
		if err := s.Generate(ctx, "nothing", 5); err == nil || !strings.Contains(err.Error(), "no entity nothing") {
			t.Errorf("error %v for an entity that is not there", err)
		}
		return s.Rows(ctx, 10)
	}
	db := open(t, o.Tables)
	write(t, db, o)
	want(t, db, map[string]int{
		`SELECT count(*) FROM users`:    6,
		`SELECT count(*) FROM products`: 50,
		`SELECT count(*) FROM likes l JOIN users u ON u.id = user_id WHERE l.created_at < u.created_at`: 0,
	})
	if err := Clear(t.Context(), db, o, false); err != nil {
		t.Error(err)
	}
}

// Ids that Postgres counts go on after the rows.
func TestNumberedIDs(t *testing.T) {
	t.Parallel()
	people := schema.NewTable("people").AddPrimary(&schema.Column{Name: "id", Type: field.TypeInt, Increment: true}).AddColumn(text("name"))
	pets := schema.NewTable("pets").AddPrimary(&schema.Column{Name: "id", Type: field.TypeString, Size: 10}).AddColumn(text("name"))
	refer(pets, "person_id", people)
	o := Options{Tables: []*schema.Table{people, pets}}
	db := open(t, o.Tables)
	write(t, db, o)
	if id := list[int](t, db, `INSERT INTO people (name) VALUES ('next') RETURNING id`)[0]; id != smallRows+1 {
		t.Errorf("the next id is %d, want %d", id, smallRows+1)
	}
	want(t, db, map[string]int{`SELECT count(*) FROM pets`: 100})
}

// What cannot be filled is named, with what to do.
func TestDefeat(t *testing.T) {
	t.Parallel()
	never := func(string) error { return fmt.Errorf("must be what nobody guesses") }
	for name, tc := range map[string]struct {
		options func() Options
		want    string
	}{
		"validator": {func() Options {
			return Options{Tables: []*schema.Table{made("riddles", text("answer"))}, Entities: []entity.Entity{{Name: "Riddle", Table: "riddles",
				Fields: []entity.Field{entity.IDField[any, [16]byte](nil, "id", entity.UUIDKey), entity.StringField("answer", "answer", 0, &never)}}}}
		}, `table riddles cannot be filled: column answer is defeated by its validator.*must be what nobody guesses.*write the app's own Seed function`},
		"check": {func() Options {
			riddles := made("riddles", number("a"), number("b"))
			riddles.Annotation = &entsql.Annotation{Checks: map[string]string{"riddle": "a * 7 = b * 11 + 123456789012"}}
			return Options{Tables: []*schema.Table{riddles}}
		}, `table riddles cannot be filled: no values for column a and b were found that the CHECK riddle lets pass.*write the app's own Seed function`},
		"circle": {func() Options {
			eggs, hens := made("eggs"), made("hens")
			refer(eggs, "hen_id", hens)
			refer(hens, "egg_id", eggs)
			return Options{Tables: []*schema.Table{eggs, hens}}
		}, `no row of table eggs can come first: eggs\.hen_id and hens\.egg_id refer to each other and must not be null; make one nullable, or write the app's own Seed function`},
		"unfilled": {func() Options {
			sessions, clicks := made("sessions"), made("clicks")
			refer(clicks, "session_id", sessions)
			return Options{Tables: []*schema.Table{clicks, sessions}, Unfilled: []string{"sessions"}}
		}, `table clicks cannot be filled: column session_id must lead to a row of sessions, which sample data does not go into`},
		"type": {func() Options {
			return Options{Tables: []*schema.Table{made("places", &schema.Column{Name: "spot", Type: field.TypeOther, SchemaType: map[string]string{"postgres": "point"}})}}
		}, `column spot is defeated by its type.*no values are made for the type point`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := tc.options()
			err := Run(t.Context(), open(t, o.Tables), o)
			if err == nil || !regexp.MustCompile(tc.want).MatchString(err.Error()) {
				t.Errorf("error %v, want %s", err, tc.want)
			}
		})
	}
}

// Ids that are texts differ from each other and pass their validator.
func TestTextIDs(t *testing.T) {
	t.Parallel()
	country := func(s string) error {
		if !regexp.MustCompile(`^[A-Z]{2}$`).MatchString(s) {
			return fmt.Errorf("must have two capital letters")
		}
		return nil
	}
	id := entity.ValidID(entity.IDField[any, string](nil, "code", entity.TextKey), &country)
	code := &schema.Column{Name: "code", Type: field.TypeString, Size: 2}
	o := Options{
		Tables:   []*schema.Table{schema.NewTable("countries").AddPrimary(code)},
		Entities: []entity.Entity{{Name: "Country", Table: "countries", Fields: []entity.Field{id}}},
		Seed:     func(ctx context.Context, s *Seeder) error { return s.Rows(ctx, 400) },
	}
	db := open(t, o.Tables)
	write(t, db, o)
	want(t, db, map[string]int{`SELECT count(*) FROM countries WHERE code ~ '^[A-Z]{2}$'`: 400})
}

// What an app alone knows how to fill stays as it is: nullable fields that a validator
// refuses or that the API does not show.
func TestDefeatedButNullable(t *testing.T) {
	t.Parallel()
	never := func(string) error { return fmt.Errorf("never") }
	o := Options{
		Tables: []*schema.Table{made("riddles", text("question"), null(text("answer")), null(text("secret")), &schema.Column{Name: "state", Type: field.TypeString, Default: "new"})},
		Entities: []entity.Entity{{Name: "Riddle", Table: "riddles", Fields: []entity.Field{entity.IDField[any, [16]byte](nil, "id", entity.UUIDKey),
			entity.StringField[string]("question", "question", 0, nil), entity.StringField("answer", "answer", entity.Nullable, &never)}}},
	}
	db := open(t, o.Tables)
	write(t, db, o)
	want(t, db, map[string]int{`SELECT count(*) FROM riddles WHERE answer IS NULL AND secret IS NULL AND state = 'new' AND question <> ''`: 20})
}

// Every type that Ent or a SchemaType may name gets values or says that it gets none.
func TestTypes(t *testing.T) {
	t.Parallel()
	things := made("things")
	types := []string{"text", "varchar(3)", "char(4)", "smallint", "integer", "bigint", "numeric", "numeric(4,2)", "numeric(3)", "real",
		"double precision", "boolean", "timestamptz", "timestamp", "date", "time", "interval", "uuid", "jsonb", "json", "bytea",
		"inet", "cidr", "macaddr", "text[]", "varchar[]", "integer[]", "bigint[]",
		"int4range", "int8range", "numrange", "tsrange", "tstzrange", "daterange"}
	for i, typ := range types {
		things.AddColumn(&schema.Column{Name: fmt.Sprintf("c%d", i), Type: field.TypeOther, SchemaType: map[string]string{"postgres": typ}})
	}
	o := Options{Tables: []*schema.Table{things}}
	db := open(t, o.Tables)
	exec(t, db, `CREATE TYPE mood AS ENUM ('calm', 'glad'); CREATE DOMAIN grade AS int NOT NULL;
		ALTER TABLE things ADD mood mood NOT NULL, ADD grade grade, ADD sum int GENERATED ALWAYS AS (c3 + 1) STORED, ADD spot point`)
	write(t, db, o)
	want(t, db, map[string]int{`SELECT count(*) FROM things WHERE spot IS NULL AND grade IS NOT NULL`: 20})
}

// A duration is written as Postgres reads it, though its field knows it by the text of ISO 8601.
func TestDuration(t *testing.T) {
	t.Parallel()
	stays := made("stays", &schema.Column{Name: "lasts", Type: field.TypeString, SchemaType: map[string]string{"postgres": "interval"}})
	o := Options{
		Tables: []*schema.Table{stays},
		Entities: []entity.Entity{{Name: "Stay", Table: "stays", Fields: []entity.Field{entity.IDField[any, [16]byte](nil, "id", entity.UUIDKey),
			entity.TextField("lasts", "lasts", entity.Duration, 0, func(*schema.Table, string) {}, nil)}}},
	}
	db := open(t, o.Tables)
	write(t, db, o)
	want(t, db, map[string]int{`SELECT count(*) FROM stays WHERE lasts > interval '1 minute'`: 20})
}
