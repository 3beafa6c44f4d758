package devpg

import (
	"context"
	"os"
	"runtime"
	"strings"
	"time"
)

// Attempt is what one way of finding a Postgres said.
type Attempt struct {
	Way    string // "PATH", "docker", ...
	Detail string // what was found, or why it cannot be used
	OK     bool   // it gives a usable Postgres
}

// String returns the attempt as one line for people.
func (a Attempt) String() string {
	mark := "no "
	if a.OK {
		mark = "ok "
	}
	return mark + a.Way + ": " + a.Detail
}

// NotFoundError says that no way of getting a Postgres worked.
type NotFoundError struct {
	Attempts []Attempt // every way, in the order tried
}

// Error lists every attempt and how to mend it.
func (e *NotFoundError) Error() string {
	var b strings.Builder
	b.WriteString("no PostgreSQL found\n")
	for _, a := range e.Attempts {
		b.WriteString("  " + a.Way + ": " + a.Detail + "\n")
	}
	b.WriteString("do one of these:\n" +
		"  install the server:     " + installCommand() + "\n" +
		"  or name its programs:   PG_BIN=/folder/with/initdb-and-postgres\n" +
		"  or name a database:     DATABASE_URL=postgres://... (for tests: TEST_DATABASE_URL=postgres://...)\n" +
		"  or install Node.js, which brings npm, or start Docker")
	return b.String()
}

// installCommand returns how this system installs a Postgres server.
func installCommand() string {
	if runtime.GOOS == "darwin" {
		return "brew install postgresql@17"
	}
	release, err := os.ReadFile("/etc/os-release")
	if err != nil {
		release = nil
	}
	return installCommandFor(string(release))
}

// installCommandFor reads the text of /etc/os-release.
func installCommandFor(release string) string {
	ids := ""
	for line := range strings.Lines(release) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		if key == "ID" || key == "ID_LIKE" {
			ids += " " + strings.Trim(value, `"'`)
		}
	}
	for _, id := range strings.Fields(ids) {
		switch id {
		case "debian", "ubuntu":
			return "sudo apt-get install postgresql"
		case "fedora", "rhel", "centos":
			return "sudo dnf install postgresql-server"
		case "alpine":
			return "apk add postgresql"
		case "arch":
			return "sudo pacman -S postgresql"
		case "suse", "opensuse":
			return "sudo zypper install postgresql-server"
		}
	}
	return "the package with initdb and postgres of your system, often called postgresql or postgresql-server"
}

// Probe says what each way of finding a Postgres would give and starts, installs
// and changes nothing but, for root, a readable copy of binaries below a closed
// folder. It takes up to a few seconds while Docker answers.
func Probe(o Options) []Attempt {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	p, err := placeOf(o.Root)
	if err != nil {
		return []Attempt{{Way: "repository", Detail: err.Error()}}
	}
	f := &finder{o: o, place: p, majors: []int{-1}} // no data fits: every way is tried
	if err := f.findAccounts(-1); err != nil {
		return []Attempt{{Way: "account", Detail: err.Error()}}
	}
	if o.PgBin == "" {
		f.note("PG_BIN", false, "not set")
	} else if in, err := f.usable(ctx, o.PgBin); err != nil {
		f.note("PG_BIN", false, err.Error())
	} else {
		f.note("PG_BIN", true, in.source)
	}
	f.installed(ctx)
	f.probeNpm(ctx)
	f.engine(ctx)
	return f.attempts
}
