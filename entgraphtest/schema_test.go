package entgraphtest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"

	"github.com/entgraph/entgraph/api"
	"github.com/entgraph/entgraph/ent"
	"github.com/entgraph/entgraph/ent/hook"
	"github.com/entgraph/entgraph/entgraphtest"
	"github.com/entgraph/entgraph/viewer"

	gen "entgo.io/ent"
)

// refusal is a test that ends with what it says.
type refusal struct {
	testing.TB
	text string
}

func (r *refusal) Helper()           {}
func (r *refusal) Fatal(args ...any) { r.text = fmt.Sprint(args...); panic(r) }

// TestUnplanned tests an app whose schemas have what no migration makes: it is told to plan, and
// not that a column is missing somewhere.
func TestUnplanned(t *testing.T) {
	t.Parallel()
	app := sample()
	first := app.Ent.Tables[0]
	more := &schema.Table{Name: first.Name, Columns: append([]*schema.Column{{Name: "forgotten", Type: field.TypeString}}, first.Columns...)}
	app.Ent.Tables = append([]*schema.Table{more}, app.Ent.Tables[1:]...)
	said := &refusal{TB: t}
	func() {
		defer func() {
			if r := recover(); r != said {
				t.Errorf("it ends with %v", r)
			}
		}()
		entgraphtest.New(said, app)
	}()
	want := "no migration makes column " + more.Name + ".forgotten: plan it first, with ./run.sh migrate diff NAME"
	if said.text != want {
		t.Errorf("it says %q, want %q", said.text, want)
	}
}

// TestHookWithClient adds a hook that uses the generated client, which schemas had better not
// import: it works in the transaction of the mutation, and under its viewer's rules.
func TestHookWithClient(t *testing.T) {
	t.Parallel()
	app := sample()
	app.Ent = app.Ent.With(ent.TypeTag, hook.On(func(next gen.Mutator) gen.Mutator {
		return hook.TagFunc(func(ctx context.Context, m *ent.TagMutation) (gen.Value, error) {
			n, err := m.Client().Tag.Query().Count(ctx)
			if err != nil {
				return nil, err
			}
			if n >= 2 {
				return nil, api.Problem(api.CodeLimitExceeded, "", "there must not be more than two tags")
			}
			return next.Mutate(ctx, m)
		})
	}, gen.OpCreate))
	asked := entgraphtest.New(t, app).As(viewer.System())
	asked.SignUp(t, map[string]any{"username": "ada", "email": "ada@example.com", "password": "correct horse battery"}) // no Tag
	add := `mutation($name: String!) { createTag(input: {name: $name}) { tag { name } } }`
	asked.Query(t, add, map[string]any{"name": "one"}).OK(t)
	asked.Query(t, `mutation { a: createTag(input: {name: "two"}) { tag { id } } b: createTag(input: {name: "three"}) { tag { id } } }`, nil).WantCode(t, "LIMIT_EXCEEDED")
	asked.Query(t, `{ tags { totalCount } }`, nil).WantData(t, `{"tags": {"totalCount": 1}}`)
	asked.Query(t, add, map[string]any{"name": " two "}).WantData(t, `{"createTag": {"tag": {"name": "two"}}}`)
	if answer := asked.Query(t, add, map[string]any{"name": "three"}); !strings.Contains(fmt.Sprint(answer), "more than two tags") {
		answer.WantCode(t, "LIMIT_EXCEEDED")
	}
}
