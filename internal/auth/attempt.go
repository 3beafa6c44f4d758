package auth

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/viewer"
)

// Limits are how often something may be tried in a window of time. The counts are in the
// database, shared by all servers. What is refused is not counted.
//
// They keep the table small as well: an address makes at most 2*Address+4 rows in a window,
// and since only a password that was hashed can make one, a server with two processors, at
// some 80 hashes a second, makes at most 300,000 of 150 bytes in 15 minutes. Each attempt
// that counts makes up to 5 rows and removes up to 100 that have ended.
type Limits struct {
	// Window is how long attempts count, from the first one on. Default 15 minutes.
	Window time.Duration
	// SignIn bounds wrong passwords for one account from one address, and those from a
	// device that the account is known on, which no other limit keeps out. Default 10.
	SignIn int
	// Account bounds wrong passwords for one account from everywhere, without those of
	// known devices. Default 100, the most that NIST SP 800-63B, section 5.2.2, allows.
	Account int
	// Address bounds wrong passwords for all accounts from one address. Default 100.
	Address int
	// SignUp bounds the users made from one address, the tries included. Default 20.
	SignUp int
}

func (l Limits) withDefaults() Limits {
	return Limits{
		Window: cmp.Or(l.Window, 15*time.Minute), SignIn: cmp.Or(l.SignIn, 10), Account: cmp.Or(l.Account, 100),
		Address: cmp.Or(l.Address, 100), SignUp: cmp.Or(l.SignUp, 20),
	}
}

// bound is how often something may be tried in a window.
type bound struct {
	what string
	most int
}

// signIn bounds guessing by strangers: passwords of one account from one place, of
// one account from everywhere, and of all accounts from one place.
func (l Limits) signIn(account string, from netip.Addr) []bound {
	own := []bound{{"sign in " + account + " from " + place(from), l.SignIn}, {"sign in " + account, l.Account}}
	return append(own, places("sign in", from, l.Address)...)
}

// signUp bounds the accounts made, and the names asked for, from one place.
func (l Limits) signUp(from netip.Addr) []bound { return places("sign up", from, l.SignUp) }

// countHidden is [Hidden.Count] in the database: among the sign-ups of the address, and for the
// viewer.
func (req *Request) countHidden(ctx context.Context, v viewer.Viewer) error {
	a := req.auth
	limits := a.o.Limits.signUp(a.address(req.http))
	if v.SignedIn() {
		limits = append(limits, bound{"hidden values asked for by " + v.UserID.String(), a.o.Limits.SignUp})
	}
	return a.count(ctx, limits)
}

// networkFactor is how much more a network of IPv6 may do than one place in it.
const networkFactor = 10

// places are the limits of what one client does wherever it does it. Of IPv6 a client has
// a /64, and who has a /48 has 65,536 of them.
func places(what string, from netip.Addr, most int) []bound {
	out := []bound{{what + " from " + place(from), most}}
	if from = from.Unmap(); from.Is6() {
		if p, err := from.Prefix(48); err == nil {
			out = append(out, bound{what + " from " + p.String(), networkFactor * most})
		}
	}
	return out
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

// key is what a limit is counted under: names and addresses of people are not kept.
func (l bound) key() string {
	sum := sha256.Sum256([]byte(l.what))
	return hex.EncodeToString(sum[:])
}

func keys(limits []bound) (ids []string, most []int) {
	for _, l := range limits {
		ids, most = append(ids, l.key()), append(most, l.most)
	}
	return ids, most
}

// fullAttempts gives the seconds until the last of the counts that are full ends, null when
// none is, and whether there is a count for the first limit.
const fullAttempts = `SELECT extract(epoch FROM max(ends_at) FILTER (WHERE count >= most) - now())::float8, coalesce(bool_or(a.id = $1[1]), false)
FROM public.{attempts} a JOIN unnest($1::text[], $2::int[]) AS k (id, most) USING (id) WHERE ends_at > now()`

// within fails with a [LimitError] when one of the limits is reached. It reports whether
// anything is counted for the first one.
func (a *Auth) within(ctx context.Context, limits []bound) (counted bool, err error) {
	if a.sql.within == "" {
		return false, nil
	}
	ids, most := keys(limits)
	var left *float64
	if err := a.db.Apart().QueryRow(system(ctx), a.sql.within, ids, most).Scan(&left, &counted); err != nil {
		return false, fmt.Errorf("look at attempts: %w", err)
	}
	return counted, limitError(left)
}

func limitError(left *float64) error {
	if left == nil {
		return nil
	}
	return &LimitError{Wait: max(time.Duration(*left*float64(time.Second)), time.Second)}
}

const (
	// lockAttempts lets one transaction after the other look at counts and change them. The
	// locks are taken in order, so that no two wait for each other.
	lockAttempts = `SELECT pg_advisory_xact_lock(k) FROM unnest($1::bigint[]) k`
	// countAttempts counts one attempt for all limits, or for none when one is reached, and
	// gives the seconds until that ends.
	countAttempts = `WITH k AS (SELECT * FROM unnest($1::text[], $2::int[]) AS k (id, most)),
	reached AS (SELECT max(ends_at) AS ends_at FROM public.{attempts} JOIN k USING (id) WHERE ends_at > now() AND count >= most),
	counted AS (
		INSERT INTO public.{attempts} AS a (id, count, ends_at)
		SELECT k.id, 1, now() + $3::interval FROM k, reached WHERE reached.ends_at IS NULL
		ON CONFLICT (id) DO UPDATE SET
			count = CASE WHEN a.ends_at <= now() THEN 1 ELSE a.count + 1 END,
			ends_at = CASE WHEN a.ends_at <= now() THEN excluded.ends_at ELSE a.ends_at END
	)
	SELECT extract(epoch FROM ends_at - now())::float8 FROM reached`
	// sweepAttempts removes counts that have ended: many more than an attempt makes, so that
	// none is left for long. It comes last and waits for nobody.
	sweepAttempts = `DELETE FROM public.{attempts} WHERE id IN
		(SELECT id FROM public.{attempts} WHERE ends_at < now() ORDER BY ends_at LIMIT 100 FOR UPDATE SKIP LOCKED)`
)

// count counts an attempt, whatever becomes of the mutation it is for, or fails with a
// [LimitError] and counts nothing when one of the limits is reached. It takes a connection
// of its own: the caller must hold none.
func (a *Auth) count(ctx context.Context, limits []bound) error {
	if a.sql.count == "" {
		return nil
	}
	// Whoever hangs up has tried all the same.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(system(ctx)), countTimeout)
	defer cancel()
	ids, most := keys(limits)
	var left *float64
	b := &pgx.Batch{}
	b.Queue(lockAttempts, a.locks(ids))
	b.Queue(a.sql.count, ids, most, a.o.Limits.Window).QueryRow(func(row pgx.Row) error { return row.Scan(&left) })
	b.Queue(a.sql.sweep)
	err := pgx.BeginTxFunc(ctx, a.db.Apart(), pgx.TxOptions{}, func(tx pgx.Tx) error { return tx.SendBatch(ctx, b).Close() })
	if err != nil {
		return fmt.Errorf("count attempts: %w", err)
	}
	return limitError(left)
}

const countTimeout = 10 * time.Second

// locks are numbers for keys, in order.
func (a *Auth) locks(ids []string) []int64 {
	out := make([]int64, len(ids))
	for i, id := range ids {
		sum := sha256.Sum256([]byte(a.o.Name + " attempts " + id))
		out[i] = int64(binary.BigEndian.Uint64(sum[:]))
	}
	slices.Sort(out)
	return out
}

// forget takes back what was counted for one limit.
func (a *Auth) forget(ctx context.Context, l bound) error {
	if _, err := a.db.Apart().Exec(system(ctx), a.sql.forget, l.key()); err != nil {
		return fmt.Errorf("forget attempts: %w", err)
	}
	return nil
}
