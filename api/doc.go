// Package api is what handwritten resolvers use:
//
//	// CheapestProduct answers the field that custom.graphql declares. What the client selected
//	// of the product is read under its rules.
//	func (r *queryResolver) CheapestProduct(ctx context.Context) (*api.Ref, error) {
//		id, err := ent.FromContext(ctx).Product.Query().
//			Order(product.ByPrice(sql.OrderAsc()), product.ByID()).
//			FirstID(ctx)
//		if ent.IsNotFound(err) {
//			return nil, nil
//		}
//		if err != nil {
//			return nil, err
//		}
//		return &api.Ref{Type: "Product", ID: key.UUID(id)}, nil
//	}
//
// In a mutation everything is part of its transaction: the client of ent.FromContext(ctx),
// and the writes of [Entities]. A mutation that others got in the way of runs again, so that
// a resolver does nothing outside of the database that must not happen twice.
package api
