package planner

import (
	"unicode/utf8"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/limit"
	"github.com/entgraph/entgraph/internal/sqltext"
)

// maxSearch is the longest text to search for, in characters: more than people type,
// and far below what Postgres refuses as too large a query.
const maxSearch = 1000

// search is the condition that an entity has what a text asks for. A text without a
// word to look for, such as "" or "the", matches nothing, as in Postgres.
func (s *statement) search(alias string, e *entity.Entity, v any) (string, error) {
	text, err := entity.ParseSearch(v)
	if err != nil {
		return "", badInput("where", "%s %s", entity.SearchFilter, err)
	}
	if n := utf8.RuneCountInString(text); n > maxSearch {
		return "", limit.Fixed("where: %s has %d characters, at most %d are allowed", entity.SearchFilter, n, maxSearch)
	}
	return alias + "." + sqltext.Ident(e.Search.Column) + " @@ " + e.Search.Query(s.arg(text, entity.String)), nil
}

// relevance is how well a row of the level's main table fits a text: the lower, the
// better, so that the best comes first when ascending. The query is in a SELECT of its
// own so that Postgres parses it once and not for each row. The cast is exact, and so
// is the cursor.
func (s *statement) relevance(e *entity.Entity, text string) string {
	return "(- ts_rank_cd(e0." + sqltext.Ident(e.Search.Column) + ", (SELECT " + e.Search.Query(s.arg(text, entity.String)) + "))::float8)"
}

// bindRelevance gives the keys by relevance the text that the page's filter searches
// for. Deeper in the filter there may be several, or a negated one.
func (pg *page) bindRelevance() error {
	for i := range pg.keys {
		if !pg.keys[i].order.Relevance {
			continue
		}
		text, ok := pg.where[entity.SearchFilter].(string)
		if !ok {
			return badInput("orderBy", "%s needs a search: give the key %s in where, not inside and, or or not", entity.RelevanceOrder, entity.SearchFilter)
		}
		pg.keys[i].search = text
	}
	return nil
}
