package house_test

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/entgraph/entgraph"
	"github.com/entgraph/entgraph/ent"
	"github.com/entgraph/entgraph/ent/migrate"
	"github.com/entgraph/entgraph/graph"
)

var (
	shell = regexp.MustCompile("(?s)```sh\n(.*?)\n *```")
	span  = regexp.MustCompile("`([^`\n]+)`")
	// called begins a command of a program, or of the script that passes it on.
	called = regexp.MustCompile(`^(?:[A-Z_]+=\S* )*(?:\./run\.sh|(?:\./)?shop) (.*)$`)
)

// ofScript are the commands that ./run.sh has of its own.
var ofScript = []string{"prod", "test", "generate", "build", "help", "bench"}

// TestReadmeCommands holds the commands of the documents to what the program has: their names
// and flags, in blocks for the shell and within the text.
func TestReadmeCommands(t *testing.T) {
	t.Parallel()
	tried := map[string]bool{}
	for _, page := range pages(t) {
		if page == "CHANGELOG.md" {
			continue
		}
		for _, line := range commandLines(read(t, page)) {
			m := called.FindStringSubmatch(line)
			if m == nil || tried[m[1]] {
				continue
			}
			tried[m[1]] = true
			args := strings.Fields(m[1])
			if slices.Contains(ofScript, args[0]) {
				continue
			}
			if is, told := isCommand(t, args); !is {
				t.Errorf("%s: %s is no command: %s", page, line, told)
			}
		}
	}
	if len(tried) < 30 {
		t.Errorf("only %d commands were found", len(tried))
	}
	for _, line := range []string{"bogus", "user make emmy", "user create emmy --mail emmy@example.com", "migrate up --json=often"} {
		if is, _ := isCommand(t, strings.Fields(line)); is {
			t.Errorf("%s passes for a command", line)
		}
	}
}

// isCommand asks the program for the help of a command, which reads its flags.
func isCommand(t *testing.T, args []string) (is bool, told string) {
	t.Helper()
	shop := entgraph.App{Name: "shop", Ent: ent.Engine, Migrations: migrate.Migrations, Graph: graph.Graph}
	var stdout, stderr bytes.Buffer
	code := shop.Run(t.Context(), append(args, "--help"), nil, strings.NewReader(""), &stdout, &stderr)
	_, usage, _ := strings.Cut(stdout.String(), "\nUsage:\n  shop ")
	usage, _, _ = strings.Cut(usage, "\n")
	return code == 0 && helps(args, strings.Fields(usage), strings.Contains(stdout.String(), "\nAvailable Commands:\n")), usage + stderr.String()
}

// helps says whether the line of usage is that of what was called, and not of a group that has
// no such command.
func helps(args, usage []string, group bool) bool {
	last := slices.IndexFunc(usage, func(word string) bool {
		return strings.HasPrefix(word, "-") || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz-") != ""
	})
	path := usage[:max(last, 0)]
	if len(args) < len(path) || !slices.Equal(path, args[:len(path)]) {
		return false
	}
	rest := args[len(path):]
	return !group || len(path) > 0 && (len(rest) == 0 || strings.HasPrefix(rest[0], "-") || rest[0] == "…" || rest[0] == "...")
}

// commandLines are the lines of shell blocks, each command for itself and without comments, and
// what stands in the text as code.
func commandLines(page string) (out []string) {
	for _, m := range shell.FindAllStringSubmatch(page, -1) {
		for line := range strings.Lines(strings.ReplaceAll(m[1], "\\\n", " ")) {
			line, _, _ = strings.Cut(line, " #")
			for _, one := range regexp.MustCompile(`&&|\|`).Split(line, -1) {
				out = append(out, strings.TrimSpace(one))
			}
		}
	}
	for _, m := range span.FindAllStringSubmatch(shell.ReplaceAllString(page, ""), -1) {
		out = append(out, m[1])
	}
	return out
}
