//go:build browser

package document

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The answers of graphql-js that are kept are those that it gives. Like all that needs
// Node this is behind the tag "browser".
func TestKeptAnswersAreThoseOfGraphQLJS(t *testing.T) {
	t.Parallel()
	kept := readAnswers(t, filepath.Join("testdata", "coercion.json.gz"))
	if diff := cmp.Diff(askGraphQLJS(t, coercionSchema(), coercionCases()), kept); diff != "" {
		t.Errorf("graphql-js answers differently; run the tests of this package with -update (-now +kept):\n%.2000s", diff)
	}
}
