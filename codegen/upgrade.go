package codegen

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

func upgradeCommand() *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "upgrade",
		Short: "Bring a project to this release of entgraph",
		Long: `Bring a project to this release of entgraph, after go get: generate, say what changes in the
contract (graph/*.graphql), build, and plan what the tables of the framework need as a
migration, to be read and committed like any other.`,
		Args: cobra.NoArgs,
	}
	cmd.Flags().StringVar(&name, "name", "upgrade_entgraph", "`name` of the migration, if one is needed")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := project()
		if err != nil {
			return err
		}
		if os.Getenv(asGenerator) != "" {
			return Generate(c)
		}
		before, err := contract(c)
		if err != nil {
			return err
		}
		if err := Generate(c); err != nil {
			return err
		}
		after, err := contract(c)
		if err != nil {
			return err
		}
		out := cmd.OutOrStdout()
		if changes := compareContracts(before, after); len(changes) > 0 {
			fmt.Fprintf(out, "the contract changes:\n  %s\n", strings.Join(changes, "\n  "))
		} else {
			fmt.Fprintln(out, "the contract stays the same")
		}
		return planUpgrade(cmd, name)
	}
	return cmd
}

// planUpgrade has the app itself plan a migration, since only it knows all of its tables.
func planUpgrade(cmd *cobra.Command, name string) error {
	dir, err := os.MkdirTemp("", "entgraph-upgrade-")
	if err != nil {
		return fmt.Errorf("build the app: %w", err)
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "app")
	main, err := mainPackage(".")
	if err != nil {
		return err
	}
	for _, args := range [][]string{{"go", "mod", "tidy"}, {"go", "build", "-buildvcs=false", "-o", program, main}, {program, "migrate", "diff", name}} {
		run := exec.Command(args[0], args[1:]...)
		run.Stdin, run.Stdout, run.Stderr = cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr()
		if err := run.Run(); err != nil {
			return fmt.Errorf("%s: %w", strings.Join(args, " "), err)
		}
	}
	return nil
}

// mainPackage finds the program of the module in dir: at its root, or the only one below cmd.
func mainPackage(dir string) (string, error) {
	// -e passes over a root without Go files, and over generated code that does not compile yet.
	list := exec.Command("go", "list", "-e", "-f", `{{if eq .Name "main"}}{{.ImportPath}}{{end}}`, ".")
	if _, err := os.Stat(filepath.Join(dir, "cmd")); err == nil {
		list.Args = append(list.Args, "./cmd/...")
	}
	list.Dir = dir
	out, err := list.Output()
	if err != nil {
		return "", fmt.Errorf("look for the app's program: %w", withOutput(err))
	}
	found := strings.Fields(string(out))
	if len(found) != 1 {
		return "", fmt.Errorf("the app's program is not clear (%d found at the root and in cmd): run its migrate diff yourself", len(found))
	}
	return found[0], nil
}
