package entity_test

import (
	"strings"
	"testing"

	"entgo.io/ent"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/rule"
)

func TestWithout(t *testing.T) {
	t.Parallel()
	var policy ent.Policy = rule.Policy{Read: rule.Everyone()}
	with := func(kinds ...entity.RootKind) (*entity.Graph, error) {
		return entity.New([]entity.Entity{{
			Name: "Log", Field: "log", Plural: "logs", Prefix: "log", Table: "logs", Policy: &policy,
			Fields: []entity.Field{entity.IDField[any, [16]byte](nil, "id", entity.UUIDKey)}, Without: kinds,
		}}, nil, entity.Store{})
	}
	g, err := with(entity.Create, entity.Update)
	if err != nil {
		t.Fatal(err)
	}
	if g.Mutation("createLog") != nil || g.Mutation("updateLog") != nil || g.Mutation("deleteLog") == nil || g.Query("log") == nil {
		t.Error("other root fields than deleteLog and log")
	}
	if _, err := with(entity.List); err == nil || !strings.Contains(err.Error(), "Create, Update and Delete") {
		t.Errorf("without its list: %v", err)
	}
}
