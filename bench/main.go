// Command bench measures entgraph beside the fastest server we know how to write and
// beside the stock path of Ent, entgql and gqlgen; see README.md. It wants the built
// servers beside itself and is usually run by ./run.sh bench.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/entgraph/entgraph/bench/workload"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	bin, root, pgBin string
	only             []workload.Workload
	json             string
	pool             int
	gogc             string
	duration         time.Duration // of one run
	rounds           int           // runs at the headline number of connections
	starts           int           // how often the start is timed
	rls              bool          // entgraph with row-level security takes part
	small            bool          // the small data set on a throw-away Postgres
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	b := &bench{options: o, progress: stderr}
	r, err := b.run(ctx)
	if err != nil {
		return err
	}
	if err := r.Table(stdout); err != nil || o.json == "" {
		return err
	}
	f, err := os.Create(o.json)
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return errors.Join(r.JSON(f), f.Close())
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	var only string
	var quick bool
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.json, "json", "", "also write the figures to this `file`")
	f.StringVar(&only, "only", "", "measure these `workloads` only, such as W1,W4")
	f.BoolVar(&quick, "quick", false, "a second or two per workload: right, but noisy")
	f.DurationVar(&o.duration, "duration", time.Second, "length of one run")
	f.IntVar(&o.rounds, "rounds", 3, "runs of each server and workload at the headline number of connections")
	f.IntVar(&o.pool, "pool", 16, "database connections of each server")
	f.StringVar(&o.gogc, "gogc", "100", "GOGC of each server")
	f.StringVar(&o.bin, "bin", "", "`folder` of the servers (default: that of this program)")
	f.StringVar(&o.root, "root", ".", "`folder` of the checkout")
	f.StringVar(&o.pgBin, "pg-bin", os.Getenv("PG_BIN"), "`folder` of the Postgres programs (default: PG_BIN, else searched for)")
	f.BoolVar(&o.rls, "rls", false, "also measure entgraph with DATABASE_RLS=on")
	f.BoolVar(&o.small, "small", false, "the small sample data on a throw-away Postgres: to try the benchmark itself")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	if o.rounds < 1 || o.duration <= 0 || o.pool < 1 {
		return o, errors.New("-rounds, -duration and -pool must be positive")
	}
	o.starts = 7
	if quick {
		o.duration, o.rounds, o.starts = min(o.duration, 200*time.Millisecond), 1, 3
	}
	if o.bin == "" {
		self, err := os.Executable()
		if err != nil {
			return o, fmt.Errorf("find the servers: %w", err)
		}
		o.bin = filepath.Dir(self)
	}
	var err error
	o.only, err = choose(only)
	return o, err
}

// choose finds the workloads by name; an empty text means all.
func choose(names string) ([]workload.Workload, error) {
	if names == "" {
		return workload.All, nil
	}
	wanted := map[string]bool{}
	for name := range strings.SplitSeq(names, ",") {
		wanted[strings.ToUpper(strings.TrimSpace(name))] = true
	}
	var list []workload.Workload
	for _, w := range workload.All {
		if wanted[w.Name] {
			list = append(list, w)
			delete(wanted, w.Name)
		}
	}
	for name := range wanted {
		return nil, fmt.Errorf("there is no workload %q", name)
	}
	return list, nil
}
