package oracle

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/entity"
)

// TestRangesAreThoseOfPostgres checks what is made of ranges, their order, and how they lie to
// each other and to their bounds, with Postgres.
func TestRangesAreThoseOfPostgres(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), devpg.Empty(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	w, f := &World{}, &filler{Rand: rand.New(rand.NewPCG(1, 2))}
	for _, typ := range []entity.Type{entity.IntRange, entity.BigIntRange, entity.DecimalRange, entity.LocalDateTimeRange, entity.TimeRange, entity.DateRange} {
		field := &entity.Field{Name: "x", Type: typ}
		var texts []string
		var spans []span
		for len(texts) < 40 {
			in := f.spanCandidate(nil, field)
			text, err := typ.Kind().Operand(in)
			if err != nil {
				continue // the bounds are the wrong way round
			}
			v, err := w.parseSpan(typ, in)
			if err != nil {
				t.Fatalf("%s %v: %v", typ.Scalar(), in, err)
			}
			texts, spans = append(texts, text.(string)), append(spans, v.(span))
			asked := jsonValue((&writer{Generator: &Generator{Rand: f.Rand}}).nearSpan(nil, field, entity.EQ, v)).(map[string]any)
			for key, side := range asked {
				asked[key] = literal(side)
			}
			if _, err := typ.Kind().Operand(asked); err != nil {
				t.Errorf("%s %v is asked for, which is none: %v", typ.Scalar(), asked, err)
			}
		}
		shown := "v"
		if typ == entity.DecimalRange {
			shown = "v::text"
		}
		rows, err := conn.Query(t.Context(), "SELECT "+shown+" FROM (SELECT unnest($1::text[])::"+typ.Kind().Cast+" AS v) x", texts)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; rows.Next(); i++ {
			values, err := rows.Values()
			if err != nil {
				t.Fatal(err)
			}
			if got := w.stored(field, values[0]); got != any(spans[i]) {
				t.Errorf("%s %s is read as %v, want %v", typ.Scalar(), texts[i], got, spans[i])
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		const question = `SELECT format('%%s %%s %%s %%s %%s %%s', CASE WHEN a < b THEN -1 WHEN a = b THEN 0 ELSE 1 END, a @> b, a && b, a << b, a @> lower(b), isempty(a))
			FROM unnest($1::text[]::%[1]s[]) WITH ORDINALITY x(a, i), unnest($1::text[]::%[1]s[]) WITH ORDINALITY y(b, j) ORDER BY i, j`
		answers, err := conn.Query(t.Context(), fmt.Sprintf(question, typ.Kind().Cast), texts)
		if err != nil {
			t.Fatal(err)
		}
		all, err := pgx.CollectRows(answers, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		bit := func(b bool) string { return fmt.Sprint(b)[:1] }
		for i, a := range spans {
			for j, b := range spans {
				has := ""
				if b.lower != nil {
					has = bit(a.contains(b.lower))
				}
				got := fmt.Sprintln(min(max(a.compare(b), -1), 1), bit(a.covers(b)), bit(a.overlaps(b)), bit(a.before(b)), has, bit(a.empty))
				if want := all[i*len(spans)+j]; got != want+"\n" {
					t.Errorf("%s %s and %s: %s, Postgres says %s", typ.Scalar(), texts[i], texts[j], got, want)
				}
			}
		}
	}
}
