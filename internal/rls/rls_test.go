package rls_test

import (
	"flag"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/rls"
	"github.com/entgraph/entgraph/rule"
)

var random = flag.Int("rls.rules", 6, "random sets of rules that are compared with what SQL written by hand can do")

func rules(t *testing.T) rls.Rules {
	t.Helper()
	r, err := apitest.RowRules()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestFileIsCurrent compares the generated file with what the running program wants, as a
// server does when it starts.
func TestFileIsCurrent(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("../../ent/migrate/objects/policies.sql")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(file), rules(t).SQL()); diff != "" {
		t.Errorf("policies.sql is stale; run: ./run.sh generate (-file +want)\n%s", diff)
	}
}

// TestHandwrittenSQL compares what SQL written by hand reads and writes, as the server's
// role, with the plain meaning of the rules: those of the program as they were migrated,
// and random ones.
func TestHandwrittenSQL(t *testing.T) {
	t.Parallel()
	w := newWall(t, 1, 5)
	if differences := w.compare(t, 10); len(differences) > 0 {
		t.Fatalf("the program's rules: %q", differences)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range *random {
		g, policies := randomGraph(r)
		w.become(t, g)
		if differences := w.compare(t, 3); len(differences) > 0 {
			t.Fatalf("rules %d: %q\n%+v", i, differences, policies)
		}
	}
	t.Logf("%d tables read, %d writes refused, %d done", w.reads, w.refused, w.done)
	if w.done < w.refused/20 || w.refused < w.done/20 {
		t.Errorf("%d writes were done and %d refused: the rules have lost their point", w.done, w.refused)
	}
}

// randomGraph makes random rules that the program accepts.
func randomGraph(r *rand.Rand) (*entity.Graph, map[string]rule.Policy) {
	own, err := tryGraph(nil)
	if err != nil {
		panic(err) // the program's own rules hold
	}
	for {
		policies := map[string]rule.Policy{}
		for _, e := range own.Entities() {
			p := rule.Policy{
				Read: randomCond(r, e, 2, false), Write: randomCond(r, e, 1, true), Create: randomCond(r, e, 1, true),
				Update: randomCond(r, e, 2, true), Delete: randomCond(r, e, 1, true),
			}
			if e.Name == "User" && r.IntN(2) == 0 {
				p.Sets = rule.Fields{"role": randomCond(r, e, 1, true)} // is refused with an edge to many
			}
			policies[e.Name] = p
		}
		if g, err := tryGraph(policies); err == nil {
			return g, policies
		}
	}
}

func randomCond(r *rand.Rand, e *entity.Entity, depth int, writing bool) rule.Cond {
	if depth > 0 && r.IntN(3) > 0 {
		kids := []rule.Cond{randomCond(r, e, depth-1, writing), randomCond(r, e, depth-1, writing)}
		if r.IntN(3) == 0 {
			return rule.All(kids...)
		}
		return rule.Any(kids...)
	}
	leaves := append(ofRow(e.Name), rule.Everyone(), rule.Nobody(), rule.SignedIn(), rule.Role("ADMIN"), rule.Role("MEMBER"))
	if own := ofRow(e.Name); len(own) > 0 {
		leaves = append(leaves, rule.Not(own[r.IntN(len(own))]), rule.Not(rule.Any(own[r.IntN(len(own))], rule.Not(own[r.IntN(len(own))]))))
	}
	for i := range e.Edges {
		if depth < -1 {
			break // what Has asks of a neighbour leads on, but not for ever
		}
		if edge := &e.Edges[i]; !writing || depth >= 0 {
			leaves = append(leaves, rule.Visible(edge.Name), rule.Has(edge.Name, randomCond(r, edge.Target, depth-1, false)))
		}
	}
	return leaves[r.IntN(len(leaves))]
}

// ofRow are conditions on the row itself.
func ofRow(name string) []rule.Cond {
	day := 24 * time.Hour
	switch name {
	case "User":
		return []rule.Cond{rule.Owner("id"), rule.Is("role", "ADMIN"), rule.NEQ("role", "ADMIN"), rule.LT("username", "m"), rule.NEQ("username", "it's $$ and $rule0$")}
	case "Post":
		return []rule.Cond{
			rule.Owner("author_id"), rule.Is("status", "PUBLISHED"), rule.In("status", "DRAFT", "PUBLISHED"), rule.NotIn("status", "DRAFT"),
			rule.IsNull("published_at"), rule.NotNull("published_at"), rule.LTE("published_at", rule.Now()),
			rule.GT("published_at", rule.Now().Add(30*day)), rule.GTE("published_at", time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC)), rule.LT("title", "m"),
		}
	case "Profile":
		return []rule.Cond{rule.Owner("user_id"), rule.IsNull("bio"), rule.GTE("first_name", "k"), rule.NEQ("last_name", "x")}
	case "AuditLog":
		title, n := rule.At("before", "title"), rule.At("before", "a", "-1")
		return []rule.Cond{
			title.Is("it's"), title.NEQ("it's"), title.In("x", nil, 9007199254740993), title.NotIn("x", 1), title.Exists(), title.IsNull(), title.NotNull(),
			title.LT("m"), title.GTE(2), n.Is(9007199254740993), n.GT(1.5), n.LTE("m"), rule.At("before").Contains(map[string]any{"a": []int{1}}),
			rule.At("before", `a "\'{},$1`, "NULL").Is(`"\'$$`), rule.IsNull("before"),
		}
	case "Tagging":
		return []rule.Cond{rule.LT("position", 3), rule.Is("position", 1), rule.NotIn("position", 1, 2)}
	}
	return nil
}
