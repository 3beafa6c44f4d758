package planner_test

import (
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/planner"
)

// newSums has four posts of ada and one of bob; cid has none.
func newSums(t *testing.T, options ...func(*apitest.Options)) *apitest.API {
	t.Helper()
	api := apitest.New(t, options...)
	exec(t, api, `INSERT INTO users (username, email) SELECT n, n || '@example.com' FROM unnest('{ada,bob,cid}'::text[]) n`)
	exec(t, api, `INSERT INTO posts (title, status, published_at, author_id) SELECT p.title, 'PUBLISHED', p.at::timestamptz, u.id FROM (VALUES
		('ada', 'a1', '2026-03-28T22:59:59Z'), ('ada', 'a1', '2026-03-28T23:00:00Z'), ('ada', 'a2', '2026-03-29T21:59:59Z'), ('ada', 'a3', NULL),
		('bob', 'b1', '2026-03-29T22:00:00Z')) p(name, title, at) JOIN users u ON u.username = p.name`)
	return api
}

// TestTotalsOfGroups asks for totals of groups, for those groups alone that have some, in the
// order of others.
func TestTotalsOfGroups(t *testing.T) {
	t.Parallel()
	api := newSums(t)
	for args, want := range map[string]string{
		`keys: [{field: AUTHOR_USERNAME}]`: `[{"key":{"authorUsername":"ada"},"count":4,"countDistinct":{"title":3,"authorID":1},"min":{"title":"a1"},"max":{"title":"a3","status":"PUBLISHED"}},` +
			`{"key":{"authorUsername":"bob"},"count":1,"countDistinct":{"title":1,"authorID":1},"min":{"title":"b1"},"max":{"title":"b1","status":"PUBLISHED"}}]`,
	} {
		got := string(api.Query(t, `{ posts { groupBy(`+args+`) { key { authorUsername } count countDistinct { title authorID } min { title } max { title status } } } }`, nil).OK(t))
		if got != `{"posts":{"groupBy":`+want+`}}` {
			t.Errorf("groupBy(%s): %s", args, got)
		}
	}
	for args, want := range map[string]string{
		`having: {}`:                                                                               "ada bob",
		`having: {count: {gt: 1}}`:                                                                 "ada",
		`having: {count: {eq: 4, lt: 3}}`:                                                          "",
		`having: {count: {in: [1, 7]}}`:                                                            "bob",
		`having: {countDistinct: {title: {eq: 3}}}`:                                                "ada",
		`having: {not: {countDistinct: {title: {eq: 3}}}}`:                                         "bob",
		`having: {or: [{max: {title: {gte: "b"}}}, {count: {gt: 9}}]}`:                             "bob",
		`having: {and: [{min: {publishedAt: {lt: "2026-03-29T00:00:00Z"}}}]}`:                      "ada",
		`having: {max: {status: {neq: PUBLISHED}}}`:                                                "",
		`having: {count: null, min: {title: null}}`:                                                "ada bob",
		`orderBy: [{field: COUNT}]`:                                                                "bob ada",
		`orderBy: [{field: MAX_TITLE, direction: DESC}]`:                                           "bob ada",
		`orderBy: [{field: COUNT_DISTINCT_STATUS}, {field: KEY_AUTHOR_USERNAME, direction: DESC}]`: "bob ada",
		`orderBy: [{field: MIN_PUBLISHED_AT}], first: 1`:                                           "ada",
	} {
		var data struct {
			Posts struct {
				GroupBy []struct {
					Key struct{ AuthorUsername string }
				}
			}
		}
		api.Query(t, `{ posts { groupBy(keys: [{field: AUTHOR_USERNAME}], `+args+`) { key { authorUsername } } } }`, nil).Into(t, &data)
		var got []string
		for _, g := range data.Posts.GroupBy {
			got = append(got, g.Key.AuthorUsername)
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s gives %q, want %q", args, s, want)
		}
	}
}

// TestTimeZones cuts times to days of Berlin, of which one has 23 hours.
func TestTimeZones(t *testing.T) {
	t.Parallel()
	api := newSums(t)
	got := string(api.Query(t, `{ posts(where: {publishedAtNotNil: true}) { groupBy(keys: [{field: PUBLISHED_AT, truncate: DAY, timeZone: "Europe/Berlin"}]) { count key { publishedAt } } } }`, nil).OK(t))
	if want := `{"posts":{"groupBy":[{"count":1,"key":{"publishedAt":"2026-03-27T23:00:00Z"}},{"count":2,"key":{"publishedAt":"2026-03-28T23:00:00Z"}},{"count":1,"key":{"publishedAt":"2026-03-29T22:00:00Z"}}]}}`; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	for key, want := range map[string]string{
		`{field: PUBLISHED_AT, timeZone: "Europe/Berlin"}`:              "timeZone needs truncate",
		`{field: TITLE, truncate: DAY, timeZone: "Europe/Berlin"}`:      "only a time or a day can be truncated",
		`{field: PUBLISHED_AT, truncate: DAY, timeZone: "Berlin"}`:      "there is no time zone Berlin",
		`{field: PUBLISHED_AT, truncate: DAY, timeZone: "<x>-3"}`:       "must be the name of a time zone",
		`{field: PUBLISHED_AT, truncate: DAY, timeZone: "Local"}`:       "must be the name of a time zone",
		`{field: PUBLISHED_AT, truncate: DAY, timeZone: "../../etc/x"}`: "must be the name of a time zone",
	} {
		answer := api.Query(t, `{ posts { groupBy(keys: [`+key+`]) { count } } }`, nil)
		if len(answer.Errors) != 1 || answer.Errors[0].Code() != "BAD_USER_INPUT" || !strings.Contains(answer.Errors[0].Message, want) {
			t.Errorf("%s: %s", key, answer.Body)
		}
	}
}

// TestCountsOfEdges asks for users by the number of their posts, and by regular expressions.
func TestCountsOfEdges(t *testing.T) {
	t.Parallel()
	api := newSums(t)
	for where, want := range map[string]string{
		`postsCount: {gt: 1}`:                                       "ada",
		`postsCount: {gte: 1, lt: 4}`:                               "bob",
		`postsCount: {eq: 0}`:                                       "cid",
		`postsCount: {neq: 4}`:                                      "bob cid",
		`postsCount: {in: [0, 4]}`:                                  "ada cid",
		`postsCount: {notIn: [0, 4]}`:                               "bob",
		`postsCount: {notIn: []}`:                                   "ada bob cid",
		`postsCount: {in: []}`:                                      "",
		`postsCount: {gt: -5}`:                                      "ada bob cid",
		`postsCount: {}`:                                            "ada bob cid",
		`postsCount: {where: {title: "a1"}}`:                        "ada bob cid",
		`postsCount: {where: {title: "a1"}, eq: 2}`:                 "ada",
		`not: {postsCount: {where: {titleHasPrefix: "b"}, lte: 0}}`: "bob",
		`or: [{postsCount: {gt: 3}}, {postsCount: {lt: 1}}]`:        "ada cid",
		`usernameMatches: "^[ab]"`:                                  "ada bob",
		`usernameMatches: "(?i)^B.B$"`:                              "bob",
		`usernameMatches: "i"`:                                      "cid",
		`postsSome: {titleMatches: "\\d$"}`:                         "ada bob",
	} {
		var data struct {
			Users struct{ Nodes []struct{ Username string } }
		}
		api.Query(t, `{ users(where: {`+where+`}, orderBy: [{field: USERNAME}]) { nodes { username } } }`, nil).Into(t, &data)
		var got []string
		for _, u := range data.Users.Nodes {
			got = append(got, u.Username)
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s gives %q, want %q", where, s, want)
		}
	}
}

// TestSumsHaveLimits refuses what asks for too much.
func TestSumsHaveLimits(t *testing.T) {
	t.Parallel()
	api := newSums(t)
	off := newSums(t, func(o *apitest.Options) { o.Graph.Read = planner.Options{MaxFilterRegex: -1} })
	many := strings.Repeat(`{count: {gt: 1}}, `, 21)
	for query, want := range map[string]string{
		`{ posts { groupBy(keys: [{field: STATUS}], having: {or: [` + many + `]}) { count } } }`:                                                                                                              "LIMIT_EXCEEDED having: at most 20 comparisons are allowed",
		`{ posts { groupBy(keys: [{field: STATUS}], having: ` + strings.Repeat("{not: ", 20) + "{}" + strings.Repeat("}", 20) + `) { count } } }`:                                                             "LIMIT_EXCEEDED having: conditions may be nested at most 16 deep",
		`{ posts { groupBy(keys: [{field: STATUS}], having: {min: {title: {eq: "\u0000"}}}) { count } } }`:                                                                                                    "BAD_USER_INPUT having: min.title.eq must not contain the character U+0000",
		`{ posts { groupBy(keys: [{field: STATUS}], orderBy: [{field: KEY_TITLE}]) { count } } }`:                                                                                                             "BAD_USER_INPUT orderBy: \"KEY_TITLE\" is neither a total nor a key of the grouping: name it in keys too",
		`{ posts(where: {titleMatches: "` + strings.Repeat("a", 101) + `"}) { totalCount } }`:                                                                                                                 "LIMIT_EXCEEDED where: regular expressions are larger than 100",
		`{ posts(where: {titleMatches: "(a{20}){20}"}) { totalCount } }`:                                                                                                                                      "LIMIT_EXCEEDED where: regular expressions are larger than 100",
		`{ posts(where: {or: [{titleMatches: "a{60}"}, {bodyMatches: "b{60}"}]}) { totalCount } }`:                                                                                                            "LIMIT_EXCEEDED where: regular expressions are larger than 100",
		`{ posts(where: {titleMatches: "("}) { totalCount } }`:                                                                                                                                                "BAD_USER_INPUT where: titleMatches must be a regular expression: missing closing ): (",
		`{ users(where: {postsCount: {where: {hasAuthorWith: {postsCount: {where: {hasAuthorWith: {postsCount: {where: {hasAuthorWith: {postsCount: {gt: 1}}}, gt: 1}}}, gt: 1}}}, gt: 1}}) { totalCount } }`: "LIMIT_EXCEEDED where: more than 5 edges follow one another",
	} {
		answer := api.Query(t, query, nil)
		if len(answer.Errors) != 1 || !strings.HasPrefix(answer.Errors[0].Code()+" "+answer.Errors[0].Message, want) {
			t.Errorf("%s: %s, want %s", query[:min(len(query), 200)], answer.Body, want)
		}
	}
	if answer := off.Query(t, `{ posts(where: {titleMatches: "a"}) { totalCount } }`, nil); len(answer.Errors) != 1 || !strings.Contains(answer.Errors[0].Message, "turned off") {
		t.Errorf("turned off: %s", answer.Body)
	}
}
