package planner

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/entgraph/entgraph/internal/entity"
)

// maxShownItems is how many elements of a list argument are shown.
const maxShownItems = 3

// Arguments returns the arguments of the statement as texts for people: ids in the
// form of the API where the statement tells whose they are, and long lists cut.
func (o *Observed) Arguments() []string {
	owners := o.idOwners()
	out := make([]string, len(o.args))
	for i, arg := range o.args {
		out[i] = showArgument(arg, owners[i])
	}
	return out
}

func showArgument(v any, owner *entity.Entity) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case uuid.UUID:
		if owner != nil {
			return owner.FormatID(v)
		}
		return v.String()
	case string:
		return showText(v)
	case time.Time:
		return v.Format(time.RFC3339Nano)
	case []uuid.UUID:
		return showList(v, owner)
	case []string:
		return showList(v, nil)
	case []int64:
		return showList(v, nil)
	case []float64:
		return showList(v, nil)
	case []float32:
		return showList(v, nil)
	case []bool:
		return showList(v, nil)
	case []time.Time:
		return showList(v, nil)
	}
	return fmt.Sprint(v)
}

// showText quotes a text as JSON does and cuts a long one.
func showText(s string) string {
	const most = 200
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most]) + "…"
	}
	text, err := json.Marshal(s)
	if err != nil {
		return strconv.Quote(s)
	}
	return string(text)
}

func showList[T any](list []T, owner *entity.Entity) string {
	var items []string
	for i, v := range list {
		if i == maxShownItems {
			items = append(items, fmt.Sprintf("and %d more", len(list)-i))
			break
		}
		items = append(items, showArgument(v, owner))
	}
	return "[" + strings.Join(items, ", ") + "]"
}

var (
	aliased  = regexp.MustCompile(`"(\w+)" ([a-z]\d*)\b`)
	idBeside = regexp.MustCompile(`\b([a-z]\d*)\."?id"? (?:=|<>|<|>|<=|>=) (?:(?:ANY|ALL) \()?\$(\d+)::uuid`)
	tuples   = regexp.MustCompile(`\(([^()]+)\) [<>] \(([^()]+)\)`)
	idColumn = regexp.MustCompile(`^([a-z]\d*)\."?id"?$`)
	place    = regexp.MustCompile(`^\$(\d+)::uuid$`)
)

// idOwners tells whose ids the arguments are. For filters and cursors the text shows
// it: an id stands beside the id column of an alias, alone or in a row comparison.
func (o *Observed) idOwners() map[int]*entity.Entity {
	owners, tables := map[int]*entity.Entity{}, map[string]*entity.Entity{}
	known := map[string]*entity.Entity{}
	reach(o.Entity, known)
	for _, m := range aliased.FindAllStringSubmatch(o.SQL, -1) {
		if e := known[m[1]]; e != nil {
			tables[m[2]] = e
		}
	}
	note := func(alias, number string) {
		if n, err := strconv.Atoi(number); err == nil && tables[alias] != nil {
			owners[n-1] = tables[alias]
		}
	}
	for _, m := range idBeside.FindAllStringSubmatch(o.SQL, -1) {
		note(m[1], m[2])
	}
	for _, m := range tuples.FindAllStringSubmatch(o.SQL, -1) {
		left, right := strings.Split(m[1], ", "), strings.Split(m[2], ", ")
		for i := range min(len(left), len(right)) {
			column, argument := idColumn.FindStringSubmatch(left[i]), place.FindStringSubmatch(right[i])
			if column != nil && argument != nil {
				note(column[1], argument[1])
			}
		}
	}
	for n, e := range o.owners {
		owners[n] = e
	}
	return owners
}

// reach finds an entity and all that its edges lead to, by table.
func reach(e *entity.Entity, known map[string]*entity.Entity) {
	if e == nil || known[e.Table] != nil {
		return
	}
	known[e.Table] = e
	for i := range e.Edges {
		reach(e.Edges[i].Target, known)
		reach(e.Edges[i].ThroughType, known)
	}
}
