package server_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/fair"
)

// TestWorkBeforeTheDatabase lets one client keep its processors busy: its documents wait,
// a bounded number of them, those that are known do not, and others are served.
func TestWorkBeforeTheDatabase(t *testing.T) {
	t.Parallel()
	api := apitest.New(t, func(o *apitest.Options) {
		o.Auth.Proxies, o.Server.Queue = 1, fair.Options{MaxPerClient: 1, Timeout: time.Minute}
	})
	const greedy, polite = "192.0.2.1", "192.0.2.2"
	ask := func(address, text string) apitest.Response {
		return api.Do(t, request(t, api, "POST", "", text, isJSON, "X-Forwarded-For: "+address, "Accept: application/graphql-response+json"))
	}
	const byID = `query($ids: [ID!]) { tags(where: {idIn: $ids}) { totalCount } }`
	list := func(n int) string {
		return fmt.Sprintf(`{"query": %q, "variables": {"ids": [%s]}}`, byID, strings.TrimSuffix(strings.Repeat(`"tag_01h455vb4pex5vsknk084sn02q",`, n), ","))
	}
	known := body(t, countPosts)
	for _, text := range []string{known, list(1)} {
		if answer := ask(greedy, text); answer.Status != 200 {
			t.Fatalf("status %d: %s", answer.Status, answer.Body)
		}
	}
	release := api.Server.HoldWork("address " + greedy)
	refused := func(what string, answer apitest.Response) {
		t.Helper()
		if answer.Status != 429 || !slices.Equal(answer.Codes(), []string{"RATE_LIMITED"}) || answer.Errors[0].Extensions["limit"] != "MAX_QUEUE_PER_CLIENT" || answer.Header.Get("Retry-After") != "1" {
			t.Errorf("%s: status %d: %s", what, answer.Status, answer.Body)
		}
	}
	answers := make(chan apitest.Response, 2)
	for _, name := range []string{"one", "two"} {
		go func() { answers <- ask(greedy, body(t, "{ "+name+": posts { totalCount } }")) }()
	}
	refused("a new document", <-answers) // the other one waits
	refused("many values", ask(greedy, list(300)))
	refused("a large body", ask(greedy, known+strings.Repeat(" ", 40_000)))
	for _, text := range []string{known, list(1)} {
		if answer := ask(greedy, text); answer.Status != 200 {
			t.Errorf("a known document: status %d: %s", answer.Status, answer.Body)
		}
	}
	for _, text := range []string{body(t, `{ three: posts { totalCount } }`), list(300), known + strings.Repeat(" ", 40_000)} {
		if answer := ask(polite, text); answer.Status != 200 {
			t.Errorf("another client: status %d: %s", answer.Status, answer.Body)
		}
	}
	release()
	if answer := <-answers; answer.Status != 200 {
		t.Errorf("the one that waited: status %d: %s", answer.Status, answer.Body)
	}
	if answer := ask(greedy, list(300)); answer.Status != 200 {
		t.Errorf("after all: status %d: %s", answer.Status, answer.Body)
	}
}
