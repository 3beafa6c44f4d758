package explain

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/planner"
	"github.com/entgraph/entgraph/internal/postgres"
)

// Recorder keeps the statements of an operation. The zero value is ready.
type Recorder struct {
	mu       sync.Mutex
	observed []planner.Observed
}

// Context returns a context whose reads are recorded.
func (r *Recorder) Context(ctx context.Context) context.Context {
	return planner.WithObserver(ctx, func(o planner.Observed) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.observed = append(r.observed, o)
	})
}

// Observed lists what was recorded.
func (r *Recorder) Observed() []planner.Observed {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.observed[:len(r.observed):len(r.observed)]
}

// Report lists the recorded statements.
func (r *Recorder) Report() *Report {
	report := &Report{Statements: []Statement{}}
	for i, o := range r.Observed() {
		report.Statements = append(report.Statements, Statement{
			Number: i + 1, Path: o.Path, Kind: string(o.Kind), Type: o.Entity.Name, Parents: o.Parents,
			Rows: o.Rows, Milliseconds: ms(o.Duration), SQL: o.SQL, ArgumentCount: len(o.Arguments()),
		})
	}
	return report
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// Options change what [Recorder.Analyze] tells.
type Options struct {
	// Arguments shows the arguments: they hold what the user entered.
	Arguments bool
	// Verbose adds all that Postgres prints, which runs each statement once more.
	Verbose bool
}

// Analyze lists the recorded statements with what each costs. Statements that failed are left without a cost.
func (r *Recorder) Analyze(ctx context.Context, db *postgres.DB, o Options) (*Report, error) {
	report, observed := r.Report(), r.Observed()
	if len(observed) == 0 {
		report.sum()
		return report, nil
	}
	err := db.AcquireRead(ctx, func(ctx context.Context, c *pgx.Conn) error {
		return readOnly(ctx, c, func(conn *pgx.Conn) error {
			for i := range observed {
				if err := report.Statements[i].analyze(ctx, conn, &observed[i], o); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	report.sum()
	return report, nil
}

// readOnly runs f in one transaction, which is as the sessions of the pool are:
// read-only, at repeatable read. It is sent below pgx, so that nothing is counted.
func readOnly(ctx context.Context, conn *pgx.Conn, f func(*pgx.Conn) error) (err error) {
	exec := func(ctx context.Context, sql string) error {
		_, err := conn.PgConn().Exec(ctx, sql).ReadAll()
		return err
	}
	if err := exec(ctx, "BEGIN"); err != nil {
		return fmt.Errorf("begin a transaction: %w", err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if e := exec(ctx, "ROLLBACK"); e != nil {
			err = errors.Join(err, fmt.Errorf("end the transaction: %w", e))
		}
	}()
	if err := postgres.TellViewer(ctx, conn); err != nil {
		return err
	}
	return f(conn)
}

func (s *Statement) analyze(ctx context.Context, conn *pgx.Conn, o *planner.Observed, opts Options) error {
	if opts.Arguments {
		s.Arguments = o.Arguments()
	}
	if o.Err != nil {
		return nil
	}
	lines, err := o.Explain(ctx, conn, "ANALYZE, BUFFERS, FORMAT JSON")
	if err != nil {
		return err
	}
	if s.Cost, err = parse([]byte(strings.Join(lines, "\n"))); err != nil {
		return fmt.Errorf("explain %s: %w", o.Path, err)
	}
	s.Cost.warn(s)
	if opts.Verbose {
		s.Cost.Text, err = o.Explain(ctx, conn, "ANALYZE, BUFFERS, VERBOSE")
	}
	return err
}
