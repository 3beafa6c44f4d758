package database

import (
	"context"
	"fmt"
	"strings"

	atlas "ariga.io/atlas/sql/migrate"

	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
)

// replacement is a file that stands for others. A database that has applied all of them
// has applied the merged one.
type replacement struct {
	file  *atlas.LocalFile
	parts []*Revision // as they are when applied: version, description, hash
}

func (r replacement) names(which []*Revision) string {
	all := make([]string, len(which))
	for i, p := range which {
		all[i] = p.Version + "_" + p.Description + ".sql"
	}
	return strings.Join(all, ", ")
}

// replacements lists the merged files of a directory.
func replacements(d *folder.Directory) (all []replacement) {
	for _, f := range d.Files {
		r := replacement{file: f}
		for _, m := range sqlfile.Replaced.FindAllSubmatch(f.Bytes(), -1) {
			r.parts = append(r.parts, &Revision{Version: string(m[1]), Description: string(m[2]), Hash: string(m[3])})
		}
		if len(r.parts) > 0 {
			all = append(all, r)
		}
	}
	return all
}

// applied gives the revisions of the parts. The file that was merged in has the version
// of the merged one, which tells by its sum.
func (r replacement) applied(revs []*Revision) (there []*Revision) {
	for _, p := range r.parts {
		rev := byVersion(revs, p.Version)
		if rev != nil && (p.Version != r.file.Version() || rev.Hash == p.Hash) {
			there = append(there, rev)
		}
	}
	return there
}

// mergeParts takes the revision of a merged file for those of its parts, where all of them were
// applied to the end, as they were. Where only some were it gives the file in half.
func mergeParts(d *folder.Directory, st *Status, revs []*Revision) ([]*Revision, error) {
	for _, r := range replacements(d) {
		there := r.applied(revs)
		if len(there) == 0 {
			continue
		}
		if len(there) < len(r.parts) {
			st.Half = append(st.Half, fmt.Sprintf("%s is merged of %s, of which only %s was applied", r.file.Name(), r.names(r.parts), r.names(there)))
			continue
		}
		fits := true
		for i, rev := range there {
			fits = fits && !partial(rev) && !reverting(rev) && (rev.Hash == r.parts[i].Hash || rev.Hash == "")
		}
		if !fits {
			continue // whoever edited a part, or has stopped in one, hears of that
		}
		stmts, err := folder.Statements(r.file)
		if err != nil {
			return nil, err
		}
		one := *there[len(there)-1]
		one.Description, one.Hash = r.file.Desc(), d.Sums[r.file.Version()]
		one.Applied, one.Total = len(stmts), len(stmts)
		for _, rev := range there[:len(there)-1] {
			one.ExecutionTime += rev.ExecutionTime
		}
		st.merged = append(st.merged, mergedRevision{&one, there})
		revs = replaceRevisions(revs, there, &one)
	}
	return revs, nil
}

// mergedRevision is to take the place of others.
type mergedRevision struct {
	one   *Revision
	parts []*Revision
}

func replaceRevisions(revs, gone []*Revision, one *Revision) (all []*Revision) {
	for _, r := range revs {
		switch found := byVersion(gone, r.Version); {
		case found == nil:
			all = append(all, r)
		case r.Version == one.Version:
			all = append(all, one)
		}
	}
	return all
}

// saveMerged writes the revisions of merged files in place of those of their parts.
// The session holds the lock.
func (s *session) saveMerged(ctx context.Context, st Status) error {
	for _, m := range st.merged {
		if err := s.saveOne(ctx, m); err != nil {
			return fmt.Errorf("take %s for its parts: %w", m.one.Version, err)
		}
	}
	return nil
}

func (s *session) saveOne(ctx context.Context, m mergedRevision) (err error) {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			// The first cause is what matters, and the server rolls back by itself.
			_ = s.rollback(ctx)
		}
	}()
	rows := &store{s: s}
	for _, p := range m.parts {
		if err := rows.DeleteRevision(ctx, p.Version); err != nil {
			return err
		}
	}
	if err := rows.WriteRevision(ctx, m.one); err != nil {
		return err
	}
	return s.commit(ctx)
}
