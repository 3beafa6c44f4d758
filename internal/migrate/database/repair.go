package database

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	entschema "entgo.io/ent/dialect/sql/schema"

	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
)

// RepairOptions says what [Repair] may do besides what is safe in any case.
type RepairOptions struct {
	// DryRun only says what is wrong.
	DryRun bool
	// Folder is the directory on disk, whose sums may be renewed; "" for an embedded one.
	Folder string
	// Accept is a version whose edited file is to count as what was applied.
	Accept string
	// Forget is a version without a file whose revision is to be removed.
	Forget string
	// Skip is a version, applied in part, whose next statement is to count as applied.
	Skip string
	// Tables are those that the program of the directory uses; see [Gate]. Default none.
	Tables []*entschema.Table
	// LockTimeout and Progress are as in [UpOptions].
	LockTimeout time.Duration
	Progress    func(Event)
}

// Problem is something that keeps a database from being migrated, or is left over.
type Problem struct {
	What   string // such as "index public.a_name is invalid"
	Fix    string // what Repair does or has done about it; "" when only a person can say
	Advice string // what a person can do
	Fixed  bool   // false after a dry run and without a Fix
	NoFile bool   // a version is applied of which there is no file

	do func(ctx context.Context, s *session) error
}

// Repair looks for what is wrong between dir and the database at url and does what is
// safe: it renews sums that only concern files not applied, drops or builds invalid
// indexes again, and does what the options name. It runs no migration.
func Repair(ctx context.Context, url string, dir fs.FS, o RepairOptions) (problems []Problem, err error) {
	d, err := folder.OpenUnchecked(dir)
	if err != nil {
		return nil, err
	}
	up := UpOptions{LockTimeout: o.LockTimeout, Progress: o.Progress}.withDefaults()
	err = withLock(ctx, url, up, func(s *session) error {
		if problems, err = s.diagnose(ctx, dir, d, o); err != nil {
			return err
		}
		for i := range problems {
			if p := &problems[i]; p.do != nil && !o.DryRun {
				if err := p.do(ctx, s); err != nil {
					return fmt.Errorf("repair: %s: %w", p.What, err)
				}
				p.Fixed = true
			}
		}
		return nil
	})
	return problems, err
}

func (s *session) diagnose(ctx context.Context, dir fs.FS, d *folder.Directory, o RepairOptions) ([]Problem, error) {
	st, err := statusOf(ctx, s.conn, d)
	if err != nil {
		return nil, err
	}
	var all []Problem
	all = append(all, sumProblems(dir, st, o)...)
	all = append(all, historyProblems(d, st, o)...)
	more, err := s.partialProblems(ctx, d, st, o)
	if err != nil {
		return nil, err
	}
	all = append(all, more...)
	if more, err = s.indexProblems(ctx, d, st); err != nil {
		return nil, err
	}
	all = append(all, more...)
	if more, err = s.missingProblems(ctx, st, o); err != nil {
		return nil, err
	}
	all = append(all, more...)
	for _, given := range [][2]string{{"accept", o.Accept}, {"forget", o.Forget}, {"skip", o.Skip}} {
		option, version := given[0], given[1]
		if version != "" && !slices.ContainsFunc(all, func(p Problem) bool { return p.do != nil && p.Fix == fixOf(option, version) }) {
			return nil, fmt.Errorf("repair with %s %s: there is nothing of this kind to repair", option, version)
		}
	}
	return all, nil
}

// missingProblems finds what the history says is there, and is not. Nobody knows who took
// it: migrations that are recorded without having run, or a hand.
func (s *session) missingProblems(ctx context.Context, st Status, o RepairOptions) (all []Problem, err error) {
	if st.Err() != nil {
		return nil, nil // what is not applied is not there yet
	}
	gone, err := missing(ctx, s.conn, o.Tables)
	for _, what := range gone {
		all = append(all, Problem{What: what + " is missing, though its migration is recorded as applied",
			Advice: "when it has never run: migrate stamp VERSION with the last that has, then migrate up; when it was dropped by hand, make it by hand as schema drift shows it"})
	}
	return all, err
}

// fixOf words what an option does; by it the option finds its problem.
func fixOf(option, version string) string {
	switch option {
	case "accept":
		return "record the content of " + version + " and of later files as what was applied"
	case "forget":
		return "remove the revision " + version
	}
	return "count the next statement of " + version + " as applied"
}

// sumProblems finds sums that do not match the files.
func sumProblems(dir fs.FS, st Status, o RepairOptions) []Problem {
	_, err := folder.Open(dir)
	if err == nil {
		_, err = folder.OpenDown(dir)
	}
	var state *migrate.StateError
	if err == nil || !errors.As(err, &state) {
		return nil
	}
	p := Problem{What: fmt.Sprintf("%v: %s", state.Reason, state.Detail), Advice: state.Advice}
	// An applied file that was edited is no matter of the sums.
	if o.Folder != "" && st.Edited == nil && len(st.Unknown) == 0 {
		p.Fix = "renew the sums: no applied file has changed"
		p.do = func(context.Context, *session) error { return folder.Rehash(o.Folder) }
	}
	return []Problem{p}
}

// historyProblems finds revisions and files that do not fit each other.
func historyProblems(d *folder.Directory, st Status, o RepairOptions) []Problem {
	var all []Problem
	for _, r := range st.Unknown {
		p := Problem{What: fmt.Sprintf("version %s (%s) is applied and has no file", r.Version, r.Description), NoFile: true,
			Advice: "restore the file or run the release that has it; when nothing of it is left in the database: migrate repair --forget " + r.Version}
		if o.Forget == r.Version {
			p.Fix = fixOf("forget", r.Version)
			p.do = func(ctx context.Context, s *session) error { return (&store{s: s}).DeleteRevision(ctx, r.Version) }
		}
		all = append(all, p)
	}
	if e := st.Edited; e != nil {
		p := Problem{What: e.Name + " was edited after it had been applied",
			Advice: "restore the file and put the change into a new migration; when the edit changes nothing in the database, such as a comment: migrate repair --accept " + e.Version}
		if o.Accept == e.Version {
			p.Fix = fixOf("accept", e.Version)
			p.do = func(ctx context.Context, s *session) error { return s.accept(ctx, d, st, e.Version) }
		}
		all = append(all, p)
	}
	for _, f := range st.OutOfOrder {
		all = append(all, Problem{What: f.Name + " is older than " + st.Current + ", which is applied",
			Advice: "give it a newer version: migrate rebase"})
	}
	if st.Unmanaged {
		all = append(all, Problem{What: "there are tables but no migration history",
			Advice: "use an empty database, or record what it already holds: migrate stamp VERSION"})
	}
	return all
}

// accept records the present sums of a version and of the later ones, whose sums
// depend on it.
func (s *session) accept(ctx context.Context, d *folder.Directory, st Status, version string) error {
	for _, r := range st.Applied {
		sum, known := d.Sums[r.Version]
		if r.Version < version || r.Hash == "" || !known {
			continue
		}
		_, err := s.conn.ExecContext(ctx, `UPDATE `+sqlfile.RevisionTable+` SET hash = $2 WHERE version = $1`, r.Version, sum)
		if err != nil {
			return fmt.Errorf("record sum of %s: %w", r.Version, err)
		}
	}
	return nil
}
