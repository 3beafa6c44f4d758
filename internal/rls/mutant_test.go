package rls_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/rls"
)

// unseen are the changes that nobody can notice in the program's rules: a role does not
// change with the row, nor does the id of a user; nobody changes a token or the audit log,
// and who sees a token may delete it.
var unseen = map[string]bool{
	"entgraph_update on tags, WITH CHECK opened":          true,
	"entgraph_update on users, WITH CHECK opened":         true,
	"entgraph_update on access_tokens, WITH CHECK opened": true,
	"entgraph_update on audit_logs, WITH CHECK opened":    true,
	"entgraph_delete on access_tokens, USING opened":      true,
}

// TestEveryPolicyCounts drops and opens each policy, clause by clause, drops the trigger
// and opens the functions, and wants the comparison to notice.
func TestEveryPolicyCounts(t *testing.T) {
	t.Parallel()
	w := newWall(t, 3, 8)
	n := 0
	for _, o := range w.rules.Objects {
		for what, sql := range mutations(o) {
			if slices.Contains([]string{"sessions", "attempts", "identities"}, o.Table.Name) {
				continue // no rules of rows: TestServerRoleOwnsNothing
			}
			n++
			w.exec(t, sql)
			noticed := len(w.compare(t, 1)) > 0
			w.restore(t, o)
			if noticed == unseen[o.Name+" on "+o.Table.Name+", "+what] {
				t.Errorf("%s on %s, %s: noticed %t", o.Name, o.Table, what, noticed)
			}
		}
	}
	if differences := w.compare(t, 1); len(differences) > 0 {
		t.Errorf("restored: %q", differences)
	}
	if n < 35 {
		t.Errorf("only %d changes", n)
	}
}

// mutations are statements that take an object away or let it allow everything.
func mutations(o rls.Object) map[string]string {
	out := map[string]string{}
	switch {
	case o.Kind == rls.Function && o.Arguments == "": // with its trigger
	case o.Kind == rls.Function:
		head, _, _ := strings.Cut(o.SQL, " AS $$")
		out["opened"] = strings.Replace(head, "CREATE", "CREATE OR REPLACE", 1) + " AS $$SELECT true$$"
		out["closed"] = strings.Replace(head, "CREATE", "CREATE OR REPLACE", 1) + " AS $$SELECT false$$"
	default:
		out["dropped"] = drop(o)
	}
	if o.Kind == rls.Policy {
		for _, clause := range []string{"USING", "WITH CHECK"} {
			if strings.Contains(o.SQL, clause+" (") && !strings.Contains(o.SQL, clause+" (true)") {
				out[clause+" opened"] = "ALTER" + strings.TrimPrefix(strings.Split(o.SQL, " FOR ")[0], "CREATE") + " " + clause + " (true)"
			}
		}
	}
	return out
}

// restore makes an object as it was.
func (w *wall) restore(t *testing.T, o rls.Object) {
	t.Helper()
	if o.Kind == rls.Function {
		w.exec(t, strings.Replace(o.SQL, "CREATE", "CREATE OR REPLACE", 1))
		return
	}
	w.exec(t, strings.Replace(drop(o), " \"", " IF EXISTS \"", 1)+"; "+o.SQL)
}
