package postgres_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/entgraph/entgraph/ent"
	"github.com/entgraph/entgraph/ent/post"
	"github.com/entgraph/entgraph/ent/profile"
	"github.com/entgraph/entgraph/ent/tag"
	"github.com/entgraph/entgraph/ent/tagging"
	"github.com/entgraph/entgraph/ent/user"
)

// The same work through the driver, on a pool and on a transaction, and through
// Ent's own driver on database/sql gives the same entities and errors.
func TestDriverIsLikeEntsOwn(t *testing.T) {
	t.Parallel()
	stock := openEntities(t)
	want := tellStory(t, ent.NewClient(ent.Driver(entsql.OpenDB(dialect.Postgres, stock.SQL()))))
	if len(want) < 45 {
		t.Fatalf("the story has only %d lines", len(want))
	}
	t.Run("pool", func(t *testing.T) {
		t.Parallel()
		if diff := cmp.Diff(want, tellStory(t, entClient(openEntities(t).Write))); diff != "" {
			t.Errorf("-database/sql +pool:\n%s", diff)
		}
	})
	t.Run("transaction", func(t *testing.T) {
		t.Parallel()
		tx, err := openEntities(t).Write.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback(context.WithoutCancel(t.Context()))
		// Errors of the server would end the transaction: these parts come after.
		s := &story{ctx: system(t), client: entClient(tx)}
		s.write()
		if diff := cmp.Diff(want[:len(s.lines)], s.lines); diff != "" {
			t.Errorf("-database/sql +transaction:\n%s", diff)
		}
	})
}

func tellStory(t *testing.T, client *ent.Client) []string {
	t.Helper()
	s := &story{ctx: system(t), client: client}
	s.write()
	s.fail()
	return s.lines
}

// story does everything that Ent can do with the schema and writes down what it
// sees. Two right drivers give the same text.
type story struct {
	ctx    context.Context
	client *ent.Client
	lines  []string
}

func (s *story) tell(what string, v any, err error) {
	s.lines = append(s.lines, fmt.Sprintf("%s: %v, error %v (constraint %v, not found %v)",
		what, v, err, ent.IsConstraintError(err), ent.IsNotFound(err)))
}

func id(n byte) uuid.UUID { return uuid.UUID{0x01, 0x98, 6: 0x70, 8: 0x80, 15: n} }

var noon = time.Date(2026, 1, 2, 12, 0, 0, 123456000, time.UTC)

func (s *story) create() {
	for i, name := range []string{"ada", "bob", "cy_"} {
		u, err := s.client.User.Create().SetID(id(byte(i + 1))).SetUsername(name).SetEmail(name + "@example.com").
			SetCreatedAt(noon).SetUpdatedAt(noon).Save(s.ctx)
		s.tell("create user", u, err)
	}
	p, err := s.client.Profile.Create().SetID(id(1)).SetUserID(id(1)).SetBio("ünï ☃ \\ ' \" $1 %s").
		SetCreatedAt(noon).SetUpdatedAt(noon).Save(s.ctx)
	s.tell("create profile with nulls", p, err)
	for i := range byte(5) {
		c := s.client.Post.Create().SetID(id(i)).SetAuthorID(id(1 + i%2)).SetTitle(fmt.Sprintf("Post %d", i)).
			SetCreatedAt(noon.Add(time.Duration(i) * time.Hour)).SetUpdatedAt(noon)
		if i%2 == 1 {
			c.SetStatus(post.StatusPublished).SetPublishedAt(noon.In(time.FixedZone("", 7200)))
		}
		p, err := c.Save(s.ctx)
		s.tell("create post", p, err)
	}
	tags, err := s.client.Tag.CreateBulk(
		s.client.Tag.Create().SetID(id(1)).SetName("go").SetCreatedAt(noon).SetUpdatedAt(noon),
		s.client.Tag.Create().SetID(id(2)).SetName("sql").SetCreatedAt(noon).SetUpdatedAt(noon),
	).Save(s.ctx)
	s.tell("create tags", tags, err)
}

func (s *story) read() {
	u, err := s.client.User.Get(s.ctx, id(1))
	s.tell("get", u, err)
	_, err = s.client.User.Get(s.ctx, id(99))
	s.tell("get none", nil, err)
	users, err := s.client.User.Query().Order(user.ByUsername()).WithProfile().WithPosts(func(q *ent.PostQuery) {
		q.Order(post.ByID()).WithTags(func(q *ent.TagQuery) { q.Order(tag.ByName()) })
	}).All(s.ctx)
	s.tell("users", users, err)
	for _, u := range users {
		s.tell("edges", fmt.Sprint(u.Edges.Profile, u.Edges.Posts), nil)
		for _, p := range u.Edges.Posts {
			s.tell("tags", p.Edges.Tags, nil)
		}
	}
	posts, err := s.client.Post.Query().Where(post.TitleContainsFold("POST"), post.PublishedAtNotNil(),
		post.CreatedAtGT(noon), post.HasAuthorWith(user.UsernameIn("ada", "bob"))).Order(post.ByCreatedAt()).All(s.ctx)
	s.tell("filtered", posts, err)
	count, err := s.client.Post.Query().Where(post.PublishedAtIsNil()).Count(s.ctx)
	s.tell("count", count, err)
	ids, err := s.client.Post.Query().Order(post.ByID()).IDs(s.ctx)
	s.tell("ids", ids, err)
	titles, err := s.client.Post.Query().Order(post.ByID()).Select(post.FieldTitle).Strings(s.ctx)
	s.tell("strings", titles, err)
	exists, err := s.client.Tag.Query().Where(tag.Name("none")).Exist(s.ctx)
	s.tell("exist", exists, err)
}

func (s *story) aggregate() {
	var groups []struct {
		Status      post.Status `json:"status"`
		Count       int         `json:"count"`
		Max         time.Time   `json:"max"`
		PublishedAt *time.Time  `json:"published"`
	}
	err := s.client.Post.Query().GroupBy(post.FieldStatus).
		Aggregate(ent.Count(), ent.Max(post.FieldCreatedAt), ent.As(ent.Min(post.FieldPublishedAt), "published")).
		Scan(s.ctx, &groups)
	for _, g := range groups {
		s.tell("group", fmt.Sprint(g.Status, g.Count, g.Max, g.PublishedAt), err)
	}
	sum, err := s.client.Tagging.Query().Aggregate(ent.Sum("position")).Int(s.ctx)
	s.tell("sum", sum, err)
	mean, err := s.client.Tagging.Query().Aggregate(ent.Mean("position")).Float64(s.ctx)
	s.tell("mean", mean, err)
	users, err := s.client.User.Query().Order(user.ByPostsCount(entsql.OrderSelectAs("n")), user.ByUsername()).All(s.ctx)
	for _, u := range users {
		n, valueErr := u.Value("n")
		s.tell("selected count", fmt.Sprintf("%T %v", n, n), valueErr)
	}
	s.tell("ordered by count", users, err)
}

func (s *story) write() {
	s.create()
	s.link()
	s.read()
	s.aggregate()
	s.change()
	s.read()
}

// link goes through the edge schema, whose ids the database makes.
func (s *story) link() {
	for i := range byte(5) {
		err := s.client.Post.UpdateOneID(id(i)).AddTagIDs(id(1), id(2)).SetUpdatedAt(noon).Exec(s.ctx)
		s.tell("add tags", nil, err)
	}
	l, err := s.client.Tagging.Query().Where(tagging.PostID(id(0)), tagging.TagID(id(2))).Only(s.ctx)
	s.tell("link", fmt.Sprint(l.ID != uuid.Nil, l.ID.Version(), l.PostID, l.TagID, l.Position), err)
	s.tell("update link", nil, l.Update().SetPosition(3).Exec(s.ctx))
	n, err := s.client.Tagging.Delete().Where(tagging.PostID(id(1)), tagging.TagID(id(1))).Exec(s.ctx)
	s.tell("delete link", n, err)
	made, err := s.client.Tagging.Create().SetPostID(id(1)).SetTagID(id(1)).SetPosition(1).Save(s.ctx)
	s.tell("create link", fmt.Sprint(made != nil && made.ID.Version() == 7), err)
	s.tell("remove tag", nil, s.client.Post.UpdateOneID(id(2)).RemoveTagIDs(id(2)).SetUpdatedAt(noon).Exec(s.ctx))
	s.tell("clear tags", nil, s.client.Post.UpdateOneID(id(3)).ClearTags().SetUpdatedAt(noon).Exec(s.ctx))
}

func (s *story) change() {
	p, err := s.client.Profile.UpdateOneID(id(1)).ClearBio().SetFirstName("Ada").SetUpdatedAt(noon).Save(s.ctx)
	s.tell("update profile", p, err)
	n, err := s.client.Post.Update().Where(post.AuthorID(id(2))).SetBody("new").ClearPublishedAt().SetUpdatedAt(noon).Save(s.ctx)
	s.tell("update many", n, err)
	n, err = s.client.Post.Delete().Where(post.IDIn(id(4), id(77))).Exec(s.ctx)
	s.tell("delete", n, err)
	s.tell("delete none", nil, s.client.Post.DeleteOneID(id(77)).Exec(s.ctx))
	_, err = s.client.Post.UpdateOneID(id(77)).SetTitle("x").Save(s.ctx)
	s.tell("update none", nil, err)
	empty, err := s.client.Post.Query().Where(post.TitleIn()).All(s.ctx)
	s.tell("empty list", empty, err)
	first, err := s.client.Profile.Query().Where(profile.BioIsNil()).First(s.ctx)
	s.tell("null", first, err)
}

// fail runs into every kind of error.
func (s *story) fail() {
	_, err := s.client.User.Create().SetID(id(50)).SetUsername("ada").SetEmail("x@example.com").Save(s.ctx)
	s.tell("unique", nil, err)
	_, err = s.client.Post.Create().SetID(id(50)).SetTitle("x").SetAuthorID(id(99)).Save(s.ctx)
	s.tell("foreign key", nil, err)
	s.tell("restrict", nil, s.client.User.DeleteOneID(id(1)).Exec(s.ctx))
	err = s.client.Post.Update().Where(func(q *entsql.Selector) { q.Where(entsql.ExprP("1/0 = 1")) }).SetTitle("x").Exec(s.ctx)
	s.tell("update failing", nil, err)
	_, err = s.client.Post.Query().Where(func(q *entsql.Selector) { q.Where(entsql.ExprP("1/(char_length(title)-6) = 1")) }).All(s.ctx)
	s.tell("rows failing", nil, err)
	_, err = s.client.Post.Query().Where(func(q *entsql.Selector) { q.Where(entsql.EQ("nothing", 1)) }).All(s.ctx)
	s.tell("syntax", nil, err)
	_, err = s.client.Tag.CreateBulk(
		s.client.Tag.Create().SetID(id(60)).SetName("new"),
		s.client.Tag.Create().SetID(id(61)).SetName("go"),
	).Save(s.ctx)
	s.tell("bulk unique", nil, err)
	n, err := s.client.Tag.Query().Count(s.ctx)
	s.tell("tags after a failed bulk", n, err)
	_, err = s.client.Tagging.Create().SetPostID(id(0)).SetTagID(id(1)).Save(s.ctx)
	s.tell("unique pair", nil, err)
}
