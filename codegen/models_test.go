package codegen_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/entgraph/entgraph/internal/devpg"
)

var (
	modelSeed    = flag.Uint64("models.seed", 1, "seed of the random schemas")
	modelSchemas = flag.Int("models.schemas", 50, "random schemas that one program is built of")
	modelOnly    = flag.Int("models.only", -1, "the only one of these schemas to build")
	modelCases   = flag.Int("models.cases", 30, "random reads of each schema that are compared with the oracle")
)

// TestModels generates one program for many random schemas, which do not lead to each other, migrates
// a database to them, writes all that can be written and compares random reads with the oracle.
func TestModels(t *testing.T) {
	t.Parallel()
	var clusters []*cluster
	for i := range *modelSchemas {
		if *modelOnly < 0 || *modelOnly == i {
			clusters = append(clusters, drawCluster(*modelSeed, i))
		}
	}
	t.Logf("%d random schemas of the seed %d: -models.seed=%[2]d, and -models.only=17 for one of them", len(clusters), *modelSeed)
	m := copyModule(t)
	m.empty(t)
	m.overlay(t, "testdata/bare")
	for _, other := range []string{"ent/schema/product.go", "cmd/entgraph"} {
		if err := os.RemoveAll(filepath.Join(m.dir, other)); err != nil {
			t.Fatal(err)
		}
	}
	m.overlay(t, "testdata/models")
	m.write(t, "ent/schema/form.go", formFile)
	for _, c := range clusters {
		m.write(t, fmt.Sprintf("ent/schema/cluster%d.go", c.number), c.source())
	}
	m.generate(t)
	m.plan(t, "begin")
	m.build(t)
	m.run(t, nil, m.binary(), "migrate", "check")
	written, read := devpg.Empty(t), devpg.Empty(t)
	m.up(t, written)
	m.up(t, read)
	api, stop := m.serve(t, written)
	for _, c := range clusters {
		t.Run(fmt.Sprint("cluster ", c.number), newScribe(story{api: api}, c).all)
	}
	stop()
	reads, end := m.serve(t, read, "MAX_FILTER_DEPTH=16", "MAX_FILTER_EDGES=200", "MAX_JOINS=60")
	env := []string{"DATABASE_URL=" + read}
	m.run(t, env, m.binary(), "compare", reads.Endpoint, fmt.Sprint(*modelSeed), fmt.Sprint(*modelCases))
	end()
	m.run(t, env, m.binary(), "migrate", "down", "base", "--allow-loss") // with the rows that were compared
	m.up(t, read)
	m.run(t, env, m.binary(), "schema", "drift")
}
