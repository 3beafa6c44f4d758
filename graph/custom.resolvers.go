package graph

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"github.com/entgraph/entgraph/api"
	"github.com/entgraph/entgraph/auth"
	"github.com/entgraph/entgraph/ent"
	"github.com/entgraph/entgraph/ent/post"
	"github.com/entgraph/entgraph/ent/tag"
	"github.com/entgraph/entgraph/key"
)

// Query gives the methods of the handwritten query fields.
func (r *Resolver) Query() QueryResolver {
	return &queryResolver{r, auth.NewQueries(r.Entities)}
}

type queryResolver struct {
	*Resolver
	auth.Queries
}

// Mutation gives the methods of the handwritten mutation fields: those of signing in.
func (r *Resolver) Mutation() MutationResolver {
	return &mutationResolver{r, auth.NewMutations(r.Entities)}
}

type mutationResolver struct {
	*Resolver
	auth.Mutations
}

const maxRelated = 20

var errRelated = fmt.Errorf("must be 0 to %d", maxRelated)

// RelatedPosts finds posts that share a tag with a post, the newest first.
func (r *queryResolver) RelatedPosts(ctx context.Context, id string, first int32) ([]*api.Ref, error) {
	parsed, err := r.Entities.ParseID("Post", id)
	if err != nil {
		return nil, api.BadArgument("id", err)
	}
	postID, _ := parsed.UUID()
	if first < 0 || first > maxRelated {
		return nil, api.BadArgument("first", errRelated)
	}
	posts := ent.FromContext(ctx).Post
	// Queries find what the viewer sees, but the conditions of HasTagsWith look at all
	// rows: a post that is hidden must not show by what is like it.
	if seen, err := posts.Query().Where(post.ID(postID)).Exist(ctx); err != nil || !seen {
		return nil, err
	}
	ids, err := posts.Query().
		Where(post.IDNEQ(postID), post.HasTagsWith(tag.HasPostsWith(post.ID(postID)))).
		Order(post.ByCreatedAt(sql.OrderDesc()), post.ByID()).
		Limit(int(first)).
		IDs(ctx)
	if err != nil {
		return nil, err
	}
	refs := make([]*api.Ref, len(ids))
	for i, id := range ids {
		refs[i] = &api.Ref{Type: "Post", ID: key.UUID(id)}
	}
	return refs, nil
}
