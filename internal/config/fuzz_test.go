package config_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/config"
)

// Load takes any environment: it gives a Config that it accepts again, or an error.
func FuzzLoad(f *testing.F) {
	f.Add("")
	f.Add("APP_ENV=production\nDATABASE_URL=" + address)
	f.Add("DATABASE_URL=postgres://u:p@[::1]:5432/d?sslmode=verify-full&pool_max_conns=4")
	f.Add("DATABASE_URL=host=/tmp user='a b' password=\\'\nTEST_DATABASE_URL=://@:/?#")
	f.Add("PAGE_SIZE_MAX=10\nPAGE_SIZE_DEFAULT=-1\n=\n==\nADDR=[::]:0\nAPI_PREFIX=/a/b")
	f.Add("DB_STATEMENT_TIMEOUT=1h1m\nLOG_LEVEL=warn+2\nMAX_BODY_BYTES=0x10")
	f.Fuzz(func(t *testing.T, lines string) {
		environ := strings.Split(lines, "\n")
		c, err := config.Load(environ)
		if err != nil {
			if err.Error() == "" {
				t.Error("an error without text")
			}
			return
		}
		if c.PageSizeDefault > c.PageSizeMax || c.DBPoolMax < 1 || c.DBStatementTimeout < 0 {
			t.Errorf("accepted %q as\n%s", environ, c)
		}
		if c.Production() && c.DatabaseURL == "" {
			t.Errorf("accepted %q in production without a database", environ)
		}
		again, err := config.Load(environFrom(c))
		if err != nil || !reflect.DeepEqual(again, c) {
			t.Errorf("its own values are refused or differ: %v\n%s\n%s", err, c, again)
		}
	})
}

// environFrom writes a Config back as an environment.
func environFrom(c config.Config) []string {
	environ := strings.Split(c.String(), "\n")
	return append(environ, "DATABASE_URL="+string(c.DatabaseURL), "MIGRATE_DATABASE_URL="+string(c.MigrateDatabaseURL), "TEST_DATABASE_URL="+string(c.TestDatabaseURL))
}
