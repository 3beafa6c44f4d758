package entity

import (
	"regexp"
	"strings"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// The names that a search adds to an entity.
const (
	// SearchFilter is the key of its WhereInput.
	SearchFilter = "search"
	// RelevanceOrder is the value of its OrderField enum.
	RelevanceOrder = "RELEVANCE"
	// SearchColumn is the column of its table, of the type tsvector.
	SearchColumn = "search"
)

// Search is the full-text search of an entity.
type Search struct {
	// Column holds the words of the fields. Postgres computes it.
	Column string
	// Config is the text search configuration without its schema, which is pg_catalog.
	Config string
	// Fields lists the columns that are searched, in the order of their weights.
	Fields []SearchField
	// IgnoreAccents takes letters with and without accents for the same.
	IgnoreAccents bool
}

// SearchField is one column that is searched.
type SearchField struct {
	Column string
	// Weight is a letter from A to D; A counts most.
	Weight string
}

// Vector is the SQL expression of the column's value. It names everything in full or
// from pg_catalog, which is always searched, so that no search_path changes it.
func (s *Search) Vector() string {
	var parts []string
	for _, f := range s.Fields {
		column := sqltext.Ident(f.Column)
		parts = append(parts, "setweight(to_tsvector("+s.regconfig()+", "+s.plain("coalesce("+column+", '')")+"), '"+f.Weight+"')")
	}
	return strings.Join(parts, " || ")
}

// Query is the SQL expression of what is looked for, from the SQL of a text. Every
// text is valid: words, "phrases in quotes", or, and - before what must not be there.
func (s *Search) Query(text string) string {
	return "websearch_to_tsquery(" + s.regconfig() + ", " + s.plain(text) + ")"
}

func (s *Search) regconfig() string { return "'pg_catalog." + s.Config + "'::regconfig" }

// plain is the SQL of a text without accents, where they do not count: letters apart from their
// accents, which are then left out, and those that have no such parts. All of it is immutable,
// which the extension unaccent is not, so that a column may be computed by it.
func (s *Search) plain(text string) string {
	if !s.IgnoreAccents {
		return text
	}
	for _, pair := range [][2]string{{"ß", "ss"}, {"æ", "ae"}, {"Æ", "AE"}, {"œ", "oe"}, {"Œ", "OE"}} {
		text = "replace(" + text + ", '" + pair[0] + "', '" + pair[1] + "')"
	}
	text = "translate(" + text + ", 'øØłŁđĐðÐħĦıŧŦ', 'oOlLdDdDhHitT')"
	return `normalize(regexp_replace(normalize(` + text + `, NFKD), '[\u0300-\u036F]', '', 'g'), NFC)`
}

// ParseSearch reads the value of the filter. The error is for the client.
func ParseSearch(v any) (string, error) {
	s, err := parseText(v)
	return negations.ReplaceAllStringFunc(s, func(run string) string {
		return "--"[strings.Count(run, "-")%2:]
	}), err
}

// negations matches 30 signs of negation or more before one word, with all that Postgres
// skips between them. It fails on 32: "tsquery stack too small" (STACKDEPTH in its
// tsquery.c). Two of them mean nothing.
var negations = regexp.MustCompile(`-(?:[\s\x{85}\pZ!&|()]*-){29,}`)
