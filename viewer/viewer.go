// Package viewer says who asks:
//
//	if v := viewer.FromContext(ctx); !v.SignedIn() {
//		return nil, api.Problem(api.CodeUnauthenticated, "", "sign in first")
//	}
//	background := viewer.NewContext(ctx, viewer.System()) // no access rule applies
//
// A viewer travels in the context. The package knows nothing of sign-in, rules or entities, so
// that everything may import it.
package viewer

import (
	"context"

	"github.com/entgraph/entgraph/key"
)

// Viewer is who a request is made for. The zero value is anonymous.
type Viewer struct {
	// UserID is the id of the user, such as key.UUID(id) or key.Int(7); the zero Key for an
	// anonymous viewer.
	UserID key.Key
	// Role is the user's role, such as "ADMIN": a value of the app's own; "" for an anonymous
	// viewer and in an app without roles.
	Role string
	// ReadOnly is set for a user's access token that lets a program read: it sees what the
	// user sees, and writes nothing.
	ReadOnly bool
	// System marks work of the program itself, to which no access rule applies.
	System bool
}

// System is the viewer of background work: access rules do not apply to it. Nothing
// that a client sends makes one.
func System() Viewer { return Viewer{System: true} }

// SignedIn reports whether the viewer is a user.
func (v Viewer) SignedIn() bool { return !v.UserID.IsZero() }

// Class is what two viewers have in common to whom the same rules apply, up to their
// ids. It can be compared. It is the engine's own.
type Class struct {
	SignedIn, System bool
	Role             string
}

// Class returns the viewer's class.
func (v Viewer) Class() Class {
	return Class{SignedIn: v.SignedIn(), System: v.System, Role: v.Role}
}

// String is the form for logs: "anonymous", "system" or the user's id.
func (v Viewer) String() string {
	switch {
	case v.System:
		return "system"
	case !v.SignedIn():
		return "anonymous"
	}
	return v.UserID.String()
}

type contextKey struct{}

// NewContext returns a context that carries a viewer.
func NewContext(ctx context.Context, v Viewer) context.Context {
	return context.WithValue(ctx, contextKey{}, &v)
}

// FromContext returns the viewer of a context, the anonymous one without any.
func FromContext(ctx context.Context) Viewer {
	if v, ok := ctx.Value(contextKey{}).(*Viewer); ok {
		return *v
	}
	return Viewer{}
}

// Become makes another the viewer of the context, for the rest of the mutation that
// signs in or out: what it goes on to do and to show is for the new one. A mutation
// runs in one goroutine; elsewhere use [NewContext]. Without a viewer in the context it
// does nothing. It is the engine's own.
func Become(ctx context.Context, v Viewer) {
	if at, ok := ctx.Value(contextKey{}).(*Viewer); ok {
		*at = v
	}
}
