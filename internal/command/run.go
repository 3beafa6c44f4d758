package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Main runs a program with the arguments, the environment and the files of the process, and
// returns the exit code. The first interrupt stops it in order, the second at once.
func Main(p Program) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // the next signal finds its default action: to end the process
	return Run(ctx, p, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr)
}

// The exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// Run is a program as a function: it reads nothing but its arguments and the files
// of the working directory, and returns the exit code: 0, 1 when something failed, 2 when it
// was called wrongly. Ending ctx stops it in order.
func Run(ctx context.Context, p Program, args, environ []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{Program: p, environ: environ, stdout: stdout, stderr: stderr}
	root, err := newRoot(a)
	if err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", cmp.Or(p.Name, "entgraph"), err)
		return exitFailed
	}
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
	a.tell(stderr, cmd, args, err, code)
	return code
}

// newRoot fails for a program that lacks something, and for a command of its own that has the
// name of one of ours.
func newRoot(a *app) (*cobra.Command, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	root := &cobra.Command{
		Use:           a.Name,
		Short:         "A GraphQL API from Ent schemas",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          lacksCommand,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	onApp := []*cobra.Command{
		a.devCommand(), a.serveCommand(), a.migrateCommand(), a.schemaCommand(), a.seedCommand(), a.explainCommand(),
		a.resetCommand(), a.doctorCommand(), a.userCommand(),
	}
	p, main, is, err := elsewhere()
	if err != nil {
		return nil, err
	}
	if is {
		for i, cmd := range onApp {
			onApp[i] = a.refuse(cmd, p, main)
		}
	}
	root.AddCommand(append(onApp, a.versionCommand())...)
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	if a.Commands == nil {
		return root, nil
	}
	for _, cmd := range a.Commands() {
		if err := vacant(root, cmd); err != nil {
			return nil, err
		}
		fails(cmd)
		a.own(cmd)
		root.AddCommand(cmd)
		if err := flagged(cmd); err != nil {
			return nil, err
		}
	}
	return root, nil
}

// fails marks what a command of the app's own returns as an error of its work, with those
// below it. Whoever wants an error of usage gives it by Args. It changes the command, which
// is of this run alone.
func fails(cmd *cobra.Command) {
	for _, step := range []*func(*cobra.Command, []string) error{
		&cmd.PersistentPreRunE, &cmd.PreRunE, &cmd.RunE, &cmd.PostRunE, &cmd.PersistentPostRunE,
	} {
		run := *step
		if run == nil {
			continue
		}
		*step = func(cmd *cobra.Command, args []string) error {
			if err := run(cmd, args); err != nil {
				return &failure{err}
			}
			return nil
		}
	}
	for _, below := range cmd.Commands() {
		fails(below)
	}
}

// vacant refuses a command whose name or alias is taken.
func vacant(root, cmd *cobra.Command) error {
	if cmd == nil || cmd.Name() == "" {
		return errors.New("App.Commands has a command without a name: set its Use")
	}
	for _, name := range append([]string{cmd.Name()}, cmd.Aliases...) {
		for _, other := range root.Commands() {
			if other.Name() == name || other.HasAlias(name) {
				return fmt.Errorf("App.Commands has a command %s, which there is already: give it another name", name)
			}
		}
	}
	return nil
}

// flagged refuses a command, or one below it, whose flags exclude each other, or --help and -h,
// which each of them gets: cobra would panic when it is run.
func flagged(cmd *cobra.Command) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("App.Commands: the flags of %s: %v; give it another name (-h is that of --help)", cmd.CommandPath(), p)
		}
	}()
	cmd.InitDefaultHelpFlag()
	_ = cmd.LocalFlags() // with those of the commands above
	for _, below := range cmd.Commands() {
		if err := flagged(below); err != nil {
			return err
		}
	}
	return nil
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
