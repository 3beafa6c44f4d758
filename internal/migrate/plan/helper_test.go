package plan_test

import (
	"os"
	"testing"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/migrate/database"
)

func TestMain(m *testing.M) { os.Exit(devpg.Main(m)) }

// scratch gives databases that tests use in turn.
func scratch(t *testing.T) database.Scratch { return devpg.Scratch(t) }

// empty gives the address of an empty database.
func empty(t *testing.T) string {
	t.Helper()
	url, _ := devpg.Reuse(t)
	return url
}
