package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/config"
)

func TestStringHidesThePassword(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		address:                                  "postgres://app:xxxxx@db.example:5433/app",
		"postgres://app:s3cr3t-pw@[::1]:5433/d":  "postgres://app:xxxxx@[::1]:5433/d",
		"postgres://app@h:1/d?password=s3cr3t":   "postgres://app:xxxxx@h:1/d",
		"host=/run/pg port=7 user=app dbname=d":  "postgres://app@/d?host=%2Frun%2Fpg&port=7",
		"postgres://app:12/34@h/d":               "xxxxx",
		"postgres://app:s3cr3t@h/d?sslmode=what": "xxxxx",
		"user=app password=two words":            "xxxxx",
		"":                                       "",
	}
	for in, want := range tests {
		if got := config.DatabaseURL(in).String(); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestStringListsEverySetting(t *testing.T) {
	t.Parallel()
	c, err := config.Load([]string{"DATABASE_URL=" + address, "DB_STATEMENT_TIMEOUT=2500ms"})
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(c.String(), "\n")
	if len(lines) != len(config.Settings()) {
		t.Errorf("%d lines for %d settings", len(lines), len(config.Settings()))
	}
	for i, s := range config.Settings() {
		if !strings.HasPrefix(lines[i], s.Name+"=") {
			t.Errorf("line %q, want %s", lines[i], s.Name)
		}
	}
	for _, want := range []string{"DATABASE_URL=postgres://app:xxxxx@db.example:5433/app", "DB_STATEMENT_TIMEOUT=2.5s", "LOG_LEVEL=INFO"} {
		if !strings.Contains(c.String(), want+"\n") {
			t.Errorf("no line %s in:\n%s", want, c)
		}
	}
}

// A password of any form, put into an address in any of the ways that work and in
// some that do not, shows up in no print of the Config and in no error.
func TestPasswordNeverAppears(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	const special = `/?#@:%&='" \[]{}`
	forms := []func(password string) string{
		func(p string) string { return "postgres://app:" + p + "@h:5432/d" },
		func(p string) string { return "postgres://app:" + url.QueryEscape(p) + "@h:5432/d" },
		func(p string) string { return "postgres://app:" + p + "@h:5432/d?sslmode=what" },
		func(p string) string { return "postgres://app:" + p + "@h:port/d" },
		func(p string) string { return "postgres://app@h/d?password=" + url.QueryEscape(p) },
		func(p string) string { return "postgresql+psycopg://app:" + p + "@h/d" },
		func(p string) string { return "host=h user=app password=" + p },
		func(p string) string { return "host=h user=app password='" + p + "' sslmode=what" },
		func(p string) string { return "app:" + p + "@h/d" },
	}
	accepted := 0
	for range 600 {
		// Both halves are marked, so that a password cut in two is found as well.
		password := "Zq7x" + string(special[r.IntN(len(special))]) + "Wk9v"
		if r.IntN(3) == 0 {
			password = "31415" + string(special[r.IntN(len(special))]) + "92653"
		}
		value := forms[r.IntN(len(forms))](password)
		environ := []string{"DATABASE_URL=" + value, "MIGRATE_DATABASE_URL=" + value, "TEST_DATABASE_URL=" + value}
		c, err := config.Load(environ)
		if err != nil {
			noneOf(t, password, value, err.Error(), fmt.Sprintf("%+v %#v", err, err))
			c.DatabaseURL = config.DatabaseURL(value)
		} else {
			accepted++
		}
		noneOf(t, password, value, prints(t, c)...)
	}
	if accepted < 100 {
		t.Errorf("only %d addresses were accepted: the test says little", accepted)
	}
}

func prints(t *testing.T, c config.Config) []string {
	t.Helper()
	var text, object bytes.Buffer
	untimed := &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key == slog.TimeKey {
			return slog.Attr{} // its digits may be those of a password
		}
		return a
	}}
	slog.New(slog.NewTextHandler(&text, untimed)).Info("start", "config", c, "pointer", &c, "url", c.DatabaseURL)
	slog.New(slog.NewJSONHandler(&object, untimed)).Info("start", "config", c, "pointer", &c, "url", c.DatabaseURL)
	encoded, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	out := []string{text.String(), object.String(), string(encoded), c.String(), fmt.Sprint(c, &c, []any{c})}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		out = append(out, fmt.Sprintf(verb, c), fmt.Sprintf(verb, &c), fmt.Sprintf(verb, c.DatabaseURL),
			fmt.Sprintf(verb, struct{ C config.Config }{c}), fmt.Sprintf(verb, map[string]any{"k": c.DatabaseURL}))
	}
	return out
}

func noneOf(t *testing.T, password, value string, printed ...string) {
	t.Helper()
	half := len(password) / 2
	for _, p := range printed {
		if strings.Contains(p, password[:half]) || strings.Contains(p, password[half+1:]) {
			t.Fatalf("the password of %q shows in:\n%s", value, p)
		}
	}
}
