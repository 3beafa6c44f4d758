package command_test

import (
	"bytes"
	"net/url"
	"strings"
	"testing"

	"entgo.io/ent/dialect/sql/schema"
	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/command"
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

// What is missing of a table of others is named before anything is served, and what they have
// besides is no drift.
func TestTablesOfOthers(t *testing.T) {
	t.Parallel()
	program, address := sample(), apitest.Database(t)
	theirs := schema.NewTable("LFA1").SetSchema("erp").AddColumn(&schema.Column{Name: "id"}).AddColumn(&schema.Column{Name: "Name 1"})
	program.Ent.External = []*schema.Table{theirs}
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	runs := func(args ...string) (code int, output string) {
		var out bytes.Buffer
		code = command.Run(t.Context(), program, args, []string{"DATABASE_URL=" + address, "ADDR=127.0.0.1:0", "APP_ENV=development"}, strings.NewReader(""), &out, &out)
		return code, out.String()
	}
	says := func(missing string) {
		t.Helper()
		want := missing + "; no migration makes what entity.External says is of others: have their owner make it, or correct it in ent/schema"
		if code, out := runs("serve"); code == 0 || !strings.Contains(out, want) {
			t.Errorf("serve exits with %d:\n%s", code, out)
		}
		if code, out := runs("migrate", "status"); code != 0 || !strings.Contains(out, missing) {
			t.Errorf("migrate status exits with %d:\n%s", code, out)
		}
		if _, out := runs("doctor"); !strings.Contains(out, missing) || !strings.Contains(out, "-> no migration makes what") {
			t.Errorf("doctor:\n%s", out)
		}
	}
	says("table erp.LFA1")
	if _, err := conn.Exec(t.Context(), `CREATE SCHEMA erp; CREATE TABLE erp."LFA1" (id int PRIMARY KEY, more text)`); err != nil {
		t.Fatal(err)
	}
	says("column erp.LFA1.Name 1")
	if code, out := runs("schema", "drift"); code != 0 {
		t.Errorf("schema drift exits with %d:\n%s", code, out)
	}
}
