package codegen

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"testing"
	"testing/fstest"

	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/entc/load"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/mixin"
	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/entgraph/entgraph/api"
	declare "github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/internal/apptest"
	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/migrate/plan"
	"github.com/entgraph/entgraph/internal/oracle"
	"github.com/entgraph/entgraph/internal/planner"
	"github.com/entgraph/entgraph/rule"
	"github.com/entgraph/entgraph/viewer"
)

var (
	keySchemas = flag.Int("keys.schemas", 6, "schemas with ids of random types whose reads are compared with the oracle")
	keySeed    = flag.Uint64("keys.seed", 1, "seed of these schemas")
)

const (
	keyCases = 60 // operations for each schema
	keyRows  = 25
)

// randomID is an id of some type, in a column of some name.
func randomID(r *rand.Rand) ent.Field {
	column := []string{"id", "number", "Order", "select"}[r.IntN(4)]
	in := func(typ string) map[string]string { return map[string]string{dialect.Postgres: typ} }
	switch r.IntN(9) {
	case 0:
		return field.Int("id").StorageKey(column)
	case 1:
		return field.Int("id").SchemaType(in("serial")).StorageKey(column)
	case 2:
		return field.Int64("id").SchemaType(in("bigserial")).StorageKey(column)
	case 3:
		return field.Int16("id").StorageKey(column)
	case 4:
		return field.Uint32("id").Annotations(entsql.Annotation{Incremental: new(bool)}).StorageKey(column)
	case 5:
		return field.String("id").StorageKey(column)
	case 6:
		return field.String("id").SchemaType(in("text")).StorageKey(column)
	case 7:
		return field.UUID("id", uuid.UUID{}).Annotations(entsql.DefaultExpr("gen_random_uuid()")).StorageKey(column)
	}
	return field.UUID("id", uuid.UUID{}).Default(uuid.New).StorageKey(column)
}

// keyed has an id and what tells rows apart.
type keyed struct {
	mixin.Schema
	id ent.Field
}

func (k keyed) Fields() []ent.Field {
	return []ent.Field{k.id, field.Int("n"), field.String("name").Optional().Nillable()}
}

// Gamma is a type that edges of an entityDef name, besides Alpha and Beta.
type Gamma struct{ ent.Schema }

// keyDefs are three entities with every kind of edge between them, and rules that compare foreign
// keys and ids with who asks: an Alpha.
func keyDefs(r *rand.Rand) []entityDef {
	alpha := entityDef{
		name: "Alpha", mixin: []ent.Mixin{keyed{id: randomID(r)}},
		edges: []ent.Edge{
			edge.To("betas", Beta.Type), edge.To("gammas", Gamma.Type), edge.To("kids", Alpha.Type).From("parent").Unique(),
			edge.To("twin", Alpha.Type).Unique(),
		},
	}
	owner := declare.References("alpha_id", alpha, "").Optional()
	return []entityDef{
		alpha,
		{
			name: "Beta", mixin: []ent.Mixin{keyed{id: randomID(r)}}, fields: []ent.Field{owner},
			edges: []ent.Edge{
				edge.From("alpha", Alpha.Type).Ref("betas").Unique().Field("alpha_id"), edge.To("gamma", Gamma.Type).Unique().Required(),
				edge.To("friends", Beta.Type),
			},
			policy: rule.Policy{Read: rule.Any(rule.In("n", 0, 1, 2), rule.Owner("alpha_id")), Write: rule.Owner("alpha_id")},
		},
		{
			name: "Gamma", mixin: []ent.Mixin{keyed{id: randomID(r)}},
			edges:  []ent.Edge{edge.From("alphas", Alpha.Type).Ref("gammas"), edge.From("betas", Beta.Type).Ref("gamma")},
			policy: rule.Policy{Read: rule.Everyone(), Fields: rule.Fields{"name": rule.Has("alphas", rule.Owner(alpha.idColumn()))}},
		},
	}
}

func (d entityDef) idColumn() string {
	if key := d.Mixin()[0].Fields()[0].Descriptor().StorageKey; key != "" {
		return key
	}
	return "id"
}

// TestKeys compares random reads of schemas with ids of random types with the oracle.
func TestKeys(t *testing.T) {
	t.Parallel()
	for i := range *keySchemas {
		seed := *keySeed*1_000_000 + uint64(i)
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 1))
			compareReads(t, newKeyBench(t, keyDefs(r), seed), r, seed)
		})
	}
}

type keyBench struct {
	api    *apptest.API
	schema *ast.Schema
	world  *oracle.World
}

// onlySchema is gqlgen's executor of an app without handwritten fields.
type onlySchema struct{ schema *ast.Schema }

func (s onlySchema) Schema() *ast.Schema { return s.schema }
func (onlySchema) Complexity(context.Context, string, string, int, map[string]any) (int, bool) {
	return 0, false
}
func (onlySchema) Exec(context.Context) graphql.ResponseHandler { return nil }

// newKeyBench serves schemas without a program of their own: the tables, the contract and the
// entities are those that the generator would write.
func newKeyBench(t *testing.T, defs []entityDef, seed uint64) *keyBench {
	t.Helper()
	m := mustModel(t, defs...)
	var schemas []*load.Schema
	for _, d := range defs {
		schemas = append(schemas, loaded(t, d, d.name))
	}
	tables, err := graphOf(t, schemas...).Tables()
	if err != nil {
		t.Fatal(err)
	}
	text, err := plan.SchemaSQL(t.Context(), tables)
	if err != nil {
		t.Fatal(err)
	}
	database := devpg.Empty(t)
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	if _, err := conn.Exec(t.Context(), text); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "ent.graphql", Input: m.sdl()})
	if err != nil {
		t.Fatal(err)
	}
	var entities []entity.Entity
	for _, e := range m.entities {
		for i := range e.Fields {
			e.Fields[i] = parsed(e.Fields[i])
		}
		entities = append(entities, e.Entity)
	}
	b := &keyBench{schema: schema}
	b.api = apptest.New(t, apptest.Subject{
		Name: "keys", Ent: entity.Engine{Entities: entities, Tables: tables}, Migrations: fstest.MapFS{},
		Graph: api.Graph{Schema: api.Prepared(schema), SDL: fstest.MapFS{}, New: func(*api.Entities) graphql.ExecutableSchema { return onlySchema{schema} }},
	}, func(o *apptest.Options) {
		o.Database = database
		o.Graph.Read = planner.Options{DefaultPage: 6, MaxPage: 100, MaxFilterDepth: 16, MaxFilterEdges: 200}
	})
	g := b.api.Schema.Entities()
	if err := oracle.Fill(t.Context(), b.api.DB.Write, g, schema, seed, keyRows); err != nil {
		t.Fatal(err)
	}
	if b.world, err = oracle.Load(t.Context(), b.api.DB.Write, g); err != nil {
		t.Fatal(err)
	}
	return b
}

// parsed is a field as the generated table has it.
func parsed(f entity.Field) entity.Field {
	switch f.Type {
	case entity.Int:
		return entity.IntField[int](f.Name, f.Column, f.Type, f.Flags, nil)
	case entity.String:
		return entity.StringField[string](f.Name, f.Column, f.Flags, nil)
	}
	return f
}

func compareReads(t *testing.T, b *keyBench, r *rand.Rand, seed uint64) {
	t.Helper()
	g := b.world.Graph
	viewers := []viewer.Viewer{viewer.System(), {}}
	for _, row := range b.world.Rows(g.Entity("Alpha"))[:3] {
		viewers = append(viewers, viewer.Viewer{UserID: oracle.IDOf(g.Entity("Alpha"), row)})
	}
	for i, v := range viewers {
		ev := &oracle.Evaluator{Schema: b.schema, World: b.world.As(v), DefaultPage: 6}
		judge, generator := oracle.NewJudge(ev, b.ask(t.Context(), v)), oracle.NewGenerator(ev, b.world, 100, seed+uint64(i)<<32)
		for range keyCases / len(viewers) {
			c := generator.Roll(generator.Operation())
			d, err := judge.Try(c)
			if err != nil {
				t.Fatalf("%s: %v\n%s\n%v", v, err, c.Query, c.Variables)
			}
			if d != nil {
				t.Fatalf("%s: %s: got %s, want %s\n%s\n%v", v, d.Where, d.Got, d.Want, c.Query, c.Variables)
			}
		}
	}
}

// ask posts to the API of the bench.
func (b *keyBench) ask(ctx context.Context, v viewer.Viewer) oracle.AskFunc {
	as := b.api.As(v)
	return func(query string, variables map[string]any) ([]byte, error) {
		body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
		if err != nil {
			return nil, err
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, as.Endpoint, bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		r.Header.Set("Content-Type", "application/json")
		as.Sign(r)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
		return io.ReadAll(resp.Body)
	}
}
