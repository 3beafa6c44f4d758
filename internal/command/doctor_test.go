package command_test

import (
	"bytes"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/devpg"
)

// TestDoctorLocale checks that a database whose locale folds A to Z alone is named.
func TestDoctorLocale(t *testing.T) {
	t.Parallel()
	address := devpg.Empty(t)
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimPrefix(u.Path, "/") + "_c"
	if _, err := conn.Exec(t.Context(), `CREATE DATABASE `+pgx.Identifier{name}.Sanitize()+` TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER libc LOCALE 'C'`); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if _, err := conn.Exec(t.Context(), "DROP DATABASE "+pgx.Identifier{name}.Sanitize()); err != nil {
			t.Error(err)
		}
	}()
	for path, warned := range map[string]bool{u.Path: false, "/" + name: true} {
		u.Path = path
		var stdout, stderr bytes.Buffer
		run(t.Context(), []string{"doctor"}, []string{"DATABASE_URL=" + u.String()}, strings.NewReader(""), &stdout, &stderr)
		if got := strings.Contains(stdout.String(), "warn     locale"); got != warned {
			t.Errorf("%s: warned %t, want %t:\n%s", path, got, warned, &stdout)
		}
	}
}
