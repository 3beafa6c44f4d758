package planner

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/devpg"
)

// TestFloatTotals compares sums and averages over floats of every size with those of
// Postgres where it has one, and with what is right where it fails.
func TestFloatTotals(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), devpg.Empty(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	const largest, least = math.MaxFloat64, math.SmallestNonzeroFloat64
	inf := math.Inf(1)
	total := func(values []*float64) (sum, avg *float64) {
		t.Helper()
		sql := "SELECT " + floatTotal("sum", "x") + ", " + floatTotal("avg", "x") + " FROM unnest($1::float8[]) x"
		if err := conn.QueryRow(t.Context(), sql, values).Scan(&sum, &avg); err != nil {
			t.Fatalf("%v: %v", show(values), err)
		}
		return sum, avg
	}
	for _, tc := range []struct {
		values   []*float64
		sum, avg *float64
	}{
		{nil, nil, nil},
		{floats(1e200, 1e200), ref(2e200), ref(1e200)},
		{floats(1e200, 3), ref(1e200), ref(5e199)},
		{floats(1e200, -1e200, 6), ref(6), ref(2)},
		{floats(largest), ref(largest), ref(largest)},
		{floats(-largest), ref(-largest), ref(-largest)},
		{floats(largest, 1), ref(largest), ref(largest / 2)},
		{floats(largest, largest), ref(inf), ref(largest)},
		{floats(-largest, -largest, -largest), ref(-inf), ref(-largest)},
		{floats(largest, -largest, least), ref(least), ref(0)},
		{floats(least, 0, 0), ref(least), ref(0)},
		{floats(inf, 1), ref(inf), ref(inf)},
		{append(floats(1e160, 2), nil), ref(1e160), ref(5e159)},
	} {
		sum, avg := total(tc.values)
		if !same(sum, tc.sum) || !same(avg, tc.avg) {
			t.Errorf("%v: sum %v, want %v; avg %v, want %v", show(tc.values), show([]*float64{sum}), show([]*float64{tc.sum}), show([]*float64{avg}), show([]*float64{tc.avg}))
		}
	}
	for _, values := range [][]float64{{math.NaN(), 1}, {math.NaN(), 1e200}, {inf, -inf}} {
		if sum, avg := total(floats(values...)); !math.IsNaN(*sum) || !math.IsNaN(*avg) {
			t.Errorf("%v: sum %v, avg %v", values, *sum, *avg)
		}
	}
	r := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		var values []*float64
		for range 1 + r.IntN(9) {
			values = append(values, ref((r.Float64()-0.5)*math.Pow(10, float64(r.IntN(12)-3))))
		}
		var sum, avg *float64
		if err := conn.QueryRow(t.Context(), "SELECT sum(x), avg(x) FROM unnest($1::float8[]) x", values).Scan(&sum, &avg); err != nil {
			t.Fatal(err)
		}
		if gotSum, gotAvg := total(values); *gotSum != *sum || *gotAvg != *avg {
			t.Errorf("%v: sum %v, want %v; avg %v, want %v", show(values), *gotSum, *sum, *gotAvg, *avg)
		}
	}
}

func ref(f float64) *float64 { return &f }

func floats(values ...float64) (out []*float64) {
	for _, v := range values {
		out = append(out, ref(v))
	}
	return out
}

func same(a, b *float64) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

func show(values []*float64) (out []any) {
	for _, v := range values {
		if v == nil {
			out = append(out, nil)
		} else {
			out = append(out, *v)
		}
	}
	return out
}
