package postgres

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
)

// maxTries is how often work is run that others keep from its end. Two transactions that
// wait for each other are told after a second (deadlock_timeout), and one of them goes
// on: the second try nearly always ends well.
const maxTries = 6

// Retry runs work that had no effect when it fails, such as a whole transaction, until it
// ends well, fails for another reason than [CanRepeat], or was tried six times. The
// pauses grow from about 10 ms to 300 ms. It ends with ctx, and then returns the error
// of the work.
func Retry(ctx context.Context, work func() error) error {
	for try := 1; ; try++ {
		err := work()
		if err == nil || try == maxTries || !CanRepeat(err) || !pause(ctx, try) {
			return err
		}
	}
}

// CanRepeat reports whether work that failed with an error, and had no effect, may end
// well when it is run again at once: others changed the same rows, or the connection was
// lost. Who has waited for a connection in vain has waited long enough.
func CanRepeat(err error) bool {
	var lost *LostError
	return IsConflict(err) || errors.As(err, &lost)
}

// LostError tells that the connection was lost, or that the server gave up, while a
// statement ran. Errors of the network alone do not tell whose they are: a resolver may
// ask other services.
type LostError struct{ Err error }

// Error names the cause.
func (e *LostError) Error() string { return "lost the database: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *LostError) Unwrap() error { return e.Err }

// Lost marks the error of a statement that tells of a lost connection.
func Lost(err error) error {
	var lost *LostError
	var unreachable *UnreachableError
	if !IsUnavailable(err) || errors.As(err, &lost) || errors.As(err, &unreachable) {
		return err
	}
	return &LostError{err}
}

// lostRows are rows whose error is marked.
type lostRows struct{ pgx.Rows }

// Err is the error of the statement.
func (r lostRows) Err() error { return Lost(r.Rows.Err()) }

// pause waits before the next try; false when ctx ends first. Pauses are random, so that
// two who got into each other's way do not meet again.
func pause(ctx context.Context, try int) bool {
	const least, most = 10 * time.Millisecond, 300 * time.Millisecond
	d := min(least<<min(try-1, 10), most)
	timer := time.NewTimer(d/2 + rand.N(d))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
