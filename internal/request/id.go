// Package request carries what everything knows of the request at hand: its id.
package request

import "context"

type key struct{}

// WithID returns a context that carries the id of the request.
func WithID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, key{}, id)
}

// ID returns the id of the request, "" without one.
func ID(ctx context.Context) string {
	id, _ := ctx.Value(key{}).(string)
	return id
}
