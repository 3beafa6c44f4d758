package sqlfile_test

import (
	"testing"

	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
)

// TestWhatIsWrittenIsRead: the patterns find what the functions and constants write.
func TestWhatIsWrittenIsRead(t *testing.T) {
	t.Parallel()
	text := "-- The first.\n" + sqlfile.Allow("LK101", "three\n rows  only") + "\nSELECT 1;\n" + sqlfile.Replaces("20260102150405_add_a.compatible.sql", "h1:x=")
	if m := sqlfile.Allowance.FindStringSubmatch(text); m == nil || m[1] != "LK101" || m[2] != "three rows only" {
		t.Errorf("allowed: %q", m)
	}
	if m := sqlfile.Allowance.FindStringSubmatch("--entgraph:allow\r\n"); m == nil || m[1] != "" || m[2] != "" {
		t.Errorf("allowed without a code: %q", m)
	}
	if m := sqlfile.Replaced.FindStringSubmatch(text); m == nil || m[1] != "20260102150405" || m[2] != "add_a.compatible" || m[3] != "h1:x=" {
		t.Errorf("replaced: %q", m)
	}
	if m := sqlfile.Losing.FindStringSubmatch(sqlfile.Loses + `"app"."t"."a ""b""" WHERE "a" IS NOT NULL`); m == nil || m[1] != `"app"."t"` || m[2] != `"a ""b"""` || m[3] != `"a" IS NOT NULL` {
		t.Errorf("lost: %q", m)
	}
	if !sqlfile.Filling.MatchString("-- x\n"+sqlfile.Fills+"t.a") || sqlfile.Filling.MatchString(sqlfile.Loses+"t.a") {
		t.Error("filled")
	}
}

func TestFirstLines(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		mode      string
		directive bool
		goes      bool
	}{
		sqlfile.Bare + "VACUUM;":         {sqlfile.Bare, true, false},
		sqlfile.NoTransaction + "\nX;":   {sqlfile.NoTransaction + "\n", true, false},
		"\n" + sqlfile.Bare:              {"", true, false},
		sqlfile.Checkpoint + "\n":        {"", true, false},
		sqlfile.GoLine + " \r\nSELECT 1": {"", true, true},
		"-- entgraph:goes\n":             {"", false, false},
		"-- entgraph:allow LK101 x\n":    {"", false, false},
		"SELECT '-- atlas:txmode none'":  {"", false, false},
	} {
		if got := sqlfile.Mode.FindString(text); got != want.mode {
			t.Errorf("the mode of %q is %q", text, got)
		}
		if got := sqlfile.Directive.MatchString(text); got != want.directive {
			t.Errorf("%q has a directive: %t", text, got)
		}
		if got := sqlfile.Go.MatchString(text); got != want.goes {
			t.Errorf("%q is a Go function: %t", text, got)
		}
	}
}

func TestTimeoutsAndNames(t *testing.T) {
	t.Parallel()
	for statement, want := range map[string]bool{
		sqlfile.SetLocalLockTimeout: true, sqlfile.SetLockTimeout: true, "set session statement_timeout to 0": true,
		sqlfile.ResetLockTimeout: false, "SET search_path = a": false, "SELECT 'SET lock_timeout'": false,
	} {
		if got := sqlfile.SetsTimeout.MatchString(statement); got != want {
			t.Errorf("%q bounds: %t", statement, got)
		}
	}
	for name, want := range map[string]bool{"1_a.compatible.sql": true, "add_a.compatible": true, "1_a.sql": false, "1_compatible.sql": false, "1_a.compatible.txt": false} {
		if got := sqlfile.SaysCompatible(name); got != want {
			t.Errorf("%s says that it is compatible: %t", name, got)
		}
	}
}
