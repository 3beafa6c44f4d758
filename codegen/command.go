package codegen

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/mod/semver"

	"github.com/entgraph/entgraph/internal/scaffold"
)

// Commands makes what a project needs of a release of entgraph: new, generate and upgrade, for
// entgraph.App. The command entgraph has them; a project runs it as "go tool entgraph".
func Commands() []*cobra.Command {
	return []*cobra.Command{newCommand(), generateCommand(), upgradeCommand()}
}

func generateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "generate",
		Short: "Write everything that follows from ent/schema and graph/*.graphql",
		Long: `Write everything that follows from ent/schema and graph/*.graphql, or nothing when
something is wrong. It works in the Go module that the working directory is in.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			c, err := project()
			if err != nil {
				return err
			}
			return Generate(c)
		},
	}
}

func newCommand() *cobra.Command {
	o := scaffold.Options{Go: goVersion()}
	var framework string
	cmd := &cobra.Command{
		Use:   "new NAME",
		Short: "Begin a project",
		Long: `Begin a project: a Go module with a User who signs in and a Product, its first migration
and a test. NAME is that of the app: its program, its database, its cookies.`,
		Example: "  entgraph new shop\n  entgraph new shop --module example.com/shop --dir ~/src/shop",
		Args:    cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&o.Module, "module", "", "`path` of the Go module (default: NAME)")
	cmd.Flags().StringVar(&o.Dir, "dir", "", "`folder` to make (default: NAME)")
	cmd.Flags().BoolVar(&o.NoAuth, "no-auth", false, "without users and signing in")
	cmd.Flags().StringVar(&framework, "framework", "", "`version` of entgraph, or the folder of a checkout of it (default: that of this program)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		o.Name = args[0]
		if err := o.Check(); err != nil {
			return err
		}
		self, err := os.Executable()
		if err != nil {
			return fmt.Errorf("find the generator: %w", err)
		}
		p := &beginning{Options: o, self: self, progress: cmd.ErrOrStderr(), out: cmd.OutOrStdout()}
		if err := p.from(framework); err != nil {
			return err
		}
		return p.run()
	}
	return cmd
}

// goVersion is the language version that a new project asks for: that of this toolchain.
func goVersion() string {
	v := strings.TrimPrefix(runtime.Version(), "go")
	if major, rest, ok := strings.Cut(v, "."); ok {
		minor, _, _ := strings.Cut(rest, ".")
		return major + "." + minor
	}
	return v
}

// beginning is a project that is being made.
type beginning struct {
	scaffold.Options
	replace       string // folder of a checkout, "" for a release
	self          string // this program, which generates
	progress, out io.Writer
}

// from says which release of the framework the project is to use.
func (p *beginning) from(framework string) error {
	if framework == "" {
		if info, ok := debug.ReadBuildInfo(); ok && info.Main.Path == scaffold.Framework {
			framework = info.Main.Version
		}
	}
	switch {
	case semver.IsValid(framework) && semver.Build(framework) == "":
		p.Version = framework
		return nil
	case framework == "" || framework == "(devel)" || semver.IsValid(framework):
		return errors.New("this program was built from a checkout and not from a release: say with --framework which version the project is to use, or where the checkout is")
	}
	dir, err := filepath.Abs(framework)
	if err != nil {
		return fmt.Errorf("--framework: %w", err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil || !strings.Contains(string(text), "module "+scaffold.Framework+"\n") {
		return fmt.Errorf("--framework: %s is neither a version such as v0.1.0 nor a checkout of %s", framework, scaffold.Framework)
	}
	p.Version, p.replace = scaffold.Unreleased, dir
	return nil
}

func (p *beginning) run() error {
	if err := scaffold.Write(p.Options); err != nil {
		return err
	}
	if p.replace != "" {
		if err := p.do("", "go", "mod", "edit", "-replace", scaffold.Framework+"="+p.replace); err != nil {
			return err
		}
	}
	program := filepath.Join("bin", p.Name)
	steps := []step{
		// What is generated is missing yet, which -e passes over.
		{"downloading modules", []string{"go", "mod", "tidy", "-e"}, "go mod tidy -e"},
		{"generating", []string{p.self, "generate"}, "./run.sh generate"},
		{"tidying go.mod", []string{"go", "mod", "tidy"}, "go mod tidy"},
		// With the flags of ./run.sh, which then finds all of it built.
		{"building", []string{"go", "build", "-buildvcs=false", "-ldflags=-s -w", "-gcflags=./...=-N -l -dwarf=false", "-o", program, "."}, "./run.sh migrate diff init"},
	}
	for i, step := range steps {
		if err := p.do(step.text, step.args[0], step.args[1:]...); err != nil {
			return fmt.Errorf("%w\nthe project is in %s; mend what is wrong and go on there with: %s", err, p.Dir, again(steps[i:]))
		}
	}
	next := "./run.sh"
	if err := p.do("planning the first migration", "./"+program, "migrate", "diff", "init"); err != nil {
		fmt.Fprintf(p.progress, "%v\nThe first migration is not planned yet.\n", err)
		next = "./run.sh doctor && ./run.sh migrate diff init"
	}
	fmt.Fprintf(p.out, "%s is ready. Next:\n\n  cd %s\n  %s\n", p.Name, p.Dir, next)
	return nil
}

// step is one of those that make a project of its files.
type step struct {
	text  string
	args  []string
	again string // what its owner runs in its place
}

// again is how its owner goes on with steps: all of them need the ones before.
func again(steps []step) string {
	var all []string
	for _, s := range steps {
		all = append(all, s.again)
	}
	return strings.Join(all, " && ")
}

// do runs a program in the project, quietly unless it fails.
func (p *beginning) do(text, name string, args ...string) error {
	if text != "" {
		fmt.Fprintln(p.progress, text, "...")
	}
	cmd := exec.Command(name, args...)
	cmd.Dir = p.Dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", filepath.Base(name), strings.Join(args, " "), err, out)
	}
	return nil
}
