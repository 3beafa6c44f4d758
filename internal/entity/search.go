package entity

import (
	"regexp"
	"strings"
)

// SearchOptions declares the full-text search of an entity; see [Searchable].
type SearchOptions struct {
	// Config is the text search configuration of Postgres by which texts become words:
	// a language, which knows the forms of a word and leaves out what is too common to
	// be looked for, or "simple", which takes words as they are. Default "english".
	Config string `json:"config,omitempty"`
	// A to D list the text fields by their name in the schema. A find in a field of A
	// counts most for the relevance, one in D least: 1, 0.4, 0.2 and 0.1.
	A []string `json:"a,omitempty"`
	B []string `json:"b,omitempty"`
	C []string `json:"c,omitempty"`
	D []string `json:"d,omitempty"`
}

// Searchable gives an entity the filter search and the order RELEVANCE, over a column
// that Postgres computes from the fields, with an index. The column is neither in the
// API nor in Ent's client. A text of more than about a megabyte of words cannot be
// stored then.
func Searchable(o SearchOptions) Annotation { return Annotation{Search: &o} }

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
		column := `"` + strings.ReplaceAll(f.Column, `"`, `""`) + `"`
		parts = append(parts, "setweight(to_tsvector("+s.regconfig()+", coalesce("+column+", '')), '"+f.Weight+"')")
	}
	return strings.Join(parts, " || ")
}

// Query is the SQL expression of what is looked for, from the SQL of a text. Every
// text is valid: words, "phrases in quotes", or, and - before what must not be there.
func (s *Search) Query(text string) string {
	return "websearch_to_tsquery(" + s.regconfig() + ", " + text + ")"
}

func (s *Search) regconfig() string { return "'pg_catalog." + s.Config + "'::regconfig" }

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
