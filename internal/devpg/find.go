package devpg

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// oldestMajor is the first version with CREATE DATABASE ... STRATEGY.
const oldestMajor = 15

// install is a set of server binaries that runs here, or Docker.
type install struct {
	bin     string // folder; empty for Docker
	major   int
	source  string // for people
	account account
	docker  string // path of the docker command
}

// machine is what a search may look at.
type machine struct {
	path     []string  // folders with commands
	known    []string  // patterns of folders with server binaries
	accounts []account // who may run a server; nil means the usual ones
}

// finder looks for a Postgres in one way after the other.
type finder struct {
	o        Options
	place    place
	accounts []account
	majors   []int // of the data that exists; the same major is preferred
	attempts []Attempt
}

// find returns the Postgres to use for data that belongs to user id owner (-1:
// none yet) and was made by the given majors.
func find(ctx context.Context, o Options, p place, owner int, majors []int) (install, error) {
	f := &finder{o: o, place: p, majors: majors}
	if err := f.findAccounts(owner); err != nil {
		return install{}, err
	}
	if f.o.PgBin != "" {
		in, err := f.usable(ctx, f.o.PgBin)
		if err != nil {
			return install{}, fmt.Errorf("use PG_BIN %s: %w", f.o.PgBin, err)
		}
		return in, nil
	}
	if in, ok := f.installed(ctx); ok {
		return in, nil
	}
	in, ok := f.npm(ctx)
	if !ok {
		in, ok = f.engine(ctx)
	}
	if err := ctx.Err(); err != nil {
		return install{}, context.Cause(ctx)
	}
	if !ok {
		return install{}, &NotFoundError{Attempts: f.attempts}
	}
	return in, nil
}

// findAccounts says who may run a server on data of user id owner.
func (f *finder) findAccounts(owner int) (err error) {
	if f.o.machine != nil && f.o.machine.accounts != nil {
		f.accounts = f.o.machine.accounts
		return nil
	}
	f.accounts, err = accounts(owner)
	return err
}

// installed returns binaries that are on this machine already: those that fit
// existing data, else the first.
func (f *finder) installed(ctx context.Context) (install, bool) {
	var first *install
	for _, way := range []struct {
		name string
		dirs func(context.Context) ([]string, string)
	}{
		{"pg_config --bindir", f.pgConfig},
		{"PATH", f.onPath},
		{"known folders", f.known},
		{"unpacked " + npmPackage(), f.npmCopies},
	} {
		dirs, detail := way.dirs(ctx)
		for _, dir := range dirs {
			in, err := f.usable(ctx, dir)
			if err != nil {
				detail = err.Error()
				continue
			}
			f.note(way.name, true, fmt.Sprintf("PostgreSQL %d in %s", in.major, dir))
			if len(f.majors) == 0 || slices.Contains(f.majors, in.major) {
				return in, true
			}
			if first == nil {
				first = &in
			}
			detail = ""
		}
		if detail != "" {
			f.note(way.name, false, detail)
		}
	}
	if first == nil {
		return install{}, false
	}
	return *first, true
}

func (f *finder) note(way string, ok bool, detail string) {
	f.attempts = append(f.attempts, Attempt{Way: way, OK: ok, Detail: detail})
}

// look finds a command.
func (f *finder) look(name string) (string, error) {
	if f.o.machine == nil {
		return exec.LookPath(name)
	}
	for _, dir := range f.o.machine.path {
		if path := filepath.Join(dir, name); executable(path) {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s: %w", name, exec.ErrNotFound)
}

// pgConfig asks pg_config, which comes with the client library and names a
// folder even when no server is there.
func (f *finder) pgConfig(ctx context.Context) ([]string, string) {
	path, err := f.look("pg_config")
	if err != nil {
		return nil, "no pg_config on PATH"
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, "--bindir").Output()
	if err != nil {
		return nil, fmt.Sprintf("%s --bindir: %v", path, err)
	}
	return []string{strings.TrimSpace(string(out))}, ""
}

func (f *finder) onPath(context.Context) ([]string, string) {
	path, err := f.look("postgres")
	if err != nil {
		return nil, "no postgres on PATH"
	}
	// Homebrew and others link single programs into a common folder.
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return nil, err.Error()
	}
	return []string{filepath.Dir(path)}, ""
}

// knownFolders are where packages put server binaries outside of PATH.
var knownFolders = []string{
	"/usr/lib/postgresql/*/bin", // Debian, Ubuntu
	"/usr/pgsql-*/bin",          // PGDG packages for Fedora, RHEL
	"/usr/lib/postgresql*/bin",  // SUSE
	"/usr/libexec/postgresql*",  // Alpine
	"/usr/local/pgsql/bin",      // built from source
	"/opt/homebrew/opt/postgresql@*/bin",
	"/usr/local/opt/postgresql@*/bin",
	"/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
}

var number = regexp.MustCompile(`\d+`)

func (f *finder) known(context.Context) ([]string, string) {
	patterns := knownFolders
	if f.o.machine != nil {
		patterns = f.o.machine.known
	}
	var dirs []string
	for _, pattern := range patterns {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return nil, err.Error()
		}
		dirs = append(dirs, found...)
	}
	slices.SortStableFunc(dirs, func(a, b string) int { return lastNumber(b) - lastNumber(a) })
	if len(dirs) == 0 {
		return nil, "no server in " + strings.Join(patterns, ", ")
	}
	return dirs, ""
}

// lastNumber returns the last number in path, which is the version in the known
// folders, and 0 without one.
func lastNumber(path string) int {
	all := number.FindAllString(path, -1)
	if len(all) == 0 {
		return 0
	}
	n, err := strconv.Atoi(all[len(all)-1])
	if err != nil {
		return 0 // too large for a version
	}
	return n
}

// usable checks that dir holds a server that one of the accounts can run.
func (f *finder) usable(ctx context.Context, dir string) (install, error) {
	for _, program := range []string{"initdb", "postgres"} {
		if !executable(filepath.Join(dir, program)) {
			return install{}, fmt.Errorf("no %s in %s", program, dir)
		}
	}
	var last error
	for _, a := range f.accounts {
		bin := dir
		major, err := version(ctx, a, bin)
		if errors.Is(err, fs.ErrPermission) && errors.Is(err, unix.EACCES) && a.switched {
			if bin, err = f.place.openCopy(dir); err == nil {
				major, err = version(ctx, a, bin)
			}
		}
		if err != nil {
			last = fmt.Errorf("run %s as %s: %w", filepath.Join(bin, "postgres"), a.name, err)
			continue
		}
		if major < oldestMajor {
			return install{}, fmt.Errorf("PostgreSQL %d in %s is older than %d", major, dir, oldestMajor)
		}
		return install{bin: bin, major: major, source: sourceOf(dir), account: a}, nil
	}
	return install{}, last
}

func sourceOf(dir string) string {
	if strings.Contains(dir, npmScope+"/") {
		return "npm package " + npmPackage() + " in " + dir
	}
	return "installed binaries " + dir
}

// version runs postgres --version, which proves as well that the account
// reaches the binaries and their libraries.
func version(ctx context.Context, a account, bin string) (major int, err error) {
	out, err := run(ctx, a.server(), filepath.Join(bin, "postgres"), "--version")
	if err != nil {
		return 0, err
	}
	// "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", "... 18beta1"
	_, rest, _ := strings.Cut(out, "(PostgreSQL) ")
	major, err = strconv.Atoi(number.FindString(rest))
	if err != nil {
		return 0, fmt.Errorf("unknown version %q", strings.TrimSpace(out))
	}
	return major, nil
}

// executable says whether path is a program. It does not follow the permissions
// of an account: root may find more than the account can run.
func executable(path string) bool {
	var st unix.Stat_t
	return unix.Stat(path, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFREG && st.Mode&0o111 != 0
}

// run runs a server program as the account and returns its output. The error
// holds what the program wrote to standard error.
func run(ctx context.Context, a account, program string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.WaitDelay = 5 * time.Second
	a.prepare(cmd)
	return output(cmd)
}

// output runs cmd and returns its standard output. The error ends with what it
// wrote to standard error.
func output(cmd *exec.Cmd) (string, error) {
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if text := tail(stderr.String()); err != nil && text != "" {
		err = fmt.Errorf("%w: %s", err, text)
	}
	return stdout.String(), err
}

// tail returns the last lines of a program's log.
func tail(log string) string {
	const most = 20 // lines: a failed start says why in its last few
	lines := strings.Split(strings.TrimSpace(log), "\n")
	return strings.Join(lines[max(0, len(lines)-most):], "\n")
}
