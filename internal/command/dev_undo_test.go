package command

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/entgraph/entgraph/internal/auth"
	"github.com/entgraph/entgraph/internal/config"
	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/migrate"
)

// To take drafts back changes the database alone: it is said when the schema has more.
func TestUndoSaysWhatTheSchemaHas(t *testing.T) {
	t.Parallel()
	d, root := newDrafted(t), t.TempDir()
	d.migration(t, "1_a.sql", "CREATE TABLE a (id int PRIMARY KEY);\n")
	file := filepath.Join(root, migrateDir, "schema.sql")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		"CREATE TABLE a (id int PRIMARY KEY, x int);\n": true, "CREATE TABLE a (id int PRIMARY KEY);\n": false,
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := d.schemaHasMore(t.Context(), root); err != nil || got != want {
			t.Errorf("%s: %t, %v", text, got, err)
		}
	}
}

// A dev that runs says that another command has taken its drafts back, once.
func TestUndoIsNoticed(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	var out strings.Builder
	s := &supervisor{
		app: &app{stdout: &out, stderr: io.Discard}, src: &source{root: root}, file: filepath.Join(root, ".dev", "development.json"),
	}
	s.lookForUndo()
	if s.state.Problem != nil || out.Len() > 0 {
		t.Errorf("without a reason: %s", &out)
	}
	if err := draftsOf(root).markUndone(); err != nil {
		t.Fatal(err)
	}
	s.lookForUndo()
	s.lookForUndo()
	if p := s.state.Problem; p == nil || !strings.Contains(p.Text, "ent/schema still has") || strings.Count(out.String(), "taken back by another command") != 1 {
		t.Errorf("said %q, problem %v", out.String(), p)
	}
}

// Where a command that had started the private Postgres stops it, dev begins again when it is
// back, and not for ever.
func TestBeginsAgain(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err  error
		want bool
	}{
		"stopped":              {&pgconn.PgError{Code: "57P01"}, true},
		"inside a migration":   {&migrate.StatementError{Err: &pgconn.PgError{Code: "57P01"}}, true},
		"cut":                  {io.ErrUnexpectedEOF, true},
		"of the API":           {&problem{Kind: problemStart, Text: "open the database: failed to connect to `user=postgres`"}, true},
		"of the API otherwise": {&problem{Kind: problemStart, Text: "panic"}, false},
		"refused":              {&pgconn.PgError{Code: "42601"}, false},
		"something else":       {errors.New("no"), false},
	} {
		var out strings.Builder
		s := &supervisor{app: &app{stdout: &out}, url: devpg.Empty(t)}
		if got := s.back(t.Context(), tc.err); got != tc.want || got == (out.Len() == 0) {
			t.Errorf("%s: %t, said %q", name, got, &out)
		}
		if s.again = mostAgain; s.back(t.Context(), tc.err) {
			t.Errorf("%s: for ever", name)
		}
	}
}

// A line that comes while something is asked goes above the prompt.
func TestLinesAbovePrompt(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	k := &keyboard{}
	w := k.around(&out)
	for _, prompt := range []*string{nil, new("Do it? [y/N] "), nil} {
		k.prompt.Store(prompt)
		if _, err := io.WriteString(w, "line\n"); err != nil {
			t.Fatal(err)
		}
	}
	if got := out.String(); got != "line\n\nline\nDo it? [y/N] line\n" {
		t.Errorf("got %q", got)
	}
	if (*keyboard)(nil).around(&out) != &out {
		t.Error("without a keyboard lines go elsewhere")
	}
}

// For the private database of a folder that held another project there is a way out.
func TestResetIsAdvised(t *testing.T) {
	t.Parallel()
	a := &app{Program: Program{Name: "shop"}}
	diverged := migrate.Refuse(migrate.ErrDiverged, "2026", "")
	if got := a.orReset(config.Config{}, diverged); !strings.HasSuffix(got, " reset") {
		t.Errorf("got %q", got)
	}
	if got := a.orReset(config.Config{DatabaseURL: "postgres://there/x"}, diverged) + a.orReset(config.Config{}, errors.New("no")); got != "" {
		t.Errorf("advised %q", got)
	}
}

// What a new user needs besides is told by the flags that give it.
func TestUserLacks(t *testing.T) {
	t.Parallel()
	a := &app{Program: Program{Ent: entity.Engine{
		Account: &entity.Account{Entity: "User", Username: "username"},
		Entities: []entity.Entity{{Name: "User", Fields: []entity.Field{
			entity.IDField[any, [16]byte](nil, "id", entity.UUIDKey), entity.StringField[string]("username", "username", 0, nil), entity.StringField[string]("nickname", "nickname", 0, nil),
			entity.StringField[string]("about", "about", entity.Optional, nil),
		}}},
	}}}
	for want, values := range map[string]map[string]any{
		"\nadd what a new User needs: --set nickname=...": nil, "": {"nickname": "ada"},
	} {
		if got := a.lacking(auth.NewUser{Values: values}); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
