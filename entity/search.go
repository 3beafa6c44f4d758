package entity

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
	// IgnoreAccents takes letters with and without accents for the same: "resume" finds
	// "résumé", and "Øresund" is found by "oresund". No extension of Postgres is needed.
	IgnoreAccents bool `json:"ignore_accents,omitempty"`
}

// Searchable gives an entity the filter search and the order RELEVANCE, over a column
// that Postgres computes from the fields, with an index. The column is neither in the
// API nor in Ent's client. A text of more than about a megabyte of words cannot be
// stored then.
func Searchable(o SearchOptions) Annotation { return Annotation{Search: &o} }
