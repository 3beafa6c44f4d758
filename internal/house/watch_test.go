package house_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/entgraph/entgraph/internal/devpg"
)

// TestDevelopment is an hour of developing in a new project: what is saved is served while a
// client goes on asking, what is wrong is said once, rows are not lost, and a draft becomes a
// migration.
func TestDevelopment(t *testing.T) {
	t.Parallel()
	dir := newProject(t)
	d := startDev(t, dir)
	stop := d.poll(t)
	product := filepath.Join(dir, "ent", "schema", "product.go")
	const field = "field.Int(\"stock\").Optional().Nillable(),\n\t\t"
	without := read(t, product)
	with := strings.Replace(without, "field.Text(", field+"field.Text(", 1)

	d.save(t, product, with)
	if said := d.until(t, "  ready, "); !strings.Contains(said, `ADD COLUMN "stock"`) || strings.Count(said, "ent/schema/product.go") != 1 {
		t.Errorf("a new field: %s", said)
	}
	created := d.ask(t, `mutation { createProduct(input: {name: "shelf", price: 1, stock: 3}) { product { stock } } }`)
	if created != `{"data":{"createProduct":{"product":{"stock":3}}}}` {
		t.Errorf("the new field: %s", created)
	}

	broken := filepath.Join(dir, "broken.go")
	d.save(t, broken, "package main\n\nvar _ int = \"no\"\n")
	if said := d.until(t, "the API from before goes on"); strings.Count(said, "broken.go:3:13") != 1 {
		t.Errorf("a program that does not compile: %s", said)
	}
	if state := d.development(t); state.Problem == nil || state.Problem.Kind != "build" || state.Problem.File != "broken.go" || state.Problem.Line != 3 {
		t.Errorf("the playground is told %+v", state.Problem)
	}
	if err := os.Remove(broken); err != nil {
		t.Fatal(err)
	}
	d.until(t, "no change of the API")

	d.save(t, product, without)
	if said := d.until(t, "the API from before goes on"); !strings.Contains(said, "this would lose rows") || !strings.Contains(said, "(1 row)") {
		t.Errorf("a field with a value goes: %s", said)
	}
	if got := d.ask(t, `{ products(where: {stock: 3}) { totalCount } }`); got != `{"data":{"products":{"totalCount":1}}}` {
		t.Errorf("the API before: %s", got)
	}
	d.save(t, product, with)
	d.until(t, " of the API")

	if said := d.program(t, "migrate", "diff", "add_stock"); !strings.Contains(said, "_add_stock") || !strings.Contains(said, "counts it as applied") {
		t.Errorf("migrate diff: %s", said)
	}
	if said := d.program(t, "migrate", "status"); strings.Contains(said, "pending:") {
		t.Errorf("migrate status: %s", said)
	}
	if said := d.program(t, "migrate", "drafts"); !strings.Contains(said, "there are no drafts") {
		t.Errorf("migrate drafts: %s", said)
	}
	if asked, failed := stop(); asked < 100 || len(failed) > 0 {
		t.Errorf("%d requests, failed: %q", asked, failed)
	}
	d.end(t)
}

// newProject begins a project without users, with the framework of this checkout.
func newProject(t *testing.T) string {
	t.Helper()
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	tool, dir := filepath.Join(t.TempDir(), "entgraph"), filepath.Join(t.TempDir(), "shop")
	for _, args := range [][]string{
		{"go", "build", "-buildvcs=false", "-o", tool, "./cmd/entgraph"},
		{tool, "new", "shop", "--no-auth", "--module", "example.com/shop", "--framework", root, "--dir", dir},
	} {
		if out, err := exec.CommandContext(t.Context(), args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	t.Cleanup(func() {
		if err := devpg.Reset(devpg.Options{Root: dir}); err != nil {
			t.Errorf("remove the private Postgres: %v", err)
		}
	})
	return dir
}

// developing is a project that dev serves.
type developing struct {
	dir, api string
	cmd      *exec.Cmd

	mu     sync.Mutex
	said   bytes.Buffer
	told   int // of said, what until has given
	errors bytes.Buffer
}

// Write implements io.Writer for the standard output.
func (d *developing) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.said.Write(p)
}

func (d *developing) environ() []string {
	return append(os.Environ(), "ADDR=127.0.0.1:0", "LOG_LEVEL=error", "DATABASE_URL=", "APP_ENV=")
}

func startDev(t *testing.T, dir string) *developing {
	t.Helper()
	d := &developing{dir: dir}
	d.cmd = exec.Command(filepath.Join(dir, "bin", "shop"), "dev")
	d.cmd.Dir, d.cmd.Env, d.cmd.Stdout, d.cmd.Stderr = dir, d.environ(), d, &d.errors
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if d.cmd.ProcessState == nil {
			_ = d.cmd.Process.Kill()
			_ = d.cmd.Wait()
		}
	})
	m := apiAddress.FindStringSubmatch(d.until(t, "Ctrl-C stops everything."))
	if m == nil {
		t.Fatal("no address of the API")
	}
	d.api = m[1]
	return d
}

// until waits for a text in what dev says, and gives all from the text before on. It bounds
// the wait of a test that would never end, and no more.
func (d *developing) until(t *testing.T, text string) string {
	t.Helper()
	for begin := time.Now(); time.Since(begin) < 10*time.Minute; time.Sleep(20 * time.Millisecond) {
		d.mu.Lock()
		said := d.said.String()[d.told:]
		i := strings.Index(said, text)
		if i >= 0 {
			i += len(text)
			d.told += i
		}
		d.mu.Unlock()
		if i >= 0 {
			return said[:i]
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	t.Fatalf("no %q in: %s\n%s", text, d.said.String()[d.told:], &d.errors)
	return ""
}

func (d *developing) save(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// program runs a command of the project's program.
func (d *developing) program(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(d.dir, "bin", "shop"), args...)
	cmd.Dir, cmd.Env = d.dir, d.environ()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
	return string(out)
}

func request(ctx context.Context, client *http.Client, url, query string) (string, error) {
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		return "", err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/graphql", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/json")
	r.GetBody = nil // the client may not send it twice
	resp, err := client.Do(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return string(text), err
}

func (d *developing) ask(t *testing.T, query string) string {
	t.Helper()
	text, err := request(t.Context(), http.DefaultClient, d.api, query)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// poll asks all the time on one connection, until it is stopped.
func (d *developing) poll(t *testing.T) (stop func() (asked int, failed []string)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var (
		asked  int
		failed []string
		ends   sync.WaitGroup
	)
	ends.Go(func() {
		client := &http.Client{Transport: &http.Transport{MaxIdleConns: 1}}
		for ctx.Err() == nil {
			text, err := request(context.WithoutCancel(ctx), client, d.api, `{ products { totalCount } }`)
			if err != nil {
				failed = append(failed, err.Error())
			} else if !strings.HasPrefix(text, `{"data":`) {
				failed = append(failed, text)
			}
			asked++
			time.Sleep(5 * time.Millisecond) // the compiler needs the processor too
		}
	})
	return func() (int, []string) {
		cancel()
		ends.Wait()
		return asked, failed
	}
}

type development struct {
	Problem *struct {
		Kind, File string
		Line       int
	}
}

// development is what the playground is told.
func (d *developing) development(t *testing.T) (state development) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.api+"/playground/development.json", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&state); err != nil {
		t.Fatal(err)
	}
	return state
}

// end does what Ctrl-C does.
func (d *developing) end(t *testing.T) {
	t.Helper()
	if err := d.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := d.cmd.Wait(); err != nil {
		t.Errorf("ended with %v: %s", err, &d.errors)
	}
	if !strings.Contains(d.said.String(), "\nstopped\n") {
		t.Errorf("it did not say that it stopped: %s", d.said.String())
	}
}
