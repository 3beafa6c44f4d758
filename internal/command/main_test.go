package command_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/command"
	"github.com/entgraph/entgraph/internal/devpg"
)

// asProgram makes the test binary the program itself, for tests that need a process.
const asProgram = "ENTGRAPH_TEST_AS_PROGRAM"

// atOnce is GORACE for programs: what is built with the race detector sleeps for a second
// before it exits, which most commands do at once. Races are still found, and told by the
// exit code.
const atOnce = "atexit_sleep_ms=0"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(command.Main(sample()))
	}
	testscript.Main(m, map[string]func(){"entgraph": func() { os.Exit(command.Main(sample())) }})
}

// TestScript runs the files of testdata/script. Each gets an empty database of its
// own, whose address is in $EMPTY, and in $SERVER for a server's role, and a folder that counts as a checkout.
func TestScript(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"postgres": runPostgres},
		Setup: func(env *testscript.Env) error {
			empty := devpg.Empty(t)
			env.Setenv("EMPTY", empty)
			env.Setenv("SERVER", apitest.AsServer(t, empty))
			env.Setenv("ADDR", "127.0.0.1:0")
			env.Setenv("GORACE", atOnce)
			env.Setenv("PG_BIN", os.Getenv("PG_BIN"))
			if err := os.MkdirAll(filepath.Join(env.WorkDir, command.MigrationDir), 0o755); err != nil {
				return err
			}
			env.Defer(func() {
				if err := devpg.Reset(devpg.Options{Root: env.WorkDir}); err != nil {
					t.Errorf("remove the private Postgres: %v", err)
				}
			})
			return nil
		},
	})
}

// runPostgres is the command "postgres" of scripts: the private Postgres of the checkout
// runs from there to the end, without durability. Otherwise each entgraph command that
// needs it starts it, and stops it.
func runPostgres(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: postgres")
	}
	ctx := context.Background()
	s, err := devpg.Start(ctx, devpg.Options{Root: ts.Getenv("WORK"), PgBin: ts.Getenv("PG_BIN")})
	ts.Check(err)
	ts.Defer(func() {
		if err := s.Stop(ctx); err != nil {
			ts.Logf("stop the private Postgres: %v", err)
		}
	})
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	ts.Check(err)
	for _, sql := range []string{"ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET full_page_writes = off", "SELECT pg_reload_conf()"} {
		_, err := conn.Exec(ctx, sql)
		ts.Check(err)
	}
	ts.Check(conn.Close(ctx))
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args    []string
		environ []string
		code    int
		stderr  string
	}{
		"fine":               {[]string{"version"}, nil, 0, ""},
		"help":               {[]string{"help"}, nil, 0, ""},
		"no command":         {nil, nil, 2, "Available Commands:\n  dev "},
		"unknown command":    {[]string{"server"}, nil, 2, `unknown command "server"`},
		"unknown flag":       {[]string{"serve", "--port=1"}, nil, 2, "unknown flag: --port"},
		"too many arguments": {[]string{"serve", "x"}, nil, 2, `unknown command "x"`},
		"missing argument":   {[]string{"migrate", "diff"}, nil, 2, "accepts 1 arg(s), received 0"},
		"no subcommand":      {[]string{"migrate"}, nil, 2, "  up          Apply pending migrations\n"},
		"unknown subcommand": {[]string{"migrate", "sideways"}, nil, 2, `unknown command "sideways"`},
		"bad setting":        {[]string{"serve"}, []string{"ADDR=8080"}, 1, "ADDR"},
		"no database":        {[]string{"serve"}, nil, 1, "DATABASE_URL is not set; production needs one (to develop with a private Postgres run the command dev)"},
		"production":         {[]string{"serve"}, []string{"APP_ENV=production"}, 1, "DATABASE_URL is not set; production needs one"},
		"serve for a person": {[]string{"serve"}, []string{"APP_ENV=development"}, 1, "DATABASE_URL is not set; to develop with a private Postgres run: entgraph dev"},
		"dev in production": {[]string{"dev"}, []string{"APP_ENV=production", "DATABASE_URL=postgres://127.0.0.1:1/x"}, 1,
			"entgraph: dev is not for production, and APP_ENV is production: unset it, or run: entgraph serve"},
		"dev in production without a database": {[]string{"dev"}, []string{"APP_ENV=production"}, 1,
			"entgraph: dev is not for production, and APP_ENV is production: unset it, or run: entgraph serve"},
		"seed reset in production": {[]string{"seed", "--reset"}, []string{"APP_ENV=production", "DATABASE_URL=postgres://127.0.0.1:1/x"}, 1,
			"refused in production"},
		"no query":       {[]string{"explain"}, nil, 2, "give the query as the argument or with --file"},
		"two queries":    {[]string{"explain", "-f", "x", "{ y }"}, nil, 2, "give the query as the argument or with --file"},
		"empty query":    {[]string{"explain", " "}, nil, 2, "the query is empty"},
		"missing file":   {[]string{"explain", "-f", "nowhere.graphql"}, nil, 2, "nowhere.graphql"},
		"bad variables":  {[]string{"explain", "{ y }", "--variables", "[]"}, nil, 2, "--variables must be one JSON object"},
		"bad viewer":     {[]string{"explain", "{ y }", "--as", "post_01h455vb4pex5vsknk084sn02q"}, nil, 2, "--as must be anonymous, system or the id of a User"},
		"bad role":       {[]string{"explain", "{ y }", "--as", "user_01h455vb4pex5vsknk084sn02q", "--role", "KING"}, nil, 2, "--role must be MEMBER or ADMIN"},
		"more variables": {[]string{"explain", "{ y }", "--variables", "{} {}"}, nil, 2, "--variables must be one JSON object"},
		"unreachable":    {[]string{"serve"}, []string{"DATABASE_URL=postgres://u:secret@127.0.0.1:1/x?sslmode=disable"}, 1, "open the database"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			code := run(t.Context(), test.args, test.environ, strings.NewReader(""), &stdout, &stderr)
			if code != test.code || !strings.Contains(stderr.String(), test.stderr) {
				t.Errorf("code %d, want %d, stderr: %s", code, test.code, &stderr)
			}
			if text := stderr.String(); strings.Contains(text, "secret") || strings.Contains(text, "goroutine") {
				t.Errorf("stderr: %s", text)
			}
			if code != 0 && stdout.Len() > 0 {
				t.Errorf("stdout: %s", &stdout)
			}
		})
	}
}

// What --help says fits a terminal, and its placeholders are nouns.
func TestHelpTexts(t *testing.T) {
	t.Parallel()
	const widest = 92
	odd := regexp.MustCompile(`--\S+ (long|big|many|much)\s`)
	seen := 0
	var look func(cmd *cobra.Command)
	look = func(cmd *cobra.Command) {
		seen++
		for line := range strings.Lines(cmd.Long) {
			if width := len([]rune(strings.TrimSuffix(line, "\n"))); width > widest {
				t.Errorf("%s: %d characters: %s", cmd.CommandPath(), width, line)
			}
		}
		if odd := odd.FindString(cmd.Flags().FlagUsages()); odd != "" {
			t.Errorf("%s: %s is no noun", cmd.CommandPath(), odd)
		}
		for _, c := range cmd.Commands() {
			look(c)
		}
	}
	root, err := command.NewRoot(sample())
	if err != nil {
		t.Fatal(err)
	}
	look(root)
	if seen < 20 {
		t.Errorf("looked at %d commands", seen)
	}
}
