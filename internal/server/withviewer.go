package server

import (
	"context"
	"net/http"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/entgraph/entgraph/api"
	"github.com/entgraph/entgraph/internal/auth"
	"github.com/entgraph/entgraph/viewer"
)

type serverKey struct{}

// withServer puts the server into the context of a request, where the app has routes, whose
// [WithViewer] looks for it.
func (s *Server) withServer(ctx context.Context) context.Context {
	if s.o.Routes == nil {
		return ctx
	}
	return context.WithValue(ctx, serverKey{}, s)
}

// WithViewer gives a route its viewer; see entgraph.WithViewer.
func WithViewer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, ok := r.Context().Value(serverKey{}).(*Server)
		if !ok {
			panic("entgraph.WithViewer: the request has not come through the server: use it for handlers that App.Routes adds")
		}
		s.asViewer(w, r, next)
	})
}

// FromContext gives the server that a request to a route of the app has come through, nil
// without one.
func FromContext(ctx context.Context) *Server {
	s, _ := ctx.Value(serverKey{}).(*Server)
	return s
}

// Transact calls f in a transaction, with an Ent client and the viewer of ctx in its context.
func (s *Server) Transact(ctx context.Context, f func(context.Context) error) error {
	return s.schema.Within(ctx, f)
}

// asViewer serves a route as the viewer of its request.
func (s *Server) asViewer(w http.ResponseWriter, r *http.Request, next http.Handler) {
	if !safe(r.Method) && auth.Foreign(r) && !s.allowed(r) {
		refuse(http.StatusForbidden, api.CodeForbidden, "cross-origin requests are not allowed").write(w, typeJSON)
		return
	}
	ctx, who := s.begin(r, true)
	ctx, errs := s.identifyRoute(s.withDeadline(ctx))
	who.SetCookie(w) // of a session that has ended
	if len(errs) > 0 {
		w.Header()["Cache-Control"] = noStore
		writeErrors(w, routeStatus(codeOf(errs)), errs...)
		return
	}
	next.ServeHTTP(w, r.WithContext(ctx))
}

// identifyRoute finds out who asks, as authenticate does for an operation.
func (s *Server) identifyRoute(ctx context.Context) (context.Context, gqlerror.List) {
	if s.o.Authenticate != nil {
		return s.askApp(ctx)
	}
	req := auth.FromContext(ctx)
	if !req.Carries() {
		return identified(ctx), nil
	}
	limited, cancel := bounded(ctx)
	defer cancel()
	v, err := req.Resolve(limited)
	if err != nil {
		return ctx, gqlerror.List{s.schema.Present(ctx, err)}
	}
	return identified(viewer.NewContext(ctx, viewer.FromContext(v))), nil
}

func safe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// routeStatus is the status for what keeps it from being known who asks. A code of the app's
// own is a refusal too.
func routeStatus(code string) int {
	switch code {
	case api.CodeForbidden:
		return http.StatusForbidden
	case api.CodeRateLimited, api.CodeLimitExceeded:
		return http.StatusTooManyRequests
	case api.CodeUnavailable, api.CodeTimeout:
		return http.StatusServiceUnavailable
	case api.CodeInternal:
		return http.StatusInternalServerError
	}
	return http.StatusUnauthorized
}
