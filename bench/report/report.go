// Package report prints what was measured: a table for people, JSON for programs.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// Report is the outcome of a run.
type Report struct {
	Workloads []Workload
	Servers   []Server
	Notes     []string // what a reader should know, such as what was left out
}

// Workload is what was measured of one workload, by server in the order of the table.
type Workload struct {
	Name, Title string
	Rows        []Row
}

// Row is what was measured of one server. Unless they say otherwise, figures are those
// of the headline number of connections.
type Row struct {
	Server   string
	API, DB  time.Duration // processor time for each request, of the server and of Postgres
	P50, P99 time.Duration
	// Rate has the requests per second by the number of connections.
	Rate map[int]float64
	// Statements are those that a request sends, without Control: BEGIN, COMMIT.
	Statements, Control float64
}

// CPU is the processor time for each request.
func (r Row) CPU() time.Duration { return r.API + r.DB }

// Server is what was measured of a server over all workloads.
type Server struct {
	Name    string
	PeakRSS int64 // bytes
	// FirstAnswer is the time from the start of the process to its first right answer,
	// the median of some starts; FastestAnswer that of the fastest start.
	FirstAnswer, FastestAnswer time.Duration
}

// Headline is the number of connections that the figures are about.
const Headline = 8

// Connections are all numbers of connections that are measured.
var Connections = []int{1, Headline, 32}

// The servers that the others are compared with.
const (
	limit = "limit"
	stock = "stock"
)

const columns = "%-18s %9s %8s %8s %7s %9s %9s %9s %7s %8s %8s %6s\n"

// Table prints the report for people.
func (r Report) Table(w io.Writer) error {
	var b strings.Builder
	for _, load := range r.Workloads {
		fmt.Fprintf(&b, "%s  %s\n", load.Name, load.Title)
		fmt.Fprintf(&b, columns, "", "CPU µs", "API", "DB", "×limit",
			"req/s c1", fmt.Sprintf("c%d", Headline), "c32", "×stock", "p50 ms", "p99 ms", "SQL")
		for _, row := range load.Rows {
			fmt.Fprintf(&b, columns, row.Server, micros(row.CPU()), micros(row.API), micros(row.DB),
				ratio(float64(row.CPU()), load.cpu(limit)),
				rate(row.Rate[1]), rate(row.Rate[Headline]), rate(row.Rate[32]),
				ratio(row.Rate[Headline], load.rate(stock)),
				millis(row.P50), millis(row.P99), statements(row))
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "%-18s %9s %25s\n", "", "RSS MB", "first answer ms (fastest)")
	for _, s := range r.Servers {
		fmt.Fprintf(&b, "%-18s %9.1f %16.1f %8.1f\n", s.Name, megabytes(s.PeakRSS), ms(s.FirstAnswer), ms(s.FastestAnswer))
	}
	for _, note := range r.Notes {
		b.WriteString("\n" + note + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (l Workload) row(server string) Row {
	for _, r := range l.Rows {
		if r.Server == server {
			return r
		}
	}
	return Row{}
}

func (l Workload) cpu(server string) float64  { return float64(l.row(server).CPU()) }
func (l Workload) rate(server string) float64 { return l.row(server).Rate[Headline] }

// ratio prints a/b, and nothing when there is no b.
func ratio(a, b float64) string {
	if b == 0 {
		return "-"
	}
	if a/b >= 10 {
		return fmt.Sprintf("%.1f", a/b)
	}
	return fmt.Sprintf("%.2f", a/b)
}

func micros(d time.Duration) string { return fmt.Sprintf("%.0f", us(d)) }
func millis(d time.Duration) string { return fmt.Sprintf("%.2f", ms(d)) }
func rate(r float64) string         { return fmt.Sprintf("%.0f", r) }

func us(d time.Duration) float64         { return float64(d) / float64(time.Microsecond) }
func ms(d time.Duration) float64         { return float64(d) / float64(time.Millisecond) }
func megabytes(n int64) float64          { return float64(n) / (1 << 20) }
func round(f float64, n float64) float64 { return float64(int64(f*n+0.5)) / n }

func statements(r Row) string {
	s := fmt.Sprintf("%.3g", r.Statements)
	if r.Control > 0 {
		s += fmt.Sprintf("+%.3g", r.Control)
	}
	return s
}

// entry is a row of the JSON. The last two are the server's and so the same in every
// workload.
type entry struct {
	CPU         float64 `json:"cpu_us_per_request"`
	Rate        float64 `json:"rps"`
	P50         float64 `json:"p50_ms"`
	P99         float64 `json:"p99_ms"`
	Statements  float64 `json:"statements"`
	PeakRSS     float64 `json:"rss_mb"`
	FirstAnswer float64 `json:"first_answer_ms"`
}

// JSON prints workload → server → figures at the headline number of connections.
func (r Report) JSON(w io.Writer) error {
	servers := map[string]Server{}
	for _, s := range r.Servers {
		servers[s.Name] = s
	}
	out := map[string]map[string]entry{}
	for _, load := range r.Workloads {
		out[load.Name] = map[string]entry{}
		for _, row := range load.Rows {
			s := servers[row.Server]
			out[load.Name][row.Server] = entry{
				CPU: round(us(row.CPU()), 10), Rate: round(row.Rate[Headline], 10),
				P50: round(ms(row.P50), 1000), P99: round(ms(row.P99), 1000), Statements: round(row.Statements, 100),
				PeakRSS: round(megabytes(s.PeakRSS), 10), FirstAnswer: round(ms(s.FirstAnswer), 10),
			}
		}
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}
