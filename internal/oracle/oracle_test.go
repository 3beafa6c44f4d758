package oracle_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/entgraph/entgraph/ent"
	"github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/graph"
	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/oracle"
)

var (
	cases = flag.Int("oracle.cases", 3000, "random operations that are compared with the oracle")
	seed  = flag.Uint64("oracle.seed", 1, "seed of the random operations and data sets")
)

const (
	defaultPage = 6
	maxPage     = 100
	// casesPerWorld is how many operations one data set gets.
	casesPerWorld = 250
	// rollsPerOperation is how often one text is sent with other variables, because the
	// server keeps what it made of the text.
	rollsPerOperation = 2
	// mostDifferences ends a data set that is wrong everywhere.
	mostDifferences = 2
)

// sizes are the most rows of a table, one data set after another.
var sizes = []int{12, 60, 3, 30, 20, 45, 6, 60}

// computed says what the computed fields mean.
var computed = map[string]func([]any) any{
	"User.displayName": func(v []any) any {
		var names []string
		for _, name := range v[1:] {
			if name != nil {
				names = append(names, name.(string))
			}
		}
		if name := strings.TrimSpace(strings.Join(names, " ")); name != "" {
			return name
		}
		return v[0]
	},
}

// bench is an API with random data and the judge of its answers.
type bench struct {
	*oracle.Judge
	evaluator *oracle.Evaluator
}

func newBench(t *testing.T, seed uint64, size int) *bench {
	t.Helper()
	api := apitest.New(t, func(o *apitest.Options) { o.Graph = graph.Options{DefaultPage: defaultPage, MaxPage: maxPage} })
	g, err := entity.New(ent.Entities, migrate.Tables, entity.Store{})
	if err != nil {
		t.Fatal(err)
	}
	schema := api.Schema.Schema()
	if err := oracle.Fill(t.Context(), api.DB.Write, g, schema, seed, size); err != nil {
		t.Fatal(err)
	}
	world, err := oracle.Load(t.Context(), api.DB.Write, g)
	if err != nil {
		t.Fatal(err)
	}
	ev := &oracle.Evaluator{Schema: schema, World: world, DefaultPage: defaultPage, Computed: computed}
	return &bench{oracle.NewJudge(ev, ask(t.Context(), api.Endpoint)), ev}
}

// ask posts to the API. The test's API has a log that is searched for every answer,
// which is too slow for thousands.
func ask(ctx context.Context, endpoint string) oracle.AskFunc {
	return func(query string, variables map[string]any) ([]byte, error) {
		body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
		if err != nil {
			return nil, err
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		r.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
		return io.ReadAll(resp.Body)
	}
}

// TestRandomQueries compares random operations over random data with the oracle. A
// difference is printed small, in the form that testdata keeps.
func TestRandomQueries(t *testing.T) {
	t.Parallel()
	var tried atomic.Int64
	t.Cleanup(func() { t.Logf("%d operations compared, seed %d", tried.Load(), *seed) })
	for world := 0; world*casesPerWorld < *cases; world++ {
		s, size := *seed*1_000_000+uint64(world), sizes[world%len(sizes)]
		n := min(casesPerWorld, *cases-world*casesPerWorld)
		t.Run(fmt.Sprintf("seed %d size %d", s, size), func(t *testing.T) {
			t.Parallel()
			tried.Add(int64(tryRandom(t, s, size, n)))
		})
	}
}

func tryRandom(t *testing.T, seed uint64, size, n int) (tried int) {
	b := newBench(t, seed, size)
	g := oracle.NewGenerator(b.evaluator, maxPage, seed)
	for differences := 0; tried < n && differences < mostDifferences; {
		o := g.Operation()
		for range rollsPerOperation {
			c := g.Roll(o)
			tried++
			d, err := b.Try(c)
			if err != nil {
				t.Fatalf("%v\n%s", err, kept(c, seed, size))
			}
			if d != nil {
				differences++
				b.report(t, c, d, seed, size)
				break
			}
		}
	}
	return tried
}

func (b *bench) report(t *testing.T, c oracle.Case, found *oracle.Difference, seed uint64, size int) {
	t.Helper()
	small := oracle.Shrink(c, func(c oracle.Case) bool {
		d, err := b.Try(c)
		return err == nil && d != nil && d.Refused == found.Refused
	})
	d, err := b.Try(small)
	if err != nil || d == nil {
		t.Errorf("fails only now and then: %v\n%s", err, kept(c, seed, size))
		return
	}
	variables, _ := json.Marshal(small.Variables)
	t.Errorf("%s\n%s\nvariables %s\ngot  %s\nwant %s\nkeep in testdata: %s", d.Where, small.Query, variables, d.Got, d.Want, kept(small, seed, size))
}

// keptCase is a case with its data set, as a file in testdata.
type keptCase struct {
	// Name says what was wrong.
	Name string `json:"name"`
	Seed uint64 `json:"seed"`
	Size int    `json:"size"`
	oracle.Case
}

func kept(c oracle.Case, seed uint64, size int) string {
	text, err := json.Marshal(keptCase{"", seed, size, c})
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// TestKeptCases replays what was wrong once.
func TestKeptCases(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no kept cases: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var c keptCase
			if err := json.Unmarshal(text, &c); err != nil {
				t.Fatal(err)
			}
			d, err := newBench(t, c.Seed, c.Size).Try(c.Case)
			if err != nil || d != nil {
				t.Errorf("%s: %v %+v", c.Name, err, d)
			}
		})
	}
}
