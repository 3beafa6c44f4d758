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
	case uuid.UUID:
		if owner != nil {
			return owner.FormatID(v)
		}
		return v.String()
	case string:
		return showText(v)
	case []byte:
		return showText(base64.StdEncoding.EncodeToString(v))
	case time.Time:
		return v.Format(time.RFC3339Nano)
	case []uuid.UUID:
		return showList(v, owner)
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
