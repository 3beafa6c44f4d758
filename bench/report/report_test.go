package report_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/entgraph/entgraph/bench/report"
)

func sample() report.Report {
	row := func(server string, api, db time.Duration, rate, statements, control float64) report.Row {
		return report.Row{
			Server: server, API: api, DB: db, P50: 1500 * time.Microsecond, P99: 12 * time.Millisecond,
			Rate: map[int]float64{1: 10, 8: rate, 32: 30}, Statements: statements, Control: control,
		}
	}
	return report.Report{
		Workloads: []report.Workload{{Name: "W1", Title: "one user", Rows: []report.Row{
			row("limit", 100*time.Microsecond, 50*time.Microsecond, 2000, 1, 0),
			row("stock", time.Millisecond, time.Millisecond, 250, 2, 0),
			row("entgraph", 130*time.Microsecond, 50*time.Microsecond, 1000, 3, 2),
		}}},
		Servers: []report.Server{{Name: "entgraph", PeakRSS: 30 << 20, FirstAnswer: 41500 * time.Microsecond, FastestAnswer: 35 * time.Millisecond}},
		Notes:   []string{"A note."},
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	if err := sample().Table(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"W1 one user",
		"limit 150 100 50 1.00 10 2000 30 8.00 1.50 12.00 1",
		"stock 2000 1000 1000 13.3 10 250 30 1.00 1.50 12.00 2",
		"entgraph 180 130 50 1.20 10 1000 30 4.00 1.50 12.00 3+2",
		"entgraph 30.0 41.5 35.0",
		"A note.",
	} {
		if !containsLine(b.String(), want) {
			t.Errorf("no line %q in:\n%s", want, b.String())
		}
	}
}

func containsLine(text, want string) bool {
	for line := range strings.Lines(text) {
		if strings.Join(strings.Fields(line), " ") == want {
			return true
		}
	}
	return false
}

func TestTableWithoutLimit(t *testing.T) {
	t.Parallel()
	r := sample()
	r.Workloads[0].Rows = r.Workloads[0].Rows[2:]
	var b strings.Builder
	if err := r.Table(&b); err != nil {
		t.Fatal(err)
	}
	if want := "entgraph 180 130 50 - 10 1000 30 - 1.50 12.00 3+2"; !containsLine(b.String(), want) {
		t.Errorf("no line %q in:\n%s", want, b.String())
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	if err := sample().JSON(&b); err != nil {
		t.Fatal(err)
	}
	var got map[string]map[string]map[string]float64
	if err := json.Unmarshal([]byte(b.String()), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{
		"cpu_us_per_request": 180, "rps": 1000, "p50_ms": 1.5, "p99_ms": 12, "statements": 3,
		"rss_mb": 30, "first_answer_ms": 41.5,
	}
	for key, value := range want {
		if got["W1"]["entgraph"][key] != value {
			t.Errorf("%s = %v, want %v", key, got["W1"]["entgraph"][key], value)
		}
	}
	if n := len(got["W1"]["entgraph"]); n != len(want) {
		t.Errorf("%d keys, want %d", n, len(want))
	}
	if len(got["W1"]) != 3 {
		t.Errorf("servers: %v", got["W1"])
	}
}
