package codegen

import (
	"fmt"
	"strconv"
	"strings"

	"entgo.io/ent/dialect"
	"entgo.io/ent/entc/gen"

	declare "github.com/entgraph/entgraph/entity"
	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/internal/regex"
	"github.com/entgraph/entgraph/internal/sqltext"
)

// addChecks adds to the tables of entities the CHECKs that their validators ask for, and gives them
// by entity. They are called posts_title_valid: not as Postgres calls CHECKs without a name, since those of
// a table that exists stay under any name, of which nobody would know the field. One of this name that the
// schema declares itself stays in its place.
func addChecks(g *gen.Graph, all map[string]map[string][]declare.Constraint) (map[string][]entity.Check, error) {
	out := map[string][]entity.Check{}
	for _, node := range g.Nodes {
		a, err := annotation(node.Annotations)
		if err != nil {
			return nil, fmt.Errorf("read annotation of %s: %w", node.Name, err)
		}
		if a.NoChecks || placeOf(node, a) != entity.Owned || len(all[node.Name]) == 0 {
			continue
		}
		fields := node.Fields
		if node.ID != nil {
			fields = append([]*gen.Field{node.ID}, fields...)
		}
		for _, f := range fields {
			c, err := addFieldCheck(node, f, all[node.Name][f.Name])
			if err != nil {
				return nil, err
			}
			if c != nil {
				out[node.Name] = append(out[node.Name], *c)
			}
		}
	}
	return out, nil
}

// addFieldCheck adds the CHECK of one field, if its validators ask for something that the column can
// say exactly alike.
func addFieldCheck(node *gen.Type, f *gen.Field, asked []declare.Constraint) (*entity.Check, error) {
	a, err := annotation(f.Annotations)
	if err != nil {
		return nil, fmt.Errorf("read annotation of %s.%s: %w", node.Name, f.Name, err)
	}
	// A type of Go that writes itself has values of another form in the column.
	if a.NoChecks || len(asked) == 0 || a.Generated != "" || f.HasValueScanner() || f.HasGoType() && f.Type.ValueScanner() {
		return nil, nil
	}
	column, err := entity.ColumnOf(f.Type.Type, f.Column().SchemaType[dialect.Postgres])
	if err != nil || a.Scalar != nil {
		return nil, nil // of a field that the API does not show, or not by its value
	}
	var conditions, messages []string
	for _, c := range asked {
		if condition, message := checkOf(f.StorageKey(), column.Type, c); condition != "" {
			conditions, messages = append(conditions, condition), append(messages, message)
		}
	}
	name := sqltext.Short(node.Table()+"_"+f.StorageKey(), "_valid")
	if own := node.EntSQL(); len(conditions) == 0 || own != nil && own.Checks[name] != "" {
		return nil, nil
	}
	out := &entity.Check{Name: name, Column: f.StorageKey(), Message: strings.Join(messages, " and ")}
	return out, addCheck(node, name, strings.Join(conditions, " AND "))
}

// checkOf writes what a validator asks as a condition on a column of a type, and as a message; "" for
// what the column cannot say exactly alike.
func checkOf(column string, typ entity.Type, c declare.Constraint) (condition, message string) {
	name := sqltext.Ident(column)
	number := func(s string) string { return s }
	switch {
	case c.Of == declare.OfValue && (typ == entity.Int || typ == entity.BigInt):
		return within(name, c, number), mustBe(c)
	case c.Of == declare.OfValue && typ == entity.Float:
		return floatWithin(name, c, "double precision"), mustBe(c)
	case c.Of == declare.OfValue && typ == entity.Float32:
		return floatWithin(name, c, "real"), mustBe(c)
	case c.Of == declare.OfBytes && (typ == entity.String || typ == entity.Bytes):
		return within("octet_length("+name+")", c, number), mustHave(c, "byte")
	case c.Of == declare.OfCharacters && typ == entity.String:
		return within("char_length("+name+")", c, number), mustHave(c, "character")
	case c.Of == declare.OfPattern && typ == entity.String:
		written, size, err := regex.Translate(c.Pattern)
		if err != nil || size > largestPattern {
			return "", ""
		}
		return name + " ~ " + sqltext.Literal(written), "must match " + c.Pattern
	}
	return "", ""
}

// largestPattern is the size of an expression that a CHECK asks of every row at most; see
// [regex.Translate].
const largestPattern = 500

// within compares an expression with bounds.
func within(expr string, c declare.Constraint, literal func(string) string) string {
	switch {
	case c.Least == "":
		return expr + " <= " + literal(c.Most)
	case c.Most == "":
		return expr + " >= " + literal(c.Least)
	}
	return expr + " BETWEEN " + literal(c.Least) + " AND " + literal(c.Most)
}

// floatWithin compares a float with bounds. NaN is no more than any of them in Go, and the largest
// number in Postgres.
func floatWithin(name string, c declare.Constraint, typ string) string {
	condition := within(name, c, func(s string) string {
		if _, err := strconv.ParseInt(s, 10, 32); err == nil {
			return s
		}
		return sqltext.Literal(s) + "::" + typ
	})
	if c.Most == "" {
		return condition
	}
	return "(" + condition + " OR " + name + " = 'NaN')"
}

// mustBe says the bounds of a number.
func mustBe(c declare.Constraint) string {
	switch {
	case c.Least == "":
		return "must be at most " + c.Most
	case c.Most == "" && c.Least == "0":
		return "must not be negative"
	case c.Most == "":
		return "must be at least " + c.Least
	}
	return "must be from " + c.Least + " to " + c.Most
}

// mustHave says the bounds of a length.
func mustHave(c declare.Constraint, unit string) string {
	switch {
	case c.Least == "":
		return "must have at most " + count(c.Most, unit)
	case c.Most == "" && c.Least == "1":
		return "must not be empty"
	case c.Most == "":
		return "must have at least " + count(c.Least, unit)
	}
	return "must have " + c.Least + " to " + count(c.Most, unit)
}

func count(n, unit string) string {
	if n == "1" {
		return n + " " + unit
	}
	return n + " " + unit + "s"
}

// takeChecks hands the entities of the table their CHECKs.
func (m *model) takeChecks(checks map[string][]entity.Check) {
	for _, e := range m.entities {
		e.Checks = checks[e.Name]
	}
}

// checks writes them as Go, in one line as the fields of the search are.
func (w *tableWriter) checks(e *entityModel) {
	if len(e.Checks) == 0 {
		return
	}
	list := make([]string, len(e.Checks))
	for i, c := range e.Checks {
		list[i] = fmt.Sprintf("{Name: %q, Column: %q, Message: %q}", c.Name, c.Column, c.Message)
	}
	fmt.Fprintf(w, "Checks: []table.Check{%s},\n", strings.Join(list, ", "))
}
