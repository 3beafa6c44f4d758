package schemadiff_test

import (
	"strings"
	"testing"
)

// Postgres gives no dictionary another template, and no configuration another parser.
func TestTextSearchIsNotRebuilt(t *testing.T) {
	t.Parallel()
	j := newJudge(t, `CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = simple)`, `CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = snowball, language = 'english')`, "")
	if err := j.plan(nil, true); err == nil || !strings.Contains(err.Error(), "another template or parser of text search dictionary d cannot be planned") {
		t.Errorf("got %v", err)
	}
}
