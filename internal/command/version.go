package command

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of this program",
		Args:  cobra.NoArgs,
		RunE: work(func(context.Context, []string) error {
			fmt.Fprintf(a.stdout, "%s %s %s %s/%s%s\n", a.Name, version(), runtime.Version(), runtime.GOOS, runtime.GOARCH, framework())
			return nil
		}),
	}
}

// version is what the Go tool has recorded: the module's version, which names the
// commit and says when the work tree had changes; "(devel)" without version control.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}

// framework names the release of entgraph that a program of another module is built with.
func framework() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, dep := range info.Deps {
		if dep.Path == frameworkModule {
			return " with entgraph " + dep.Version
		}
	}
	return ""
}
