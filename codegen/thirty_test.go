package codegen_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"text/template"

	"github.com/entgraph/entgraph/ent"
	"github.com/entgraph/entgraph/internal/devpg"
)

// thirty is how many entities are added to those of the module.
const thirty = 30

// What may grow with the number of entities: not gqlgen's output, and the table by so
// many lines for each, besides what is there once.
const (
	maxGrowth     = 0.02
	linesByEntity = 30 // with one for the CHECKs
	linesOnce     = 75
)

// TestThirtyEntities adds thirty entities to a copy of the module, builds it, writes and
// reads a row of each, and guards the size of what is generated.
func TestThirtyEntities(t *testing.T) {
	t.Parallel()
	m, database := copyModule(t), devpg.Empty(t)
	names := m.addThirty(t)
	before := m.read(t, "graph/generated.go")
	m.generate(t)

	generated, table := m.read(t, "graph/generated.go"), m.read(t, "ent/entity.go")
	t.Logf("graph/generated.go: %d lines with %d entities, %d with %d",
		lineCount(before), len(ent.Engine.Entities), lineCount(generated), len(ent.Engine.Entities)+thirty)
	if growth := math.Abs(float64(len(generated))/float64(len(before)) - 1); growth > maxGrowth {
		t.Errorf("graph/generated.go grew by %.1f %%, at most %.0f are allowed: gqlgen knows the entities", growth*100, maxGrowth*100)
	}
	count := strings.Count(table, "\n\t{Name: ")
	t.Logf("ent/entity.go: %.1f lines for each of %d entities", float64(lineCount(table))/float64(count), count)
	if count != len(ent.Engine.Entities)+thirty || lineCount(table) > linesByEntity*count+linesOnce {
		t.Errorf("ent/entity.go has %d lines for %d entities, at most %d for each are allowed", lineCount(table), count, linesByEntity)
	}

	m.plan(t, "add_thirty")
	m.build(t)
	m.up(t, database)
	api, _ := m.serve(t, database)
	s := &story{api: api}
	ring := &ring{story: s, names: names, ids: make([]string, thirty)}
	for i := thirty - 1; i >= 0; i-- {
		ring.create(t, i)
	}
	for i := range thirty {
		ring.check(t, i)
	}
}

func lineCount(s string) int { return strings.Count(s, "\n") }

// addThirty writes the schemas. Each has edges to the next, and the last to the first.
func (m *module) addThirty(t *testing.T) []string {
	t.Helper()
	names := make([]string, thirty)
	for i := range names {
		names[i] = fmt.Sprintf("%c%cItem", 'A'+i/26, 'a'+i%26)
	}
	tmpl := template.Must(template.ParseFiles("testdata/thirty/entity.go.tmpl"))
	for i, name := range names {
		var b strings.Builder
		err := tmpl.Execute(&b, map[string]string{"Name": name, "Next": names[(i+1)%thirty], "Previous": names[(i+thirty-1)%thirty]})
		if err != nil {
			t.Fatal(err)
		}
		m.write(t, "ent/schema/"+strings.ToLower(name)+".go", b.String())
	}
	return names
}

// ring is a row of each entity; each but the last owns and links to the next.
type ring struct {
	*story
	names []string
	ids   []string
}

func (r *ring) create(t *testing.T, i int) {
	t.Helper()
	in := vars{"name": "n" + r.names[i], "code": "c", "region": "r", "count": i, "score": 0.5, "active": false, "status": "CLOSED", "dueAt": "2026-01-31T12:00:00Z"}
	if i+1 < thirty {
		in["ownerID"], in["linkIDs"] = r.ids[i+1], []string{r.ids[i+1]}
	}
	field := fieldOf(r.names[i])
	query := fmt.Sprintf(`mutation($in: Create%[1]sInput!) { create%[1]s(input: $in) { %[2]s { id } } }`, r.names[i], field)
	r.ids[i] = r.at(t, "create"+r.names[i]+"."+field+".id", query, vars{"in": in})
}

func (r *ring) check(t *testing.T, i int) {
	t.Helper()
	name, field := r.names[i], fieldOf(r.names[i])
	owner, links, before := "null", "[]", 1
	if i+1 < thirty {
		owner = fmt.Sprintf(`{"name":"n%s"}`, r.names[i+1])
		links = "[" + owner + "]"
	}
	if i == 0 {
		before = 0
	}
	r.want(t, fmt.Sprintf(`query($id: ID!) { %s(id: $id) { name code region count score active status dueAt owner { name } links { nodes { name } } owned { totalCount } linkedFrom { totalCount } }
		%sByName(name: "n%s") { id } %ss(where: {status: CLOSED, hasOwner: %t}) { totalCount } }`, field, field, name, field, i+1 < thirty), vars{"id": r.ids[i]},
		fmt.Sprintf(`{%q:{"name":"n%s","code":"c","region":"r","count":%d,"score":0.5,"active":false,"status":"CLOSED","dueAt":"2026-01-31T12:00:00Z",`+
			`"owner":%s,"links":{"nodes":%s},"owned":{"totalCount":%d},"linkedFrom":{"totalCount":%d}},"%sByName":{"id":%q},"%ss":{"totalCount":1}}`,
			field, name, i, owner, links, before, before, field, r.ids[i], field))
	r.refused(t, fmt.Sprintf(`mutation { create%s(input: {name: "other", code: "c", region: "r"}) { %s { id } } }`, name, field), nil, "CONFLICT code")
}

// fieldOf is the query field of one entity: "abItem" of "AbItem".
func fieldOf(name string) string { return strings.ToLower(name[:1]) + name[1:] }
