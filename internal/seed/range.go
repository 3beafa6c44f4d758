package seed

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/entgraph/entgraph/internal/entity"
)

// span is a range of a column: from lower on to before upper.
type span struct{ lower, upper any }

// times makes ranges of some units that begin when the row was made.
func times(unit time.Duration, most int) func(*column) []shape {
	return one(func(r *row) any {
		from := r.at.Truncate(unit)
		return span{from, from.Add(unit * time.Duration(1+r.IntN(most)))}
	})
}

func numbers(r *row) any {
	from := r.Int64N(100)
	return span{from, from + 1 + r.Int64N(20)}
}

// sent is the range as the API gets it for a field.
func (s span) sent(f *entity.Field) any {
	item := &entity.Field{Type: f.Type.Kind().Bound}
	return map[string]any{entity.RangeLower: sent(s.lower, item), entity.RangeUpper: sent(s.upper, item)}
}

// String writes the range as Postgres reads it.
func (s span) String() string {
	form := func(v any) any {
		if t, ok := v.(time.Time); ok {
			return t.Format(time.RFC3339Nano)
		}
		return v
	}
	return fmt.Sprintf("[%v,%v)", form(s.lower), form(s.upper))
}

// rangeColumns make of the texts of two bounds what the driver writes to a column of a range: it
// encodes no text.
var rangeColumns = map[string]func(lower, upper string) (any, error){
	"int4range": rangeOf(whole),
	"int8range": rangeOf(whole),
	"numrange": rangeOf(func(text string) (n pgtype.Numeric, err error) {
		err = n.Scan(text)
		return n, err
	}),
	"daterange": rangeOf(func(text string) (pgtype.Date, error) {
		t, err := timeOf(text)
		return pgtype.Date{Time: t, Valid: true}, err
	}),
	"tsrange": rangeOf(func(text string) (pgtype.Timestamp, error) {
		t, err := timeOf(text)
		return pgtype.Timestamp{Time: t, Valid: true}, err
	}),
	"tstzrange": rangeOf(func(text string) (pgtype.Timestamptz, error) {
		t, err := timeOf(text)
		return pgtype.Timestamptz{Time: t, Valid: true}, err
	}),
}

// rangeOf makes a range, of texts that a type is read from.
func rangeOf[T any](read func(string) (T, error)) func(lower, upper string) (any, error) {
	return func(lower, upper string) (any, error) {
		from, err := read(lower)
		if err != nil {
			return nil, err
		}
		to, err := read(upper)
		return pgtype.Range[T]{Lower: from, Upper: to, LowerType: pgtype.Inclusive, UpperType: pgtype.Exclusive, Valid: true}, err
	}
}

func whole(text string) (pgtype.Int8, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	return pgtype.Int8{Int64: n, Valid: true}, err
}

// timeOf reads a day or a time, as a field of Ent or as Postgres writes it.
func timeOf(text string) (t time.Time, err error) {
	text = strings.Replace(strings.Trim(text, `"`), " ", "T", 1)
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05Z07", "2006-01-02T15:04:05", time.DateOnly} {
		if t, err = time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return t, err
}

// written is a range for the driver, made of its text. Shapes make ranges with both bounds alone.
func written(column, text string) (any, error) {
	lower, upper, ok := strings.Cut(text, ",")
	if !ok || !strings.HasPrefix(lower, "[") || !strings.HasSuffix(upper, ")") {
		return nil, errNothing
	}
	return rangeColumns[column](lower[1:], upper[:len(upper)-1])
}
