package codegen

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"entgo.io/ent/dialect"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/rule"
)

// checkElement refuses to look for an element in what is no array, and for one that it never has.
func (e *entityModel) checkElement(c rule.Cond) error {
	f, err := e.ruledColumn(c)
	if err != nil {
		return err
	}
	typ, err := e.typeOf(f)
	switch {
	case err != nil:
		return err
	case typ == entity.JSON:
		return fmt.Errorf("%s: rule.Contains(%q, …) asks for an element of an array, and the column holds documents: use rule.At(%[2]q).Contains(…)", e.Name, c.Name)
	case !typ.IsList() || typ.Item() == entity.Bytes:
		return fmt.Errorf("%s: rule.Contains(%q, …) asks for an element of an array, and the column is none: use rule.Is", e.Name, c.Name)
	}
	for _, v := range c.Values {
		err := e.hasValue(f, typ.Item(), v)
		if n, ok := v.(int); ok && err == nil {
			item := entity.Item(typ.Item(), strings.TrimSuffix(f.Column().SchemaType[dialect.Postgres], "[]"))
			_, err = (&entity.Field{Item: &item}).ItemOperand(json.Number(strconv.Itoa(n)))
		}
		if err != nil {
			return fmt.Errorf("%s: a rule asks whether %s has the element %v, which it never has: %w", e.Name, c.Name, v, err)
		}
	}
	return nil
}

// checkPlace refuses to look into what is no document, and comparisons that Postgres refuses or that
// never hold.
func (e *entityModel) checkPlace(c rule.Cond) error {
	f, err := e.ruledColumn(c)
	if err != nil {
		return err
	}
	typ, err := e.typeOf(f)
	switch {
	case err != nil:
		return err
	case typ.IsList():
		return fmt.Errorf("%s: rule.At(%q, …) looks into a document, and the column is an array: use rule.Contains(%[2]q, …)", e.Name, c.Name)
	case typ != entity.JSON:
		return fmt.Errorf("%s: rule.At(%q, …) looks into a document, and the column is none: it takes a field.JSON of a struct, a map or any", e.Name, c.Name)
	}
	if column, err := checkColumn(e.Name, f); err != nil || column.Verbatim {
		return fmt.Errorf("%s: rule.At(%q, …) looks into a column of the type json, which Postgres compares with nothing: store it as jsonb, by leaving out SchemaType", e.Name, c.Name)
	}
	for _, key := range c.Path {
		if _, err := entity.String.Kind().Operand(key); err != nil {
			return fmt.Errorf("%s: rule.At(%q, …): the key %q %w", e.Name, c.Name, key, err)
		}
	}
	for _, v := range c.Values {
		if err := inDocument(c, fmt.Sprint(v)); err != nil {
			return fmt.Errorf("%s: a rule compares what is in %s with %v: it %w", e.Name, c.Name, v, err)
		}
	}
	return nil
}

// inDocument fails for a text of JSON that is not in any document, or has no order where one is asked
// for.
func inDocument(c rule.Cond, text string) error {
	var v any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return fmt.Errorf("is no JSON: %w", err)
	}
	if _, err := entity.DocumentText(v); err != nil {
		return err
	}
	switch v.(type) {
	case string, json.Number:
		return nil
	}
	switch c.Asks {
	case rule.OpLT, rule.OpLTE, rule.OpGT, rule.OpGTE:
		return fmt.Errorf("must be a number or a text, which have an order")
	}
	return nil
}
