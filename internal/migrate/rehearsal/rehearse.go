package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/plan"
	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
	"github.com/entgraph/entgraph/internal/sqltext"
)

// Options says what [Run] rehearses. Only Dir and Scratch are required.
type Options struct {
	// Dir is the migration directory.
	Dir fs.FS
	// Scratch gives the databases to work in: two for each call.
	Scratch database.Scratch
	// Rows is how many sample rows each table gets. Default 1000; -1: none, then losses
	// and what depends on rows are not seen.
	Rows int
	// From is the address of a database to take the sample rows from, at most Rows of
	// each table and those that they refer to. It is only read, in one snapshot. The rows
	// are held in memory. Tables that have none there get made-up ones. Default "": all
	// rows are made up.
	From string
	// Since is the first version to be rehearsed; earlier ones are only applied.
	// Default: the first of the directory.
	Since string
	// Latest rehearses only so many files, the newest. Default 0: all. Not with Since.
	Latest int
	// IdleAfter is how long the database of From must have counted the scans of an index
	// for one without any to be unused. Default 0: a week.
	IdleAfter time.Duration
	// Want is the schema to which the newest file has to lead, such as
	// [plan.ReadSource] gives for "ent://". Default nil: nobody looks.
	Want *schemadiff.State
	// Holds says to what made-up rows keep although the database does not ask it yet.
	Holds []Holding
	// Progress is told before each file. Default: nobody is.
	Progress func(file string, index, count int)
}

// Run rehearses the migrations of a directory. The report holds what was seen also
// when it fails. It fails with a [FailureError] when a migration must not be deployed
// as it is: a statement fails, its down file does not lead back to the schema before
// it, going up again ends in another schema, or the newest one does not lead to Want.
func Run(ctx context.Context, o Options) (report Report, err error) {
	all, err := folder.Load(o.Dir)
	if err != nil {
		return Report{}, err
	}
	if o.Rows == 0 {
		o.Rows = 1000
	}
	if o.IdleAfter == 0 {
		o.IdleAfter = idleAfter
	}
	first, err := o.first(all)
	if err != nil {
		return Report{}, err
	}
	if o.Rows = max(o.Rows, 0); o.Rows == 0 {
		report.Notes = []string{"without sample rows losses are not seen, nor what depends on rows"}
	}
	report.Rows = o.Rows
	r := &run{Options: o, report: &report}
	for _, db := range []**scratch{&r.watched, &r.real} {
		if *db, err = openDatabase(ctx, o.Scratch, all...); err != nil {
			return report, err
		}
		defer func() { err = errors.Join(err, (*db).close(ctx)) }()
	}
	if err := r.begin(ctx, all[:first]); err != nil {
		return report, err
	}
	for i, src := range all[first:] {
		if o.Progress != nil {
			o.Progress(src.Name, i+1, len(all)-first)
		}
		if err := r.file(ctx, src); err != nil {
			return report, err
		}
	}
	r.noteUnused()
	end, err := readState(ctx, r.real)
	if err != nil {
		return report, err
	}
	report.end = &end
	return report, r.arrived(end, all)
}

// first gives the index of the first file to rehearse.
func (o Options) first(all []folder.Contents) (int, error) {
	switch {
	case o.Since != "" && o.Latest != 0, o.Latest < 0, o.Rows < -1:
		return 0, errors.New("rehearse migrations: want a first version or a positive number of files, and a number of rows")
	case o.From != "" && o.Rows < 0:
		return 0, errors.New("rehearse migrations with live rows: want a number of rows")
	case o.From != "" && !strings.HasPrefix(o.From, "postgres://") && !strings.HasPrefix(o.From, "postgresql://"):
		return 0, errors.New("rehearse migrations with live rows: want the address of a database, postgres://...")
	case o.Since != "":
		i := slices.IndexFunc(all, func(s folder.Contents) bool { return s.Version == o.Since })
		if i < 0 {
			return 0, fmt.Errorf("rehearse migrations since %s: no file has this version", o.Since)
		}
		return i, nil
	case o.Latest > 0:
		return max(0, len(all)-o.Latest), nil
	}
	return 0, nil
}

// run is one rehearsal.
type run struct {
	Options
	report  *Report
	watched *scratch  // statement by statement
	real    *scratch  // file by file, as in a deployment
	live    *liveRows // nil: all rows are made up

	notedHeld bool
}

// begin applies the files before the rehearsed ones and takes live rows.
func (r *run) begin(ctx context.Context, before []folder.Contents) error {
	if err := r.watched.conn.QueryRow(ctx, "SHOW server_version").Scan(&r.report.Server); err != nil {
		return fmt.Errorf("ask for server version: %w", err)
	}
	version := ""
	if len(before) > 0 {
		version = before[len(before)-1].Version
		for _, db := range []*scratch{r.watched, r.real} { // in turn: they may make roles
			if err := db.up(ctx, r.Dir, version); err != nil {
				return fmt.Errorf("apply the migrations before: %w", err)
			}
		}
	}
	if r.From == "" {
		return nil
	}
	return r.takeLive(ctx, version)
}

// takeLive takes the rows of the database that is to give them; before is the version
// at which the rehearsal begins.
func (r *run) takeLive(ctx context.Context, before string) (err error) {
	if r.live, err = takeLive(ctx, r.From, r.Rows); err != nil {
		return err
	}
	r.report.Live = true
	r.report.Notes = append(r.report.Notes, r.live.notes...)
	if note := r.live.position(before); note != "" {
		r.report.Notes = append(r.report.Notes, note)
	}
	return nil
}

// noteUnused notes the tables whose live rows found no place.
func (r *run) noteUnused() {
	if r.live == nil {
		return
	}
	var names []string
	for ident, t := range r.live.tables {
		if len(t.lines) > 0 && !r.watched.loaded[ident] && !r.watched.spared[ident] {
			names = append(names, t.Name)
		}
	}
	if len(names) > 0 {
		slices.Sort(names)
		r.report.Notes = append(r.report.Notes, "live rows that were not used, of "+strings.Join(names, ", "))
	}
}

// fill fills the tables that a file touches in both databases at once and gives the
// notes of one.
func (r *run) fill(ctx context.Context, touched map[schemadiff.Key]bool) ([]string, error) {
	if r.Rows == 0 {
		return nil, nil
	}
	other := make(chan error, 1)
	go func() {
		_, _, err := r.real.fill(ctx, r.Rows, r.live, touched, r.Holds)
		other <- err
	}()
	notes, held, err := r.watched.fill(ctx, r.Rows, r.live, touched, r.Holds)
	r.noteHeld(held)
	r.report.Filled = len(r.watched.filled)
	if otherErr := <-other; err == nil {
		err = otherErr
	}
	return notes, err
}

// file rehearses one file in both databases, which are then one file further.
func (r *run) file(ctx context.Context, src folder.Contents) error {
	watched, err := readState(ctx, r.watched)
	if err != nil {
		return err
	}
	notes, err := r.fill(ctx, touchedBy(watched.schema, src))
	if err != nil {
		return err
	}
	for _, n := range notes {
		r.report.Notes = append(r.report.Notes, src.Name+": "+n)
	}
	before, err := readState(ctx, r.real)
	if err != nil {
		return err
	}
	f, err := observeFile(ctx, r.watched, src)
	if r.live != nil {
		f.use, f.idleAfter = r.live.use, r.IdleAfter
	}
	r.report.Files = append(r.report.Files, f)
	if err != nil {
		return err
	}
	after, err := readState(ctx, r.watched)
	if err != nil {
		return err
	}
	seen := &r.report.Files[len(r.report.Files)-1]
	seen.remade = slices.DeleteFunc(schemadiff.Remade(watched.schema, after.schema), func(k schemadiff.Key) bool {
		return strings.Contains(src.Text, schemadiff.RightsSetting) && schemadiff.SameRights(watched.schema.Objects[k], after.schema.Objects[k])
	})
	var texts []string
	for _, s := range src.Statements {
		texts = append(texts, s.SQL)
	}
	seen.disturbs = plan.Disturbs(before.schema, after.schema, texts)
	if err := r.up(ctx, src, "up", after); err != nil {
		return err
	}
	if src.Down == nil {
		seen.Verdict = Irreversible
		return nil
	}
	if err := r.down(ctx, src, before); err != nil {
		return err
	}
	seen.Reversible = true
	return r.up(ctx, src, "up again", after)
}

// up applies the file for real and compares with the state it is to lead to.
func (r *run) up(ctx context.Context, src folder.Contents, step string, want state) error {
	if err := r.real.up(ctx, r.Dir, src.Version); err != nil {
		var stmt *migrate.StatementError
		if errors.As(err, &stmt) {
			detail := "statement fails in the file though it ran alone"
			if stmt.Advice != "" {
				detail += "; " + stmt.Advice
			}
			return &FailureError{File: src.Name, Line: stmt.Line, Step: step, Detail: detail, Err: stmt.Err}
		}
		return err
	}
	got, err := readState(ctx, r.real)
	if err != nil {
		return err
	}
	if d := difference(want, got); d != "" {
		return &FailureError{File: src.Name, Step: step, Detail: "the schema is not the one its statements made alone:\n" + d}
	}
	return nil
}

// down takes the file back and compares with the state before it.
func (r *run) down(ctx context.Context, src folder.Contents, want state) error {
	if err := r.real.takeBack(ctx, r.Dir, src); err != nil {
		return err
	}
	got, err := readState(ctx, r.real)
	if err != nil {
		return err
	}
	if d := difference(want, got); d != "" {
		return &FailureError{File: "down/" + src.Name, Step: "down", Detail: "the schema is not the one before the migration:\n" + d}
	}
	return nil
}

// arrived compares the end with the schema that is wanted.
func (r *run) arrived(have state, all []folder.Contents) error {
	if r.Want == nil {
		return nil
	}
	want, err := r.Want.PartitionedAs(have.schema)
	if err != nil {
		return err
	}
	missing := schemadiff.Differences(have.schema, want)
	if len(missing) == 0 {
		return nil
	}
	failure := &FailureError{File: "an empty directory", Step: "desired"}
	if len(all) > 0 {
		failure.File = all[len(all)-1].Name
	}
	failure.Detail = "the schema is not the desired one; " + plan.Advice(missing) + "\n" + schemadiff.Lines(missing)
	return failure
}

// up applies the files to the version, as a deployment does.
func (d *scratch) up(ctx context.Context, dir fs.FS, version string) error {
	_, err := d.session.Up(ctx, dir, database.UpOptions{To: version, Operator: "entgraph rehearsal"})
	return err
}

// takeBack takes the newest file back, as a deployment does.
func (d *scratch) takeBack(ctx context.Context, dir fs.FS, src folder.Contents) error {
	_, err := d.session.Down(ctx, dir, database.DownOptions{AllowLoss: true})
	failure := &FailureError{File: "down/" + src.Name, Step: "down", Err: err}
	var stmt *migrate.StatementError
	switch {
	case errors.As(err, &stmt):
		failure.Line, failure.Detail, failure.Err = stmt.Line, shorten(stmt.SQL, 60), stmt.Err
		if stmt.Advice != "" {
			failure.Detail += "; " + stmt.Advice
		}
		return failure
	case sqltext.State(err) != "": // such as a deferred constraint
		failure.Detail = "commit"
		return failure
	}
	return err
}
