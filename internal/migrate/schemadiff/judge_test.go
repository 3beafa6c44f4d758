package schemadiff_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/stdlib"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

// judge changes a filled database and compares it with one that was made at once.
type judge struct {
	t             *testing.T
	base          string
	filled, fresh database
	rows          map[string]int
	dumped        bool   // compare dumps, and not only what Read sees
	dumpedBack    bool   // after the way back too
	rights        bool   // with owners and privileges
	expand        bool   // by expand and contract
	start         string // the shape before
	files         []schemadiff.File
	answers       schemadiff.Answers
}

type database struct {
	url  string
	conn *sql.Conn
}

func TestMain(m *testing.M) { os.Exit(devpg.Main(m)) }

// open makes a database for the test. Making one, and reading a schema in a new session,
// took five sixths of the time of all cases, so they use them in turn.
func open(t *testing.T, ddl string) database {
	t.Helper()
	url, conn := devpg.Reuse(t)
	d := database{url, conn}
	if _, used := opened.LoadOrStore(conn, true); !used {
		d.keep(t)
	}
	d.run(t, ddl)
	return d
}

// opened are the sessions that have the queries of Read prepared.
var opened sync.Map

// keep prepares the queries of Read, whose plans take longer than their work.
func (d database) keep(t *testing.T) {
	t.Helper()
	err := d.conn.Raw(func(driver any) error {
		for _, query := range schemadiff.Queries() {
			if _, err := driver.(*stdlib.Conn).Conn().Prepare(t.Context(), query, query); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (d database) run(t *testing.T, script string) {
	t.Helper()
	if strings.TrimSpace(script) == "" {
		return
	}
	if _, err := d.conn.ExecContext(t.Context(), script); err != nil {
		t.Fatalf("%v\n%s", err, script)
	}
}

// newJudge makes a database with rows in the schema base, and one in the schema after.
func newJudge(t *testing.T, base, after, seed string) *judge {
	t.Helper()
	j := &judge{t: t, dumpedBack: *dumpBack, base: base, filled: open(t, base), fresh: open(t, after)}
	j.filled.run(t, seed)
	j.rows = j.count()
	return j
}

func (j *judge) plan(given []string, online bool) error {
	j.start = j.shape(j.filled, j.dumpedBack)
	want, err := schemadiff.Read(j.t.Context(), j.fresh.conn)
	if err != nil {
		j.t.Fatal(err)
	}
	j.files, j.answers, err = decide(func(a schemadiff.Answers) ([]schemadiff.File, error) {
		return schemadiff.Plan(j.t.Context(), open(j.t, j.base).conn, want, schemadiff.Options{Flags: a, Online: online, Expand: j.expand, Down: true})
	}, given)
	return err
}

func (j *judge) wantNothing() {
	j.t.Helper()
	if err := j.plan(nil, true); err != nil || len(j.files) > 0 {
		j.t.Errorf("got %v, want nothing\n%s", err, j.script())
	}
}

// judge runs the migration on the filled database.
func (j *judge) judge(given []string) {
	j.t.Helper()
	if err := j.plan(given, true); err != nil {
		j.t.Fatalf("plan: %v\n%s", err, strings.Join(j.answers.Flags(), "\n"))
	}
	if len(j.files) == 0 {
		j.t.Fatal("no migration")
	}
	if why := j.files[0].OneWay; strings.HasPrefix(why, schemadiff.NoWayBack) {
		j.t.Errorf("%s\n%s", why, j.script())
	}
	for _, f := range j.files {
		j.apply(f.Up, f.Tx)
	}
	j.arrived()
	now := j.count()
	for table, n := range j.rows {
		if m, ok := now[table]; ok && m < n {
			j.t.Errorf("%s has %d of %d rows\n%s", table, m, n, j.script())
		}
	}
	j.sequences()
}

// back undoes all files.
func (j *judge) back() {
	j.t.Helper()
	for _, f := range slices.Backward(j.files) {
		j.apply(f.Down, !f.DownBare)
	}
	j.same(j.start, j.dumpedBack)
	j.sequences()
}

// again undoes all files and runs them a second time.
func (j *judge) again() {
	j.t.Helper()
	if slices.ContainsFunc(j.files, func(f schemadiff.File) bool { return f.OneWay != "" }) {
		return
	}
	j.back()
	for _, f := range j.files {
		j.apply(f.Up, f.Tx)
	}
	j.arrived()
	j.sequences()
}

func (j *judge) apply(statements []schemadiff.Statement, tx bool) {
	j.t.Helper()
	if err := j.filled.apply(j.t, statements, tx); err != nil {
		j.t.Fatalf("%v\n%s", err, j.script())
	}
}

// apply runs a file.
func (d database) apply(t *testing.T, statements []schemadiff.Statement, tx bool) error {
	t.Helper()
	var all []string
	for _, s := range statements {
		all = append(all, s.String())
	}
	if tx {
		all = append(append([]string{"BEGIN"}, all...), "COMMIT")
	}
	for _, s := range append(all, "RESET ALL") {
		if _, err := d.conn.ExecContext(t.Context(), s); err != nil {
			return fmt.Errorf("%w\nin: %s", err, s)
		}
	}
	return nil
}

// texts joins statements with their notes.
func texts(statements []schemadiff.Statement) string {
	var b strings.Builder
	for _, s := range statements {
		b.WriteString(s.String() + "\n")
	}
	return b.String()
}

func (j *judge) script() string {
	return strings.Join(j.answers.Flags(), "\n") + "\n" + script(j.files)
}

func (j *judge) true(query string) (ok bool) {
	j.t.Helper()
	if err := j.filled.conn.QueryRowContext(j.t.Context(), query).Scan(&ok); err != nil {
		j.t.Fatalf("%v\n%s", err, query)
	}
	return ok
}

// count counts the rows of all tables.
func (j *judge) count() map[string]int {
	j.t.Helper()
	rows, err := j.filled.conn.QueryContext(j.t.Context(), `SELECT c.oid::regclass::text,
		(xpath('/row/c/text()', query_to_xml('SELECT count(*) AS c FROM ' || c.oid::regclass, false, true, '')))[1]::text::int
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`)
	if err != nil {
		j.t.Fatal(err)
	}
	defer rows.Close()
	all := map[string]int{}
	for rows.Next() {
		var name string
		var n int
		if err := rows.Scan(&name, &n); err != nil {
			j.t.Fatal(err)
		}
		all[name] = n
	}
	if err := rows.Err(); err != nil {
		j.t.Fatal(err)
	}
	return all
}

// sequences checks that the next number of every column that counts is a new one.
func (j *judge) sequences() {
	j.t.Helper()
	rows, err := j.filled.conn.QueryContext(j.t.Context(), `SELECT t.oid::regclass::text || '.' || a.attname,
		coalesce((xpath('/row/m/text()', query_to_xml(format('SELECT max(%I) AS m FROM %s', a.attname, t.oid::regclass), false, true, '')))[1]::text::bigint, 0),
		nextval(s.seqrelid::regclass)
		FROM pg_sequence s JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.seqrelid AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
		JOIN pg_class t ON t.oid = d.refobjid JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
		WHERE s.seqincrement > 0`)
	if err != nil {
		j.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var column string
		var largest, next int64
		if err := rows.Scan(&column, &largest, &next); err != nil {
			j.t.Fatal(err)
		}
		if next <= largest {
			j.t.Errorf("the sequence of %s gives %d, and there is a row %d\n%s", column, next, largest, j.script())
		}
	}
	if err := rows.Err(); err != nil {
		j.t.Fatal(err)
	}
}

// arrived compares the schema of the filled database with the wanted one.
func (j *judge) arrived() {
	j.t.Helper()
	j.same(j.shape(j.fresh, true), true)
}

func (j *judge) same(want string, dumped bool) {
	j.t.Helper()
	if got := j.shape(j.filled, dumped); got != want {
		j.t.Errorf("the schema differs:\n%s%s", lineDiff(want, got), j.script())
	}
}

// shape is the schema as pg_dump writes it where that is wanted, or as Read sees it.
func (j *judge) shape(d database, dumped bool) string {
	j.t.Helper()
	if j.dumped && dumped {
		return dump(j.t, d, j.rights)
	}
	return states(j.t, d)
}

// dumpProgram is pg_dump, "" where there is none.
var dumpProgram = sync.OnceValue(findDump)

// findDump finds pg_dump beside the server's programs.
func findDump() string {
	if bin := os.Getenv("PG_BIN"); bin != "" {
		return filepath.Join(bin, "pg_dump")
	}
	if found, err := filepath.Glob("/usr/lib/postgresql/*/bin/pg_dump"); err == nil && len(found) > 0 {
		return found[len(found)-1]
	}
	path, err := exec.LookPath("pg_dump")
	if err != nil {
		return ""
	}
	return path
}

// dump writes the schema down without what does not count: the order of columns and
// statements. Where there is no pg_dump, as in the npm packages of Postgres, what Read
// sees is compared.
func dump(t *testing.T, d database, rights bool) string {
	t.Helper()
	program := dumpProgram()
	if program == "" && rights {
		t.Fatal("there is no pg_dump, which alone tells owners and privileges")
	}
	if program == "" {
		return states(t, d)
	}
	args := []string{"-s", "-T", "atlas_schema_revisions", d.url}
	if !rights {
		args = append(args, "--no-owner", "--no-privileges")
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), program, args...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("pg_dump: %v\n%s", err, out)
	}
	return normalize(string(out))
}

func states(t *testing.T, d database) string {
	t.Helper()
	s, err := schemadiff.Read(t.Context(), d.conn)
	if err != nil {
		t.Fatal(err)
	}
	return s.String()
}

func normalize(dump string) string {
	var lines []string
	for line := range strings.Lines(dump) {
		line = strings.TrimRight(line, "\n")
		if line == "" || strings.HasPrefix(line, "--") || strings.HasPrefix(line, `\`) || strings.HasPrefix(line, "SET ") || strings.Contains(line, "set_config(") {
			continue
		}
		lines = append(lines, line)
	}
	statements := strings.SplitAfter(strings.Join(lines, "\n"), ";\n")
	for i, s := range statements {
		s = strings.TrimSuffix(s, "\n")
		if strings.HasPrefix(s, "CREATE TABLE") {
			parts := strings.Split(s, "\n")
			for k := range parts {
				parts[k] = strings.TrimSuffix(parts[k], ",")
			}
			slices.Sort(parts)
			s = strings.Join(parts, "\n")
		}
		statements[i] = s
	}
	slices.Sort(statements)
	return strings.Join(statements, "\n")
}

// lineDiff lists the lines of which only one text has any.
func lineDiff(want, got string) string {
	var b strings.Builder
	only := func(mark, a, other string) {
		have := strings.Split(other, "\n")
		for line := range strings.Lines(a) {
			if !slices.Contains(have, strings.TrimSuffix(line, "\n")) {
				b.WriteString(mark + strings.TrimSuffix(line, "\n") + "\n")
			}
		}
	}
	only("want ", want, got)
	only("got  ", got, want)
	return b.String()
}
