package sqltext_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/sqltext"
)

func connect(t *testing.T) *pgx.Conn {
	t.Helper()
	url, _ := devpg.Reuse(t)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	return conn
}

// TestPostgresReadsWhatIsWritten asks Postgres for the names and strings back.
func TestPostgresReadsWhatIsWritten(t *testing.T) {
	t.Parallel()
	conn := connect(t)
	texts := []string{"plain", "Upper", "two words", `a "quoted" one`, "it's", `back\slash`, `\'`, "select", "größe", "$1", ";--"}
	for _, setting := range []string{"on", "off"} {
		if _, err := conn.Exec(t.Context(), "SET standard_conforming_strings = "+setting); err != nil {
			t.Fatal(err)
		}
		for _, text := range texts {
			results, err := conn.PgConn().Exec(t.Context(), "SELECT "+sqltext.Literal(text)+" AS "+sqltext.Ident(text)).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			got, name := string(results[0].Rows[0][0]), results[0].FieldDescriptions[0].Name
			if got != text || name != text {
				t.Errorf("%s: %q came back as %q and named %q", setting, text, got, name)
			}
		}
	}
}

func TestNamesAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	whole := regexp.MustCompile(`^` + sqltext.Name + `$`)
	for written, stored := range map[string]string{
		"posts": "posts", "Posts": "posts", `"Posts"`: "Posts", `"a ""b"""`: `a "b"`, "_a$1": "_a$1",
	} {
		if !whole.MatchString(written) {
			t.Errorf("%s is no name", written)
		}
		if got := sqltext.Unquote(written); got != stored {
			t.Errorf("%s is stored as %q, not %q", written, got, stored)
		}
	}
	for _, written := range []string{"", `"`, `""`, "1a", "a b", `"a`, "a.b"} {
		if whole.MatchString(written) {
			t.Errorf("%q is taken for a name", written)
		}
	}
	if got := sqltext.Ident("public", "user"); got != `"public"."user"` {
		t.Error(got)
	}
	if got := sqltext.Idents([]string{"a", "b c"}); got != `"a", "b c"` {
		t.Error(got)
	}
}

// TestCutKeepsWhatPostgresKeeps compares with what Postgres does to a name that is too long.
func TestCutKeepsWhatPostgresKeeps(t *testing.T) {
	t.Parallel()
	conn := connect(t)
	for _, name := range []string{"a", strings.Repeat("x", 62), strings.Repeat("x", 63), strings.Repeat("x", 80), strings.Repeat("ä", 40), "x" + strings.Repeat("ä", 40), strings.Repeat("日", 30)} {
		var kept string
		if err := conn.QueryRow(t.Context(), "SELECT "+sqltext.Literal(name)+"::name").Scan(&kept); err != nil {
			t.Fatal(err)
		}
		if got := sqltext.Cut(name, ""); got != kept {
			t.Errorf("%q is cut to %q, Postgres keeps %q", name, got, kept)
		}
		if got := sqltext.Cut(name, "_key"); len(got) > sqltext.MaxName || !strings.HasSuffix(got, "_key") || !strings.HasPrefix(name, strings.TrimSuffix(got, "_key")) {
			t.Errorf("%q with a suffix is %q", name, got)
		}
	}
}

func TestStateIsTheServers(t *testing.T) {
	t.Parallel()
	_, err := connect(t).Exec(t.Context(), "SELECT 1 FROM nothing")
	if got := sqltext.State(fmt.Errorf("ask: %w", err)); got != pgerrcode.UndefinedTable {
		t.Errorf("the state of %v is %q", err, got)
	}
	for _, err := range []error{nil, errors.New("42P01")} {
		if got := sqltext.State(err); got != "" {
			t.Errorf("the state of %v is %q", err, got)
		}
	}
}
