package codegen

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/scaffold"
)

// What is named to go on with includes all that has not been done.
func TestNewIsInterrupted(t *testing.T) { // changes the environment
	bin := t.TempDir()
	for does, want := range map[string]string{
		"exit 1":                   "go on there with: go mod tidy -e && ./run.sh generate && go mod tidy && ./run.sh migrate diff init",
		`[ "$*" = "mod tidy -e" ]`: "go on there with: ./run.sh generate && go mod tidy && ./run.sh migrate diff init",
	} {
		if err := os.WriteFile(filepath.Join(bin, "go"), []byte("#!/bin/sh\n"+does+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		t.Setenv("PATH", bin)
		self := filepath.Join(bin, "generator")
		if err := os.WriteFile(self, []byte("#!/bin/sh\nexit 1\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		p := &beginning{
			Options:  scaffold.Options{Name: "shop", Module: "shop", Dir: filepath.Join(t.TempDir(), "shop"), Go: "1.26", Version: "v0.1.0"},
			progress: io.Discard, out: io.Discard, self: self,
		}
		if err := p.run(); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: %v", does, err)
		}
	}
}
