package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"github.com/entgraph/entgraph/internal/fair"
)

// The length of a password: characters at least, bytes at most, since each costs time
// and memory before it is known to be wrong. Source: NIST SP 800-63B, section 5.1.1.2.
const (
	minPassword = 8
	maxPassword = 512
)

// defaultCost is what OWASP recommends for Argon2id as its first choice for servers: 19 MiB,
// two passes, one thread. Hashes carry their own cost, so that it may be raised.
var defaultCost = argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// defaultNobody is the hash at that cost of a random password that was thrown away; see
// hasher.
const defaultNobody = "$argon2id$v=19$m=19456,t=2,p=1$mUreINE8V0tH6P+qoWk+KQ$VK3z340lyHmmTaLCBGbWgq2Q6i7VyqDFExoXhcWYRXs"

// hasher bounds how many passwords are hashed at a time, since each takes 19 MiB and a
// processor.
type hasher struct {
	slots *fair.Queue
	cost  argon2id.Params
	// nobody is a hash at the same cost to compare with where there is none: the time of
	// an answer must not tell whether a user exists.
	nobody func() (string, error)
}

func newHasher(cost argon2id.Params, share fair.Options) hasher {
	share.PerClient = 0 // half
	h := hasher{slots: fair.New(max(1, runtime.GOMAXPROCS(0)), share), cost: cost}
	if cost == (argon2id.Params{}) {
		h.cost, h.nobody = defaultCost, func() (string, error) { return defaultNobody, nil }
		return h
	}
	h.nobody = sync.OnceValues(func() (string, error) { return argon2id.CreateHash(newToken(), &cost) })
	return h
}

// CheckPassword says what is wrong with a new password; the error is for the client.
func CheckPassword(password string) error {
	switch {
	case len(password) > maxPassword:
		return fmt.Errorf("must have at most %d bytes", maxPassword)
	case !utf8.ValidString(password):
		return errors.New("must be text in UTF-8")
	case strings.ContainsRune(password, 0):
		return errors.New("must not contain the character U+0000")
	case utf8.RuneCountInString(password) < minPassword:
		return fmt.Errorf("must have at least %d characters", minPassword)
	}
	return nil
}

// hash returns the hash of a password to keep, in the PHC form.
func (a *Auth) hash(ctx context.Context, password string) (hash string, err error) {
	err = a.hasher.do(ctx, func() (err error) {
		hash, err = argon2id.CreateHash(password, &a.hasher.cost)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	return hash, nil
}

// guess compares a password with that of an account, within limits, which only wrong ones
// count for, and reports whether its hash is to be replaced. An account without a password
// takes as long. It fails with [ErrWrong] and a [LimitError].
//
// All of it has the hasher's turn: of many guesses at once no more than have a turn are
// between the look at the counts and the count.
func (a *Auth) guess(ctx context.Context, limits []bound, password string, acc account) (old bool, err error) {
	// What is refused anyway does not wait for a turn.
	if _, err := a.within(ctx, limits); err != nil {
		return false, err
	}
	err = a.hasher.do(ctx, func() error {
		counted, err := a.within(ctx, limits)
		if err != nil {
			return err
		}
		var right bool
		right, old, err = a.compare(password, acc)
		switch {
		case err != nil:
			return fmt.Errorf("verify password: %w", err)
		case !right:
			return cmp.Or(a.count(ctx, limits), ErrWrong)
		case counted:
			return a.forget(ctx, limits[0])
		}
		return nil
	})
	return old, err
}

// compare reports whether an account has the password, and whether its hash is one to
// replace. A hash that cannot be used is that of no password: the log records it, the client
// learns nothing.
func (a *Auth) compare(password string, acc account) (right, old bool, err error) {
	nobody, err := a.hasher.nobody()
	if err != nil {
		return false, false, err
	}
	if len(password) > maxPassword {
		password, acc.hash = "", nil // the same time for what cannot be right
	}
	if acc.hash != nil {
		right, old, err = a.hasher.verify(password, *acc.hash)
		if err == nil {
			return right, old, nil
		}
		a.o.Log.Warn("the hash of a password cannot be used", "user", acc.viewer.UserID, "error", err)
	}
	_, err = argon2id.ComparePasswordAndHash(password, nobody)
	return false, false, err
}

// do waits for its turn, and runs f. Clients take turns, and few of one wait: see
// [fair.Queue].
func (h hasher) do(ctx context.Context, f func() error) error {
	release, err := h.slots.Acquire(ctx)
	if err != nil {
		return err
	}
	defer release()
	return f()
}

// HashPassword gives what is kept of a password that [CheckPassword] accepts, for
// commands that make users.
func HashPassword(password string) (string, error) {
	hash, err := argon2id.CreateHash(password, &defaultCost)
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	return hash, nil
}
