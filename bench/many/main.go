// Command many makes a project of many entities, one with entgraph and one with Ent, entgql and
// gqlgen as their tutorial puts them together, and measures what their developer waits for: to
// generate, to build, to start, and the size of the program. It prints one table.
//
// Times are processor seconds, user and system, of all programs that a step runs, since other
// work on the machine changes them least; -wall adds what the clock said.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
)

func main() {
	o := options{}
	flag.IntVar(&o.n, "n", 100, "how many entities")
	flag.StringVar(&o.only, "only", "", "`project` to measure alone: entgraph or stock")
	flag.StringVar(&o.root, "root", ".", "the checkout of entgraph")
	flag.StringVar(&o.dir, "dir", "", "folder for the projects, which stay there (default: a temporary one)")
	flag.StringVar(&o.build, "build", "", "flags for building the changed program, separated by spaces")
	flag.BoolVar(&o.generate, "generate", false, "measure only what generates")
	flag.BoolVar(&o.wall, "wall", false, "print times of the clock too")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "many:", err)
		os.Exit(1)
	}
}

type options struct {
	n                      int
	only, root, dir, build string
	wall, generate         bool
}

func run(ctx context.Context, o options) (err error) {
	if o.n < 2 {
		return errors.New("-n: at least 2, since each entity has edges to the next")
	}
	if o.root, err = filepath.Abs(o.root); err != nil {
		return err
	}
	if o.dir == "" {
		if o.dir, err = os.MkdirTemp("", "entgraph-many-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(o.dir)) }()
	}
	var columns []column
	for _, p := range []struct {
		name  string
		begin func(options, string) (*project, error)
	}{{"entgraph", newOurs}, {"stock", newStock}} {
		if o.only != "" && o.only != p.name {
			continue
		}
		project, err := p.begin(o, filepath.Join(o.dir, p.name))
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		rows, err := project.measure(ctx, o)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		columns = append(columns, column{p.name, rows})
	}
	if len(columns) == 0 {
		return fmt.Errorf("-only: %q is neither entgraph nor stock", o.only)
	}
	printTable(o, columns)
	return nil
}

// column is what was measured of one project.
type column struct {
	name string
	rows []row
}

func printTable(o options, columns []column) {
	fmt.Printf("| %d entities |", o.n)
	for _, c := range columns {
		fmt.Printf(" %s |", c.name)
	}
	if len(columns) == 2 {
		fmt.Print(" ratio |")
	}
	fmt.Printf("\n| --- |%s\n", strings.Repeat(" ---: |", 2*len(columns)-1))
	for i, r := range columns[0].rows {
		fmt.Printf("| %s |", r.name)
		for _, c := range columns {
			fmt.Printf(" %s |", c.rows[i].text(o.wall))
		}
		if len(columns) == 2 {
			fmt.Printf(" %.1f |", columns[1].rows[i].value/columns[0].rows[i].value)
		}
		fmt.Println()
	}
}
