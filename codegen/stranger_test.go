package codegen_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/devpg"
)

// TestStranger generates for an app without any entity of the sample: first with users by
// another name and with numbers as ids, who sign in by e-mail address, and with entities whose
// packages are called as what generated code imports, and runs the tests of that app; then without
// users, sign-in and audit log.
func TestStranger(t *testing.T) {
	t.Parallel()
	m := copyModule(t)
	m.empty(t)
	m.overlay(t, "testdata/stranger")
	out, err := m.command(t, nil, "go", "run", "-mod=mod", "ent/entc.go").CombinedOutput()
	if want := "queryResolver does not answer the fields of signing in: embed auth.Queries"; err == nil || !strings.Contains(string(out), want) {
		t.Fatalf("without the methods: %v, want %s\n%s", err, want, out)
	}
	m.write(t, "graph/auth.resolvers.go", signingIn)
	m.generate(t)
	for file, parts := range map[string][]string{
		"ent/entity.go":                 {`Entity: "Member", Table: "members",`, `Roles:    []string{"READER", "EDITOR_IN_CHIEF"},`, `Sessions: "logins"`, `TokenEntity: "Key"`, `AuditLog: "Story",`},
		"graph/auth.graphql":            {"viewer: Member", "nickname: String!", "user: Member", "scope: KeyScope!"},
		"ent/migrate/objects/audit.sql": {`INSERT INTO public."stories"`, `ON public."members"`},
		"ent/migrate/schema.sql":        {`role IN ('READER', 'EDITOR_IN_CHIEF')`, `"note" character varying NULL`},
		"graph/handwritten.go":          {`"Mutation.signUp":`, `//go:embed "auth.graphql"`},
	} {
		for _, part := range parts {
			if text := m.read(t, file); !strings.Contains(text, part) {
				t.Errorf("%s has no %s:\n%s", file, part, text)
			}
		}
	}
	m.plan(t, "begin")
	m.run(t, []string{"TEST_DATABASE_URL=" + devpg.Empty(t)}, "go", "test", "-vet=off", "./members")

	m.empty(t)
	m.overlay(t, "testdata/bare")
	m.generate(t)
	if text := m.read(t, "ent/entity.go"); strings.Contains(text, "Account") || strings.Contains(text, "AuditLog") {
		t.Errorf("there are users in:\n%s", text)
	}
	for _, file := range []string{"graph/auth.graphql", "ent/migrate/objects/audit.sql"} {
		if _, err := os.Stat(filepath.Join(m.dir, file)); err == nil {
			t.Errorf("%s is there", file)
		}
	}
	m.run(t, nil, "go", "build", "./ent/...", "./graph")
}

const signingIn = `package graph

import "github.com/entgraph/entgraph/auth"

func (r *Resolver) Query() QueryResolver { return &queryResolver{r, auth.NewQueries(r.Entities)} }

type queryResolver struct {
	*Resolver
	auth.Queries
}

func (r *Resolver) Mutation() MutationResolver { return &mutationResolver{r, auth.NewMutations(r.Entities)} }

type mutationResolver struct {
	*Resolver
	auth.Mutations
}
`

// empty removes the sample's entities with all that is generated from them, and its graph.
func (m *module) empty(t *testing.T) {
	t.Helper()
	for _, pattern := range []string{"ent/*", "ent/schema/*", "ent/migrate/objects/*", "ent/migrate/migrations/*", "graph/*"} {
		files, err := filepath.Glob(filepath.Join(m.dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			switch filepath.Base(file) {
			case "entc.go", "schema", "migrate":
				continue
			}
			if err := os.RemoveAll(file); err != nil {
				t.Fatal(err)
			}
		}
	}
}
