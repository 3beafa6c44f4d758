package rls_test

import (
	"fmt"
	"testing"

	gent "entgo.io/ent"
	"entgo.io/ent/dialect/sql/schema"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/internal/rls"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/rule"
	"github.com/entgraph/entgraph/viewer"
)

const lineTables = `CREATE TABLE bills (id uuid PRIMARY KEY, owner uuid, public bool NOT NULL);
CREATE TABLE wares (id uuid PRIMARY KEY);
CREATE TABLE lines (bill_id uuid REFERENCES bills, ware_id uuid REFERENCES wares, count bigint NOT NULL DEFAULT 1, PRIMARY KEY (bill_id, ware_id));`

// billed is what the rules of links with data look at.
type billed struct {
	owner  uuid.UUID
	public bool
}

// lineRules are the policy of the links, in the words of schemas and in plain ones.
var lineRules = rule.Policy{
	Read:   rule.All(rule.Visible("bill"), rule.Not(rule.Is("count", 77))),
	Create: rule.Has("bill", rule.Owner("owner")),
	Update: rule.All(rule.Visible("bill"), rule.LT("count", 100)),
	Delete: rule.All(rule.Has("bill", rule.Owner("owner")), rule.LT("count", 50)),
	Sets:   rule.Fields{"count": rule.Not(rule.Is("count", 13))},
}

func (b billed) seen(v viewer.Viewer) bool { return v.System || b.public || b.own(v) }
func (b billed) own(v viewer.Viewer) bool {
	return v.System || v.SignedIn() && v.UserID == key.UUID(b.owner)
}

// shown, made, changed and deleted are what a viewer may do with a link of a count.
func (b billed) shown(v viewer.Viewer, count int) bool   { return v.System || b.seen(v) && count != 77 }
func (b billed) made(v viewer.Viewer, count int) bool    { return v.System || b.own(v) && count != 13 }
func (b billed) changed(v viewer.Viewer, count int) bool { return v.System || b.seen(v) && count < 100 }
func (b billed) deleted(v viewer.Viewer, count int) bool { return v.System || b.own(v) && count < 50 }

func linesGraph(t *testing.T) *entity.Graph {
	t.Helper()
	bill := gent.Policy(rule.Policy{Read: rule.Any(rule.Is("public", true), rule.Owner("owner")), Write: rule.Owner("owner")})
	ware, line := gent.Policy(rule.Policy{Read: rule.Everyone()}), gent.Policy(lineRules)
	id := entity.IDField[any, [16]byte](nil, "id", entity.UUIDKey)
	to := func(name, typ string) entity.Edge {
		return entity.Edge{Name: name, Type: typ, Unique: true, Required: true, Column: name + "_id"}
	}
	g, err := entity.New([]entity.Entity{
		{Name: "Bill", Field: "bill", Plural: "bills", Prefix: "bill", Table: "bills", Policy: &bill,
			Fields: []entity.Field{id}, Edges: []entity.Edge{entity.ManyToMany("wares", "Ware", "lines", "bill_id", "ware_id", "Line")}},
		{Name: "Ware", Field: "ware", Plural: "wares", Prefix: "ware", Table: "wares", Policy: &ware, Fields: []entity.Field{id}},
		{Name: "Line", Table: "lines", Policy: &line,
			Fields: []entity.Field{entity.IntField[int]("count", "count", entity.Int, entity.Optional, nil)}, Edges: []entity.Edge{to("bill", "Bill"), to("ware", "Ware")}},
	}, nil, entity.Store{})
	if err != nil {
		t.Fatal(err)
	}
	g.Secure()
	return g
}

// TestLinksWithData reads and writes links without an id, which have data of their own, by SQL as the
// server's role, and compares with the plain meaning of the rules.
func TestLinksWithData(t *testing.T) {
	t.Parallel()
	apitest.SecuredDatabase(t) // makes the role
	url := devpg.Empty(t)
	w := &wall{owner: connect(t, url)}
	table := &schema.Table{Name: "lines", Columns: []*schema.Column{{Name: "bill_id"}, {Name: "ware_id"}, {Name: "count"}}}
	w.exec(t, lineTables+rls.Make(linesGraph(t), []*schema.Table{{Name: "bills"}, {Name: "wares"}, table}).SQL()+
		"GRANT ALL ON ALL TABLES IN SCHEMA public TO "+apitest.ServerRole)
	ada, eve := uuid.New(), uuid.New()
	bills := map[uuid.UUID]billed{uuid.New(): {ada, false}, uuid.New(): {ada, true}, uuid.New(): {eve, false}}
	counts := []int{1, 13, 49, 50, 77, 99, 100}
	wares := make([]uuid.UUID, len(counts)+1) // and one of no bill
	for i := range wares {
		wares[i] = uuid.New()
		w.exec(t, fmt.Sprintf("INSERT INTO wares VALUES ('%s')", wares[i]))
	}
	for id, b := range bills {
		w.exec(t, fmt.Sprintf("INSERT INTO bills VALUES ('%s', '%s', %t)", id, b.owner, b.public))
		for i, n := range counts {
			w.exec(t, fmt.Sprintf("INSERT INTO lines VALUES ('%s', '%s', %d)", id, wares[i], n))
		}
	}
	w.server = connect(t, apitest.AsServer(t, url))
	for _, v := range []viewer.Viewer{{}, {UserID: key.UUID(ada), Role: "MEMBER"}, {UserID: key.UUID(eve), Role: "MEMBER"}, viewer.System()} {
		ctx := viewer.NewContext(t.Context(), v)
		err := pgx.BeginFunc(ctx, w.server, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, postgres.SetViewer, postgres.ViewerArgs(ctx)...); err != nil {
				return err
			}
			for id, b := range bills {
				for i, n := range counts {
					w.line(t, v, b, fmt.Sprintf("bill_id = '%s' AND ware_id = '%s'", id, wares[i]), n, counts)
				}
				for _, n := range counts {
					w.want(t, v, fmt.Sprintf("INSERT INTO lines VALUES ('%s', '%s', %d)", id, wares[len(counts)], n), outcome(true, b.made(v, n)))
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if w.done < 50 || w.refused < 100 {
		t.Errorf("%d went through and %d did not: the rules have lost their point", w.done, w.refused)
	}
}

// line tries what can be done with a link of a count.
func (w *wall) line(t *testing.T, v viewer.Viewer, b billed, where string, count int, counts []int) {
	t.Helper()
	found := b.shown(v, count)
	w.want(t, v, "SELECT FROM lines WHERE "+where, outcome(found, true))
	w.want(t, v, "DELETE FROM lines WHERE "+where, outcome(found && b.deleted(v, count), true))
	for _, next := range counts {
		allowed := v.System || b.changed(v, next) && b.shown(v, next) && (next == count || next != 13)
		w.want(t, v, fmt.Sprintf("UPDATE lines SET count = %d WHERE %s", next, where), outcome(found && b.changed(v, count), allowed))
	}
}

func (w *wall) want(t *testing.T, v viewer.Viewer, sql, want string) {
	t.Helper()
	if got := w.try(t, sql); got != want {
		t.Errorf("%v: %s: %s, want %s", v, sql, got, want)
	}
	if want == done {
		w.done++
	} else {
		w.refused++
	}
}
