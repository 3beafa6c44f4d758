// Package viewer says who asks. It travels in the context and knows nothing of
// sign-in, rules or entities, so that everything may import it.
package viewer

import (
	"context"

	"github.com/google/uuid"
)

// Viewer is who a request is made for. The zero value is anonymous.
type Viewer struct {
	// UserID is the id of the user; Nil for an anonymous viewer.
	UserID uuid.UUID
}

// String is the form for logs: "anonymous" or the user's id.
func (v Viewer) String() string {
	if v.UserID == uuid.Nil {
		return "anonymous"
	}
	return v.UserID.String()
}

type key struct{}

// NewContext returns a context that carries a viewer.
func NewContext(ctx context.Context, v Viewer) context.Context {
	return context.WithValue(ctx, key{}, v)
}

// FromContext returns the viewer of a context, the anonymous one without any.
func FromContext(ctx context.Context) Viewer {
	v, _ := ctx.Value(key{}).(Viewer)
	return v
}
