package database

import (
	"context"
	"errors"
	"fmt"

	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
)

// Scratch gives an empty database that is thrown away by drop.
type Scratch func(ctx context.Context) (url string, drop func(context.Context) error, err error)

// WithScratch runs f on a new database and drops it, with the roles that were made for it.
func WithScratch(ctx context.Context, scratch Scratch, f func(*Session) error) error {
	return withScratch(ctx, scratch, func(s *session) error {
		return f(&Session{s: s, o: SessionOptions{Plain: true, Scratch: true}})
	})
}

// OpenScratch opens a session on a new database that stays until close is called, which drops it
// with the roles that were made for it.
func OpenScratch(ctx context.Context, scratch Scratch) (_ *Session, close func(context.Context) error, err error) {
	s, end, err := openScratch(ctx, scratch)
	if err != nil {
		return nil, nil, err
	}
	return &Session{s: s, o: SessionOptions{Plain: true, Scratch: true}}, end, nil
}

// withScratch is [WithScratch] for this package.
func withScratch(ctx context.Context, scratch Scratch, f func(*session) error) (err error) {
	s, end, err := openScratch(ctx, scratch)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end(ctx)) }()
	return f(s)
}

func openScratch(ctx context.Context, scratch Scratch) (s *session, end func(context.Context) error, err error) {
	url, drop, err := scratch(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("create scratch database: %w", err)
	}
	roles := &standIns{url: url}
	end = func(ctx context.Context) (err error) {
		// Also after an interrupt nothing may stay behind.
		ctx = context.WithoutCancel(ctx)
		if s != nil {
			err = s.close()
		}
		if derr := drop(ctx); derr != nil {
			err = errors.Join(err, fmt.Errorf("drop scratch database: %w", derr))
		}
		return errors.Join(err, roles.drop(ctx))
	}
	if s, err = openSession(ctx, url); err != nil {
		return nil, nil, errors.Join(err, end(ctx))
	}
	s.roles = roles
	return s, end, nil
}

// replay applies the directory to an empty database and reads the outcome.
func (s *session) replay(ctx context.Context, d *folder.Directory) (*schemadiff.State, error) {
	err := s.roles.withRoles(ctx, func() error {
		_, err := s.up(ctx, d.WithoutData(), UpOptions{}.withDefaults())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("replay migrations: %w", err)
	}
	if err := s.prepare(ctx, 0); err != nil {
		return nil, err
	}
	return s.read(ctx)
}

// read reads the schema without the revisions table.
func (s *session) read(ctx context.Context) (*schemadiff.State, error) {
	return schemadiff.Read(ctx, s.conn, sqlfile.Revisions)
}
