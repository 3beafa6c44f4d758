package command

import (
	"context"
	"errors"
	"time"

	"github.com/entgraph/entgraph/internal/watch"
)

// errMixed is what became of a build in which sources of the generator were saved.
var errMixed = errors.New("the schemas are not those that were generated from")

// compile generates and builds what is due. What it gives follows from the sources of one
// moment: generated code names the fields of a schema by their position, so that with another
// save of it the values of one would be checked by the rules of another.
func (s *supervisor) compile(ctx context.Context) error {
	for {
		err := s.compileOnce(ctx)
		if !errors.Is(err, errMixed) {
			return err
		}
		if err := s.told(ctx); err != nil {
			return err
		}
	}
}

func (s *supervisor) compileOnce(ctx context.Context) error {
	if s.due&watch.Generate != 0 {
		from, err := s.watcher.Sum(watch.Generate) // before: it may have read what is saved meanwhile, or not
		if err != nil {
			return err
		}
		if err := s.untilSaved(ctx, s.generate); err != nil {
			return err
		}
		s.from, s.due = from, s.due&^watch.Generate|watch.Build
	}
	if s.due&watch.Build == 0 {
		return nil
	}
	if err := s.same(); err != nil {
		return err
	}
	if err := s.untilSaved(ctx, s.build); err != nil {
		return err
	}
	if err := s.same(); err != nil {
		return err
	}
	s.due &^= watch.Build
	return nil
}

func (s *supervisor) generate(ctx context.Context) error {
	return s.watcher.Quietly(func() error { return s.src.generate(ctx) })
}

// same fails with errMixed when the sources of the generator are others than those that it read.
func (s *supervisor) same() error {
	if s.watcher == nil { // nothing is watched
		return nil
	}
	now, err := s.watcher.Sum(watch.Generate)
	if err == nil && now != s.from {
		s.due |= watch.Generate
		return errMixed
	}
	return err
}

// told waits until it is told what was saved: errSaved. That may not come, as when everything is
// again as it was.
func (s *supervisor) told(ctx context.Context) error {
	const enough = 2 * time.Second
	if len(s.saved) > 0 {
		return errSaved
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case changes := <-s.changes:
		s.saved = append(s.saved, changes...)
		return errSaved
	case <-time.After(enough):
		return nil
	}
}
