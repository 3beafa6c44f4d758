package entgraphtest

import (
	"context"
	"maps"
	"slices"
	"testing"

	gent "entgo.io/ent"
	"entgo.io/ent/privacy"

	"github.com/entgraph/entgraph"
	"github.com/entgraph/entgraph/ent"
	lines "github.com/entgraph/entgraph/ent/line"
	"github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/ent/pairing"
	"github.com/entgraph/entgraph/ent/post"
	"github.com/entgraph/entgraph/graph"
	"github.com/entgraph/entgraph/internal/apptest"
	"github.com/entgraph/entgraph/rule"
)

var shop = entgraph.App{Name: "shop", Ent: ent.Engine, Migrations: migrate.Migrations, Graph: graph.Graph}

// mutants are policies of the shop with one part changed.
var mutants = []struct {
	entity, what string
	policy       *gent.Policy
	change       func(*rule.Policy)
}{
	{"Line", "Read of all counts", &lines.Policy, func(p *rule.Policy) { p.Read = rule.Visible("order") }},
	{"Line", "Read closed", &lines.Policy, func(p *rule.Policy) { p.Read = rule.All(p.Read, rule.LT("count", 99)) }},
	{"Line", "Create closed", &lines.Policy, func(p *rule.Policy) { p.Create = rule.All(p.Create, rule.NEQ("count", 77)) }},
	{"Line", "Update of all counts", &lines.Policy, func(p *rule.Policy) { p.Update = rule.Visible("order") }},
	{"Line", "Update of one count more", &lines.Policy, func(p *rule.Policy) { p.Update = rule.All(rule.Visible("order"), rule.LTE("count", 100)) }},
	{"Line", "Update closed", &lines.Policy, func(p *rule.Policy) { p.Update = rule.Nobody() }},
	{"Line", "Delete of all counts", &lines.Policy, func(p *rule.Policy) { p.Delete = rule.Visible("order") }},
	{"Line", "Delete closed", &lines.Policy, func(p *rule.Policy) { p.Delete = rule.Nobody() }},
	{"Line", "Sets opened", &lines.Policy, func(p *rule.Policy) { p.Sets = nil }},
	{"Line", "Sets closed", &lines.Policy, func(p *rule.Policy) { p.Sets = rule.Fields{"count": rule.LT("count", 13)} }},
	{"Pairing", "Read of secrets", &pairing.Policy, func(p *rule.Policy) { p.Read = rule.Everyone() }},
	{"Pairing", "Write of locked ones", &pairing.Policy, func(p *rule.Policy) { p.Write = rule.SignedIn() }},
	{"Pairing", "Write of other ones", &pairing.Policy, func(p *rule.Policy) {
		p.Write = rule.All(rule.SignedIn(), rule.Not(rule.At("note", "locked").Exists()))
	}},
	{"Post", "Write of final posts", &post.Policy, func(p *rule.Policy) { p.Write = rule.Owner("user_id") }},
	{"Post", "Write of other posts", &post.Policy, func(p *rule.Policy) {
		p.Write = rule.All(rule.Owner("user_id"), rule.Not(rule.Contains("tags", "go")))
	}},
}

// orders adds those of two users, with a line of each count that the rules tell apart.
func orders(ctx context.Context, s *entgraph.Seeder) error {
	_, err := s.Tx.Exec(ctx, `INSERT INTO "user" (username) VALUES ('ada'), ('ben');
		INSERT INTO product (name, description, price) SELECT n, '', n FROM generate_series(1, 8) AS n;
		INSERT INTO "order" (user_id) VALUES (1), (2), (1);
		INSERT INTO order_product_association (order_id, product_id, count, unit_price)
			SELECT o, p, (ARRAY[1, 13, 49, 50, 77, 99, 100])[p], 1 FROM generate_series(1, 2) AS o, generate_series(1, 7) AS p;
		INSERT INTO product_pair SELECT a, b, n FROM (VALUES (1, 2, '{}'::jsonb), (1, 3, '{"locked": true}'), (4, 1, '{"locked": "no"}'), (4, 5, '{"secret": true}'), (6, 6, '{}')) AS v (a, b, n)
			UNION SELECT b, a, n FROM (VALUES (1, 2, '{}'::jsonb), (1, 3, '{"locked": true}'), (4, 5, '{"secret": true}')) AS v (a, b, n)`)
	return err
}

// TestMatrixAsksLinks proves the rules of the shop, of links without an id and of what is written to
// lists and documents among them. Then it changes rules in the running program, one at a time, and wants
// the matrix to notice.
func TestMatrixAsksLinks(t *testing.T) {
	m := newMatrix(t, shop, Rows(orders))
	fail := func(format string, args ...any) bool { t.Errorf(format, args...); return false }
	m.shows(fail)
	m.reads(t, fail)
	m.writes(t, fail)
	if t.Failed() {
		return
	}
	t.Logf("%d reads, %d writes passed and %d refused", m.asked, m.passed, m.refused)
	for _, mutant := range mutants {
		original := *mutant.policy
		p := m.graph.Entity(mutant.entity).Rules()
		p.Sets = maps.Clone(p.Sets)
		mutant.change(&p)
		*mutant.policy = privacy.Policies{p}
		if !m.notices(t, mutant.entity) {
			t.Errorf("nothing noticed %s of %s", mutant.what, mutant.entity)
		}
		*mutant.policy = original
	}
	if slices.ContainsFunc([]string{"Line", "Pairing", "Post"}, func(name string) bool { return m.notices(t, name) }) {
		t.Error("the matrix is red without a change")
	}
}

// notices runs the matrix against a program with the policies as they are now, on the same rows.
func (m *matrix) notices(t *testing.T, name string) (red bool) {
	t.Helper()
	other := *m
	other.api = start(t, shop, lavish, func(o *apptest.Options) { o.Database = m.api.DatabaseURL })
	notice := func(string, ...any) bool { red = true; return true }
	if other.reads(t, notice); !red {
		other.writesOf(t, m.graph.Entity(name), notice)
	}
	return red
}
