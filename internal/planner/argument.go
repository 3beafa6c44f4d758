package planner

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/key"
)

// maxShownItems is how many elements of a list argument are shown.
const maxShownItems = 3

// Arguments returns the arguments of the statement as texts for people: ids in the
// form of the API but for the viewer's, and long lists cut.
func (o *Observed) Arguments() []string {
	out := make([]string, len(o.args))
	for i, arg := range o.args {
		out[i] = showArgument(arg, o.owners[i])
	}
	return out
}

func showArgument(v any, owner *entity.Entity) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case key.Key:
		if owner != nil {
			return owner.FormatID(v)
		}
		return v.String()
	case uuid.UUID:
		return v.String()
	case string:
		return showText(v)
	case []byte:
		return showText(base64.StdEncoding.EncodeToString(v))
	case time.Time:
		return v.Format(time.RFC3339Nano)
	case *idList:
		return showIDs(v, owner)
	case []uuid.UUID:
		return showList(v, nil)
	case [][]byte:
		return showList(v, nil)
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

func showList[T any](list []T, owner *entity.Entity) string { return showFirst(list, len(list), owner) }

func showIDs(list *idList, owner *entity.Entity) string {
	return showFirst(list.first(maxShownItems), list.n, owner)
}

// showFirst shows the first elements of a list of n.
func showFirst[T any](list []T, n int, owner *entity.Entity) string {
	var items []string
	for _, v := range list[:min(n, maxShownItems)] {
		items = append(items, showArgument(v, owner))
	}
	if n > maxShownItems {
		items = append(items, fmt.Sprintf("and %d more", n-maxShownItems))
	}
	return "[" + strings.Join(items, ", ") + "]"
}
