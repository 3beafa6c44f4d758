package entity_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"entgo.io/ent"
	"entgo.io/ent/privacy"
	"github.com/google/uuid"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/rule"
	"github.com/entgraph/entgraph/viewer"
)

// marriage is a mutation that only knows its spouse.
type marriage struct {
	ent.Mutation
	id key.Key
}

func (m *marriage) ID() (key.Key, bool)            { return m.id, true }
func (m *marriage) Field(string) (ent.Value, bool) { return nil, false }
func (m *marriage) set(key.Key)                    {}
func (m *marriage) clear()                         {}

// saver is a client that takes every mutation.
type saver struct{}

func (saver) Mutate(context.Context, ent.Mutation) (ent.Value, error) { return nil, nil }

// TestSpouseFollowsTheRulesOfBoth writes an edge that Ent keeps in both rows: who may
// change one of them only is refused.
func TestSpouseFollowsTheRulesOfBoth(t *testing.T) {
	t.Parallel()
	me, old, other := key.UUID(uuid.New()), key.UUID(uuid.New()), key.UUID(uuid.New())
	var policy ent.Policy = rule.Policy{Read: rule.Everyone(), Write: rule.Owner("id")}
	var asked []key.Key
	mine := map[key.Key]bool{me: true}
	store := entity.Store{
		Lock: func(context.Context, *postgres.Tx, *entity.Entity, rule.Cond, key.Key) error { return nil },
		Targets: func(context.Context, *postgres.Tx, *entity.Edge, key.Key, []key.Key, int) ([]key.Key, error) {
			return []key.Key{old}, nil
		},
		Rows: func(_ context.Context, _ *postgres.Tx, _ *entity.Entity, c rule.Cond, ids []key.Key) ([]key.Key, error) {
			asked = append(asked, ids...)
			if c.Op == rule.OpEveryone {
				return ids, nil
			}
			return slices.DeleteFunc(slices.Clone(ids), func(id key.Key) bool { return !mine[id] }), nil
		},
	}
	g, err := entity.New([]entity.Entity{{
		Name: "Person", Field: "person", Plural: "persons", Prefix: "person", Table: "persons", Policy: &policy,
		Fields:    []entity.Field{entity.IDField[any, [16]byte](nil, "id", entity.UUIDKey)},
		Edges:     []entity.Edge{entity.Own("spouse", "Person", "spouse_id", "spouseID", false, false, (*marriage).set, (*marriage).clear)},
		NewUpdate: func(_ entity.Client, id key.Key) entity.Mutation { return &marriage{id: id} },
	}}, nil, store)
	if err != nil {
		t.Fatal(err)
	}
	e, w := g.Entity("Person"), g.Write(nil, saver{})
	ctx := viewer.NewContext(t.Context(), viewer.Viewer{UserID: me, Role: "MEMBER"})
	marry := map[string]any{"spouseID": e.FormatID(other)}
	if err := w.Update(ctx, e, me, marry); !errors.Is(err, privacy.Deny) {
		t.Errorf("married a stranger: %v", err)
	}
	mine[other] = true
	if err := w.Update(ctx, e, me, marry); !errors.Is(err, privacy.Deny) {
		t.Errorf("left a stranger for another: %v", err)
	}
	if err := w.Update(ctx, e, me, map[string]any{"spouseID": nil}); !errors.Is(err, privacy.Deny) {
		t.Errorf("left a stranger: %v", err)
	}
	mine[old] = true
	for _, in := range []map[string]any{marry, {"spouseID": nil}} {
		if err := w.Update(ctx, e, me, in); err != nil {
			t.Errorf("%v: %v", in, err)
		}
	}
	if !slices.Contains(asked, old) || !slices.Contains(asked, other) {
		t.Errorf("asked for %v", asked)
	}
}
