package executor_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	gent "entgo.io/ent"
	"entgo.io/ent/privacy"

	"github.com/entgraph/entgraph/ent/accesstoken"
	"github.com/entgraph/entgraph/ent/auditlog"
	"github.com/entgraph/entgraph/ent/post"
	"github.com/entgraph/entgraph/ent/profile"
	"github.com/entgraph/entgraph/ent/tag"
	"github.com/entgraph/entgraph/ent/tagging"
	"github.com/entgraph/entgraph/ent/user"
	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/rule"
)

// policies are those that Ent and the planner read, of the entities that the library has
// rows of. What somebody adds to the sample is no business of this test; package oracle
// compares the reads of every entity there is.
var policies = map[string]*gent.Policy{
	"AccessToken": &accesstoken.Policy, "AuditLog": &auditlog.Policy, "Post": &post.Policy, "Profile": &profile.Policy, "Tag": &tag.Policy, "Tagging": &tagging.Policy, "User": &user.Policy,
}

// pointless are the changes that nobody can notice: every viewer sees every tag; nobody
// writes a token that they do not see, there is no mutation that changes one, and the one
// that makes one makes the viewer's own; nor is there one for the audit log.
var pointless = []string{
	"Tagging.Read.1 opened",
	"AuditLog.Write opened", "AuditLog.Create opened", "AuditLog.Update opened", "AuditLog.Delete opened",
	"AccessToken.Write opened", "AccessToken.Create opened", "AccessToken.Update opened", "AccessToken.Delete opened",
}

// TestEveryRuleCounts opens and closes each rule and each of its parts in turn, in the
// running program, and wants the matrix to notice. It is not parallel, as the policies
// are those of the whole program: the parallel tests wait for it.
func TestEveryRuleCounts(t *testing.T) {
	l := newLibrary(t)
	n := 0
	for _, name := range slices.Sorted(maps.Keys(policies)) {
		p := l.graph.Entity(name).Rules()
		for what, mutant := range mutants(p) {
			if what = name + "." + what; slices.Contains(pointless, what) {
				continue
			}
			if n++; !l.notices(t, name, mutant) {
				t.Errorf("nothing noticed that %s", what)
			}
		}
	}
	if n < 40 {
		t.Errorf("only %d changes of rules", n)
	}
}

// notices runs the matrix against a program with another policy.
func (l *library) notices(t *testing.T, name string, p rule.Policy) (red bool) {
	t.Helper()
	original := *policies[name]
	defer func() { *policies[name] = original }()
	*policies[name] = privacy.Policies{p}
	other := *l // with a program of its own on the same rows
	other.api = apitest.New(t, func(o *apitest.Options) { o.Database = l.api.DatabaseURL })
	notice := func(string) bool { red = true; return true }
	if other.reads(t, l.viewers(), notice); !red {
		other.writes(t, l.viewers(), notice)
	}
	return red
}

// mutants lists the policies in which one rule, or a part of one, lets everybody or
// nobody.
func mutants(p rule.Policy) map[string]rule.Policy {
	out := map[string]rule.Policy{}
	change := func(name string, c rule.Cond, set func(q *rule.Policy, c rule.Cond)) {
		for what, m := range parts(c) {
			q := p
			q.Fields, q.Sets = maps.Clone(p.Fields), maps.Clone(p.Sets)
			set(&q, m)
			out[name+what] = q
		}
	}
	change("Read", p.Read, func(q *rule.Policy, c rule.Cond) { q.Read = c })
	change("Write", p.Write, func(q *rule.Policy, c rule.Cond) { q.Write = c })
	change("Create", p.Create, func(q *rule.Policy, c rule.Cond) { q.Create = c })
	change("Update", p.Update, func(q *rule.Policy, c rule.Cond) { q.Update = c })
	change("Delete", p.Delete, func(q *rule.Policy, c rule.Cond) { q.Delete = c })
	for f, c := range p.Fields {
		change("Fields."+f, c, func(q *rule.Policy, c rule.Cond) { q.Fields[f] = c })
	}
	for f, c := range p.Sets {
		change("Sets."+f, c, func(q *rule.Policy, c rule.Cond) { q.Sets[f] = c })
	}
	return out
}

// parts opens and closes a condition and each part of it.
func parts(c rule.Cond) map[string]rule.Cond {
	out := map[string]rule.Cond{}
	if c.Op != rule.OpEveryone {
		out[" opened"] = rule.Everyone()
	}
	if c.Op != rule.OpNobody {
		out[" closed"] = rule.Nobody()
	}
	if c.Op == rule.OpAny || c.Op == rule.OpAll {
		for i, kid := range c.Kids {
			for what, m := range parts(kid) {
				q := c
				q.Kids = slices.Clone(c.Kids)
				q.Kids[i] = m
				out[fmt.Sprintf(".%d%s", i, what)] = q
			}
		}
	}
	return out
}
