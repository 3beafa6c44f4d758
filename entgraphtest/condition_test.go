package entgraphtest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	gent "entgo.io/ent"
	"entgo.io/ent/privacy"

	"github.com/entgraph/entgraph/ent/auditlog"
	"github.com/entgraph/entgraph/ent/post"
	"github.com/entgraph/entgraph/ent/profile"
	"github.com/entgraph/entgraph/ent/tag"
	"github.com/entgraph/entgraph/ent/tagging"
	"github.com/entgraph/entgraph/rule"
)

// worded are policies of the sample in other words: with every condition on a column.
var worded = map[string]rule.Policy{
	"Post": {
		Read:   rule.Any(rule.LTE("published_at", rule.Now()), rule.Owner("author_id")),
		Write:  rule.All(rule.Owner("author_id"), rule.Not(rule.LT("title", "M"))),
		Delete: rule.All(rule.Role("ADMIN"), rule.GTE("published_at", rule.Now().Add(-24*time.Hour*365))),
	},
	"Profile": {
		Read:   rule.Any(rule.Owner("user_id"), rule.NotNull("bio")),
		Fields: rule.Fields{"first_name": rule.Any(rule.Owner("user_id"), rule.IsNull("last_name"))},
		Write:  rule.All(rule.Owner("user_id"), rule.NEQ("last_name", "Nobody")),
	},
	"Tag": {
		Read:   rule.Everyone(),
		Create: rule.Has("posts", rule.Owner("author_id")),
		Update: rule.Has("taggings", rule.Has("post", rule.Owner("author_id"))),
		Delete: rule.All(rule.SignedIn(), rule.Has("posts", rule.NotNull("published_at"))),
	},
	"AuditLog": {
		Read: rule.Any(
			rule.Role("ADMIN"), rule.At("before", "title", "en").In("x", nil), rule.All(rule.At("before", "n").GT(9007199254740992), rule.At("before", "title").NotNull()),
			rule.All(rule.SignedIn(), rule.Not(rule.At("before", "list", "-1").LTE(1.5)), rule.At("before").Contains(map[string]any{"n": 1})),
		),
		Fields: rule.Fields{"request_id": rule.At("after", "a").Exists(), "after": rule.At("after", "a").NEQ("it's \"x\"")},
	},
	"Tagging": {
		Read:   rule.All(rule.Visible("post"), rule.Not(rule.GT("position", 7))),
		Write:  rule.Has("post", rule.Owner("author_id")),
		Update: rule.All(rule.Role("ADMIN"), rule.NotIn("position", 4, 5)),
	},
}

// TestMatrixNoticesConditions puts every condition on a column into the rules, turns each
// of them around in the running program, and wants the matrix to notice. It is not
// parallel, as the policies are those of the whole program.
func TestMatrixNoticesConditions(t *testing.T) {
	policies := map[string]*gent.Policy{"AuditLog": &auditlog.Policy, "Post": &post.Policy, "Profile": &profile.Policy, "Tag": &tag.Policy, "Tagging": &tagging.Policy}
	for name, p := range worded {
		original := *policies[name]
		*policies[name] = privacy.Policies{p}
		defer func() { *policies[name] = original }()
	}
	m := newMatrix(t, blog)
	if _, err := m.api.DB.Write.Exec(t.Context(), "INSERT INTO tags (name) VALUES ('of no post')"); err != nil {
		t.Fatal(err)
	}
	if err := m.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	m.choose()
	fail := func(format string, args ...any) bool { t.Errorf(format, args...); return false }
	m.shows(fail)
	m.reads(t, fail)
	n := 0
	for name, p := range worded {
		m.writesOf(t, m.graph.Entity(name), fail)
		if t.Failed() {
			return
		}
		for what, mutant := range turned(p) {
			n++
			*policies[name] = privacy.Policies{mutant}
			if !m.notices(t, name) {
				t.Errorf("nothing noticed that %s.%s", name, what)
			}
		}
		*policies[name] = privacy.Policies{p}
	}
	if n < 10 {
		t.Errorf("only %d changes of rules", n)
	}
}

// opposite are the conditions that hold where another does not, or at one more value.
var opposite = map[rule.Op]rule.Op{
	rule.OpIn: rule.OpNotIn, rule.OpNotIn: rule.OpIn, rule.OpIsNull: rule.OpNotNull, rule.OpNotNull: rule.OpIsNull,
	rule.OpExists: rule.OpNotNull, rule.OpContains: rule.OpNotIn,
	rule.OpLT: rule.OpLTE, rule.OpLTE: rule.OpGT, rule.OpGT: rule.OpGTE, rule.OpGTE: rule.OpLT,
}

// turned lists the policies in which one condition on a column is another.
func turned(p rule.Policy) map[string]rule.Policy {
	out := map[string]rule.Policy{}
	for name, at := range map[string]func(*rule.Policy) *rule.Cond{
		"Read": func(p *rule.Policy) *rule.Cond { return &p.Read }, "Write": func(p *rule.Policy) *rule.Cond { return &p.Write },
		"Create": func(p *rule.Policy) *rule.Cond { return &p.Create },
		"Update": func(p *rule.Policy) *rule.Cond { return &p.Update }, "Delete": func(p *rule.Policy) *rule.Cond { return &p.Delete },
	} {
		for what, c := range changes(*at(&p)) {
			q := p
			*at(&q) = c
			out[name+what] = q
		}
	}
	for field, own := range p.Fields {
		for what, c := range changes(own) {
			q := p
			q.Fields = rule.Fields{field: c}
			out["Fields."+field+what] = q
		}
	}
	return out
}

// changes are a condition with one of its parts turned around.
func changes(c rule.Cond) map[string]rule.Cond {
	out := map[string]rule.Cond{}
	switch other, ok := opposite[c.Op]; {
	case c.Op == rule.OpAt:
		turned := c
		turned.Asks = opposite[c.Asks]
		out[" "+words(c)+" "+string(turned.Asks)] = turned
	case ok:
		turned := c
		turned.Op = other
		out[" "+words(c)+" "+string(other)] = turned
	case c.Op == rule.OpHas:
		out[" "+words(c)+" opened"] = rule.SignedIn()
	case c.Op == rule.OpNot:
		out[" not is left out"] = c.Kids[0]
	}
	for i, kid := range c.Kids {
		for what, m := range changes(kid) {
			q := c
			q.Kids = slices.Clone(c.Kids)
			q.Kids[i] = m
			out[fmt.Sprintf(".%d%s", i, what)] = q
		}
	}
	return out
}
