package database_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/migrate/database"
)

// childURL and childDir turn the test binary into a process that migrates, so that
// a test can kill it.
const (
	childURL = "ENTGRAPH_TEST_MIGRATE_URL"
	childDir = "ENTGRAPH_TEST_MIGRATE_DIR"
)

func TestMain(m *testing.M) {
	url := os.Getenv(childURL)
	if url == "" {
		os.Exit(devpg.Main(m))
	}
	if _, err := database.Up(context.Background(), url, os.DirFS(os.Getenv(childDir)), database.UpOptions{}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// empty gives the address of an empty database.
func empty(t *testing.T) string {
	t.Helper()
	url, _ := devpg.Reuse(t)
	return url
}

// scratch gives databases that tests use in turn.
func scratch(t *testing.T) database.Scratch { return devpg.Scratch(t) }
