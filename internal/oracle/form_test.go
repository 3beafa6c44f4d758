package oracle

import (
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/entity"
)

// TestFormsAreThoseOfPostgres checks what is made of the values of types with a text of their
// own, and their order, with Postgres.
func TestFormsAreThoseOfPostgres(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), devpg.Empty(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), "CREATE EXTENSION citext"); err != nil {
		t.Fatal(err)
	}
	w := &World{Fold: strings.ToLower}
	for typ, texts := range formCandidates {
		f := &entity.Field{Name: "x", Type: typ}
		if !hasForm(f) || typ == entity.Bytes {
			continue // is a text, or has no order
		}
		rows, err := conn.Query(t.Context(), "SELECT v FROM (SELECT unnest($1::text[])::"+typ.Kind().Cast+" AS v) x ORDER BY v", texts)
		if err != nil {
			t.Fatal(err)
		}
		var got []any
		for rows.Next() {
			values, err := rows.Values()
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, w.stored(f, values[0]))
		}
		if err := rows.Err(); err != nil {
			t.Fatalf("%s: %v", typ.Scalar(), err)
		}
		var want []any
		for _, text := range texts {
			v, err := w.parse(f, text)
			if err != nil {
				t.Fatalf("%s %s: %v", typ.Scalar(), text, err)
			}
			want = append(want, v)
			if v, err := typ.Kind().Operand(text); err != nil || v != want[len(want)-1].(form).text {
				t.Errorf("%s %s is %v for a client, %v; %v", typ.Scalar(), text, v, err, want[len(want)-1])
			}
		}
		slices.SortStableFunc(want, compare)
		for i := range want {
			if len(got) != len(want) || compare(got[i], want[i]) != 0 || typ != entity.Duration && typ != entity.Citext && got[i] != want[i] {
				t.Errorf("%s: Postgres says %v, want %v", typ.Scalar(), got, want)
				break
			}
		}
	}
}

// TestDecimals keeps the zeros of a decimal, and compares an average with what a client sends.
func TestDecimals(t *testing.T) {
	t.Parallel()
	db, err := pgxpool.New(t.Context(), devpg.Empty(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(t.Context(), `CREATE TABLE prices (p numeric(12,3)); INSERT INTO prices VALUES (0), (1.5)`); err != nil {
		t.Fatal(err)
	}
	w, f := &World{tables: map[string][]Row{}}, &entity.Field{Name: "p", Column: "p", Type: entity.Decimal}
	if err := w.load(t.Context(), db, "prices", "prices", []string{"p"}, func(string) *entity.Field { return f }); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"0.000", "1.500"} {
		if got := w.tables["prices"][i]["p"].(form).text; got != want {
			t.Errorf("%s is read as %s", want, got)
		}
	}
	if compare(quotient{big.NewRat(3, 4)}, w.form(f, "0.75")) != 0 {
		t.Error("an average is not what it is")
	}
}
