package oracle_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	gent "entgo.io/ent"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/entgraph/entgraph/ent"
	"github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/apptest"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/oracle"
	"github.com/entgraph/entgraph/internal/sqltext"
	"github.com/entgraph/entgraph/rule"
)

var ruleSets = flag.Int("oracle.rules", 6, "random sets of rules that random operations are asked under")

// askedUnderRules is how many operations each set of rules gets.
const askedUnderRules = 60

// TestRandomRules asks random operations under random rules and compares with the oracle. Then it
// changes what the viewer does not see and no rule looks at: no answer may differ.
func TestRandomRules(t *testing.T) {
	t.Parallel()
	for n := range *ruleSets {
		t.Run(fmt.Sprintf("rules %d", n), func(t *testing.T) {
			t.Parallel()
			askUnderRules(t, newBench(t, *seed*3_000_000+uint64(n), sizes[n%len(sizes)]), uint64(n))
		})
	}
}

func askUnderRules(t *testing.T, b *bench, n uint64) {
	t.Helper()
	b, policies := b.underRules(t, rand.New(rand.NewPCG(*seed, n)))
	for i := 1; i < len(b.views); i++ {
		v := b.views[i]
		var before []asked
		g := oracle.NewGenerator(v.evaluator, b.world, maxPage, *seed+n+uint64(i)<<32)
		for range askedUnderRules / (len(b.views) - 1) {
			c := g.Roll(g.Operation())
			if v.judge(t, c, n, 0, nil) {
				t.Fatalf("the rules are %+v", policies)
			}
			answer, err := v.Ask(c)
			if err != nil {
				t.Fatal(err)
			}
			before = append(before, asked{c, answer})
		}
		b.changeUnseen(t, v, policies)
		for _, o := range before {
			if again, err := v.Ask(o.Case); err != nil || !bytes.Equal(again, o.answer) {
				t.Fatalf("%s sees what is hidden: %v\nbefore %s\nafter  %s\n%s\nthe rules are %+v", v.viewer, err, o.answer, again, o.Query, policies)
			}
		}
		b.reload(t)
	}
}

// underRules is the same data in a program with random rules, which it takes.
func (b *bench) underRules(t *testing.T, r *rand.Rand) (*bench, map[string]rule.Policy) {
	t.Helper()
	rules := &oracle.Rules{World: b.world, Rand: r, Roles: []string{"ADMIN", "MEMBER"}}
	for {
		policies := rules.Policies()
		entities := slices.Clone(ent.Engine.Entities)
		for i := range entities {
			name := entities[i].Name
			policies[name] = b.promised(&entities[i], policies[name])
			p := gent.Policy(policies[name])
			entities[i].Policy = &p
		}
		if _, err := entity.New(entities, migrate.Tables, entity.Store{}); err != nil {
			continue
		}
		subject := apitest.Subject()
		subject.Ent.Entities = entities
		out := &bench{api: apptest.New(t, subject, unlimited, func(o *apitest.Options) { o.Database = b.api.DatabaseURL })}
		out.schema, out.views = out.api.Schema.Schema(), b.views
		out.reload(t)
		return out, policies
	}
}

// promised hides rows without what the schema says is there, which was generated from other rules.
func (b *bench) promised(e *entity.Entity, p rule.Policy) rule.Policy {
	for _, edge := range e.Edges {
		if f := b.schema.Types[e.Name].Fields.ForName(edge.Name); edge.Unique && f.Type.NonNull {
			p.Read = rule.All(rule.Visible(edge.Name), p.Read)
		}
	}
	return p
}

// reload reads the rows again, for the same viewers.
func (b *bench) reload(t *testing.T) {
	t.Helper()
	var err error
	if b.world, err = oracle.Load(t.Context(), b.api.DB.Write, b.api.Schema.Entities()); err != nil {
		t.Fatal(err)
	}
	views := slices.Clone(b.views)
	for i, v := range views {
		views[i] = b.view(t.Context(), v.viewer)
	}
	b.views = views
}

// changeUnseen gives other values to texts and numbers that the viewer does not see, of rows and of
// fields of rows, where no rule looks at them.
func (b *bench) changeUnseen(t *testing.T, v *view, policies map[string]rule.Policy) {
	t.Helper()
	ruled := map[string]bool{}
	for _, p := range policies {
		for _, c := range append(slices.Collect(maps.Values(p.Fields)), p.Read) {
			c.Walk(func(c rule.Cond) { ruled[c.Name] = true })
		}
	}
	for _, e := range b.world.Graph.Entities() {
		for i := range e.Fields {
			f := &e.Fields[i]
			if ruled[f.Column] || f.Flags.Has(entity.Unique) || f.Type != entity.String && f.Type != entity.Int && f.Type != entity.Time {
				continue
			}
			var unseen []uuid.UUID
			seen := map[any]any{}
			for _, row := range v.evaluator.World.Rows(e) {
				seen[row["id"]] = row[f.Column]
			}
			for _, row := range b.world.Rows(e) {
				if value, ok := seen[row["id"]]; row[f.Column] != nil && (!ok || value == nil) {
					unseen = append(unseen, row["id"].(uuid.UUID))
				}
			}
			if err := changeColumn(t.Context(), b.api.DB.Write, e, f, unseen); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func changeColumn(ctx context.Context, db *pgxpool.Pool, e *entity.Entity, f *entity.Field, ids []uuid.UUID) error {
	column := sqltext.Ident(f.Column)
	change := map[entity.Type]string{
		entity.String: "overlay(" + column + " placing 'x' from 1 for 1)", entity.Int: column + " + 1", entity.Time: "least(" + column + " + interval '1 day', '9999-12-31T00:00:00Z')",
	}[f.Type]
	_, err := db.Exec(ctx, "UPDATE "+sqltext.Ident("public", e.Table)+" SET "+column+" = "+change+" WHERE id = ANY($1)", ids)
	if err != nil && strings.Contains(err.Error(), "duplicate") {
		return nil // part of a unique key
	}
	return err
}
