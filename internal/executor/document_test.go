package executor_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/apitest"
)

// TestFiltersOnDocuments finds what is in documents, and bounds what is asked of them.
func TestFiltersOnDocuments(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	create(t, api, "Tag", vars{"name": "go"})
	one := vars{"path": []any{"name"}, "exists": true}
	filled := func(n int, v any) []any { return slices.Repeat([]any{v}, n) }
	for name, c := range map[string]struct {
		where vars
		want  string // the number of entries, or a code and a part of its message
	}{
		"a value":                   {vars{"afterPath": []any{vars{"path": []any{"name"}, "eq": "go"}}}, "1"},
		"another value":             {vars{"afterPath": []any{vars{"path": []any{"name"}, "eq": "Go"}}}, "0"},
		"another type":              {vars{"afterPath": []any{vars{"path": []any{"name"}, "gt": 3}}}, "0"},
		"below a text":              {vars{"afterPath": []any{vars{"path": []any{"name", "x", "0"}, "exists": false}}}, "1"},
		"a part":                    {vars{"afterContains": vars{"name": "go"}}, "1"},
		"no part":                   {vars{"afterContains": []any{"name"}}, "0"},
		"nothing asked":             {vars{"afterPath": []any{vars{"path": []any{"name"}}}}, "1"},
		"as many keys as may be":    {vars{"afterPath": []any{vars{"path": filled(32, "a"), "exists": true}}}, "0"},
		"more keys":                 {vars{"afterPath": []any{vars{"path": filled(33, "a"), "exists": true}}}, "LIMIT_EXCEEDED 32"},
		"more conditions":           {vars{"afterPath": filled(201, one)}, "LIMIT_EXCEEDED 200"},
		"conditions of two filters": {vars{"afterPath": filled(120, one), "beforePath": filled(120, one)}, "LIMIT_EXCEEDED 200"},
		"more values":               {vars{"afterPath": []any{vars{"path": []any{"name"}, "in": filled(10_001, 1)}}}, "LIMIT_EXCEEDED 10000"},
		"an order of no values":     {vars{"afterPath": []any{vars{"path": []any{"name"}, "lt": true}}}, "BAD_USER_INPUT must be a number or a string"},
		"U+0000 in a key":           {vars{"afterPath": []any{vars{"path": []any{"\x00"}, "exists": true}}}, "BAD_USER_INPUT U+0000"},
		"U+0000 in a value":         {vars{"afterContains": "\x00"}, "BAD_USER_INPUT U+0000"},
	} {
		t.Run(name, func(t *testing.T) {
			answer := api.Query(t, `query($where: AuditLogWhereInput!) { auditLogs(where: $where) { totalCount } }`, vars{"where": c.where})
			code, part, refused := strings.Cut(c.want, " ")
			switch {
			case !refused:
				if got, want := string(answer.OK(t)), `{"auditLogs":{"totalCount":`+c.want+`}}`; got != want {
					t.Errorf("got %s, want %s", got, want)
				}
			case !slices.Equal(answer.Codes(), []string{code}) || !strings.Contains(answer.Errors[0].Message, part):
				t.Errorf("got %s, want %s", answer.Body, c.want)
			}
		})
	}
}
