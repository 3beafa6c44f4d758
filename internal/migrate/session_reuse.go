package migrate

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

// Session migrates one database several times on one connection, of which [Up] and
// [Down] open a new one for each call. Between calls the connection is as good as new,
// without the lock and without temporary tables. Not safe for concurrent use.
type Session struct{ s *session }

// OpenSession connects to url.
func OpenSession(ctx context.Context, url string) (*Session, error) {
	s, err := openSession(ctx, url)
	if err != nil {
		return nil, err
	}
	return &Session{s}, nil
}

// Up is the function [Up] on this connection.
func (s *Session) Up(ctx context.Context, dir fs.FS, o UpOptions) ([]File, error) {
	d, err := openDirectory(dir)
	if err != nil {
		return nil, err
	}
	applied, err := s.s.up(ctx, d, o.withDefaults())
	return applied, s.renew(ctx, err)
}

// Down is the function [Down] on this connection.
func (s *Session) Down(ctx context.Context, dir fs.FS, o DownOptions) ([]File, error) {
	d, down, err := openBoth(dir)
	if err != nil {
		return nil, err
	}
	up := o.up()
	if err := s.s.lock(ctx, up.LockTimeout, up.notice(Event{})); err != nil {
		return nil, err
	}
	var reverted []File
	err = s.s.onTargets(ctx, d, down, o, func(targets []backStep) error {
		reverted, err = s.s.down(ctx, targets, o)
		return err
	})
	return reverted, s.renew(ctx, err)
}

// Read reads the schema, without the table of revisions.
func (s *Session) Read(ctx context.Context) (*schemadiff.State, error) { return s.s.read(ctx) }

// Close ends the connection.
func (s *Session) Close() error { return s.s.close() }

// renew ends what a call has left in the session. The error of the call comes first: after
// a lost connection this fails too.
func (s *Session) renew(ctx context.Context, err error) error {
	if _, rerr := s.s.conn.ExecContext(ctx, "DISCARD ALL"); rerr != nil && err == nil {
		return fmt.Errorf("reset session: %w", rerr)
	}
	return err
}
