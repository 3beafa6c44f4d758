package command_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"

	entmigrate "github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/command"
	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/migrate/database"
)

// process is the program running in a process of its own.
type process struct {
	cmd    *exec.Cmd
	stdout *bufio.Reader
	seen   strings.Builder // what was read of stdout
	stderr *os.File
}

// start runs the program in dir with settings added to the environment.
func start(t *testing.T, dir string, settings []string, args ...string) *process {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: exec.Command(program, args...)}
	p.cmd.Dir = dir
	p.cmd.Env = append([]string{asProgram + "=1", "ADDR=127.0.0.1:0", "GORACE=" + atOnce, "HOME=" + t.TempDir()}, settings...)
	for _, name := range []string{"PATH", "PG_BIN"} {
		p.cmd.Env = append(p.cmd.Env, name+"="+os.Getenv(name))
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.stdout = bufio.NewReader(out)
	if p.stderr, err = os.CreateTemp(t.TempDir(), "stderr"); err != nil {
		t.Fatal(err)
	}
	p.cmd.Stderr = p.stderr
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if p.cmd.ProcessState == nil {
			_ = p.cmd.Process.Kill()
			_ = p.cmd.Wait()
		}
		_ = p.stderr.Close()
	})
	return p
}

// until reads stdout up to a line that contains text, and gives all of it.
func (p *process) until(t *testing.T, text string) string {
	t.Helper()
	for !strings.Contains(p.seen.String(), text) {
		line, err := p.stdout.ReadString('\n')
		p.seen.WriteString(line)
		if err != nil {
			t.Fatalf("no %q in: %s\nstderr: %s", text, &p.seen, p.errors(t))
		}
	}
	return p.seen.String()
}

func (p *process) errors(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(p.stderr.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// untilError waits until stderr holds text.
func (p *process) untilError(t *testing.T, text string) {
	t.Helper()
	for begin := time.Now(); time.Since(begin) < 30*time.Second; time.Sleep(5 * time.Millisecond) {
		if strings.Contains(p.errors(t), text) {
			return
		}
	}
	t.Fatalf("no %q in: %s", text, p.errors(t))
}

// interrupt does what Ctrl-C does and expects an orderly end.
func (p *process) interrupt(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, _ = io.Copy(io.Discard, p.stdout)
		ended <- p.cmd.Wait()
	}()
	select {
	case err := <-ended:
		if err != nil {
			t.Fatalf("ended with %v\nstderr: %s", err, p.errors(t))
		}
	case <-time.After(30 * time.Second):
		t.Fatal("does not end")
	}
}

var (
	apiLine = regexp.MustCompile(`(?m)^  API +(http://127\.0\.0\.1:\d+)(/graphql)$`)
	sqlLine = regexp.MustCompile(`(?m)^  Database +psql '(.+)'$`)
)

// devSession starts dev and returns it with the address of the API and of Postgres.
func devSession(t *testing.T, root string, settings ...string) (p *process, api, database string) {
	t.Helper()
	p = start(t, root, settings, "dev")
	text := p.until(t, "Ctrl-C stops everything.")
	url, db := apiLine.FindStringSubmatch(text), sqlLine.FindStringSubmatch(text)
	if url == nil || db == nil {
		t.Fatalf("addresses are missing in: %s", text)
	}
	return p, url[1] + url[2], db[1]
}

func TestDev(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, command.MigrationDir), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := devpg.Reset(devpg.Options{Root: root}); err != nil {
			t.Errorf("remove the private Postgres: %v", err)
		}
	})

	first, api, database := devSession(t, root)
	if !strings.Contains(first.seen.String(), "filled the new database with sample data") {
		t.Errorf("no sample data: %s", &first.seen)
	}
	if got := post(t, api, `{"query": "{ posts { totalCount } users { totalCount } }"}`); got != `{"data":{"posts":{"totalCount":171},"users":{"totalCount":20}}}` {
		t.Errorf("first start: %s", got)
	}
	if !strings.Contains(first.seen.String(), "  Sign in     ada, password entgraph-demo\n") {
		t.Errorf("no sign-in: %s", &first.seen)
	}
	answer := post(t, api, `{"query": "mutation { signIn(input: {username: \"ada\", password: \"entgraph-demo\"}) { user { role } } createTag(input: {name: \"mine\"}) { tag { name } } }"}`)
	if answer != `{"data":{"signIn":{"user":{"role":"ADMIN"}},"createTag":{"tag":{"name":"mine"}}}}` {
		t.Errorf("sign in: %s", answer)
	}
	first.interrupt(t)
	if err := ping(database); err == nil {
		t.Error("Postgres still runs after the end")
	}

	begin := time.Now()
	second, api, database := devSession(t, root, "DB_ACQUIRE_TIMEOUT=1m", "REQUEST_TIMEOUT=1m")
	t.Logf("second start took %s", time.Since(begin).Round(time.Millisecond))
	if strings.Contains(second.seen.String(), "sample data") || strings.Contains(second.seen.String(), ".sql") {
		t.Errorf("second start does it all again: %s", &second.seen)
	}
	if got := post(t, api, `{"query": "{ tagByName(name: \"mine\") { name } }"}`); got != `{"data":{"tagByName":{"name":"mine"}}}` {
		t.Errorf("second start: %s", got)
	}
	// Postgres is killed: it is started again, and who asks meanwhile waits.
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	if err := conn.QueryRow(t.Context(), `SELECT split_part(pg_read_file('postmaster.pid'), E'\n', 1)::int`).Scan(&pid); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = conn.Close(t.Context())
	const told = "the private Postgres has ended; starting it again"
	// A session that was at work when its Postgres was killed may answer one more question before
	// it ends itself. So one asks at once, and again when the end has been noticed.
	for _, when := range []string{"at once", "after it was noticed"} {
		if got := post(t, api, `{"query": "{ tagByName(name: \"mine\") { name } }"}`); got != `{"data":{"tagByName":{"name":"mine"}}}` {
			t.Errorf("after Postgres was killed, %s: %s\n%s", when, got, second.errors(t))
		}
		second.untilError(t, told)
	}
	second.interrupt(t)
}

func post(t *testing.T, url, body string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "POST", url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// ping connects to a database.
func ping(url string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

// listening waits until the server's log names its address and returns that.
func (p *process) listening(t *testing.T) string {
	t.Helper()
	address := regexp.MustCompile(`"msg":"listening","api":"(http://127\.0\.0\.1:\d+)/graphql"`)
	for begin := time.Now(); time.Since(begin) < 30*time.Second; time.Sleep(5 * time.Millisecond) {
		if m := address.FindStringSubmatch(p.errors(t)); m != nil {
			return m[1]
		}
	}
	t.Fatalf("does not listen: %s", p.errors(t))
	return ""
}

// The first log line says what the server is run for, one names the address, and a stop by
// SIGTERM is orderly. Without APP_ENV it is run for production.
func TestServe(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir(), []string{"DATABASE_URL=" + apitest.Database(t)}, "serve")
	base := p.listening(t)
	if got := post(t, base+"/graphql", `{"query": "{ __schema { queryType { name } } }"}`); !strings.Contains(got, "errors") {
		t.Errorf("introspection in production: %s", got)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/graphql", strings.NewReader(`{"query": "{ posts { totalCount } }"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Entgraph-Explain", "analyze")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || string(body) != `{"data":{"posts":{"totalCount":0}}}` {
		t.Errorf("explain in production: %s, %v", body, err)
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("ended with %v", err)
	}
	text := p.errors(t)
	if first, _, _ := strings.Cut(text, "\n"); !strings.Contains(first, `"msg":"starting","app_env":"production"`) {
		t.Errorf("first line: %s", first)
	}
	if !strings.Contains(text, `"msg":"stopped"`) || strings.Contains(text, `"level":"WARN"`) {
		t.Errorf("log: %s", text)
	}
}

// What is unusual on a server for others is said, in the same order each time.
func TestServeWarns(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ settings, want []string }{
		{[]string{"APP_ENV=development", "LOG_FORMAT=json", "PLAYGROUND=false"}, []string{"APP_ENV is development", "INTROSPECTION", "EXPLAIN"}},
		{[]string{"SQL_ECHO=true", "PLAYGROUND=true", "EXPLAIN=true", "INTROSPECTION=true"}, []string{"PLAYGROUND", "INTROSPECTION", "EXPLAIN", "SQL_ECHO"}},
	} {
		p := start(t, t.TempDir(), append(tc.settings, "DATABASE_URL="+apitest.Database(t)), "serve")
		p.listening(t)
		var warnings []string
		for line := range strings.Lines(p.errors(t)) {
			if strings.Contains(line, `"level":"WARN"`) {
				warnings = append(warnings, line)
			}
		}
		if len(warnings) != len(tc.want) {
			t.Fatalf("%d warnings, want %d: %v", len(warnings), len(tc.want), warnings)
		}
		for i, want := range tc.want {
			if !strings.Contains(warnings[i], want) {
				t.Errorf("warning %d is %s, want %q", i, warnings[i], want)
			}
		}
		p.interrupt(t)
	}
}

// A database that DATABASE_URL names may be anybody's: dev changes it only when it is empty,
// and then nobody knows the admin's password beforehand.
func TestDevOnNamedDatabase(t *testing.T) {
	t.Parallel()
	url := devpg.Empty(t)
	p := start(t, t.TempDir(), []string{"DATABASE_URL=" + url}, "dev")
	text := p.until(t, "Ctrl-C stops everything.")
	if !strings.Contains(text, "the sample users, such as ada, have the password ") || !strings.Contains(text, "filled the new database") || strings.Contains(text, "entgraph-demo") {
		t.Errorf("a new database: %s", text)
	}
	p.interrupt(t)

	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	// The newest migration is pending, and there are no users: as after a release, and before
	// the first sign-up.
	const before = `DELETE FROM atlas_schema_revisions WHERE version = (SELECT max(version) FROM atlas_schema_revisions); TRUNCATE users CASCADE`
	if _, err := conn.Exec(t.Context(), before); err != nil {
		t.Fatal(err)
	}
	p = start(t, t.TempDir(), []string{"DATABASE_URL=" + url}, "dev")
	if err := p.cmd.Wait(); err == nil {
		t.Error("it started with pending migrations")
	}
	if text := p.errors(t); !strings.Contains(text, "migrations are pending") || !strings.Contains(text, "migrate up") {
		t.Errorf("pending migrations: %s", text)
	}
	var users int
	if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM users`).Scan(&users); err != nil {
		t.Fatal(err)
	}
	if status, err := database.ReadStatus(t.Context(), url, entmigrate.Migrations); err != nil || users != 0 || len(status.Pending) != 1 {
		t.Errorf("%d users, pending %v, %v: it changed somebody's database", users, status.Pending, err)
	}

	// So is one with tables of others in another schema.
	other := devpg.Empty(t)
	theirs, err := pgx.Connect(t.Context(), other)
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close(t.Context())
	if _, err := theirs.Exec(t.Context(), `CREATE SCHEMA shop CREATE TABLE orders (id int)`); err != nil {
		t.Fatal(err)
	}
	p = start(t, t.TempDir(), []string{"DATABASE_URL=" + other}, "dev")
	if err := p.cmd.Wait(); err == nil || !strings.Contains(p.errors(t), "migrate up") {
		t.Errorf("another schema: %v, %s", err, p.errors(t))
	}
}

// The release before starts again on a database that is ahead by a compatible migration:
// the way back at night.
func TestServeBehindCompatibleMigration(t *testing.T) {
	t.Parallel()
	database := apitest.Database(t)
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	const ahead = `INSERT INTO atlas_schema_revisions SELECT '2999', 'add_note' || $1, type, applied, total, executed_at, execution_time, error, error_stmt, hash, partial_hashes, operator_version
FROM atlas_schema_revisions LIMIT 1 ON CONFLICT (version) DO UPDATE SET description = excluded.description`
	for mark, refusal := range map[string]string{"": "the database is newer than this program", ".compatible": ""} {
		if _, err := conn.Exec(t.Context(), ahead, mark); err != nil {
			t.Fatal(err)
		}
		p := start(t, t.TempDir(), []string{"APP_ENV=production", "DATABASE_URL=" + database}, "serve")
		if refusal != "" {
			if err := p.cmd.Wait(); err == nil || !strings.Contains(p.errors(t), refusal) {
				t.Errorf("%q: %v, %s", mark, err, p.errors(t))
			}
			continue
		}
		for begin := time.Now(); !strings.Contains(p.errors(t), `"msg":"listening"`); time.Sleep(5 * time.Millisecond) {
			if time.Since(begin) > 30*time.Second {
				t.Fatalf("%q: does not listen: %s", mark, p.errors(t))
			}
		}
		p.interrupt(t)
	}
}

// TestDevWithoutMigrations says what a project lacks that has just begun.
func TestDevWithoutMigrations(t *testing.T) {
	t.Parallel()
	p := sample()
	p.Migrations = fstest.MapFS{"atlas.sum": {}}
	var stderr strings.Builder
	environ := []string{"DATABASE_URL=" + devpg.Empty(t), "ADDR=127.0.0.1:0", "HOME=" + t.TempDir()}
	code := command.Run(t.Context(), p, []string{"dev"}, environ, strings.NewReader(""), io.Discard, &stderr)
	if want := "there is no migration yet; plan the first with: "; code != 1 || !strings.Contains(stderr.String(), want) {
		t.Errorf("exit %d: %s", code, &stderr)
	}
}
