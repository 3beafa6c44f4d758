package command_test

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/devpg"
)

func TestErrorsForMachines(t *testing.T) {
	t.Parallel()
	empty := t.TempDir()
	url := "DATABASE_URL=" + devpg.Empty(t)
	tests := map[string]struct {
		args []string
		exit int
		code string
	}{
		"no folder":       {[]string{"migrate", "validate", "--json", "--dir", filepath.Join(empty, "none")}, 1, "FAILED"},
		"no sum":          {[]string{"migrate", "validate", "--json", "--dir", "testdata/nosum"}, 1, "CHECKSUM"},
		"unknown flag":    {[]string{"migrate", "status", "--nonsense", "--json"}, 2, "USAGE"},
		"too many":        {[]string{"migrate", "status", "x", "--json"}, 2, "USAGE"},
		"wrong setting":   {[]string{"migrate", "lint", "--json", "--fail-on", "nonsense"}, 2, "USAGE"},
		"not there":       {[]string{"migrate", "show", "1", "--json"}, 1, "FAILED"},
		"json set to off": {[]string{"migrate", "show", "1", "--json=false"}, 1, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			exit := run(t.Context(), test.args, []string{url}, strings.NewReader(""), &stdout, &stderr)
			if exit != test.exit {
				t.Errorf("exit code %d, want %d: %s", exit, test.exit, &stderr)
			}
			lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
			var got struct {
				Error struct{ Code, Message string }
			}
			err := json.Unmarshal([]byte(lines[len(lines)-1]), &got)
			switch {
			case test.code == "" && err == nil, test.code != "" && err != nil:
				t.Errorf("stderr: %s", &stderr)
			case got.Error.Code != test.code || test.code != "" && got.Error.Message == "":
				t.Errorf("got %+v, want code %s", got, test.code)
			}
		})
	}
}
