package executor_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/entgraph/entgraph/internal/apitest"
)

// TestTimes sends times that RFC 3339 or the API does not allow to an input, a filter and
// a handwritten field: each is refused, and none is taken for another time.
func TestTimes(t *testing.T) {
	t.Parallel()
	api := apitest.New(t).SignedIn(t, "ada", "ADMIN")
	next := time.Now().UTC().AddDate(0, 1, 0).Format("2006-01-02")
	for text, fine := range map[string]bool{
		next + "T12:00:00Z": true, next + "t12:00:00.123456000z": true, next + "T12:00:00+23:59": true,
		next + "T12:00:00+24:00": false, next + "T12:00:00.1234567Z": false, next + "T12:00:60Z": false, next + " 12:00:00Z": false,
		next + "T1:00:00Z": false, next + "T12:00:00,5Z": false, next + "T12:00:00": false, "10000-01-01T00:00:00Z": false, "0000-12-31T23:59:59Z": false,
	} {
		for _, query := range []string{
			`query($t: Time) { posts(where: {publishedAtGTE: $t}) { totalCount } }`,
			`query($t: Time!) { posts(where: {createdAtIn: [$t]}) { totalCount } }`,
			`mutation($t: Time) { createAccessToken(input: {name: "x", scope: READ, expiresAt: $t}) { token } }`,
		} {
			for _, literal := range []bool{false, true} {
				vars, asked := map[string]any{"t": text}, query
				if literal {
					vars, asked = nil, inline(query, text)
				}
				answer := api.Query(t, asked, vars)
				if fine && len(answer.Errors) > 0 || !fine && (len(answer.Errors) != 1 || answer.Errors[0].Code() != "BAD_USER_INPUT") {
					t.Errorf("%s with %s: %s", asked, text, answer.Body)
				}
			}
		}
	}
}

// inline puts a text in the place of the variable of a query.
func inline(query, text string) string {
	head, rest, _ := strings.Cut(query, ")")
	operation, _, _ := strings.Cut(head, "(")
	return operation + strings.ReplaceAll(rest, "$t", strconv.Quote(text))
}
