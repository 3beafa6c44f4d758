package codegen

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// project finds the module that the working directory is in, and goes to its root: a project
// keeps its schemas in ent/schema, and gqlgen.yml at its root.
func project() (Config, error) {
	var c Config
	dir, err := os.Getwd()
	if err != nil {
		return c, fmt.Errorf("find the project: %w", err)
	}
	out, err := exec.Command("go", "list", "-m", "-json").Output()
	if err != nil {
		return c, fmt.Errorf("find the project: go list -m: %w", withOutput(err))
	}
	var m struct{ Path, Dir string }
	if err := json.Unmarshal(out, &m); err != nil || m.Dir == "" {
		return c, fmt.Errorf("%s is in no Go module: go to a project, or begin one with: entgraph new NAME", dir)
	}
	if err := os.Chdir(m.Dir); err != nil {
		return c, fmt.Errorf("find the project: %w", err)
	}
	for _, file := range []string{filepath.Join("ent", "schema"), "gqlgen.yml"} {
		if _, err := os.Stat(file); err != nil {
			return c, fmt.Errorf("%s has no %s: begin a project with entgraph new NAME, and copy from it what an older one lacks", m.Dir, file)
		}
	}
	return Config{
		Schema: "./ent/schema", Ent: "./ent", Package: m.Path + "/ent", SDL: "graph/ent.graphql", Gqlgen: "gqlgen.yml",
	}, nil
}

// withOutput adds what a program wrote to the standard error.
func withOutput(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) && len(exit.Stderr) > 0 {
		return fmt.Errorf("%w: %s", err, exit.Stderr)
	}
	return err
}
