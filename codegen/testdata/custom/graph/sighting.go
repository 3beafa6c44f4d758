package graph

import (
	"context"
	"fmt"
	"maps"

	"entgo.io/ent/dialect/sql"

	"github.com/entgraph/entgraph/api"
	"github.com/entgraph/entgraph/ent"
	"github.com/entgraph/entgraph/ent/sighting"
	"github.com/entgraph/entgraph/key"
)

// RecentSightings lists the newest sightings and, last, one that is gone.
func (r *queryResolver) RecentSightings(ctx context.Context, first int32) ([]*api.Ref, error) {
	all, err := ent.FromContext(ctx).Sighting.Query().Order(sighting.ByID(sql.OrderDesc())).Limit(int(first)).IDs(ctx)
	if err != nil {
		return nil, err
	}
	refs := make([]*api.Ref, 0, len(all)+1)
	for _, id := range all {
		refs = append(refs, &api.Ref{Type: "Sighting", ID: key.UUID(id)})
	}
	return append(refs, &api.Ref{Type: "Sighting"}), nil
}

// CreateTag replaces the generated mutation: it writes the name with a #.
func (r *mutationResolver) CreateTag(ctx context.Context, input api.Input) (*api.Ref, error) {
	changed := maps.Clone(input)
	changed["name"] = fmt.Sprintf("#%v", input["name"])
	id, err := r.Entities.Create(ctx, "Tag", changed)
	if err != nil {
		return nil, err
	}
	return &api.Ref{Type: "Tag", ID: id}, nil
}

// PinSighting is a handwritten mutation that answers with a generated payload.
func (r *mutationResolver) PinSighting(ctx context.Context, id string) (*api.Ref, error) {
	sighting, err := r.Entities.ParseID("Sighting", id)
	if err != nil {
		return nil, api.BadArgument("id", err)
	}
	if err := r.Entities.Update(ctx, "Sighting", sighting, api.Input{"pinned": true}); err != nil {
		return nil, err
	}
	return &api.Ref{Type: "Sighting", ID: sighting}, nil
}

// shout is null for the first of a chain.
func shout(values []any) (any, error) {
	if values[1] == nil {
		return nil, nil
	}
	return fmt.Sprintf("%v after %v!", values[0], values[1]), nil
}

func summary(values []any) (any, error) {
	return fmt.Sprintf("%v on %v by %v", values[0], values[1], values[2]), nil
}
