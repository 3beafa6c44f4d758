package seed

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// literal finds the texts and numbers of an expression as pg_get_expr writes it.
var literal = regexp.MustCompile(`'((?:[^']|'')*)'|\b\d+(?:\.\d+)?\b`)

// mine looks for values in the CHECKs of a column alone: one of a list of texts, what a
// pattern describes, a text of a length, a number of a range. Postgres then says which of
// them are right.
func (c *column) mine(t *table) []shape {
	if t == nil {
		return nil
	}
	var out []shape
	for _, k := range t.checks {
		if len(k.columns) == 1 && k.columns[0] == c {
			out = append(out, c.mineCheck(t, k.expression)...)
		}
	}
	return out
}

func (c *column) mineCheck(t *table, expression string) (out []shape) {
	var texts []string
	var numbers []float64
	for _, m := range literal.FindAllStringSubmatch(expression, -1) {
		text := m[0]
		if strings.HasPrefix(text, "'") {
			text = strings.ReplaceAll(m[1], "''", "'")
		}
		if n, err := strconv.ParseFloat(text, 64); err == nil {
			numbers = append(numbers, n)
		} else if text != "" {
			texts = append(texts, text)
		}
	}
	switch c.typ {
	case "smallint", "integer", "bigint", "numeric", "real", "double precision":
		return c.mineNumbers(numbers)
	}
	switch {
	case len(texts) == 0:
	case strings.Contains(expression, "~~"): // LIKE
		out = append(out, func(r *row) any {
			return strings.NewReplacer("%", plainWords(r.noun(), ""), "_", "a").Replace(pick(r, texts))
		})
	case strings.Contains(expression, "~"):
		out = append(out, matching(texts, believable(c, t))...)
	default:
		out = append(out, func(r *row) any { return pick(r, texts) })
	}
	for _, n := range numbers { // a length, or a bound of one
		if n > 0 && n <= 10_000 && n == float64(int(n)) {
			out = append(out, func(r *row) any { return r.letters(upper, int(n)) }, func(r *row) any { return r.exactly(int(n)) },
				func(r *row) any { return r.digits(int(n)) })
		}
	}
	if len(texts) == 0 { // what the name suggests comes first
		return slices.Concat(textShapes(c, nil)[:1], out)
	}
	return out
}

// matching makes texts that a regular expression describes: of the first believable kind that
// it takes, as it says only what is refused ("|}*@o7-.lu3" may be an address), else as it says.
func matching(patterns []string, believable []shape) (out []shape) {
	for _, p := range patterns {
		// The library takes no end of a repetition as it is: "+" gives few.
		re, err := regexp.Compile(p)
		if err != nil {
			continue
		}
		next := 0
		out = append(out, func(r *row) any {
			for ; next < len(believable); next++ {
				if text, ok := believable[next](r).(string); ok && text != "" && re.MatchString(text) {
					return text
				}
			}
			return r.fake.Regex(p)
		}, func(r *row) any { return r.fake.Regex(p) })
	}
	return out
}

// mineNumbers makes numbers between the least and the largest of a CHECK and, for a single
// one, on both sides of it.
func (c *column) mineNumbers(numbers []float64) []shape {
	if len(numbers) == 0 {
		return nil
	}
	low, high := slices.Min(numbers), slices.Max(numbers)
	if c.typ != "smallint" && c.typ != "integer" && c.typ != "bigint" {
		if low == high {
			return []shape{floatShapes(c)[0], decimals(low, low+100, 2), decimals(low-100, low, 2)}
		}
		return []shape{floatShapes(c)[0], decimals(low, high, 2), func(r *row) any { return pick(r, numbers) }}
	}
	a, b := int64(low), int64(high)
	if a == b {
		return []shape{intShapes(c)[0], between(a, a+100), between(a-100, a)}
	}
	list := func(r *row) any { return int64(pick(r, numbers)) }
	return []shape{intShapes(c)[0], between(a, b), list}
}
