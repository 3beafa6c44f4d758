package codegen

import (
	"bytes"
	"strconv"

	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/entc/gen"
)

// quoteTexts writes as Go what Ent's templates put between quotes as it is: comments, types, defaults, the
// values of enums and the names of checks, where they have quotes, backslashes or line breaks.
func quoteTexts(g *gen.Graph, text []byte) []byte {
	quote := func(before, s, after string) {
		if quoted := strconv.Quote(s); quoted != `"`+s+`"` {
			text = bytes.ReplaceAll(text, []byte(before+`"`+s+`"`+after), []byte(before+quoted+after))
		}
	}
	for _, node := range g.Nodes {
		for name, check := range checksOf(node.EntSQL()) {
			quote("", name, ": "+strconv.Quote(check))
		}
		quote("Comment: ", commentOf(node), ",")
		fields := node.Fields
		if node.HasOneFieldID() {
			fields = append([]*gen.Field{node.ID}, fields...)
		}
		for _, f := range fields {
			quote("Comment: ", f.Column().Comment, ",")
			for name, typ := range f.Column().SchemaType {
				quote(strconv.Quote(name)+": ", typ, "")
			}
			if a := f.EntSQL(); a != nil {
				quote("schema.Expr(", a.DefaultExpr, ")")
				for name, expr := range a.DefaultExprs {
					quote(strconv.Quote(name)+": ", expr, "")
				}
			}
			for _, value := range f.EnumValues() {
				quote(" = ", value, "") // a constant
				quote("", value, ",")   // in the column, and in the validator of a Go type
				quote("", value, ":")   // the last one there
			}
		}
	}
	return text
}

func checksOf(a *entsql.Annotation) map[string]string {
	if a == nil {
		return nil
	}
	return a.Checks
}
