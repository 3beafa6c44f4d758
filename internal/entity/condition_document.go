package entity

import (
	"fmt"
	"strings"

	"github.com/entgraph/entgraph/internal/sqltext"
	"github.com/entgraph/entgraph/rule"
)

// MaxPath bounds how many keys lead to a value in a document, in filters and in rules.
const MaxPath = 32

// checkPath refuses a path that is too long, and a comparison with no value.
func (e *Entity) checkPath(c rule.Cond) error {
	alone := c.Asks == rule.OpExists || c.Asks == rule.OpIsNull || c.Asks == rule.OpNotNull
	switch {
	case len(c.Path) > MaxPath:
		return fmt.Errorf("%s: a rule looks into %s by %d keys, at most %d are allowed", e.Name, c.Name, len(c.Path), MaxPath)
	case !alone && len(c.Values) == 0:
		return fmt.Errorf("%s: a rule compares what is in %s with no value: give at least one", e.Name, c.Name)
	}
	return nil
}

// hasElement writes a condition on an array as filters do: an index of the kind GIN serves it. The
// constant takes the type of the column.
func hasElement(c rule.Cond, column string) Clause {
	texts := make([]string, len(c.Values))
	for i, v := range c.Values {
		texts[i] = constantText(v)
	}
	return Plain(column + " @> " + arrayLiteral(texts))
}

// atPath writes a condition on a value in a document, with the meaning of a filter by path: all is
// compared as a document, and what has an order with values of its own type alone.
func atPath(c rule.Cond, column string) Clause {
	value := column
	if len(c.Path) > 0 {
		value = "(" + column + " #> " + arrayLiteral(c.Path) + ")"
	}
	switch c.Asks {
	case rule.OpExists:
		return Plain(value + " IS NOT NULL")
	case rule.OpIsNull:
		return Plain(value + " = 'null'")
	case rule.OpNotNull:
		return Plain(value + " <> 'null'")
	}
	if len(c.Values) == 0 {
		return Never
	}
	switch c.Asks {
	case rule.OpIn:
		return Plain(value + in(c.Values))
	case rule.OpNotIn:
		return Plain(value + notIn(c.Values))
	case rule.OpContains:
		return Plain(value + " @> " + literal(c.Values[0]))
	}
	typ := "number"
	if strings.HasPrefix(fmt.Sprint(c.Values[0]), `"`) {
		typ = "string"
	}
	return Plain("CASE WHEN jsonb_typeof(" + value + ") = '" + typ + "' THEN " + value + operators[c.Asks] + literal(c.Values[0]) + " END")
}

// arrayLiteral is a constant array. Its elements are in quotes, so that no text is NULL or has to be
// trimmed. Source: PostgreSQL manual, section 8.15.2.
func arrayLiteral(elements []string) string {
	quoted := make([]string, len(elements))
	for i, text := range elements {
		quoted[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
	}
	return sqltext.Literal("{" + strings.Join(quoted, ",") + "}")
}
