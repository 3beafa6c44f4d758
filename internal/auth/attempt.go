package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"time"

	"github.com/jackc/pgx/v5"
)

// window is how long attempts count.
const window = 15 * time.Minute

// limit is how often something may be tried in a window.
type limit struct {
	what string
	most int
}

// signInLimits bound guessing: passwords of one account from one place, of one account
// from everywhere, and of all accounts from one place.
func signInLimits(account, address string) []limit {
	return []limit{
		{"sign in " + account + " from " + address, 10},
		{"sign in " + account, 100},
		{"sign in from " + address, 100},
	}
}

// signUpLimits bound the accounts made, and the names asked for, from one place.
func signUpLimits(address string) []limit { return []limit{{"sign up from " + address, 20}} }

// key is what a limit is counted under: names and addresses of people are not kept.
func (l limit) key() string {
	sum := sha256.Sum256([]byte(l.what))
	return hex.EncodeToString(sum[:])
}

// countAttempts counts one attempt for each limit, whatever becomes of the mutation it is
// for, and returns how many there were and the seconds until the count ends. Rows are
// taken in the order of their keys, so that two of these never wait for each other.
const countAttempts = `INSERT INTO public.attempts AS a (id, count, ends_at)
SELECT k, 1, now() + $2::interval FROM unnest($1::text[]) k ORDER BY k
ON CONFLICT (id) DO UPDATE SET
	count = CASE WHEN a.ends_at <= now() THEN 1 ELSE least(a.count, 1000000) + 1 END,
	ends_at = CASE WHEN a.ends_at <= now() THEN excluded.ends_at ELSE a.ends_at END
RETURNING id, count, extract(epoch FROM ends_at - now())::float8`

// attempt counts an attempt and fails with a [LimitError] when there were too many. The
// counts are shared by all servers on the database.
func (a *Auth) attempt(ctx context.Context, limits []limit) error {
	most := map[string]int{}
	var keys []string
	for _, l := range limits {
		most[l.key()] = l.most
		keys = append(keys, l.key())
	}
	rows, err := a.db.Apart().Query(system(ctx), countAttempts, keys, window)
	if err != nil {
		return fmt.Errorf("count attempts: %w", err)
	}
	var wait time.Duration
	var key string
	var count int
	var left float64
	_, err = pgx.ForEachRow(rows, []any{&key, &count, &left}, func() error {
		if count > most[key] {
			wait = max(wait, time.Duration(left*float64(time.Second)), time.Second)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("count attempts: %w", err)
	}
	if wait > 0 {
		return &LimitError{Wait: wait}
	}
	return nil
}

// forget takes back the counts of one account from one place after a right password, and
// removes counts that have ended.
func (a *Auth) forget(ctx context.Context, limits []limit) error {
	_, err := a.db.Apart().Exec(system(ctx), `DELETE FROM public.attempts WHERE id = $1
		OR id IN (SELECT id FROM public.attempts WHERE ends_at < now() ORDER BY ends_at LIMIT 100 FOR UPDATE SKIP LOCKED)`, limits[0].key())
	if err != nil {
		return fmt.Errorf("forget attempts: %w", err)
	}
	return nil
}

// place is what attempts from one client count under: its address, of IPv6 the network,
// since one client has 2^64 addresses there.
func place(address netip.Addr) string {
	address = address.Unmap()
	if address.Is6() {
		if p, err := address.Prefix(64); err == nil {
			return p.String()
		}
	}
	return address.String()
}
