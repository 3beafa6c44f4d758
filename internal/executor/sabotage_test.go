package executor_test

import (
	"context"
	"fmt"
	"testing"

	gent "entgo.io/ent"
	"entgo.io/ent/privacy"
	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/rule"
)

// TestSecondWall opens every rule of rows in the running program, so that the planner and
// Ent let everybody see and write everything, and wants row-level security to hold all the
// same: nothing more is seen, and nothing more is written, than the rules allow. It is not
// parallel, as the policies are those of the whole program.
func TestSecondWall(t *testing.T) {
	l := newLibrary(t, rowSecurity)
	originals := map[string]gent.Policy{}
	for name, p := range policies {
		originals[name] = *p
		open := rule.Policy{Read: rule.Everyone(), Write: rule.Everyone(), Fields: l.graph.Entity(name).Rules().Fields}
		*p = privacy.Policies{open}
	}
	defer func() {
		for name, p := range originals {
			*policies[name] = p
		}
	}()
	open := *l
	open.api = apitest.New(t, rowSecurity, func(o *apitest.Options) { o.Database = l.api.DatabaseURL })
	owner, err := pgx.Connect(t.Context(), l.api.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close(context.WithoutCancel(t.Context()))
	before, refused := l.dump(t, owner), 0
	for name, v := range l.viewers() {
		for _, a := range l.attempts() {
			if a.outcome(l.graph, v) == "" {
				if code, body := open.try(t, open.api.Like(v.api), a.query); code != "" {
					t.Errorf("%s: %s: %s", name, a.name, body)
				}
				continue
			}
			refused++
			answer := open.api.Like(v.api).Query(t, "mutation { "+l.text(a.query)+" }", nil)
			if after := l.dump(t, owner); after != before {
				t.Fatalf("%s: %s: it was done: %s", name, a.name, answer.Body)
			}
		}
	}
	if refused < 150 {
		t.Errorf("only %d writes were to be refused", refused)
	}
	open.reads(t, l.viewers(), func(difference string) bool { t.Error(difference); return false })
	if n := len(open.api.Log.Lines("row-level security refused a write")); n < 20 {
		t.Errorf("%d writes were refused by row-level security and logged", n)
	}

	// Without the second wall the sabotage is seen at once: the test has a point.
	bare := *l
	bare.api = apitest.New(t, func(o *apitest.Options) { o.Database = l.api.DatabaseURL })
	leaks := 0
	bare.reads(t, l.viewers(), func(string) bool { leaks++; return false })
	if leaks == 0 {
		t.Error("nothing leaks without row-level security")
	}
}

// dump is everything that is in the tables of the entities.
func (l *library) dump(t *testing.T, owner *pgx.Conn) (all string) {
	t.Helper()
	for _, e := range l.graph.Entities() {
		var rows string
		if err := owner.QueryRow(t.Context(), fmt.Sprintf("SELECT coalesce(string_agg(t::text, ' ' ORDER BY id), '') FROM public.%q t", e.Table)).Scan(&rows); err != nil {
			t.Fatal(err)
		}
		all += rows + "\n"
	}
	return all
}
