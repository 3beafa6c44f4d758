package entity

import (
	"errors"
	"slices"
	"testing"

	"entgo.io/ent"
	"entgo.io/ent/privacy"

	"github.com/entgraph/entgraph/rule"
	"github.com/entgraph/entgraph/viewer"
)

// TestByViewer: an edge leads to who creates the entity, and who may name another user has one of the roles.
func TestByViewer(t *testing.T) {
	t.Parallel()
	all := ent.Policy(rule.Policy{Read: rule.Everyone(), Write: rule.Everyone()})
	w := newWorld(t, nil, Entity{Name: "User", Policy: &all, Fields: []Field{idField()}},
		Entity{Name: "Post", Policy: &all, Fields: []Field{idField()}, Edges: []Edge{
			ByViewer(toOne("author", "User", "author_id", true)), ByViewer(toOne("payer", "User", "payer_id", false), "ADMIN")}})
	user := func(n byte) string { return w.graph.Entity("User").FormatID(no(n)) }
	ada, admin, nobody := viewer.Viewer{UserID: no(1), Role: "MEMBER"}, viewer.Viewer{UserID: no(2), Role: "ADMIN"}, viewer.Viewer{}
	for name, tc := range map[string]struct {
		viewer viewer.Viewer
		update bool
		values vals
		told   []string
		err    error
	}{
		"nothing said":          {ada, false, vals{}, []string{"author=1", "payer=1"}, nil},
		"themselves":            {ada, false, vals{"payerID": user(1)}, []string{"author=1", "payer=1"}, nil},
		"another":               {ada, false, vals{"payerID": user(3)}, nil, privacy.Deny},
		"nobody at all":         {ada, false, vals{"payerID": nil}, nil, privacy.Deny},
		"another by a role":     {admin, false, vals{"payerID": user(3)}, []string{"author=2", "payer=3"}, nil},
		"nobody by a role":      {admin, false, vals{"payerID": nil}, []string{"author=2"}, nil},
		"from Go":               {ada, false, vals{"authorID": user(3)}, []string{"author=3", "payer=1"}, nil},
		"not signed in":         {nobody, false, vals{}, nil, privacy.Deny},
		"by the system":         {viewer.System(), false, vals{"authorID": user(3)}, []string{"author=3"}, nil},
		"changed":               {ada, true, vals{"payerID": user(3)}, nil, privacy.Deny},
		"changed by a role":     {admin, true, vals{"payerID": user(3)}, []string{"payer=3"}, nil},
		"changed without a key": {ada, true, vals{}, nil, nil},
	} {
		ctx := viewer.NewContext(t.Context(), tc.viewer)
		w.last = &recorded{}
		_, err := w.graph.Write(nil, w).Create(ctx, w.graph.Entity("Post"), tc.values)
		if tc.update {
			w.last = &recorded{}
			err = w.graph.Write(nil, w).Update(ctx, w.graph.Entity("Post"), no(1), tc.values)
		}
		slices.Sort(w.last.told)
		if !errors.Is(err, tc.err) || !slices.Equal(w.last.told, tc.told) {
			t.Errorf("%s: %v, told %q, want %q", name, err, w.last.told, tc.told)
		}
	}
}
