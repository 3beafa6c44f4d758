package entgraphtest

import (
	"context"
	"fmt"
	"strings"
	"testing"

	gent "entgo.io/ent"
	"entgo.io/ent/privacy"

	"github.com/entgraph/entgraph"
	"github.com/entgraph/entgraph/auth"
	"github.com/entgraph/entgraph/ent"
	"github.com/entgraph/entgraph/ent/accesstoken"
	"github.com/entgraph/entgraph/ent/auditlog"
	"github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/ent/post"
	"github.com/entgraph/entgraph/ent/profile"
	"github.com/entgraph/entgraph/ent/tag"
	"github.com/entgraph/entgraph/ent/tagging"
	"github.com/entgraph/entgraph/ent/user"
	"github.com/entgraph/entgraph/graph"
	"github.com/entgraph/entgraph/internal/apptest"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/rule"
)

var blog = entgraph.App{Name: "blog", Ent: ent.Engine, Migrations: migrate.Migrations, Graph: graph.Graph, Auth: &auth.Options{}}

// mutants are policies of the sample with one rule, or a part of one, changed.
var mutants = []struct {
	entity string
	policy *gent.Policy
	what   string
	change func(*rule.Policy)
}{
	{"User", &user.Policy, "Fields.email opened", func(p *rule.Policy) { p.Fields = nil }},
	{"User", &user.Policy, "Fields.email closed to its owner", func(p *rule.Policy) { p.Fields = rule.Fields{"email": rule.Role("ADMIN")} }},
	{"User", &user.Policy, "Sets.role opened", func(p *rule.Policy) { p.Sets = nil }},
	{"User", &user.Policy, "Update closed", func(p *rule.Policy) { p.Update = rule.Nobody() }},
	{"Post", &post.Policy, "Read opened", func(p *rule.Policy) { p.Read = rule.Everyone() }},
	{"Post", &post.Policy, "Read closed to its author", func(p *rule.Policy) { p.Read = rule.Is("status", "PUBLISHED") }},
	{"Post", &post.Policy, "Write opened to users", func(p *rule.Policy) { p.Write = rule.SignedIn() }},
	{"Post", &post.Policy, "Create opened", func(p *rule.Policy) { p.Create = rule.SignedIn() }},
	{"Post", &post.Policy, "Delete closed", func(p *rule.Policy) { p.Delete = rule.Nobody() }},
	{"Tagging", &tagging.Policy, "Read without its post", func(p *rule.Policy) { p.Read = rule.Visible("tag") }},
	{"Tagging", &tagging.Policy, "Write opened", func(p *rule.Policy) { p.Write = rule.Everyone() }},
	{"Tagging", &tagging.Policy, "Update opened to users", func(p *rule.Policy) { p.Update = rule.SignedIn() }},
	{"Tag", &tag.Policy, "Create closed", func(p *rule.Policy) { p.Create = rule.Nobody() }},
	{"Profile", &profile.Policy, "Write opened to admins", func(p *rule.Policy) { p.Write = rule.Any(p.Write, rule.Role("ADMIN")) }},
	{"AccessToken", &accesstoken.Policy, "Read opened to admins", func(p *rule.Policy) { p.Read = rule.Any(p.Read, rule.Role("ADMIN")) }},
	{"AccessToken", &accesstoken.Policy, "Delete closed", func(p *rule.Policy) { p.Delete = rule.Nobody() }},
	{"AuditLog", &auditlog.Policy, "Read opened", func(p *rule.Policy) { p.Read = rule.Everyone() }},
}

// TestMatrixNotices changes rules in the running program, one at a time, and wants the matrix to
// notice. It is not parallel, as the policies are those of the whole program.
func TestMatrixNotices(t *testing.T) {
	m := newMatrix(t, blog)
	m.shows(func(format string, args ...any) bool { t.Errorf(format, args...); return false })
	for _, mutant := range mutants {
		original := *mutant.policy
		p := m.graph.Entity(mutant.entity).Rules()
		mutant.change(&p)
		*mutant.policy = privacy.Policies{p}
		if !m.notices(t, mutant.entity) {
			t.Errorf("nothing noticed that %s.%s", mutant.entity, mutant.what)
		}
		*mutant.policy = original
	}
	if m.notices(t, "Post") {
		t.Error("the matrix is red without a change")
	}
}

// notices runs the matrix against a program with the policies as they are now, on the same rows.
func (m *matrix) notices(t *testing.T, name string) (red bool) {
	t.Helper()
	other := *m
	other.api = start(t, blog, lavish, func(o *apptest.Options) { o.Database = m.api.DatabaseURL })
	notice := func(string, ...any) bool { red = true; return true }
	if other.reads(t, notice); !red {
		other.writesOf(t, m.graph.Entity(name), notice)
	}
	return red
}

// TestMatrixSaysWhatIsMissing wants rows and viewers that show each part of a rule.
func TestMatrixSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	m := newMatrix(t, blog)
	kept := m.chosen[m.graph.Entity("Post")][:0]
	for _, r := range m.chosen[m.graph.Entity("Post")] {
		if r["status"] == "PUBLISHED" {
			kept = append(kept, r)
		}
	}
	m.chosen[m.graph.Entity("Post")] = kept
	m.chosen[m.graph.Entity("Tag")] = nil
	var said []string
	m.shows(func(format string, args ...any) bool { said = append(said, fmt.Sprintf(format, args...)); return false })
	want := `Post: no row shows where rule.In("status", [PUBLISHED]) does not hold: add one by entgraphtest.Rows
Tag has no rows: add some by entgraphtest.Rows`
	if got := strings.Join(said, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	tag := m.graph.Entity("Tag")
	m.unproven(tag, entity.Create, &tally{refused: 1}, func(format string, args ...any) bool { said = append(said, fmt.Sprintf(format, args...)); return false })
	if last := said[len(said)-1]; !strings.HasPrefix(last, "create of Tag is not proven: no viewer was let do it; ") {
		t.Error(last)
	}
}

// TestMatrixTakesRows calls the app's function before it fills what is empty.
func TestMatrixTakesRows(t *testing.T) {
	t.Parallel()
	m := newMatrix(t, blog, Rows(func(ctx context.Context, s *entgraph.Seeder) error {
		_, err := s.Tx.Exec(ctx, "INSERT INTO tags (name) VALUES ('go')")
		return err
	}))
	if tags := m.rows["tags"]; len(tags) != 1 || tags[0]["name"] != "go" {
		t.Errorf("the tags are %v", tags)
	}
	if len(m.rows["taggings"]) == 0 {
		t.Error("nothing has a tag")
	}
}

// TestMatrixValuesAdd adds up what is given of one entity in several places.
func TestMatrixValuesAdd(t *testing.T) {
	t.Parallel()
	a := additions{values: map[string]map[string]any{}}
	given := map[string]any{"title": "x", "body": "y"}
	for _, o := range []Option{Values("Post", given), Values("Post", map[string]any{"title": "z"}), Values("Tag", map[string]any{"name": "go"})} {
		o(&a)
	}
	if got := fmt.Sprint(a.values, given); got != "map[Post:map[body:y title:z] Tag:map[name:go]] map[body:y title:x]" {
		t.Error(got)
	}
}

// TestMatrixWithoutUsers knows viewers of an app without kit.Account by the rules.
func TestMatrixWithoutUsers(t *testing.T) {
	t.Parallel()
	app := blog
	app.Ent.Account, app.Auth = nil, nil
	m := newMatrix(t, app)
	owned := 0
	for _, r := range m.rows["posts"] {
		for _, v := range m.users() {
			if r["author_id"] == v.UserID.Any() && v.Role == "ADMIN" {
				owned++
			}
		}
	}
	if owned == 0 {
		t.Errorf("no post belongs to an admin among %v", m.viewers)
	}
	m.reads(t, func(format string, args ...any) bool { t.Errorf(format, args...); return true })
}
