package database

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	atlas "ariga.io/atlas/sql/migrate"

	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
)

// Status says where a database stands against a migration directory.
type Status struct {
	Current string        // newest applied version, "" for none
	Applied []*Revision   // rows of the revisions table, in version order
	Pending []folder.File // files that are to run, in order; one applied in part is the first

	Partial    *Revision     // the last run stopped inside this file; nil for none
	Reverting  *Revision     // the last Down stopped inside this version's down file; nil for none
	Edited     *folder.File  // the first applied file whose content changed afterwards; nil for none
	OutOfOrder []folder.File // pending files that are older than Current
	Unknown    []*Revision   // revisions without a file
	Ahead      bool          // one of Unknown is newer than every file
	Unmanaged  bool          // there are tables but no revisions
	Half       []string      // merged files of which only some parts were applied, in words

	// Missing is what the program uses and the database lacks, whatever its history says;
	// see [Gate].
	Missing []string
	// Theirs is the same of tables of others, which no migration makes.
	Theirs []string

	last   string           // the newest version of the directory
	merged []mergedRevision // of Applied: their parts are what the table has
}

// ReadStatus connects to url and compares it with dir. It changes nothing and waits
// for no lock, so during a migration it may see it half done. It fails with
// [migrate.ErrChecksum] when the directory itself is broken.
func ReadStatus(ctx context.Context, url string, dir fs.FS) (_ Status, err error) {
	db, err := openDB(url)
	if err != nil {
		return Status{}, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return ReadStatusFrom(ctx, db, dir)
}

// ReadStatusFrom is [ReadStatus] on an open connection or pool. It depends on no
// session setting.
func ReadStatusFrom(ctx context.Context, q Querier, dir fs.FS) (Status, error) {
	d, err := folder.Open(dir)
	if err != nil {
		return Status{}, err
	}
	return statusOf(ctx, q, d)
}

// statusOf compares what a database knows with a directory.
func statusOf(ctx context.Context, q Querier, d *folder.Directory) (Status, error) {
	revs, err := readRevisions(ctx, q)
	if err != nil {
		return Status{}, err
	}
	st := Status{last: d.Last()}
	if revs, err = mergeParts(d, &st, revs); err != nil {
		return Status{}, err
	}
	st.Applied = revs
	if len(revs) == 0 {
		if st.Unmanaged, err = hasTables(ctx, q); err != nil {
			return Status{}, err
		}
		fresh, err := atlas.FilesFromLastCheckpoint(d.Atlas)
		if err != nil {
			return Status{}, fmt.Errorf("list migrations: %w", err)
		}
		return st, addPending(d, &st, fresh)
	}
	st.Current = revs[len(revs)-1].Version
	compareRevisions(d, &st)
	return st, addPending(d, &st, unfinished(d, &st))
}

// compareRevisions finds what of the history does not fit the directory.
func compareRevisions(d *folder.Directory, st *Status) {
	for _, r := range st.Applied {
		switch file := d.ByVersion(r.Version); {
		case file == nil:
			st.Unknown = append(st.Unknown, r)
			st.Ahead = st.Ahead || r.Version > d.Last()
		case partial(r):
			st.Partial = r
		case reverting(r):
			st.Reverting = r
		case st.Edited == nil && !sumFits(d, st.Applied, r):
			st.Edited = &folder.File{Name: file.Name(), Version: file.Version(), Description: file.Desc()}
		}
	}
}

// sumFits says whether a revision's hash is that of its file. Such a hash covers all
// earlier files too. A file that was added later, but sorts before this one, was not
// among them.
func sumFits(d *folder.Directory, revs []*Revision, r *Revision) bool {
	if r.Hash == "" || r.Hash == d.Sums[r.Version] { // a baseline row has no hash
		return true
	}
	var then []atlas.File
	from := beginning(revs, d.Files)
	for _, f := range d.Files {
		if f.Version() > r.Version {
			break
		}
		if other := byVersion(revs, f.Version()); f.Version() < from || other != nil && !other.ExecutedAt.After(r.ExecutedAt) {
			then = append(then, f)
		}
	}
	sums, err := atlas.NewHashFile(then)
	return err == nil && len(sums) > 0 && sums[len(sums)-1].H == r.Hash
}

// ByVersion finds a revision among sorted ones, nil if it is not there.
func byVersion(revs []*Revision, version string) *Revision {
	i, found := slices.BinarySearchFunc(revs, version, func(r *Revision, v string) int {
		return strings.Compare(r.Version, v)
	})
	if !found {
		return nil
	}
	return revs[i]
}

// beginning gives the version at which the history of sorted revisions begins: what is
// older was there before. Without a baseline or a checkpoint it is the first file; a
// file that sorts before that one was added later.
func beginning(revs []*Revision, files []*atlas.LocalFile) string {
	i := slices.IndexFunc(files, func(f *atlas.LocalFile) bool { return f.Version() == revs[0].Version })
	if i >= 0 && !files[i].IsCheckpoint() && revs[0].Type.Has(atlas.RevisionTypeExecute) {
		return ""
	}
	return revs[0].Version
}

// unfinished lists the files that have not run to their end, and are not older than the
// history.
func unfinished(d *folder.Directory, st *Status) []atlas.File {
	var pending []atlas.File
	from := beginning(st.Applied, d.Files)
	for _, f := range d.Files {
		switch r := byVersion(st.Applied, f.Version()); {
		case r != nil && partial(r):
			pending = append(pending, f)
		case r != nil, f.Version() < from, f.IsCheckpoint():
		default:
			pending = append(pending, f)
		}
	}
	return pending
}

func addPending(d *folder.Directory, st *Status, pending []atlas.File) error {
	for _, f := range pending {
		file, err := d.Describe(f)
		if err != nil {
			return err
		}
		st.Pending = append(st.Pending, file)
		if f.Version() < st.Current {
			st.OutOfOrder = append(st.OutOfOrder, file)
		}
	}
	return nil
}

func partial(r *Revision) bool { return r.Applied != r.Total }

// downMark stands before the hashes of a down file's statements in a revision's partial
// hashes. Those of the migration itself stay behind without it when a client dies after
// the last statement.
const downMark = "down"

// reverting says whether a down file without a transaction has begun to run. The row
// still counts as applied for other tools.
func reverting(r *Revision) bool {
	return !partial(r) && len(r.PartialHashes) > 0 && r.PartialHashes[0] == downMark
}

// Things that belong to an extension do not count.
const selectTables = `SELECT EXISTS (` + selectNames + `)`

const selectNames = `SELECT c.oid FROM pg_catalog.pg_class c
  WHERE c.relnamespace = to_regnamespace('public') AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND c.relname <> '` + sqlfile.Revisions + `'
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
      WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')`

func hasTables(ctx context.Context, q Querier) (bool, error) {
	var there bool
	if err := scanOne(ctx, q, &there, selectTables); err != nil {
		return false, fmt.Errorf("look for tables: %w", err)
	}
	return there, nil
}

const selectAnyTable = `SELECT EXISTS (
  SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
      WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'))`

// Empty says whether nobody uses the database at url yet: it has no table or view in any
// schema, not even an empty history of migrations. Those of extensions do not count.
func Empty(ctx context.Context, url string) (empty bool, err error) {
	db, err := openDB(url)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var there bool
	if err := scanOne(ctx, db, &there, selectAnyTable); err != nil {
		return false, fmt.Errorf("look for tables: %w", err)
	}
	return !there, nil
}

// Complete is how many migrations are applied to their end.
func (s Status) Complete() int {
	if s.Partial != nil {
		return len(s.Applied) - 1
	}
	return len(s.Applied)
}

const runUp = "run: migrate up"

// Err is nil when the database matches the directory. Otherwise it is a
// [migrate.StateError] that names the command to run; only the gravest reason is given.
func (s Status) Err() error {
	if err := s.upBlocked(); err != nil {
		return err
	}
	switch {
	case s.Partial != nil:
		return migrate.Refuse(migrate.ErrPartial, s.partialDetail(), runUp)
	case len(s.Pending) > 0:
		return migrate.Refuse(migrate.ErrPending, fmt.Sprintf("%d (%s)", len(s.Pending), names(s.Pending)), runUp)
	case len(s.Theirs) > 0:
		return migrate.Refuse(migrate.ErrMissing, listed(s.Theirs), "no migration makes what entity.External says is of others: have their owner make it, or correct it in ent/schema")
	case len(s.Missing) > 0:
		return migrate.Refuse(migrate.ErrMissing, listed(s.Missing), "after a change of the schemas run: migrate diff NAME; otherwise see what is missing, run: schema drift")
	}
	return nil
}

// upBlocked is [Status.blocked] for a release that goes on where the database is newer by
// compatible migrations.
func (s Status) upBlocked() error {
	if s.compatible() {
		// As if the newer ones were not there.
		s.Ahead, s.Unknown = false, nil
	}
	return s.blocked()
}

// CompatiblyNewer says that the database is ahead of the directory, by migrations with which
// its program goes on.
func (s Status) CompatiblyNewer() bool { return s.compatible() && s.Err() == nil }

// blocked is the reason for which migrations cannot be applied, or nil.
func (s Status) blocked() error {
	switch {
	case len(s.Half) > 0:
		return migrate.Refuse(migrate.ErrDiverged, strings.Join(s.Half, "; "),
			"with the release before the merge run: migrate up; or take the applied part back with its: migrate down")
	case s.Ahead:
		newest := s.Unknown[len(s.Unknown)-1].Version
		return migrate.Refuse(migrate.ErrNewer, "version "+newest+" is applied and has no file here", "run the release that has it; to go back to an older one: migrate down, with the newer one")
	case len(s.Unknown) > 0:
		return migrate.Refuse(migrate.ErrDiverged, versions(s.Unknown), "restore the missing files or run the release that has them; for details run: migrate repair")
	case s.Edited != nil:
		return migrate.Refuse(migrate.ErrEdited, s.Edited.Name, "restore the file as it was applied and put the change into a new migration; for details run: migrate repair")
	case s.Reverting != nil:
		return s.reverting()
	case s.Unmanaged:
		return migrate.Refuse(migrate.ErrUnmanaged, "schema public is not empty",
			"use an empty database, or record what it already holds: migrate stamp VERSION")
	case len(s.OutOfOrder) > 0:
		return migrate.Refuse(migrate.ErrOutOfOrder, fmt.Sprintf("%s is older than %s", names(s.OutOfOrder), s.Current),
			"give the file a newer version: migrate rebase")
	}
	return nil
}

func (s Status) partialDetail() string {
	p := s.Partial
	text := fmt.Sprintf("%s, %d of %d statements", p.Version, p.Applied, p.Total)
	if p.Error != "" {
		text += ", stopped by: " + p.Error
	}
	return text
}

func names(files []folder.File) string {
	all := make([]string, len(files))
	for i, f := range files {
		all[i] = f.Name
	}
	return strings.Join(all, ", ")
}

func versions(revs []*Revision) string {
	all := make([]string, len(revs))
	for i, r := range revs {
		all[i] = r.Version
	}
	return strings.Join(all, ", ")
}
