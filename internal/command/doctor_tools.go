package command

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/entgraph/entgraph/web"
)

// toolTimeout bounds asking a tool for its version.
const toolTimeout = 10 * time.Second

// browsers are the places of Chromium, as web/test/browser.mjs knows them.
var browsers = []string{"/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"}

func (a *app) tools(ctx context.Context) []finding {
	goTool := a.tool(ctx, "go", "version")
	goTool.state = goTool.state.atLeast(missing)
	goTool.fix = "install Go 1.26 or later from https://go.dev/dl/"
	node := a.tool(ctx, "node", "--version")
	node.fix = "the playground cannot be built and the browser test cannot run; install Node 20.19 or later from https://nodejs.org/"
	npm := a.tool(ctx, "npm", "--version")
	npm.fix = "it comes with Node"
	pages := finding{name: "pages", detail: "the start page and the playground are in this binary"}
	if !web.Built() {
		pages = finding{"pages", warning, "the start page and the playground are not in this binary", "releases of entgraph have them; in its checkout, with Node installed, run: ./run.sh build"}
	}
	return []finding{goTool, node, npm, pages, a.browser()}
}

// atLeast makes everything that is not fine as grave as worst.
func (s state) atLeast(worst state) state {
	if s == fine {
		return fine
	}
	return worst
}

// tool asks a program on the PATH for its version.
func (a *app) tool(ctx context.Context, name, arg string) finding {
	path := a.lookPath(name)
	if path == "" {
		return finding{name: name, state: warning, detail: "not found on the PATH"}
	}
	ctx, cancel := context.WithTimeout(ctx, toolTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, arg)
	cmd.Env = a.environ
	out, err := cmd.Output()
	if err != nil {
		return finding{name: name, state: warning, detail: fmt.Sprintf("%s does not run: %v", path, err)}
	}
	first, _, _ := strings.Cut(string(out), "\n")
	return finding{name: name, detail: first + " at " + path}
}

func (a *app) browser() finding {
	if path := a.variable("CHROMIUM"); path != "" {
		if isProgram(path) {
			return finding{name: "chromium", detail: path}
		}
		return finding{"chromium", warning, "CHROMIUM names " + path + ", which is not a program", "correct or unset CHROMIUM"}
	}
	for _, path := range browsers {
		if isProgram(path) {
			return finding{name: "chromium", detail: path}
		}
	}
	return finding{"chromium", warning, "not found; tests in a browser need it", "apt-get install chromium, or set CHROMIUM to the path of one"}
}

// variable reads the environment that Run was given; the last of several wins.
func (a *app) variable(name string) string {
	value := ""
	for _, line := range a.environ {
		if v, ok := strings.CutPrefix(line, name+"="); ok {
			value = v
		}
	}
	return value
}

// lookPath is exec.LookPath on the environment that Run was given, and the usual
// place of Go, which run.sh looks at as well.
func (a *app) lookPath(name string) string {
	dirs := filepath.SplitList(a.variable("PATH"))
	if name == "go" {
		dirs = append(dirs, "/usr/local/go/bin")
	}
	for _, dir := range dirs {
		if path := filepath.Join(dir, name); filepath.IsAbs(path) && isProgram(path) {
			return path
		}
	}
	return ""
}

func isProgram(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0
}

const (
	gib = 1 << 30
	// leastDisk is what a build with its cache, the database and a test run take.
	leastDisk = 3 * gib
	// leastShm is from where on devpg puts test clusters there.
	leastShm = gib
)

func (a *app) space() []finding {
	dir, err := checkout()
	if err != nil {
		dir = os.TempDir()
	}
	return []finding{
		free("disk", dir, leastDisk, "make room: a build, its cache and the database need about 3 GiB"),
		free("shared memory", "/dev/shm", leastShm, "tests put their databases on disk and take longer; in Docker use --shm-size=2g"),
	}
}

func free(name, dir string, least uint64, fix string) finding {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return finding{name, warning, dir + " cannot be looked at", fix}
	}
	bytes := uint64(fs.Bavail) * uint64(fs.Bsize)
	f := finding{name: name, detail: fmt.Sprintf("%.1f GiB free in %s", float64(bytes)/gib, dir), fix: fix}
	if bytes < least {
		f.state = warning
	}
	return f
}
