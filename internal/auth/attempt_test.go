package auth_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/auth"
	"github.com/entgraph/entgraph/internal/fair"
)

// guess sends a wrong password from an address.
func guess(t *testing.T, api *apitest.API, name, from string) apitest.Response {
	t.Helper()
	return (&browser{api: api, address: from}).ask(t, signIn, vars{"name": name, "password": "wrong password"})
}

// counts are the rows of attempts and the sum of what they count.
func counts(t *testing.T, api *apitest.API) (rows, sum int) {
	t.Helper()
	if err := api.DB.Read.QueryRow(t.Context(), `SELECT count(*), coalesce(sum(count), 0) FROM public.attempts`).Scan(&rows, &sum); err != nil {
		t.Fatal(err)
	}
	return rows, sum
}

// TestRightPasswordsDoNotCount is an office behind one address.
func TestRightPasswordsDoNotCount(t *testing.T) {
	t.Parallel()
	api := newAPI(t, auth.Options{Proxies: 1, Limits: auth.Limits{Address: 5, Account: 5, SignIn: 3}})
	join(t, api, "ada")
	if _, err := api.DB.Write.Exec(t.Context(), `DELETE FROM attempts`); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		(&browser{api: api, address: "192.0.2.1"}).ask(t, signIn, vars{"name": "ada", "password": secret}).OK(t)
	}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			codes(t, (&browser{api: api, address: "192.0.2.1"}).ask(t, signIn, vars{"name": "ada", "password": secret}))
		})
	}
	wg.Wait()
	if rows, _ := counts(t, api); rows != 0 {
		t.Errorf("%d rows", rows)
	}
	// A right one takes back the wrong ones of the same address and account.
	for range 4 {
		codes(t, guess(t, api, "ada", "192.0.2.1"), "UNAUTHENTICATED")
		(&browser{api: api, address: "192.0.2.1"}).ask(t, signIn, vars{"name": "ada", "password": secret}).OK(t)
	}
}

// TestRefusedAttemptsCountNowhere goes on from a blocked address: to the same account, and
// to those of others.
func TestRefusedAttemptsCountNowhere(t *testing.T) {
	t.Parallel()
	api := newAPI(t, auth.Options{Proxies: 1, Limits: auth.Limits{Address: 6, Account: 8, SignIn: 3}})
	join(t, api, "ada")
	for i := range 6 {
		codes(t, guess(t, api, fmt.Sprintf("nobody%d", i/3), "192.0.2.1"), "UNAUTHENTICATED")
	}
	state := func() (s string) {
		if err := api.DB.Read.QueryRow(t.Context(), `SELECT string_agg(a::text, ' ' ORDER BY id) FROM public.attempts a`).Scan(&s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	before := state()
	for i := range 20 {
		codes(t, guess(t, api, "ada", "192.0.2.1"), "RATE_LIMITED")
		codes(t, guess(t, api, fmt.Sprintf("new%d", i), "192.0.2.1"), "RATE_LIMITED")
	}
	if after := state(); after != before {
		t.Errorf("before %s\nafter %s", before, after)
	}
	// Nothing was counted for the account: elsewhere all its guesses are left.
	for i := range 8 {
		codes(t, guess(t, api, "ada", fmt.Sprintf("192.0.2.%d", 2+i)), "UNAUTHENTICATED")
	}
	codes(t, guess(t, api, "ada", "192.0.2.99"), "RATE_LIMITED")
}

// TestStrangersDoNotKeepTheOwnerOut guesses the password of one account from everywhere.
func TestStrangersDoNotKeepTheOwnerOut(t *testing.T) {
	t.Parallel()
	api := newAPI(t, auth.Options{Proxies: 1, Limits: auth.Limits{Account: 5, SignIn: 3}})
	owner, eve := join(t, api, "ada"), join(t, api, "eve")
	if owner.device == nil || !owner.device.HttpOnly || owner.device.MaxAge < 300*24*3600 {
		t.Fatalf("device %v", owner.device)
	}
	for i := range 5 {
		codes(t, guess(t, api, "ada", fmt.Sprintf("192.0.2.%d", i)), "UNAUTHENTICATED")
	}
	in := func(device *http.Cookie, password string) apitest.Response {
		b := &browser{api: api, device: device, address: "198.51.100.1"}
		return b.ask(t, signIn, vars{"name": "ada", "password": password})
	}
	codes(t, in(nil, secret), "RATE_LIMITED")
	codes(t, in(owner.device, secret))
	codes(t, in(eve.device, secret), "RATE_LIMITED") // known to somebody else
	for _, value := range []string{"", "x", owner.device.Value[:42] + "_", strings.Repeat("A", 43), strings.Repeat(owner.device.Value[:20]+".", 1000)} {
		codes(t, in(&http.Cookie{Name: "entgraph_device", Value: value}, secret), "RATE_LIMITED")
	}
	// Whoever has taken the cookie has a limit too, and stops neither strangers nor the owner elsewhere.
	second := &browser{api: api, device: eve.device, address: "198.51.100.2"}
	if _, err := api.DB.Write.Exec(t.Context(), `DELETE FROM attempts`); err != nil {
		t.Fatal(err)
	}
	second.ask(t, signIn, vars{"name": "ada", "password": secret}).OK(t)
	for range 3 {
		codes(t, in(owner.device, "wrong password"), "UNAUTHENTICATED")
	}
	codes(t, in(owner.device, secret), "RATE_LIMITED")
	codes(t, in(second.device, secret))
	codes(t, in(nil, secret))
	// One browser is known to both who use it.
	if n := strings.Count(second.device.Value, ".") + 1; n != 2 {
		t.Errorf("%d tags", n)
	}
	// After a new password only the browser that set it is known.
	second.ask(t, `mutation { changePassword(input: {oldPassword: "`+secret+`", newPassword: "another secret"}) { user { id } } }`, nil).OK(t)
	for i := range 5 {
		codes(t, guess(t, api, "ada", fmt.Sprintf("192.0.2.%d", i)), "UNAUTHENTICATED")
	}
	codes(t, in(owner.device, "another secret"), "RATE_LIMITED")
	codes(t, in(second.device, "another secret"))
}

// TestNetworksOfIPv6 changes the network with every guess: one customer has 65,536 of them.
func TestNetworksOfIPv6(t *testing.T) {
	t.Parallel()
	api := newAPI(t, auth.Options{Proxies: 1, Limits: auth.Limits{Address: 2}})
	for i := range 20 {
		codes(t, guess(t, api, fmt.Sprintf("nobody%d", i), fmt.Sprintf("2001:db8:1:%x::1", i)), "UNAUTHENTICATED")
	}
	codes(t, guess(t, api, "nobody", "2001:db8:1:ffff::1"), "RATE_LIMITED")
	codes(t, guess(t, api, "nobody", "2001:db8:2::1"), "UNAUTHENTICATED")
}

// TestGuessesAtOnce sends a hundred guesses at once: what is between the look at the counts
// and the count makes no more of them.
func TestGuessesAtOnce(t *testing.T) {
	t.Parallel()
	api := newAPI(t, auth.Options{Proxies: 1})
	join(t, api, "ada")
	if _, err := api.DB.Write.Exec(t.Context(), `DELETE FROM attempts`); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	got := map[string]int{}
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			answer := guess(t, api, "ada", "192.0.2.1")
			mu.Lock()
			defer mu.Unlock()
			got[answer.Codes()[0]]++
		})
	}
	wg.Wait()
	if got["UNAUTHENTICATED"] != 10 || got["RATE_LIMITED"] != 90 {
		t.Errorf("codes %v", got)
	}
	// One for the account and the address, one for each of the two.
	if rows, sum := counts(t, api); rows != 3 || sum != 30 {
		t.Errorf("%d rows, %d in all", rows, sum)
	}
}

// TestGuessesByAlias hides guesses behind right passwords, many in one mutation.
func TestGuessesByAlias(t *testing.T) {
	t.Parallel()
	api := newAPI(t, auth.Options{Proxies: 1, Limits: auth.Limits{SignIn: 3}})
	join(t, api, "ada")
	join(t, api, "eve")
	own := func(alias string) string {
		return alias + `: signIn(input: {username: "eve", password: "` + secret + `"}) { user { username } } `
	}
	var aliases strings.Builder
	for i := range 25 {
		fmt.Fprintf(&aliases, `%s b%d: signIn(input: {username: "ada", password: "guess %d"}) { user { username } } `, own(fmt.Sprintf("a%d", i)), i, i)
	}
	b := &browser{api: api, address: "192.0.2.1"}
	for _, want := range []string{"UNAUTHENTICATED", "UNAUTHENTICATED", "UNAUTHENTICATED", "RATE_LIMITED", "RATE_LIMITED"} {
		answer := b.ask(t, "mutation { "+aliases.String()+"}", nil)
		codes(t, answer, want)
		if len(answer.Errors) == 1 && fmt.Sprint(answer.Errors[0].Path) != "[b0]" {
			t.Errorf("path %v", answer.Errors[0].Path)
		}
	}
	// Right ones in a row begin one session after the other, in place of the one before.
	b.ask(t, "mutation { "+own("a")+own("b")+own("c")+"}", nil).OK(t)
	b.is(t, `{"data":{"viewer":{"username":"eve"}}}`)
}

// TestSignInHoldsNoConnection signs in where an earlier field has written already, with more
// requests at once than there are connections.
func TestSignInHoldsNoConnection(t *testing.T) {
	t.Parallel()
	api := newAPI(t, auth.Options{Proxies: 1})
	var wg sync.WaitGroup
	for i := range 30 {
		wg.Go(func() {
			b := &browser{api: api, address: fmt.Sprintf("192.0.2.%d", i), cookie: &http.Cookie{Name: "entgraph_session", Value: strings.Repeat("A", 43)}}
			answer := b.ask(t, `mutation { signOut { signedOut } signIn(input: {username: "nobody1", password: "x"}) { user { id } } }`, nil)
			codes(t, answer, "UNAUTHENTICATED")
		})
	}
	wg.Wait()
	if n := api.DB.Write.Stat().AcquiredConns(); n != 0 {
		t.Errorf("%d connections are held", n)
	}
}

// TestFieldsBeforeFailFirst checks a password that a failing field stands before.
func TestFieldsBeforeFailFirst(t *testing.T) {
	t.Parallel()
	api := newAPI(t, auth.Options{})
	answer := (&browser{api: api}).ask(t, `mutation { signOut { signedOut } createTag(input: {name: ""}) { tag { id } } signIn(input: {username: "ada", password: "x"}) { user { id } } }`, nil)
	codes(t, answer, "BAD_USER_INPUT")
}

// TestOldCountsGo makes more ended counts than an attempt removes.
func TestOldCountsGo(t *testing.T) {
	t.Parallel()
	api := newAPI(t, auth.Options{Proxies: 1})
	if _, err := api.DB.Write.Exec(t.Context(), `INSERT INTO attempts (id, count, ends_at)
		SELECT 'old ' || i, 1, now() - interval '1 hour' FROM generate_series(1, 250) i`); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{150, 50, 0, 0} {
		codes(t, guess(t, api, "nobody", fmt.Sprintf("192.0.2.%d", i)), "UNAUTHENTICATED")
		var old int
		if err := api.DB.Read.QueryRow(t.Context(), `SELECT count(*) FROM public.attempts WHERE ends_at < now()`).Scan(&old); err != nil || old != want {
			t.Errorf("%d ended counts, want %d: %v", old, want, err)
		}
	}
}

// TestChangingThePasswordIsLimited guesses the old password with a stolen session. The
// owner's sessions have tries of their own.
func TestChangingThePasswordIsLimited(t *testing.T) {
	t.Parallel()
	api := newAPI(t, auth.Options{Limits: auth.Limits{SignIn: 3}})
	thief := join(t, api, "ada")
	owner := &browser{api: api}
	owner.ask(t, signIn, vars{"name": "ada", "password": secret}).OK(t)
	change := func(b *browser, old string) apitest.Response {
		return b.ask(t, `mutation($old: String!) { changePassword(input: {oldPassword: $old, newPassword: "another secret"}) { user { id } } }`, vars{"old": old})
	}
	for range 3 {
		codes(t, change(thief, "wrong password"), "UNAUTHENTICATED")
	}
	codes(t, change(thief, secret), "RATE_LIMITED")
	change(owner, secret).OK(t)
}

// TestSessionsAreBounded signs in more often than a user may be signed in.
func TestSessionsAreBounded(t *testing.T) {
	t.Parallel()
	first := join(t, newAPI(t, auth.Options{MaxSessions: 3}), "ada")
	other := join(t, first.api, "eve")
	var last *browser
	for range 5 {
		last = &browser{api: first.api}
		last.ask(t, signIn, vars{"name": "ada", "password": secret}).OK(t)
	}
	codes(t, first.ask(t, who, nil), "UNAUTHENTICATED")
	last.is(t, isAda)
	other.is(t, `{"data":{"viewer":{"username":"eve"}}}`)
	var n int
	if err := first.api.DB.Read.QueryRow(t.Context(), `SELECT count(*) FROM public.sessions`).Scan(&n); err != nil || n != 4 {
		t.Errorf("%d sessions, %v", n, err)
	}
}

// TestWindow lets a count end.
func TestWindow(t *testing.T) {
	t.Parallel()
	api := newAPI(t, auth.Options{Limits: auth.Limits{SignIn: 1, Window: time.Hour}})
	codes(t, guess(t, api, "ada", ""), "UNAUTHENTICATED")
	answer := guess(t, api, "ada", "")
	codes(t, answer, "RATE_LIMITED")
	if wait, _ := answer.Errors[0].Extensions["retryAfter"].(float64); wait < 3500 || wait > 3600 {
		t.Errorf("wait %v", wait)
	}
	if _, err := api.DB.Write.Exec(t.Context(), `UPDATE attempts SET ends_at = now() - interval '1 second'`); err != nil {
		t.Fatal(err)
	}
	codes(t, guess(t, api, "ada", ""), "UNAUTHENTICATED")
	codes(t, guess(t, api, "ada", ""), "RATE_LIMITED")
}

// TestFieldsFollowEachOther signs in and out within one mutation: each field is checked for
// whom the ones before it leave.
func TestFieldsFollowEachOther(t *testing.T) {
	t.Parallel()
	api := newAPI(t, auth.Options{})
	join(t, api, "ada")
	const in, change = `signIn(input: {username: "ada", password: "` + secret + `"}) { user { id } }`,
		`changePassword(input: {oldPassword: "` + secret + `", newPassword: "another secret"}) { user { username } }`
	eve := join(t, api, "eve")
	codes(t, eve.ask(t, "mutation { signOut { signedOut } "+change+" }", nil), "UNAUTHENTICATED")
	eve.is(t, `{"data":{"viewer":{"username":"eve"}}}`)
	eve.ask(t, "mutation { "+in+" "+change+" }", nil).OK(t)
	eve.is(t, isAda)
	b := &browser{api: api}
	codes(t, b.ask(t, signIn, vars{"name": "ada", "password": secret}), "UNAUTHENTICATED")
	b.ask(t, signIn, vars{"name": "ada", "password": "another secret"}).OK(t)
	// Whoever has just signed up goes on.
	b.ask(t, `mutation { signUp(input: {username: "joe", email: "joe@example.com", password: "`+secret+`"}) { user { id } } createTag(input: {name: "go"}) { tag { id } } }`, nil).OK(t)
	b.is(t, `{"data":{"viewer":{"username":"joe"}}}`)
	b.ask(t, signIn, vars{"name": "eve", "password": secret}).OK(t)
}

// TestAddressesWithPorts takes what some proxies write into X-Forwarded-For, an address with
// its port: each client counts for itself.
func TestAddressesWithPorts(t *testing.T) {
	t.Parallel()
	api := newAPI(t, auth.Options{Proxies: 1, Limits: auth.Limits{SignUp: 1}})
	for i, address := range []string{"192.0.2.1:443", "192.0.2.2:443", "[2001:db8::1]:443", "[2001:db9::1]", "192.0.2.1"} {
		b := &browser{api: api, address: address}
		answer := b.ask(t, fmt.Sprintf(`mutation { signUp(input: {username: "u%d", email: "u%d@example.com", password: %q}) { user { username } } }`, i, i, secret), nil)
		if want := i == 4; slices.Contains(answer.Codes(), "RATE_LIMITED") != want {
			t.Errorf("%s: %s", address, answer.Body)
		}
	}
}

// TestHashingIsShared lets one client have half of the turns to hash, and one client more
// than may wait none at all, while another is served.
func TestHashingIsShared(t *testing.T) {
	t.Parallel()
	api := newAPI(t, auth.Options{Proxies: 1, Share: fair.Options{MaxPerClient: 1, Timeout: time.Minute}})
	join(t, api, "ada")
	join(t, api, "eve")
	answers := make(chan string)
	const many = 30
	for range many {
		go func() {
			b := &browser{api: api, address: "192.0.2.1"}
			answers <- fmt.Sprint(b.ask(t, signIn, vars{"name": "ada", "password": secret}).Codes())
		}()
	}
	b := &browser{api: api, address: "192.0.2.2"}
	b.ask(t, signIn, vars{"name": "eve", "password": secret}).OK(t)
	got := map[string]int{}
	for range many {
		got[<-answers]++
	}
	if got["[]"] == 0 || got["[RATE_LIMITED]"] == 0 || got["[]"]+got["[RATE_LIMITED]"] != many {
		t.Errorf("answers: %v", got)
	}
}
