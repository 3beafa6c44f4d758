package codegen

import (
	"bytes"
	"encoding/json"
	"testing"

	"entgo.io/ent"
	"entgo.io/ent/entc/gen"
	"entgo.io/ent/entc/load"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"

	"github.com/entgraph/entgraph/rule"
)

// entityDef is a schema as a value: a mixin, without which it has the one id that
// every entity needs.
type entityDef struct {
	ent.Schema
	name         string
	mixin        []ent.Mixin
	fields       []ent.Field
	edges        []ent.Edge
	annotations  []schema.Annotation
	interceptors []ent.Interceptor
	view         bool
	// policy lets everybody do everything unless told otherwise; bare leaves it out.
	policy ent.Policy
	bare   bool
}

func (d entityDef) Mixin() []ent.Mixin { return d.mixin }
func (d entityDef) Fields() []ent.Field {
	if len(d.mixin) > 0 {
		return d.fields
	}
	return append([]ent.Field{field.UUID("id", uuid.UUID{}).Default(uuid.New)}, d.fields...)
}
func (d entityDef) Edges() []ent.Edge                { return d.edges }
func (d entityDef) Annotations() []schema.Annotation { return d.annotations }
func (d entityDef) Policy() ent.Policy {
	if d.policy == nil && !d.bare {
		return rule.Policy{Read: rule.Everyone(), Write: rule.Everyone()}
	}
	return d.policy
}
func (d entityDef) Interceptors() []ent.Interceptor { return d.interceptors }

// The types that edges of an entityDef name as their targets.
type (
	Alpha struct{ ent.Schema }
	Beta  struct{ ent.Schema }
	Link  struct{ ent.Schema }
)

// modelOf makes the model of schemas as [Generate] does, without a program of its own.
func modelOf(t *testing.T, defs ...entityDef) (*model, error) {
	t.Helper()
	var schemas []*load.Schema
	policies := map[string]ent.Interface{}
	for _, d := range defs {
		policies[d.name] = d
		s := loaded(t, d, d.name)
		s.View = d.view
		schemas = append(schemas, s)
	}
	return modelOfSchemas(t, throughJSON(t, rule.Describe(policies)), schemas...)
}

// throughJSON gives descriptions as the generator's program prints them.
func throughJSON(t *testing.T, d map[string]rule.Description) map[string]rule.Description {
	t.Helper()
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]rule.Description{}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&out); err != nil {
		t.Fatal(err)
	}
	return withNumbers(out)
}

// loaded is a schema as Ent's loader gives it to the generator.
func loaded(t *testing.T, s ent.Interface, name string) *load.Schema {
	t.Helper()
	text, err := load.MarshalSchema(s)
	if err != nil {
		t.Fatalf("load %s: %v", name, err)
	}
	out, err := load.UnmarshalSchema(text)
	if err != nil {
		t.Fatalf("load %s: %v", name, err)
	}
	out.Name = name
	return out
}

func modelOfSchemas(t *testing.T, policies map[string]rule.Description, schemas ...*load.Schema) (*model, error) {
	t.Helper()
	return newModel(graphOf(t, schemas...), policies)
}

// graphOf is Ent's graph of schemas.
func graphOf(t *testing.T, schemas ...*load.Schema) *gen.Graph {
	t.Helper()
	storage, err := gen.NewStorage("sql")
	if err != nil {
		t.Fatal(err)
	}
	g, err := newGraph(&gen.Config{
		Package: "example.com/app/ent", Target: t.TempDir(), Storage: storage,
		IDType: &field.TypeInfo{Type: field.TypeInt},
	}, schemas...)
	if err != nil {
		t.Fatalf("make Ent's graph: %v", err)
	}
	return g
}

// mustModel is [modelOf] of schemas without fault.
func mustModel(t *testing.T, defs ...entityDef) *model {
	t.Helper()
	m, err := modelOf(t, defs...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
