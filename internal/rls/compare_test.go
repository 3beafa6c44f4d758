package rls_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gent "entgo.io/ent"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/ent"
	entmigrate "github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/executor"
	"github.com/entgraph/entgraph/internal/oracle"
	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/internal/rls"
	"github.com/entgraph/entgraph/internal/sqltext"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/rule"
	"github.com/entgraph/entgraph/viewer"
)

// wall is a database with random rows, and the rules that it should keep, to compare with
// what SQL written by hand can read and write as the server's role.
type wall struct {
	owner, server *pgx.Conn
	world         *oracle.World
	viewers       []viewer.Viewer
	rules         rls.Rules // that are in the database

	reads, refused, done int
}

// half makes every second user an admin.
const half = `UPDATE users u SET role = CASE n % 2 WHEN 1 THEN 'MEMBER' ELSE 'ADMIN' END
	FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM users) o WHERE o.id = u.id`

func newWall(t *testing.T, seed uint64, rows int) *wall {
	t.Helper()
	api := apitest.New(t, func(o *apitest.Options) { o.Database = apitest.SecuredDatabase(t); o.Graph = executor.Options{} })
	g := graphWith(t, nil)
	if err := oracle.Fill(t.Context(), api.DB.Write, g, api.Schema.Schema(), seed, rows); err != nil {
		t.Fatal(err)
	}
	if _, err := api.DB.Write.Exec(t.Context(), half); err != nil {
		t.Fatal(err)
	}
	world, err := oracle.Load(t.Context(), api.DB.Write, g)
	if err != nil {
		t.Fatal(err)
	}
	w := &wall{owner: connect(t, api.DatabaseURL), server: connect(t, apitest.AsServer(t, api.DatabaseURL)), world: world, rules: rules(t)}
	w.viewers = []viewer.Viewer{{}, {UserID: key.UUID(uuid.New()), Role: "MEMBER"}, viewer.System()}
	for _, row := range world.Rows(g.Entity("User")) {
		w.viewers = append(w.viewers, viewer.Viewer{UserID: key.UUID(row["id"].(uuid.UUID)), Role: row["role"].(string)})
	}
	w.viewers = w.viewers[:min(len(w.viewers), 6)]
	return w
}

func connect(t *testing.T, address string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

// graphWith joins the entities with other policies than their own; nil for these. The
// test fails for policies that the program refuses.
func graphWith(t *testing.T, policies map[string]rule.Policy) *entity.Graph {
	t.Helper()
	g, err := tryGraph(policies)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func tryGraph(policies map[string]rule.Policy) (*entity.Graph, error) {
	entities := slices.Clone(ent.Engine.Entities)
	for i := range entities {
		if p, ok := policies[entities[i].Name]; ok {
			other := gent.Policy(p)
			entities[i].Policy = &other
		}
	}
	g, err := entity.New(entities, entmigrate.Tables, entity.Store{})
	if err == nil {
		g.Secure()
	}
	return g, err
}

// become puts other rules into the database.
func (w *wall) become(t *testing.T, g *entity.Graph) {
	t.Helper()
	for _, o := range slices.Backward(w.rules.Objects) {
		w.exec(t, drop(o))
	}
	w.rules = rls.Make(g, entmigrate.Tables)
	w.exec(t, w.rules.SQL())
	other := *w.world
	other.Graph, w.world = g, &other
}

func drop(o rls.Object) string {
	switch {
	case o.Kind == rls.Policy || o.Kind == rls.Trigger:
		return fmt.Sprintf("DROP %s %q ON public.%q", o.Kind, o.Name, o.Table)
	default:
		return fmt.Sprintf("DROP FUNCTION public.%q", o.Name)
	}
}

func (w *wall) exec(t *testing.T, sql string) {
	t.Helper()
	if _, err := w.owner.PgConn().Exec(t.Context(), sql).ReadAll(); err != nil {
		t.Fatalf("%v\n%s", err, sql)
	}
}

// compare reads and writes every row as every viewer and gives what differs from the plain
// meaning of the rules, up to a number of differences.
func (w *wall) compare(t *testing.T, most int) (all []string) {
	t.Helper()
	for _, v := range w.viewers {
		ctx := viewer.NewContext(t.Context(), v)
		err := pgx.BeginFunc(ctx, w.server, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, postgres.SetViewer, postgres.ViewerArgs(ctx)...); err != nil {
				return err
			}
			for _, e := range w.world.Graph.Entities() {
				for _, difference := range append(w.readAll(t, tx, e, v), w.writeAll(t, e, v)...) {
					if all = append(all, fmt.Sprintf("%v (%s): %s", v, v.Role, difference)); len(all) >= most {
						return nil
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(all) >= most {
			break
		}
	}
	return all
}

func (w *wall) readAll(t *testing.T, tx pgx.Tx, e *entity.Entity, v viewer.Viewer) []string {
	t.Helper()
	var want []string
	for _, row := range w.world.Rows(e) {
		if w.world.Holds(e, e.Rules().Read, row, v) {
			want = append(want, row["id"].(uuid.UUID).String())
		}
	}
	slices.Sort(want)
	// The second wall alone, and both as in the planner.
	first := e.Clause(e.Read(v), "t").For("'" + v.UserID.String() + "'::uuid")
	for _, where := range []string{"true", first} {
		rows, err := tx.Query(t.Context(), fmt.Sprintf("SELECT id::text FROM public.%q t WHERE %s ORDER BY 1", e.Table, where))
		if err != nil {
			t.Fatal(err)
		}
		got, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		if w.reads++; !slices.Equal(got, want) {
			return []string{fmt.Sprintf("reads %d rows of %s where %s, want %d", len(got), e.Table, where, len(want))}
		}
	}
	return nil
}

// write is one statement with what it must come to.
type write struct {
	sql, want string
	// late: whether it is refused is known after the constraints.
	late bool
}

// What becomes of a write: Postgres refuses it, finds no row, or does it.
const (
	refused  = "refused"
	nothing  = "nothing"
	conflict = "conflict" // was allowed at once: row-level security is asked before constraints
	done     = "done"
)

func (w *wall) writeAll(t *testing.T, e *entity.Entity, v viewer.Viewer) (all []string) {
	t.Helper()
	for _, row := range w.world.Rows(e) {
		for _, attempt := range w.writes(e, row, v) {
			got := w.try(t, attempt.sql)
			if got == conflict && (attempt.want == done || attempt.late) {
				got = attempt.want
			}
			if got != attempt.want {
				all = append(all, fmt.Sprintf("%s: %s, want %s", attempt.sql, got, attempt.want))
			}
			if attempt.want == done {
				w.done++
			} else {
				w.refused++
			}
		}
	}
	return all
}

// writes lists a deletion, changes of each column that rules look at, and copies of a row.
func (w *wall) writes(e *entity.Entity, row oracle.Row, v viewer.Viewer) []write {
	p, id := e.Rules(), row["id"].(uuid.UUID)
	holds := func(c rule.Cond, r oracle.Row) bool { return w.world.Holds(e, c, r, v) }
	all := []write{{fmt.Sprintf("DELETE FROM public.%q WHERE id = '%s'", e.Table, id), outcome(holds(p.Read, row) && holds(p.Deletes(), row), true), false}}
	_, late := e.Upfront(p.Creates())
	for column, values := range w.changes(e, row) {
		for _, value := range values {
			after := oracle.Row{}
			for k, old := range row {
				after[k] = old
			}
			after[column] = value
			set := true
			if c, ok := p.Sets[column]; ok && value != row[column] {
				set = holds(c, after)
			}
			text := "NULL"
			if value != nil {
				text = literal(value)
			}
			all = append(all, write{
				fmt.Sprintf("UPDATE public.%q SET %q = %s WHERE id = '%s'", e.Table, column, text, id),
				outcome(holds(p.Read, row) && holds(p.Updates(), row), holds(p.Updates(), after) && holds(p.Read, after) && set), false,
			})
			after["id"] = uuid.New()
			insert := true
			for name, c := range p.Sets {
				insert = insert && (after[name] == "MEMBER" || holds(c, after))
			}
			all = append(all, write{w.insert(e, after), outcome(true, holds(p.Creates(), after) && insert), late})
		}
	}
	return all
}

func outcome(found, allowed bool) string {
	switch {
	case !found:
		return nothing
	case !allowed:
		return refused
	}
	return done
}

func (w *wall) insert(e *entity.Entity, row oracle.Row) string {
	var names, values []string
	for _, name := range []string{"id", "username", "email", "role", "title", "status", "published_at", "author_id", "user_id", "first_name", "last_name", "bio", "name", "post_id", "tag_id", "position", "actor", "action", "entity", "entity_id", "before"} {
		value, ok := row[name]
		if !ok || value == nil {
			continue
		}
		names, values = append(names, name), append(values, literal(value))
	}
	return fmt.Sprintf("INSERT INTO public.%q (%s) VALUES (%s)", e.Table, strings.Join(names, ", "), strings.Join(values, ", "))
}

func year(n int) time.Time { return time.Date(n, 1, 1, 0, 0, 0, 0, time.UTC) }

func literal(value any) string {
	if t, ok := value.(time.Time); ok {
		value = t.Format(time.RFC3339Nano)
	}
	return sqltext.Literal(fmt.Sprint(value))
}

// changes lists other values of the columns that rules look at.
func (w *wall) changes(e *entity.Entity, row oracle.Row) map[string][]any {
	out := map[string][]any{}
	for column, values := range map[string][]any{
		"status": {"DRAFT", "PUBLISHED"}, "role": {"MEMBER", "ADMIN"}, "position": {int64(1), int64(5)}, "bio": {nil, "x"},
		"published_at": {nil, year(2020), year(2024), year(2099)},
		"before": {
			nil, `{"title": "it's", "a": [1, 2]}`, `{"title": null, "a": [9007199254740993]}`, `{"title": 9007199254740993, "a": "m"}`, `[{"title": 1}]`, `3`,
			`{"a": [1, 9007199254740992.5], "a \"\\'{},$1": {"NULL": "\"\\'$$"}}`,
		},
	} {
		if _, ok := row[column]; ok {
			out[column] = values
		}
	}
	for i := range e.Edges {
		edge := &e.Edges[i]
		if edge.Column == "" || edge.OnTarget {
			continue
		}
		for _, target := range w.world.Rows(edge.Target) {
			if out[edge.Column] = append(out[edge.Column], target["id"]); len(out[edge.Column]) == 3 {
				break
			}
		}
	}
	if len(out) == 0 {
		out["id"] = []any{row["id"]}
	}
	return out
}

// try runs a statement with what is asked at the end of a transaction, and undoes it.
func (w *wall) try(t *testing.T, sql string) (got string) {
	t.Helper()
	conn := w.server.PgConn()
	results, err := conn.Exec(t.Context(), "SAVEPOINT a; "+sql+"; SET CONSTRAINTS ALL IMMEDIATE; ROLLBACK TO a").ReadAll()
	if err != nil {
		if _, err := conn.Exec(t.Context(), "ROLLBACK TO a").ReadAll(); err != nil {
			t.Fatal(err)
		}
	}
	switch {
	case postgres.IsDenied(err):
		return refused
	case err != nil && !strings.HasPrefix(postgres.Code(err), "23"):
		t.Fatalf("%v\n%s", err, sql)
	case err != nil:
		return conflict
	case results[1].CommandTag.RowsAffected() == 0:
		return nothing
	}
	return done
}
