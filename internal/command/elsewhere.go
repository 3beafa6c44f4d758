package command

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/mod/modfile"
)

// frameworkModule is the module of entgraph itself.
const frameworkModule = "github.com/entgraph/entgraph"

// project is a project that the working directory is in.
type project struct{ root, module string }

// findProject finds the project that holds a folder: its root has schemas or migrations, and its
// module is that of the go.mod there or above. Without one it is zero: such as where a program is
// deployed.
func findProject(dir string) (project, error) {
	var p project
	for d := dir; ; d = filepath.Dir(d) {
		if p.root == "" && (isFolder(filepath.Join(d, migrationDir)) || isFolder(filepath.Join(d, "ent", "schema"))) {
			p.root = d
		}
		if p.root != "" {
			text, err := os.ReadFile(filepath.Join(d, "go.mod"))
			if err == nil {
				p.module = modfile.ModulePath(text)
				return p, nil
			} else if !errors.Is(err, fs.ErrNotExist) {
				return p, fmt.Errorf("find the project: %w", err)
			}
		}
		if d == filepath.Dir(d) {
			return project{}, nil
		}
	}
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// isOf says whether a program is one of this project: built from its module or from one that
// imports it. Every program is built from the framework, and only its sample is of that.
func (p project) isOf(info *debug.BuildInfo) bool {
	imports := func(m *debug.Module) bool { return m.Path == p.module && m.Path != frameworkModule }
	return info.Main.Path == p.module || slices.ContainsFunc(info.Deps, imports)
}

// elsewhere finds the project that the working directory is in, when it is of another program
// than this: "go tool entgraph" in a project runs the sample, which knows nothing of the tables
// there, and would plan to drop them.
func elsewhere() (p project, main string, is bool, err error) {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Path == "" {
		return project{}, "", false, nil
	}
	dir, err := os.Getwd()
	if err != nil {
		return project{}, "", false, fmt.Errorf("find the project: %w", err)
	}
	p, err = findProject(dir)
	return p, info.Main.Path, err == nil && p.module != "" && !p.isOf(info), err
}

// ofFiles marks commands that read and write files of a project and nothing else, so that any program has them: its
// own may not compile when they are needed.
const ofFiles = "entgraph:files"

// refuse stands for a command in the project of another program, and names the one to run. Of a
// group it leaves what works on files alone.
func (a *app) refuse(cmd *cobra.Command, p project, main string) *cobra.Command {
	if !slices.ContainsFunc(cmd.Commands(), worksOnFiles) {
		return standIn(cmd, p, main)
	}
	cmd.Hidden = true
	for _, below := range cmd.Commands() {
		if !worksOnFiles(below) {
			cmd.RemoveCommand(below)
			cmd.AddCommand(standIn(below, p, main))
		}
	}
	return cmd
}

func worksOnFiles(cmd *cobra.Command) bool { return cmd.Annotations[ofFiles] != "" }

func standIn(cmd *cobra.Command, p project, main string) *cobra.Command {
	program := "go run ."
	if isProgram(filepath.Join(p.root, script)) {
		program = script
	}
	return &cobra.Command{
		Use:                cmd.Name(),
		Short:              "Only for the project " + main,
		Hidden:             true,
		DisableFlagParsing: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			_, path, _ := strings.Cut(cmd.CommandPath(), " ")
			return &failure{fmt.Errorf("%s is a command on the app of %s, and this is the project %s (%s); its own program has it: %s",
				path, main, p.module, p.root, strings.Join(append([]string{program, path}, args...), " "))}
		},
	}
}
