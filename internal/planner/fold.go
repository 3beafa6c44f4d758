package planner

import (
	"strings"

	"github.com/entgraph/entgraph/internal/entity"
)

// Texts are compared without regard to case letter by letter: two letters are the same when
// Unicode has the same lower case for both, and so are the two small sigmas. That is what lower()
// and ILIKE do in a database with a locale of UTF-8, apart from the sigmas. In one with the locale
// C they know A to Z alone; with one of ICU İ becomes two characters, and a Σ another letter at
// the end of a word; in Turkish I is not i. There another collation is asked, which the index of
// the column knows nothing of: so what to look for is asked twice, first by the collation of the
// column and with any text in the place of those letters that it may see in another way.

// folded is the condition that an expression has a text in it, or is it, without regard to case,
// with what may be before and after the text: "%" for anything.
func (s *statement) folded(expr, before, text, after string) string {
	o := s.planner.opts.Folding
	pattern := func(escaped string) string { return s.arg(before+escaped+after, entity.String) }
	sigma := strings.ContainsAny(text, "Σσς")
	if o.Collation == "" && !sigma {
		return expr + " ILIKE " + pattern(escapeLike(text))
	}
	unsure := func(r rune) bool { return isSigma(r) }
	if o.Collation != "" {
		unsure = func(r rune) bool { return foldsApart(r, o.Beyond) }
	}
	var conds []string
	if rough, sure := roughly(text, unsure); sure {
		conds = append(conds, expr+" ILIKE "+pattern(rough))
	}
	switch exact := expr; {
	case o.Whole:
		text = strings.NewReplacer("İ", "i", "Σ", "σ", "ς", "σ").Replace(text)
		conds = append(conds, "translate("+exact+", 'İΣς', 'iσσ') COLLATE "+o.Collation+" ILIKE "+pattern(escapeLike(text)))
	default:
		if sigma {
			text, exact = strings.ReplaceAll(text, "ς", "σ"), "translate("+exact+", 'ς', 'σ')"
		}
		if o.Collation != "" {
			exact += " COLLATE " + o.Collation
		}
		conds = append(conds, exact+" ILIKE "+pattern(escapeLike(text)))
	}
	if len(conds) == 1 {
		return conds[0]
	}
	return "(" + strings.Join(conds, " AND ") + ")"
}

// roughly is the pattern of a text with anything in the place of letters that are not sure, and
// whether anything else is left of it.
func roughly(text string, unsure func(rune) bool) (pattern string, sure bool) {
	var b strings.Builder
	anything := false
	for _, r := range text {
		if !unsure(r) {
			b.WriteString(escapeLike(string(r)))
			anything, sure = false, true
			continue
		}
		if !anything {
			b.WriteByte('%')
		}
		anything = true
	}
	return b.String(), sure
}

func isSigma(r rune) bool { return r == 'Σ' || r == 'σ' || r == 'ς' }

// foldsApart reports whether a collation, or an index by it, may take a letter for another than
// Unicode does: all beyond ASCII where it knows no others, what such letters become, such as the
// k of the sign for Kelvin, and what Turkish, Lithuanian and ICU have ways of their own for.
func foldsApart(r rune, beyond bool) bool {
	switch {
	case strings.ContainsRune("iIjJkK", r):
		return true
	case r < 0x80:
		return false
	}
	return !beyond || isSigma(r) || r >= 0x300 && r <= 0x36f || strings.ContainsRune("İıÌìÍíĨĩĮį", r)
}
