package house_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// newRepository makes a repository with what tools/release needs, and an npm that builds pages
// in no time. It returns a function that runs a program in it.
func newRepository(t *testing.T) func(name string, args ...string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"repo/tools/release":      read(t, "tools/release"),
		"repo/CHANGELOG.md":       "# Changelog\n\n## Unreleased\n\n## 0.2.0 (a day)\n\n## 1.0.0\n",
		"repo/.gitignore":         read(t, ".gitignore"),
		"repo/web/dist/.gitkeep":  "",
		"repo/main.go":            "package main\n",
		"programs/npm":            "#!/bin/sh\n[ \"$3\" = ci ] && exit\ncd web/dist && mkdir -p assets && echo page >index.html && echo page >playground.html && echo script >assets/a.js\n",
		"repo/web/node_modules/x": "what npm ci leaves\n",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o755)); err != nil {
			t.Fatal(err)
		}
	}
	run := func(name string, args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Dir = filepath.Join(dir, "repo")
		cmd.Env = append(os.Environ(), "PATH="+filepath.Join(dir, "programs")+":"+os.Getenv("PATH"),
			"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com",
			"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
		out, err := cmd.CombinedOutput()
		return strings.TrimSpace(string(out)), err
	}
	for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"add", "-A"}, {"add", "-f", "web/dist/.gitkeep"}, {"commit", "-q", "-m", "first"}} {
		if out, err := run("git", args...); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	return run
}

// TestReleaseScript tags a release: the tag has the built pages, on top of the commit at hand,
// and the branch and the work tree stay as they are.
func TestReleaseScript(t *testing.T) {
	t.Parallel()
	run := newRepository(t)
	if out, err := run("tools/release", "v0.2.0"); err != nil || out != "v0.2.0 is tagged; publish it with: git push origin v0.2.0" {
		t.Fatalf("%v: %s", err, out)
	}
	for question, want := range map[string]string{
		"git diff --name-status main v0.2.0":        "A\tweb/dist/assets/a.js\nA\tweb/dist/index.html\nA\tweb/dist/playground.html",
		"git rev-list --count main..v0.2.0":         "1",
		"git log --format=%s v0.2.0":                "release v0.2.0: the built pages\nfirst",
		"git log --format=%s main":                  "first",
		"git symbolic-ref --short HEAD":             "main",
		"git status --porcelain":                    "",
		"git cat-file -t v0.2.0":                    "tag",
		"git show v0.2.0:web/dist/assets/a.js":      "script",
		"git ls-tree -r --name-only v0.2.0 -- web/": "web/dist/.gitkeep\nweb/dist/assets/a.js\nweb/dist/index.html\nweb/dist/playground.html",
	} {
		words := strings.Fields(question)
		if out, err := run(words[0], words[1:]...); err != nil || out != want {
			t.Errorf("%s: %v: %q, want %q", question, err, out, want)
		}
	}
}

// TestReleaseScriptRefuses makes no tag of what would be no release.
func TestReleaseScriptRefuses(t *testing.T) {
	t.Parallel()
	run := newRepository(t)
	for _, tc := range []struct{ prepare, args, want string }{
		{"true", "", "release: usage: tools/release vMAJOR.MINOR.PATCH"},
		{"true", "0.2.0", "release: usage: tools/release vMAJOR.MINOR.PATCH"},
		{"true", "v0.2.0 v1.0.0", "release: usage: tools/release vMAJOR.MINOR.PATCH"},
		{"true", "v0.3.0", `release: CHANGELOG.md has no section "## 0.3.0"`},
		{"true", "v0.2.00", `release: CHANGELOG.md has no section "## 0.2.00"`},
		{"touch new", "v0.2.0", "release: the work tree has changes: commit them first"},
		{"rm new; git tag v0.2.0", "v0.2.0", "release: v0.2.0 is there already"},
		{"printf '#!/bin/sh\n' >../programs/npm", "v1.0.0", "release: web/dist/index.html was not built"},
	} {
		if out, err := run("sh", "-c", tc.prepare); err != nil {
			t.Fatalf("%s: %v: %s", tc.prepare, err, out)
		}
		if out, err := run("tools/release", strings.Fields(tc.args)...); err == nil || out != tc.want {
			t.Errorf("%s %s: %v: %q, want %q", tc.prepare, tc.args, err, out, tc.want)
		}
	}
	if out, err := run("git", "tag"); err != nil || out != "v0.2.0" {
		t.Errorf("tags: %v: %s", err, out)
	}
}
