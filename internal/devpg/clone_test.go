package devpg

import (
	"context"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// privateTests returns the private server for templates and clones, as a process
// sees it that begins.
func privateTests(t *testing.T) *testServer {
	t.Helper()
	s := must(private())(t)
	return &testServer{strategy: " strategy file_copy", templates: map[string]*template{},
		url: func(name string) string {
			if name == "" {
				name = maintenance
			}
			return s.URL(name)
		}}
}

// noteTemplate makes a table with one row of the given text.
func noteTemplate(key, text string) Template {
	return Template{Key: key, Build: func(ctx context.Context, url string) error {
		return withConn(ctx, url, func(conn *pgx.Conn) error {
			_, err := conn.Exec(ctx, "create table note as select '"+text+"' as text")
			return err
		})
	}}
}

func TestCloneAndEmpty(t *testing.T) {
	t.Parallel()
	var urls []string
	t.Run("tests", func(t *testing.T) {
		for range 8 {
			t.Run("clone", func(t *testing.T) {
				begin := time.Now()
				url := Clone(t, noteTemplate("clone and empty", "from the template"))
				t.Logf("clone: %v", time.Since(begin).Round(time.Millisecond))
				if got := query[string](t, url, "select text from note"); got != "from the template" {
					t.Errorf("note = %q", got)
				}
				execSQL(t, url, "delete from note")
				urls = append(urls, url)
			})
		}
		t.Run("empty", func(t *testing.T) {
			url := Empty(t)
			if n := query[int](t, url, "select count(*) from pg_class where relnamespace = 'public'::regnamespace"); n != 0 {
				t.Errorf("%d tables", n)
			}
			urls = append(urls, url)
		})
	})
	for _, url := range urls { // dropped when their tests ended
		err := withConn(t.Context(), url, func(*pgx.Conn) error { return nil })
		if sqltext.State(err) != pgerrcode.InvalidCatalogName {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestCloneDropsOpenConnections(t *testing.T) {
	t.Parallel()
	t.Run("test", func(t *testing.T) {
		conn := must(pgx.Connect(t.Context(), Empty(t)))(t)
		t.Cleanup(func() { conn.Close(context.Background()) })
	})
}

func TestCloneAfterTemplateWasDropped(t *testing.T) {
	t.Parallel()
	s := privateTests(t)
	tpl := noteTemplate("dropped", "x")
	if err := s.clone(t.Context(), tpl, "dropped_1"); err != nil {
		t.Fatal(err)
	}
	name := templateName(tpl.Key)
	execSQL(t, s.url(""), "alter database "+name+" is_template false")
	execSQL(t, s.url(""), "drop database "+name)
	if err := s.clone(t.Context(), tpl, "dropped_2"); err != nil {
		t.Fatal(err)
	}
	query[string](t, s.url("dropped_2"), "select text from note")
}

func TestCloneOfFailingTemplate(t *testing.T) {
	t.Parallel()
	s := privateTests(t)
	broken := errors.New("migration 2 is broken")
	calls := 0
	tpl := Template{Key: "broken", Build: func(context.Context, string) error { calls++; return broken }}
	for range 2 {
		if err := s.clone(t.Context(), tpl, "broken"); !errors.Is(err, broken) {
			t.Errorf("error = %v", err)
		}
	}
	if calls != 1 {
		t.Errorf("built %d times", calls)
	}
	// Another process may try again and does not take the rest for a template.
	again := &testServer{url: s.url, templates: map[string]*template{}}
	if err := again.clone(t.Context(), noteTemplate("broken", "x"), "broken"); err != nil {
		t.Error(err)
	}
}

func TestCloneAfterKilledMaker(t *testing.T) {
	t.Parallel()
	s := privateTests(t)
	tpl := noteTemplate("unfinished", "complete")
	execSQL(t, s.url(""), "create database "+templateName(tpl.Key))
	execSQL(t, s.url(templateName(tpl.Key)), "create table note as select 'half' as text")
	if err := s.clone(t.Context(), tpl, "unfinished"); err != nil {
		t.Fatal(err)
	}
	if got := query[string](t, s.url("unfinished"), "select text from note"); got != "complete" {
		t.Errorf("note = %q", got)
	}
}

func TestCloneDropsOldTemplates(t *testing.T) {
	t.Parallel()
	s := privateTests(t)
	old, young := noteTemplate("old", "x"), noteTemplate("young", "x")
	for _, tpl := range []Template{old, young} {
		if err := s.clone(t.Context(), tpl, tpl.Key); err != nil {
			t.Fatal(err)
		}
	}
	made := time.Now().Add(-templateLife - time.Hour).UTC().Format(time.RFC3339)
	execSQL(t, s.url(""), "comment on database "+templateName(old.Key)+" is '"+made+"'")
	execSQL(t, s.url(""), "create role other login createdb")
	other := must(givenServer(t.Context(), strings.Replace(s.url(""), "postgres@/postgres?", "other@/?", 1)))(t)
	if err := other.clone(t.Context(), noteTemplate("others", "x"), "others"); err != nil {
		t.Errorf("beside an old template of another role: %v", err)
	}
	if err := s.clone(t.Context(), noteTemplate("new", "x"), "new"); err != nil {
		t.Fatal(err)
	}
	left := query[[]string](t, s.url(""), "select array_agg(datname::text) from pg_database where starts_with(datname, '"+templatePrefix+"')")
	if slices.Contains(left, templateName(old.Key)) || !slices.Contains(left, templateName(young.Key)) {
		t.Errorf("templates = %v", left)
	}
}

func TestGivenServer(t *testing.T) {
	t.Parallel()
	s := privateTests(t)
	forgotten := testName(time.Now().Add(-2*shareKeep), "Forgotten")
	recent := testName(time.Now().Add(-time.Hour), "Recent")
	for _, name := range []string{forgotten, recent, "entgraph_test_of_somebody_else"} {
		execSQL(t, s.url(""), "create database "+name)
	}
	execSQL(t, s.url(""), "create role tester login createdb")
	execSQL(t, s.url(""), "create role reader login")
	execSQL(t, s.url(""), "alter database "+forgotten+" owner to tester")
	as := func(role string) string {
		return strings.Replace(s.url(""), "postgres@/postgres?", role+"@/?", 1)
	}
	given := must(givenServer(t.Context(), as("tester")))(t)
	if err := given.clone(t.Context(), noteTemplate("given", "x"), "entgraph_test_x"); err != nil {
		t.Fatal(err)
	}
	query[string](t, given.url("entgraph_test_x"), "select text from note")
	names := query[[]string](t, s.url(""), "select array_agg(datname::text order by datname) from pg_database where datname like 'entgraph_test%'")
	if want := []string{recent, "entgraph_test_of_somebody_else", "entgraph_test_x"}; strings.Join(names, " ") != strings.Join(want, " ") {
		t.Errorf("databases = %v, want %v", names, want)
	}
	reader := must(givenServer(t.Context(), as("reader")))(t)
	err := reader.explain(reader.empty(t.Context(), "y"))
	if err == nil || !strings.Contains(err.Error(), "TEST_DATABASE_URL needs CREATEDB") {
		t.Errorf("error = %v", err)
	}
	for _, bad := range []string{"host=/tmp password=secret", "mysql://u:secret@h/d", "postgres://u:secret@h:port/d"} {
		if _, err := givenServer(t.Context(), bad); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: error = %v", bad, err)
		}
	}
}

func TestTestName(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	name := testName(now, "TestPosts/draft_of_Ä_other user/"+strings.Repeat("long", 20))
	if !regexp.MustCompile(testPattern+`testposts_draft_of_other$`).MatchString(name[:len(name)]) && len(name) != 63 {
		t.Errorf("name = %s", name)
	}
	if !regexp.MustCompile(testPattern).MatchString(name) {
		t.Errorf("name = %s", name)
	}
	if made, ok := testTime(name); !ok || !made.Equal(now) {
		t.Errorf("made %v", made)
	}
}

func TestRedacted(t *testing.T) {
	t.Parallel()
	open := "postgres://postgres@/x?host=/tmp/a%20b&port=5432"
	if got := redacted(open); got != open {
		t.Errorf("redacted = %s", got)
	}
	if got := redacted("postgres://u:secret@h/x"); strings.Contains(got, "secret") {
		t.Errorf("redacted = %s", got)
	}
}

// failingEnv lets TestFailing fail, in the process that TestFailedTestKeepsDatabase starts.
const failingEnv = "DEVPG_TEST_FAILING"

func TestFailing(t *testing.T) {
	t.Parallel()
	url := Clone(t, noteTemplate("failing", "evidence"))
	if os.Getenv(failingEnv) != "" {
		t.Errorf("this test fails on purpose on %s", url)
	}
}

func TestFailedTestKeepsDatabase(t *testing.T) {
	t.Parallel()
	root := freshRoot(t)
	if err := os.WriteFile(filepath.Join(root, "go.mod"), []byte("module x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	pkg := filepath.Join(root, "internal", "x")
	if err := os.MkdirAll(pkg, 0o700); err != nil {
		t.Fatal(err)
	}
	opened := filepath.Join(t.TempDir(), "opened")
	cmd := exec.Command(must(os.Executable())(t), "-test.run=^TestFailing$", "-test.v", "-test.testlogfile="+opened)
	cmd.Dir = pkg
	cmd.Env = append(os.Environ(), failingEnv+"=1", "TEST_DATABASE_URL=")
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Fatalf("it passed:\n%s", out)
	}
	found := regexp.MustCompile(`open it with: psql '([^']+)'`).FindSubmatch(out)
	if found == nil {
		t.Fatalf("no address in:\n%s", out)
	}
	address := string(found[1])
	if got := query[string](t, address, "select text from note"); got != "evidence" {
		t.Errorf("note = %q", got)
	}
	// What changes on each run must not be among the files that go test remembers.
	if log := string(must(os.ReadFile(opened))(t)); !strings.Contains(log, "getenv TEST_DATABASE_URL") ||
		strings.Contains(log, must(placeOf(root))(t).base) {
		t.Errorf("go test remembers:\n%s", log)
	}
	u := must(url.Parse(address))(t)
	if !strings.Contains(u.Path, "_testfailing") {
		t.Errorf("name = %s", u.Path)
	}
}
