package executor_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/auth"
	"github.com/entgraph/entgraph/key"
	"github.com/entgraph/entgraph/viewer"
)

// prober is a member who asks whether others' addresses are taken.
type prober struct {
	*apitest.API
	id, from string
}

func newProber(t *testing.T, limits auth.Limits) prober {
	t.Helper()
	api := apitest.New(t, func(o *apitest.Options) { o.Auth.Proxies, o.Auth.Limits = 1, limits })
	api.SignedIn(t, "eve", "MEMBER")
	a := prober{API: api.SignedIn(t, "ada", "MEMBER"), from: "192.0.2.1"}
	a.id, _ = a.Query(t, `{ viewer { id } }`, nil).At(t, "viewer.id").(string)
	return a
}

func (a prober) send(t *testing.T, query string) apitest.Response {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.Endpoint, strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Forwarded-For", a.from)
	return a.Do(t, r)
}

// email writes an address, beside a field that fails.
func (a prober) email(t *testing.T, address string) []string {
	t.Helper()
	return a.send(t, fmt.Sprintf(`mutation { updateUser(id: %q, input: {email: %q}) { user { id } } createTag(input: {name: ""}) { tag { id } } }`, a.id, address)).Codes()
}

// TestHiddenValuesAreAskedForSeldom asks in each way there is whether an address is taken,
// and finds that all of them count together, whatever the answer is.
func TestHiddenValuesAreAskedForSeldom(t *testing.T) {
	t.Parallel()
	a := newProber(t, auth.Limits{SignUp: 6})
	anonymous := prober{API: a.As(viewer.Viewer{}).Bearer(""), from: a.from}
	signUp := func(address string) []string {
		return anonymous.send(t, fmt.Sprintf(`mutation { signUp(input: {username: "x", email: %q, password: "correct horse"}) { user { id } } }`, address)).Codes()
	}
	for i, tc := range []struct {
		got  []string
		want string
	}{
		{a.email(t, "eve@example.com"), "CONFLICT"},
		{a.email(t, " EVE@Example.com "), "CONFLICT"},
		{a.email(t, "free@example.com"), "BAD_USER_INPUT"}, // of the tag
		{a.email(t, "nonsense"), "BAD_USER_INPUT"},
		{signUp("eve@example.com"), "BAD_USER_INPUT"}, // of the name
		{a.send(t, fmt.Sprintf(`mutation { updateUser(id: %q, input: {email: "mine@example.com"}) { user { email } } }`, a.id)).Codes(), ""},
		{a.email(t, "eve@example.com"), "RATE_LIMITED"},
		{a.email(t, "free@example.com"), "RATE_LIMITED"},
		{signUp("eve@example.com"), "RATE_LIMITED"},
	} {
		if strings.Join(tc.got, " ") != tc.want {
			t.Errorf("%d: codes %v, want %s", i, tc.got, tc.want)
		}
	}
	// Elsewhere the member is the same, and others are not.
	a.from, anonymous.from = "198.51.100.1", "198.51.100.1"
	for i, want := range []string{"CONFLICT", "RATE_LIMITED"} { // the sign-up was not the member's
		if got := a.email(t, "eve@example.com"); !slices.Equal(got, []string{want}) {
			t.Errorf("%d from another address: %v", i, got)
		}
	}
	if got := signUp("free@example.com"); !slices.Equal(got, []string{"BAD_USER_INPUT"}) {
		t.Errorf("somebody else: %v", got)
	}
	// What everybody sees is not counted, nor is what an admin writes.
	a.send(t, fmt.Sprintf(`mutation { updateUser(id: %q, input: {username: "ada2"}) { user { id } } }`, a.id)).OK(t)
	admin := prober{API: a.SignedIn(t, "root", "ADMIN"), from: "192.0.2.1"}
	for i := range 8 {
		name := fmt.Sprintf("new%d", i)
		admin.send(t, fmt.Sprintf(`mutation { createUser(input: {username: %q, email: "%s@example.com"}) { user { id } } }`, name, name)).OK(t)
	}
}

// TestAskingAtOnceCounts sends many questions at the same time.
func TestAskingAtOnceCounts(t *testing.T) {
	t.Parallel()
	a := newProber(t, auth.Limits{SignUp: 6})
	var mu sync.Mutex
	got := map[string]int{}
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() {
			codes := a.email(t, "eve@example.com")
			mu.Lock()
			defer mu.Unlock()
			got[strings.Join(codes, " ")]++
		})
	}
	wg.Wait()
	if got["CONFLICT"] != 6 || got["RATE_LIMITED"] != 34 {
		t.Errorf("codes %v", got)
	}
}

// TestHiddenValuesLeaveTraces reads the log after writes that were undone.
func TestHiddenValuesLeaveTraces(t *testing.T) {
	t.Parallel()
	a := newProber(t, auth.Limits{SignUp: 3})
	a.email(t, "eve@example.com")
	a.email(t, "free@example.com")
	anonymous := prober{API: a.As(viewer.Viewer{}).Bearer(""), from: a.from}
	anonymous.send(t, `mutation { signUp(input: {username: "emmy", email: "eve@example.com", password: "correct horse"}) { user { id } } }`)
	a.email(t, "third@example.com")
	for message, want := range map[string]int{
		"write of a hidden unique value":                         2,
		"write of a hidden unique value refused":                 1,
		"a write met a value that may be hidden from its viewer": 2, // the member's and the sign-up's
	} {
		lines := a.Log.Lines(message)
		if len(lines) != want {
			t.Errorf("%d lines %q, want %d", len(lines), message, want)
		}
		for _, line := range lines {
			if fmt.Sprint(line["fields"]) != "[User.email]" || line["viewer"] == "" || line["request_id"] == "" {
				t.Errorf("line %v", line)
			}
		}
	}
	text, err := json.Marshal(a.Log.Lines(""))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "@example.com") {
		t.Error("the log holds an address")
	}
	// A name is public, so that one that is taken is no secret.
	a.send(t, fmt.Sprintf(`mutation { updateUser(id: %q, input: {username: "eve"}) { user { id } } }`, a.id))
	if n := len(a.Log.Lines("a write met a value that may be hidden from its viewer")); n != 2 {
		t.Errorf("%d lines after a public value", n)
	}
}

// TestHiddenValuesWithoutSignIn asks in an app that signs nobody in itself: each server counts
// there, for the address and for the user.
func TestHiddenValuesWithoutSignIn(t *testing.T) {
	t.Parallel()
	api := apitest.New(t, func(o *apitest.Options) {
		o.Graph.Hidden, o.Server.Proxies = auth.Limits{SignUp: 2}, 1
		o.Server.Authenticate = func(r *http.Request) (viewer.Viewer, error) {
			id, err := uuid.Parse(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
			return viewer.Viewer{UserID: key.UUID(id), Role: "MEMBER"}, err
		}
	})
	as := func(name string) prober {
		var id uuid.UUID
		if err := api.DB.Write.QueryRow(t.Context(), "INSERT INTO users (username, email) VALUES ($1::text, $1::text || '@example.com') RETURNING id", name).Scan(&id); err != nil {
			t.Fatal(err)
		}
		a := prober{API: api.Bearer(id.String()), from: "192.0.2.1"}
		a.id, _ = a.send(t, fmt.Sprintf(`{ userByUsername(username: %q) { id } }`, name)).At(t, "userByUsername.id").(string)
		return a
	}
	ada, eve := as("ada"), as("eve")
	for i, want := range []string{"CONFLICT", "CONFLICT", "RATE_LIMITED"} {
		if got := ada.email(t, "eve@example.com"); !slices.Equal(got, []string{want}) {
			t.Errorf("%d: %v, want %s", i, got, want)
		}
	}
	if got := eve.email(t, "ada@example.com"); !slices.Equal(got, []string{"RATE_LIMITED"}) {
		t.Errorf("another from the same address: %v", got)
	}
	ada.from, eve.from = "198.51.100.1", "198.51.100.1"
	if got := ada.email(t, "eve@example.com"); !slices.Equal(got, []string{"RATE_LIMITED"}) {
		t.Errorf("from another address: %v", got)
	}
	if got := eve.email(t, "ada@example.com"); !slices.Equal(got, []string{"CONFLICT"}) {
		t.Errorf("another from another address: %v", got)
	}
}
