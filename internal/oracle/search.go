package oracle

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/internal/sqltext"
	"github.com/entgraph/entgraph/key"
)

// finds says how relevant the rows of an entity are that a search finds, by id.
type finds map[key.Key]float64

// searcher knows what words are by asking Postgres, once for each text: of all rows,
// and of their texts as they are now, without the stored words and their index.
type searcher struct {
	ask   func(sql string, text string) (finds, error)
	known map[string]finds
}

func newSearcher(ctx context.Context, db *pgxpool.Pool) *searcher {
	return &searcher{known: map[string]finds{}, ask: func(sql, text string) (finds, error) {
		rows, err := db.Query(ctx, sql, text)
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		found := finds{}
		for rows.Next() {
			var id key.Key
			var rank float64
			if err := rows.Scan(postgres.Key(&id), &rank); err != nil {
				return nil, err
			}
			found[id] = rank
		}
		return found, rows.Err()
	}}
}

// find gives the rows that a search finds.
func (w *World) find(e *entity.Entity, text string) (finds, error) {
	known := e.Name + " " + text
	if found, ok := w.search.known[known]; ok {
		return found, nil
	}
	config := "'" + e.Search.Config + "'"
	if e.Search.IgnoreAccents {
		return nil, fmt.Errorf("search %s: the oracle knows no accents", e.Table)
	}
	var words []string
	for _, f := range e.Search.Fields {
		words = append(words, fmt.Sprintf("setweight(to_tsvector(%s, coalesce(%s, '')), '%s')", config, f.Column, f.Weight))
	}
	found, err := w.search.ask(fmt.Sprintf(`SELECT id, ts_rank_cd(words, query) FROM websearch_to_tsquery(%s, $1) query,
		(SELECT %s AS id, %s AS words FROM %s) rows WHERE words @@ query`, config, sqltext.Ident(e.ID().Column), strings.Join(words, " || "), e.Relation()), text)
	if err != nil {
		return nil, fmt.Errorf("search %s for %q: %w", e.Table, text, err)
	}
	w.search.known[known] = found
	return found, nil
}

// found is find within an evaluation.
func (ev *evaluation) found(e *entity.Entity, text any) finds {
	found, err := ev.World.find(e, fmt.Sprint(text))
	if err != nil {
		ev.fail("%s", err)
	}
	return found
}
