package entity

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"entgo.io/ent"
	"entgo.io/ent/privacy"

	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/rule"
	"github.com/entgraph/entgraph/viewer"
)

// TestLinksAreAskedLater asks of links what is only known when they are written: by their two ends,
// those from one entity together.
func TestLinksAreAskedLater(t *testing.T) {
	t.Parallel()
	w := newClub(t)
	var asked []string
	var broken []key.Key
	w.graph.store.Links = func(_ context.Context, _ *postgres.Tx, e *Edge, c rule.Cond, from key.Key, to []key.Key) ([]key.Key, error) {
		text := e.Name + " of " + from.String()[35:] + " to"
		for _, id := range to {
			text += " " + id.String()[35:]
		}
		asked = append(asked, fmt.Sprint(text, ": ", c.Op))
		return slices.DeleteFunc(slices.Clone(to), func(id key.Key) bool { return !slices.Contains(broken, id) }), nil
	}
	made := func(from, to byte) *changed {
		return &changed{recorded: &recorded{typ: "Follow", values: map[string]ent.Value{"follower_id": no(from), "followed_id": no(to)}}, op: ent.OpCreate}
	}
	light, heavy := rule.LT("weight", 10), rule.GTE("weight", 10)
	settle := func(ask func(*Write) error) error {
		asked = nil
		write := w.graph.Write(nil, w)
		if err := ask(write); err != nil {
			return err
		}
		return write.Settle(t.Context())
	}
	several := func(write *Write) error {
		update := &changed{recorded: &recorded{typ: "Follow"}, op: ent.OpUpdate}
		write.note(update, pair{w.graph.Entity("User").EdgeByName("followers"), no(2), no(1)})
		return errors.Join(
			write.later(made(1, 2), light, viewer.Viewer{}), write.later(made(1, 3), light, viewer.Viewer{}),
			write.later(made(2, 3), light, viewer.Viewer{}), write.later(made(2, 4), heavy, viewer.Viewer{}), write.later(update, heavy, viewer.Viewer{}),
		)
	}
	if err := settle(several); err != nil {
		t.Fatal(err)
	}
	if want := []string{"following of 1 to 2 3: not", "following of 2 to 3: not", "following of 2 to 4: not", "followers of 2 to 1: not"}; !slices.Equal(asked, want) {
		t.Errorf("asked %q, want %q", asked, want)
	}
	broken = []key.Key{no(3), no(2)}
	if err := settle(several); !errors.Is(err, privacy.Deny) {
		t.Errorf("a link that breaks a rule: %v", err)
	}
	for what, m := range map[string]*changed{
		"a change by predicates":  {recorded: &recorded{typ: "Follow", values: map[string]ent.Value{}}, op: ent.OpUpdate},
		"a link without two ends": {recorded: &recorded{typ: "Follow", values: map[string]ent.Value{"follower_id": no(1)}}, op: ent.OpCreate},
	} {
		if err := settle(func(write *Write) error { return write.later(m, light, viewer.Viewer{}) }); !errors.Is(err, privacy.Deny) || len(asked) > 0 {
			t.Errorf("%s: %v, asked %q", what, err, asked)
		}
	}
}
