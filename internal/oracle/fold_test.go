package oracle_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/jackc/pgx/v5"
)

// TestFold checks that Go has the same lower case of letters as the database: of each that
// Unicode had in both versions. İ becomes one i, ß stays, and a Σ at the end of a word becomes
// the same letter as one inside, since both map letter by letter.
func TestFold(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), devpg.Empty(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	rows, err := conn.Query(t.Context(), `SELECT chr(n), lower(chr(n)) FROM generate_series(1, 1114111) n WHERE n NOT BETWEEN 55296 AND 57343`)
	if err != nil {
		t.Fatal(err)
	}
	folded := 0
	var text, low string
	_, err = pgx.ForEachRow(rows, []any{&text, &low}, func() error {
		if r := []rune(text)[0]; unicode.In(r, unicode.Letter) && strings.ToLower(text) != low {
			t.Errorf("%q (%U): the database says %q, Go %q", text, r, low, strings.ToLower(text))
		}
		if low != text {
			folded++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if folded < 1300 {
		t.Errorf("the database folds %d letters", folded)
	}
}
