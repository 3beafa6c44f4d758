// Package api is what handwritten resolvers use:
//
//	// RelatedPosts answers the field that custom.graphql declares.
//	func (r *queryResolver) RelatedPosts(ctx context.Context, id string) ([]*api.Ref, error) {
//		post, err := r.Entities.ParseID("Post", id)
//		if err != nil {
//			return nil, api.BadArgument("id", err)
//		}
//		ids, err := ent.FromContext(ctx).Post.Query().Where(...).IDs(ctx)
//		...
//		return refs, nil // what the client selected of them is read under its rules
//	}
//
// In a mutation everything is part of its transaction: the client of ent.FromContext(ctx),
// and the writes of [Entities]. A mutation that others got in the way of runs again, so that
// a resolver does nothing outside of the database that must not happen twice.
package api
