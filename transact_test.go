package entgraph_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/entgraph/entgraph"
	"github.com/entgraph/entgraph/ent"
	"github.com/entgraph/entgraph/ent/user"
	"github.com/entgraph/entgraph/internal/apitest"
)

// members has a command that makes users and a route that counts those whom its viewer sees, as
// one would write a nightly clean-up and an export.
func members() entgraph.App {
	app := shop()
	app.Commands = func() []*cobra.Command {
		return []*cobra.Command{{
			Use: "join NAME...", Short: "Make users, or none",
			RunE: func(cmd *cobra.Command, names []string) error {
				return entgraph.Transact(cmd.Context(), func(ctx context.Context) error {
					for _, name := range names {
						if name == "nobody" {
							return errors.New("nobody is there")
						}
						if err := ent.FromContext(ctx).User.Create().SetUsername(name).SetEmail(name + "@example.com").Exec(ctx); err != nil {
							return err
						}
					}
					return nil
				})
			},
		}}
	}
	app.Routes = func(mux *http.ServeMux) {
		mux.Handle("GET /members", entgraph.WithViewer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			err := entgraph.Transact(r.Context(), func(ctx context.Context) error {
				names, err := ent.FromContext(ctx).User.Query().Order(user.ByUsername()).Select(user.FieldUsername).Strings(ctx)
				_, _ = w.Write([]byte(strconv.Itoa(len(names)) + " " + strings.Join(names, " ")))
				return err
			})
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
			}
		})))
	}
	return app
}

// A command of the app's works on the database as the system, in one transaction, and a route as
// its viewer.
func TestTransact(t *testing.T) {
	t.Parallel()
	environ := []string{"DATABASE_URL=" + apitest.Database(t), "LOG_LEVEL=error"}
	app := members()
	if code, _, stderr := run(t, app, environ, "join", "ada", "nobody"); code != 1 || stderr != "my-shop: nobody is there\n" {
		t.Errorf("code %d, %s", code, stderr)
	}
	if code, _, stderr := run(t, app, environ, "join", "bob", "cid"); code != 0 {
		t.Fatalf("code %d, %s", code, stderr)
	}
	h, err := app.Handler(t.Context(), entgraph.HandlerOptions{Environ: environ})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/members", nil))
	if got := w.Body.String(); w.Code != http.StatusOK || got != "2 bob cid" {
		t.Errorf("status %d: %s", w.Code, got)
	}
	outside := errors.New("called")
	if err := entgraph.Transact(t.Context(), func(context.Context) error { return outside }); err == nil || errors.Is(err, outside) {
		t.Errorf("in a context of neither: %v", err)
	}
}
