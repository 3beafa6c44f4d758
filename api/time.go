package api

import (
	"io"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/entgraph/entgraph/internal/entity"
)

// MarshalTime writes a time in UTC with up to six decimals. The zero time, and one that is
// not of the years 1 to 9999, is null.
func MarshalTime(t time.Time) graphql.Marshaler {
	if t.IsZero() || !entity.ValidTime(t) {
		return graphql.Null
	}
	return graphql.WriterFunc(func(w io.Writer) {
		_, _ = io.WriteString(w, strconv.Quote(t.UTC().Format("2006-01-02T15:04:05.999999Z")))
	})
}

// UnmarshalTime reads a time as RFC 3339 has it; the error is for the client.
func UnmarshalTime(v any) (time.Time, error) {
	t, err := entity.ParseTime(v)
	if err != nil {
		return t, gqlerror.Errorf("%s", err)
	}
	return t, nil
}
