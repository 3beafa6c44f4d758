package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/bench/workload"
)

// TestBenchmark builds the servers and measures every workload for a moment on the
// small data set. It fails when two servers answer differently.
func TestBenchmark(t *testing.T) {
	t.Parallel()
	bin := t.TempDir()
	build(t, ".", bin, "./limit", "./stock")
	build(t, "..", bin, "./cmd/entgraph")
	file := filepath.Join(t.TempDir(), "figures.json")
	var table, progress bytes.Buffer
	err := run(t.Context(), []string{
		"-small", "-quick", "-duration", "30ms", "-pool", "8", "-bin", bin, "-root", "..", "-json", file,
	}, &table, &progress)
	if err != nil {
		t.Fatalf("%v\n%s", err, progress.String())
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]map[string]map[string]float64
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	for _, w := range workload.All {
		if !strings.Contains(table.String(), w.Name+"  "+w.Title) {
			t.Errorf("%s is not in the table:\n%s", w.Name, table.String())
		}
		for _, s := range workload.Servers {
			if figures, ok := got[w.Name][string(s)]; ok != w.In(s) {
				t.Errorf("%s of %s: %v", w.Name, s, figures)
			} else if ok {
				checkFigures(t, w.Name+" of "+string(s), figures)
			}
		}
	}
	for name, want := range map[string]float64{"W1": 1, "W2": 3, "W3": 2, "W4": 1, "W5": 2, "W6": 2, "W7": 1} {
		if n := got[name]["limit"]["statements"]; n != want {
			t.Errorf("%s: the limit sent %v statements, want %v", name, n, want)
		}
	}
}

func checkFigures(t *testing.T, name string, figures map[string]float64) {
	t.Helper()
	for _, key := range []string{
		"cpu_us_per_request", "rps", "p50_ms", "p99_ms", "statements", "rss_mb", "first_answer_ms",
	} {
		if figures[key] <= 0 {
			t.Errorf("%s: %s is %v", name, key, figures[key])
		}
	}
}

func build(t *testing.T, dir, bin string, packages ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"build", "-buildvcs=false", "-o", bin + "/"}, packages...)...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build %v: %v\n%s", packages, err, out)
	}
}

// TestCompareFindsDifferences makes sure that unequal answers are noticed, and that
// only the order of a post's tags is excused, and only of the stock server.
func TestCompareFindsDifferences(t *testing.T) {
	t.Parallel()
	list := func(names ...any) []any {
		return []any{map[string]any{"tags": map[string]any{"edges": names}}}
	}
	tests := []struct {
		name string
		kind workload.Server
		got  []any
		want string // part of the error; empty for none
	}{
		{"equal", workload.Limit, list("a", "b"), ""},
		{"another value", workload.Limit, list("a", "c"), `data.tags.edges[1]: "b" or "c"`},
		{"another order", workload.Limit, list("b", "a"), `data.tags.edges[0]: "a" or "b"`},
		{"another order of stock", workload.Stock, list("b", "a"), ""},
		{"one less of stock", workload.Stock, list("a"), "data.tags.edges: 2 or 1 entries"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			only, err := choose("w2")
			if err != nil {
				t.Fatal(err)
			}
			b := &bench{options: options{only: only}, sample: &workload.Sample{}}
			err = b.compare(test.kind, map[string][]any{"W2": test.got}, map[string][]any{"W2": list("a", "b")})
			switch {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("error %v, want %s", err, test.want)
			}
		})
	}
}

func TestBadFlags(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-only", "W99"}, {"-rounds", "0"}, {"W1"}, {"-unknown"}} {
		if _, err := parse(args, io.Discard); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}

func TestChooseKeepsTheOrderOfRunning(t *testing.T) {
	t.Parallel()
	list, err := choose("W5, w1")
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 2 || list[0].Name != "W1" || list[1].Name != "W5" {
		t.Errorf("choose = %v", list)
	}
}
