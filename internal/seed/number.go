package seed

import "math"

func between(least, most int64) shape {
	return func(r *row) any { return least + r.Int64N(most-least+1) }
}

// steps gives multiples of a step.
func steps(least, most, step int64) shape {
	return func(r *row) any { return least + r.Int64N((most-least)/step+1)*step }
}

// numbersByName says which numbers a column of a name holds. The first match counts.
var numbersByName = []struct {
	words string
	shape shape
}{
	{"price price_cents amount amount_cents cost total subtotal balance fee salary budget revenue cents", func(r *row) any {
		// Prices end in 9 or 0, and low ones are frequent.
		return int64(math.Pow(10, 2+2.5*r.Float64()))/10*10 + 9*r.Int64N(2)
	}},
	{"rating stars score_of_five", between(1, 5)},
	{"percent percentage progress discount rate tax", between(0, 100)},
	{"year", between(1990, 2026)},
	{"month", between(1, 12)},
	{"day", between(1, 28)},
	{"hour", between(0, 23)},
	{"minute second", between(0, 59)},
	{"age", between(18, 80)},
	{"port", between(1024, 65535)},
	{"quantity qty count stock inventory likes votes views seats capacity guests", func(r *row) any {
		u := r.Float64()
		return int64(u * u * 100)
	}},
	{"position ordinal rank sort_order order priority sequence seq index level", between(0, 9)},
	{"minutes duration duration_minutes", steps(5, 240, 5)},
	{"seconds duration_seconds", between(10, 3600)},
	{"ms duration_ms", between(1, 5000)},
	{"bytes size file_size", between(1_000, 5_000_000)},
	{"width height", steps(100, 2000, 10)},
	{"weight grams", steps(50, 5000, 10)},
	{"version revision", between(1, 5)},
	{"latitude lat", between(-60, 70)},
	{"longitude lng lon", between(-180, 180)},
}

func intShapes(c *column) []shape {
	var out []shape
	for _, n := range numbersByName {
		if like(c.name, n.words) {
			out = append(out, n.shape)
			break
		}
	}
	return append(out,
		between(0, 100), between(1, 5), between(0, 1), between(1, 10), between(10, 99), between(100, 999),
		steps(0, 100, 5), steps(100, 10_000, 100), between(1000, 9999), between(10_000, 1_000_000),
		between(-100, -1), between(1900, 2026), between(1_000_000, 1_000_000_000), between(1<<32, 1<<50),
	)
}

// decimals rounds to so many decimals.
func decimals(least, most float64, places int) shape {
	unit := math.Pow10(places)
	return func(r *row) any { return math.Round((least+r.Float64()*(most-least))*unit) / unit }
}

var floatsByName = []struct {
	words string
	shape shape
}{
	{"price amount cost total subtotal balance fee salary budget revenue", func(r *row) any {
		return math.Round(math.Pow(10, 0.5+2.2*r.Float64())) - []float64{0, 0.01, 0.05, 0.5}[r.IntN(4)]
	}},
	{"rating stars", decimals(1, 5, 1)},
	{"percent percentage progress", decimals(0, 100, 1)},
	{"rate ratio share probability confidence tax discount opacity", decimals(0, 1, 2)},
	{"latitude lat", decimals(-60, 70, 6)},
	{"longitude lng lon", decimals(-180, 180, 6)},
	{"weight", decimals(0.1, 20, 2)},
	{"temperature", decimals(-10, 35, 1)},
	{"width height depth length", decimals(1, 200, 1)},
}

func floatShapes(c *column) []shape {
	var out []shape
	for _, n := range floatsByName {
		if like(c.name, n.words) {
			out = append(out, n.shape)
			break
		}
	}
	return append(out,
		decimals(0, 100, 2), decimals(0, 1, 3), decimals(1, 5, 1), decimals(1, 10, 1), decimals(100, 1000, 2),
		decimals(0, 100, 0), decimals(-1, 0, 2), decimals(1000, 1_000_000, 2), decimals(-180, 180, 5),
	)
}
