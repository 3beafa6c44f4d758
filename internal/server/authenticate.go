package server

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/entgraph/entgraph/api"
	"github.com/entgraph/entgraph/internal/auth"
	"github.com/entgraph/entgraph/viewer"
)

type requestKey struct{}

// begin puts into the context what tells who asks: for Options.Authenticate the request
// itself, of which pages of other origins send no cookie that counts.
func (s *Server) begin(r *http.Request, answers bool) (context.Context, *auth.Request) {
	if s.o.Authenticate == nil {
		return s.o.Auth.Begin(r, answers)
	}
	asked := r.Clone(r.Context())
	asked.Body = http.NoBody // the operation reads it
	if auth.Foreign(r) {
		asked.Header.Del("Cookie")
	}
	return context.WithValue(r.Context(), requestKey{}, asked), nil
}

// ask calls Options.Authenticate. A panic is an error, which is INTERNAL for the client.
func (s *Server) ask(ctx context.Context) (v viewer.Viewer, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &failedError{s.schema.Recover(ctx, p)}
		}
	}()
	r, ok := ctx.Value(requestKey{}).(*http.Request)
	if !ok {
		return v, &failedError{errors.New("authenticate: there is no request in the context")}
	}
	return s.o.Authenticate(r.WithContext(ctx))
}

// failedError is an error that says nothing about who asks.
type failedError struct{ err error }

func (e *failedError) Error() string { return e.err.Error() }
func (e *failedError) Unwrap() error { return e.err }

// askApp lets the app find out who asks.
func (s *Server) askApp(ctx context.Context) (context.Context, gqlerror.List) {
	limited, cancel := bounded(ctx)
	defer cancel()
	v, err := s.ask(limited)
	switch {
	case err == nil:
		return identified(viewer.NewContext(ctx, v)), nil
	case refused(err) && !forClient(err):
		s.o.Log.With(idAttrs(ctx)...).InfoContext(ctx, "not authenticated", "error", err)
		return ctx, gqlerror.List{codedError(api.CodeUnauthenticated, "sign in first: it is not known who asks")}
	}
	return ctx, gqlerror.List{s.schema.Present(ctx, err)}
}

// refused reports whether an error of Options.Authenticate says that nobody may ask so. A time
// that is over and a panic say nothing of that.
func refused(err error) bool {
	var failed *failedError
	return !errors.As(err, &failed) && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}

// forClient reports whether an error was made to be told as it is.
func forClient(err error) bool {
	var client *api.Error
	return errors.As(err, &client)
}

// watchApp ends a subscription with [auth.ErrEnded] when the app refuses its viewer, by whatever
// error, or knows another. An app that cannot say now who asks ends none.
func (s *Server) watchApp(ctx context.Context, cancel context.CancelCauseFunc) {
	was := viewer.FromContext(ctx)
	tick := time.NewTicker(s.o.SessionCheck)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now, err := s.ask(ctx)
		if err == nil && now != was || err != nil && refused(err) {
			cancel(auth.ErrEnded)
			return
		}
	}
}

// introduce lets the app look at the Authorization of a WebSocket's first message, as if it
// had come with the request. It reports whether it is known who asks.
func (k *socket) introduce(authorization string) bool {
	if r, ok := k.ctx.Value(requestKey{}).(*http.Request); ok {
		r.Header.Set("Authorization", authorization) // before any operation
	}
	ctx, cancel := context.WithTimeout(k.ctx, initTimeout)
	defer cancel()
	_, err := k.server.ask(ctx)
	return err == nil || !refused(err)
}
