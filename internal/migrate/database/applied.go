package database

import (
	"context"
	"errors"

	"github.com/entgraph/entgraph/internal/migrate"
)

// Unapplied fails with [migrate.ErrApplied] when the database at url knows one of the versions.
func Unapplied(ctx context.Context, url string, versions ...string) (err error) {
	revs, err := revisionsAt(ctx, url)
	if err != nil {
		return err
	}
	for _, version := range versions {
		if byVersion(revs, version) != nil {
			return migrate.Refuse(migrate.ErrApplied, version, "take it back first with: migrate down; or put the change into a new migration")
		}
	}
	return nil
}

// AppliedVersions lists the versions that the database at url knows, also those applied
// in part: nobody may change their files.
func AppliedVersions(ctx context.Context, url string) ([]string, error) {
	revs, err := revisionsAt(ctx, url)
	if err != nil {
		return nil, err
	}
	all := make([]string, len(revs))
	for i, r := range revs {
		all[i] = r.Version
	}
	return all, nil
}

func revisionsAt(ctx context.Context, url string) (_ []*Revision, err error) {
	db, err := openDB(url)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return readRevisions(ctx, db)
}
