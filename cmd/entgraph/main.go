// Command entgraph serves the GraphQL API and looks after its database.
//
//	entgraph dev              everything for development, with a private Postgres
//	entgraph serve            the API on the database of DATABASE_URL
//	entgraph migrate ...      plan, apply and inspect migrations
//	entgraph schema ...       print and compare schemas
//	entgraph seed             sample data
//	entgraph explain QUERY    what a GraphQL query costs: plan, SQL and buffers
//	entgraph reset            remove the private Postgres and its data
//	entgraph doctor           what this machine lacks
//	entgraph version
//
// Settings come from the environment; docs/settings.md lists them. It exits with 1 when
// something failed and with 2 when it was called wrongly. The first interrupt stops
// it in order, the second at once.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() { os.Exit(realMain()) }

func realMain() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // the next signal finds its default action: to end the process
	return Run(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr)
}

// The exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// Run is the program as a function: it reads nothing but its arguments and the files
// of the working directory, and returns the exit code. Ending ctx stops it in order.
func Run(ctx context.Context, args, environ []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot(&app{environ: environ, stdout: stdout, stderr: stderr})
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	var failed *failure
	code := exitUsage
	if errors.As(err, &failed) {
		code = exitFailed
	}
	tell(stderr, cmd, args, err, code)
	return code
}

func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:           "entgraph",
		Short:         "A GraphQL API from Ent schemas",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          lacksCommand,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(
		a.devCommand(), a.serveCommand(), a.migrateCommand(), a.schemaCommand(), a.seedCommand(), a.explainCommand(),
		a.resetCommand(), a.doctorCommand(), a.versionCommand(),
	)
	return root
}

// lacksCommand runs a command that only holds others: it says which.
func lacksCommand(cmd *cobra.Command, _ []string) error {
	fmt.Fprintf(cmd.ErrOrStderr(), "%s\n\n%s\n", cmd.Short, cmd.UsageString())
	return errors.New("a command is missing")
}

// failure marks an error of the work itself. Every other error that cobra gives is
// one of usage.
type failure struct{ err error }

// Error gives the error's own text.
func (f *failure) Error() string { return f.err.Error() }

// Unwrap gives the error itself.
func (f *failure) Unwrap() error { return f.err }

// work makes a command's function of one that fails, with the arguments.
func work(f func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if err := f(cmd.Context(), args); err != nil {
			return &failure{err}
		}
		return nil
	}
}

// group is a command that only holds others.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: short, Args: cobra.NoArgs,
		RunE: lacksCommand,
	}
	cmd.AddCommand(commands...)
	return cmd
}
