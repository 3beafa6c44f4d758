package codegen

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"entgo.io/ent/entc/gen"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/rule"
)

// operators are the conditions that compare a column, as filters name them.
var operators = map[rule.Op]entity.Op{
	rule.OpIn: entity.In, rule.OpNotIn: entity.NotIn, rule.OpLT: entity.LT, rule.OpLTE: entity.LTE, rule.OpGT: entity.GT, rule.OpGTE: entity.GTE,
}

// checkColumn refuses a comparison that could never be true, or that Postgres refuses.
func (e *entityModel) checkColumn(c rule.Cond) error {
	f, err := e.ruledColumn(c)
	switch {
	case err != nil:
		return err
	case c.Op == rule.OpIsNull || c.Op == rule.OpNotNull:
		if !f.Optional || filled(f) {
			return fmt.Errorf("%s: a rule asks whether %s is NULL, which it never is: the field is not Optional", e.Name, c.Name)
		}
		return nil
	}
	typ, err := e.typeOf(f)
	if err != nil {
		return err
	}
	op := operators[c.Op]
	fits := slices.Contains(typ.Kind().Ops, op) || slices.Contains(typ.Kind().Ops, entity.EQ) && (op == entity.In || op == entity.NotIn)
	switch {
	case !fits && typ.Kind().Unordered || typ == entity.Bytes || typ == entity.Citext || typ.IsList() || typ.Kind().Bound != 0:
		return fmt.Errorf("%s: a rule compares %s with a value, which values of its type cannot be: rule.IsNull and rule.NotNull can be asked of it%s", e.Name, c.Name, insideOf(typ))
	case !fits:
		return fmt.Errorf("%s: a rule asks whether %s is less or more, and its values have no order: use rule.In", e.Name, c.Name)
	case c.Clock && typ != entity.Time:
		return fmt.Errorf("%s: a rule compares %s with rule.Now, a point in time, which is none: only a field.Time in a column with time zone is", e.Name, c.Name)
	case c.Clock:
		return nil
	}
	for _, v := range c.Values {
		if err := e.hasValue(f, typ, v); err != nil {
			return fmt.Errorf("%s: a rule compares %s with %v, which is never its value: %w", e.Name, c.Name, v, err)
		}
	}
	return nil
}

// insideOf says how rules look into values of a type.
func insideOf(typ entity.Type) string {
	switch {
	case typ.IsList():
		return ", and rule.Contains of its elements"
	case typ == entity.JSON:
		return ", and rule.At of what is in it"
	}
	return ""
}

// ruledColumn is the field of the column that a rule names.
func (e *entityModel) ruledColumn(c rule.Cond) (*gen.Field, error) {
	if f := e.column(c.Name); f != nil {
		return f, nil
	}
	return nil, fmt.Errorf("%s: a rule names the column %q, which does not exist%s", e.Name, c.Name, e.hint())
}

// typeOf is the type of a field in the API, also of one that the API does not show.
func (e *entityModel) typeOf(f *gen.Field) (entity.Type, error) {
	for i := range e.Fields {
		if e.Fields[i].Column == f.StorageKey() && e.Fields[i].Type != entity.ID {
			return e.Fields[i].Type, nil
		}
	}
	column, err := checkColumn(e.Name, f)
	return column.Type, err
}

// enumOf is the field that has the values of an enum, also of that of an array's elements.
func (e *entityModel) enumOf(f *gen.Field) *gen.Field {
	for _, m := range e.fields {
		if m.Field == f && m.enum != nil {
			return m.enum
		}
	}
	return f
}

// hasValue fails for what a field of a type never holds.
func (e *entityModel) hasValue(f *gen.Field, typ entity.Type, v any) error {
	text, isText := v.(string)
	switch {
	case typ == entity.Enum:
		if f = e.enumOf(f); !slices.Contains(f.EnumValues(), text) {
			return fmt.Errorf("it must be one of %q", f.EnumValues())
		}
		return nil
	case typ == entity.Custom:
		if !isText {
			return fmt.Errorf("it must be a text")
		}
		return nil
	}
	switch n := v.(type) {
	case int:
		v = json.Number(strconv.Itoa(n))
	case float64:
		if typ == entity.Decimal {
			v = json.Number(strconv.FormatFloat(n, 'f', -1, 64))
		}
	}
	operand := typ.Kind().Operand
	if operand == nil {
		return fmt.Errorf("it cannot be compared")
	}
	_, err := operand(v)
	return err
}

// withNumbers gives the numbers of policies, which were in JSON, the types back that they have in schemas:
// in SQL an integer is another constant than a float.
func withNumbers(policies map[string]rule.Description) map[string]rule.Description {
	for _, d := range policies {
		p := d.Policy
		conds := []rule.Cond{p.Read, p.Write, p.Create, p.Update, p.Delete}
		for _, c := range slices.Concat(conds, slices.Collect(maps.Values(p.Fields)), slices.Collect(maps.Values(p.Sets))) {
			c.Walk(func(c rule.Cond) {
				for i := range c.Values {
					c.Values[i] = numberOf(c.Values[i])
				}
			})
		}
	}
	return policies
}

func numberOf(v any) any {
	n, ok := v.(json.Number)
	if !ok {
		return v
	}
	if whole, err := strconv.Atoi(n.String()); err == nil {
		return whole
	}
	f, _ := n.Float64() // a number of Go is one
	return f
}
