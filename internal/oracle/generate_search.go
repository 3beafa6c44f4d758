package oracle

import (
	"fmt"
	"strings"

	"github.com/entgraph/entgraph/internal/entity"
)

// words are what texts are made of so that searches find some: forms of one word, what
// is too common to be looked for, and what is no word.
var words = []string{
	"run", "running", "runs", "dog", "Dogs", "cat", "database", "databases", "index", "indices", "the", "of", "and", "not",
	"Ärger", "naïve", "don't", "well-known", "x2", "3.14", "user@example.com", "https://example.com/a?b=c", "日本語", "C++", "a",
}

// sentence is a text of some of the words.
func (f *filler) sentence() string {
	var list []string
	for range 2 + f.IntN(8) {
		list = append(list, pick(f.Rand, words))
	}
	return strings.Join(list, pick(f.Rand, []string{" ", ", ", ". ", "\n"}))
}

// searchText is what somebody may search for: mostly words that a row has.
func (w *writer) searchText(e *entity.Entity) string {
	var list []string
	for range 1 + w.IntN(3) {
		list = append(list, w.searchWord(e))
	}
	text := strings.Join(list, pick(w.Rand, []string{" ", " ", " or ", " OR ", " -"}))
	switch w.IntN(12) {
	case 0:
		text = `"` + text + `"`
	case 1:
		text = "-" + text
	case 2:
		text = strings.ToUpper(text)
	case 3:
		text += pick(w.Rand, []string{`"`, " -", " or", "&", " | !", ":*", "'", `\`, " <-> ", "()"})
	case 4:
		text = pick(w.Rand, texts)
	}
	return text
}

func (w *writer) searchWord(e *entity.Entity) string {
	if row := w.anyRow(e); row != nil && !w.chance(3) {
		if list := strings.Fields(fmt.Sprint(row[pick(w.Rand, e.Search.Fields).Column])); len(list) > 0 {
			return pick(w.Rand, list)
		}
	}
	return pick(w.Rand, words)
}

// foundRows lists the rows that a search finds.
func (w *writer) foundRows(e *entity.Entity, text string) []Row {
	found, err := w.World.find(e, text)
	if err != nil {
		panic(err) // the database of the test is gone
	}
	var rows []Row
	for _, row := range w.World.rows(e) {
		if _, ok := found[IDOf(e, row)]; ok {
			rows = append(rows, row)
		}
	}
	return rows
}

// rankedArguments are a search for a text, with conditions beside it, and an order of
// which one key at least is by relevance.
func (w *writer) rankedArguments(e *entity.Entity, text string) members {
	others := w.filter(e, e.Name+"WhereInput", 2)
	where := term{e.Name + "WhereInput!", func() any {
		out := members{{entity.SearchFilter, always("String!", text)}}
		for _, m := range others.roll().(members) {
			if m.name != entity.SearchFilter {
				out = append(out, m)
			}
		}
		return out
	}}
	order := w.order(e, func(e *entity.Entity) *entity.Order {
		if w.chance(3) {
			return w.anyOrder(e)
		}
		return e.OrderByName(entity.RelevanceOrder)
	})
	return members{{"where", where}, {"orderBy", order}}
}
