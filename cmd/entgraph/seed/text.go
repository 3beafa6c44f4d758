package seed

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// topic is something to write about. Subjects are names that can follow "about";
// facts are sentences that stand for themselves.
type topic struct {
	tag      string
	weight   int // how often it is chosen, compared with others
	subjects []string
	facts    []string
}

// author writes posts of the vocabulary.
type author struct {
	chance chance
	topics []topic // each as often as it weighs
}

func newAuthor(c chance) *author {
	a := &author{chance: c}
	for _, t := range topics {
		for range t.weight {
			a.topics = append(a.topics, t)
		}
	}
	return a
}

func (a *author) topic() topic { return pick(a.chance, a.topics) }

func (a *author) title(subject string) string { return fill(pick(a.chance, titles), subject) }

// body writes paragraphs of three sentences, divided by empty lines. There are no more
// of them than the topic has facts, so that no sentence comes twice.
func (a *author) body(t topic, subject string, paragraphs int) string {
	facts, thoughts := newDeck(a.chance, t.facts), newDeck(a.chance, thoughts)
	paragraphs = min(paragraphs, len(t.facts))
	text := make([]string, paragraphs)
	for i := range text {
		first, last := thoughts.draw(), thoughts.draw()
		if i == 0 {
			first = fill(pick(a.chance, openings), subject)
		}
		if i == paragraphs-1 {
			last = fill(pick(a.chance, closings), subject)
		}
		text[i] = first + " " + facts.draw() + " " + last
	}
	return strings.Join(text, "\n\n")
}

// fill puts the subject for {x}, and for {X} with a capital letter. Percent signs are
// part of the texts, so these are no format strings.
func fill(pattern, subject string) string {
	first, size := utf8.DecodeRuneInString(subject)
	capital := string(unicode.ToUpper(first)) + subject[size:]
	return strings.NewReplacer("{x}", subject, "{X}", capital).Replace(pattern)
}
