package document

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/entgraph/entgraph/internal/limit"
)

const (
	// DefaultMaxErrors is how many errors an answer tells one by one.
	DefaultMaxErrors = 20
	// maxMessage bounds a message, in bytes: many quote what the client sent.
	maxMessage = 500
	// maxErrorBytes bounds the errors of an answer together: their paths may be long.
	maxErrorBytes = 64 << 10
)

// Shorten keeps the first errors of an answer, at most max and 64 KB, cuts their
// messages, and says with one more error how many there are besides: those it leaves out
// and more. What it has shortened already stays as it is.
func Shorten(errs gqlerror.List, maxErrors, more int) gqlerror.List {
	const counted = "more" // in the extensions of the error that counts
	if n := len(errs); n > 0 {
		if before, ok := errs[n-1].Extensions[counted].(int); ok {
			errs, more = errs[:n-1], more+before
		}
	}
	keep, size := 0, 0
	for _, e := range errs {
		if keep == maxErrors {
			break
		}
		e.Message = cut(e.Message)
		text, err := json.Marshal(e)
		if size += len(text); err != nil || keep > 0 && size > maxErrorBytes {
			break
		}
		keep++
	}
	if more += len(errs) - keep; more == 0 {
		return errs
	}
	shown := append(gqlerror.List(nil), errs[:keep]...)
	message := fmt.Sprintf("and %d more errors", more)
	if more == 1 {
		message = "and 1 more error"
	}
	return append(shown, &gqlerror.Error{
		Err:     limit.Exceeded("MAX_ERRORS", int64(maxErrors), "%s", message),
		Message: message,
		Extensions: map[string]any{
			"code": "LIMIT_EXCEEDED", "limit": "MAX_ERRORS", "max": maxErrors, counted: more,
		},
	})
}

// cut shortens a message between two characters.
func cut(s string) string {
	if len(s) <= maxMessage {
		return s
	}
	end := maxMessage
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return strings.Clone(s[:end]) + "…"
}
