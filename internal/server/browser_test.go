//go:build browser

package server_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/web"
)

// browserTimeout bounds all visits of the pages; they take about 20 seconds.
const browserTimeout = 5 * time.Minute

// TestBrowser opens the pages of a real server with sample data in Chromium, once with the
// examples of the sample and once with those made from the schema, as an app of another name.
// It is behind the tag "browser", which ./run.sh test sets, so that a plain "go test" needs
// neither Node nor a browser; with the tag, a missing one is a failure.
func TestBrowser(t *testing.T) {
	t.Parallel()
	t.Run("examples of the app", func(t *testing.T) {
		t.Parallel()
		testBrowser(t, "sample", func(*apitest.Options) {})
	})
	t.Run("examples of the schema", func(t *testing.T) {
		t.Parallel()
		state := filepath.Join(t.TempDir(), "development.json")
		if err := os.WriteFile(state, []byte(`{"api": 1, "working": false, "problem": null}`), 0o600); err != nil {
			t.Fatal(err)
		}
		out := testBrowser(t, "corner-shop", func(o *apitest.Options) {
			o.Server.Name, o.Server.Examples, o.Server.Development = "corner-shop", nil, state
		})
		if !strings.Contains(out, "development: ok") {
			t.Errorf("the playground was not told of development: %s", out)
		}
	})
}

func testBrowser(t *testing.T, name string, change func(*apitest.Options)) string {
	t.Helper()
	if !web.Built() {
		t.Fatal("the pages are not in this binary; with Node 20.19 or later run: ./run.sh build")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("node is missing; install Node 20.19 or later: https://nodejs.org/")
	}
	api := apitest.New(t, change)
	api.Fill(t)
	// Not the test's own folder: the pictures of a failure have to stay.
	pictures, err := os.MkdirTemp("", "entgraph-browser-")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), browserTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, node, filepath.Join("..", "..", "web", "test", "browser.mjs"), api.URL, pictures, name)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v; pictures are in %s\n%s\na missing browser: apt-get install chromium, or set CHROMIUM to the path of one", err, pictures, out)
	}
	if err := os.RemoveAll(pictures); err != nil {
		t.Error(err)
	}
	return string(out)
}
