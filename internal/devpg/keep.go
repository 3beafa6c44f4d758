package devpg

import (
	"context"
	"errors"
	"time"
)

const (
	// takeOverPause is how often an attached server's owner is looked for.
	takeOverPause = time.Second
	// mostRevivePause bounds the pauses between starts that fail.
	mostRevivePause = 10 * time.Second
)

// Keep starts the server again, at the same address, each time it ends by itself, as after
// a kill or when memory ran out; Postgres recovers what was committed. Of a server that
// another process owns it becomes the owner when that one has gone. It returns when ctx
// ends; call [Server.Stop] after that.
func (s *Server) Keep(ctx context.Context) {
	wait := takeOverPause
	for s.awaitEnd(ctx) {
		note(s.cluster.o.Progress, "the private Postgres has ended; starting it again")
		err := s.revive(ctx)
		if err == nil {
			wait = takeOverPause
			continue
		}
		note(s.cluster.o.Progress, "start the private Postgres again: %v", err)
		if pause(ctx, wait) != nil {
			return
		}
		wait = min(2*wait, mostRevivePause)
	}
}

// awaitEnd waits until the server has ended and is ours to start. It reports false when
// ctx ends first.
func (s *Server) awaitEnd(ctx context.Context) bool {
	for {
		s.mu.Lock()
		running, ours := s.engine, s.owner != nil
		s.mu.Unlock()
		if running != nil {
			select {
			case <-ctx.Done():
				return false
			case <-running.done():
				return ctx.Err() == nil
			}
		}
		if ours {
			return ctx.Err() == nil // it was taken over, and did not start
		}
		if pause(ctx, takeOverPause) != nil {
			return false
		}
		if s.takeOver() {
			return true
		}
	}
}

// takeOver makes this process the owner of a server whose owner has gone.
func (s *Server) takeOver() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	owner, err := tryLock(s.cluster.ownerLock())
	if owner == nil || err != nil {
		return false
	}
	s.owner = owner
	return true
}

func (s *Server) revive(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	fresh, err := s.cluster.run(ctx)
	if err != nil {
		return err
	}
	if fresh.host != s.host || fresh.port != s.port { // a container has another port each time
		return errors.Join(errors.New("its address has changed; stop and start again"), fresh.engine.stop(ctx))
	}
	s.engine = fresh.engine
	return nil
}
