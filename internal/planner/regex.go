package planner

import (
	"unicode/utf8"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/limit"
	"github.com/entgraph/entgraph/internal/regex"
)

// matches is the condition that a text has a match of a regular expression, one of RE2.
func (s *statement) matches(expr string, f *entity.Filter, text string) (string, error) {
	most := s.planner.opts.MaxFilterRegex
	tooLarge := limit.Exceeded("MAX_FILTER_REGEX", int64(most), "where: regular expressions are larger than %d in total: characters count as often as they may be repeated", most)
	switch {
	case most < 0:
		return "", limit.Exceeded("MAX_FILTER_REGEX", 0, "where: %s: regular expressions are turned off", f.Name)
	case utf8.RuneCountInString(text) > most:
		return "", tooLarge
	}
	written, size, err := regex.Translate(text)
	if err != nil {
		return "", badInput(s.asks, "%s must be a regular expression: %s", f.Name, err)
	}
	if s.filter.regex += size; s.filter.regex > most {
		return "", tooLarge
	}
	return expr + " ~ " + s.arg(written, entity.String), nil
}
