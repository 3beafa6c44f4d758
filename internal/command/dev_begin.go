package command

import (
	"context"
	"errors"
	"fmt"
)

// start begins. What a change can solve waits for one; then it begins anew.
func (s *supervisor) start(ctx context.Context) error {
	for {
		err := s.compile(ctx)
		if err == nil {
			err = s.begin(ctx)
		}
		var p *problem
		switch {
		case err == nil:
			s.due = 0
			return nil
		case ctx.Err() == nil && s.back(ctx, err):
			continue
		case ctx.Err() != nil || !errors.Is(err, errSaved) && !errors.As(err, &p):
			return err
		case p != nil:
			s.fail(err)
			fmt.Fprintln(s.stdout, "  waiting for a change")
		}
		changes := s.saved
		if s.saved = nil; changes == nil {
			select {
			case <-ctx.Done():
				return nil
			case changes = <-s.changes:
			}
		}
		s.take(changes)
	}
}

// begin does what dev does without watching, and starts the first API.
func (s *supervisor) begin(ctx context.Context) error {
	s.state.Problem = nil
	fresh, err := s.migrate(ctx)
	if err != nil {
		return err
	}
	switch err := s.bring(ctx); {
	case ended(err):
		return err
	case err != nil && !errors.Is(err, errSaved): // what was saved has a round soon
		s.fail(err) // the API may be able to go on
	}
	demo, err := s.prepare(ctx, s.cfg, s.url, fresh, s.logger(s.cfg))
	if err != nil {
		return err
	}
	if err := s.swap(ctx); err != nil {
		return err
	}
	s.tell()
	s.printAddresses(s.cfg, s.url, s.ln, demo, true)
	return s.remind(ctx)
}

// migrate applies pending migrations, as migrateDev does, to a private database that may have
// drafts.
func (s *supervisor) migrate(ctx context.Context) (fresh bool, err error) {
	if !usesPrivate(s.cfg) {
		return s.migrateDev(ctx, s.cfg, s.url)
	}
	if err := s.needMigration(); err != nil {
		return false, err
	}
	return true, s.withPrivate(ctx, s.settle)
}

// remind names drafts of earlier sessions, unless the migrations have caught up with them.
func (s *supervisor) remind(ctx context.Context) error {
	d := draftsOf(s.src.root)
	kept, err := d.list()
	if err == nil && len(kept) > 0 && usesPrivate(s.cfg) {
		if err = s.withPrivate(ctx, func(ctx context.Context, to settling) error { return to.forget(ctx) }); err == nil {
			kept, err = d.list()
		}
	}
	if err == nil && len(kept) > 0 {
		fmt.Fprintf(s.stdout, "The private database has changes that are not in a migration yet; make them one with: %s\n\n", s.rebuilt("migrate diff NAME"))
	}
	return err
}
