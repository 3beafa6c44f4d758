package plan

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"entgo.io/ent/dialect"
	entschema "entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"

	"github.com/entgraph/entgraph/internal/entity"
)

// Ent has no word for columns that Postgres computes. Its tables say it in a column's
// Attr, as "GENERATED ALWAYS AS (expression) STORED", which Ent does not use here.
const (
	generatedStart = "GENERATED ALWAYS AS ("
	generatedEnd   = ") STORED"
)

// generatedExpr is the expression of a column that Postgres computes.
func generatedExpr(c *entschema.Column) (expr string, ok bool) {
	rest, ok := strings.CutPrefix(c.Attr, generatedStart)
	if !ok {
		return "", false
	}
	return strings.CutSuffix(rest, generatedEnd)
}

// generatedTypes gives the columns that Postgres computes types that Ent writes as they are, which names
// replaces by the type with the expression.
func generatedTypes(tables []*entschema.Table) (names *strings.Replacer) {
	var pairs []string
	for _, t := range tables {
		for _, c := range t.Columns {
			if _, ok := generatedExpr(c); !ok {
				continue
			}
			other := fmt.Sprintf("entgraph_generated_%d_", len(pairs)/2)
			pairs = append(pairs, " "+other+" ", " "+columnType(c)+" "+c.Attr+" ")
			c.Type, c.SchemaType, c.Default = field.TypeOther, map[string]string{dialect.Postgres: other}, nil
		}
	}
	return strings.NewReplacer(pairs...)
}

// columnType is the type of a column as SQL.
func columnType(c *entschema.Column) string {
	if typ := c.SchemaType[dialect.Postgres]; typ != "" {
		return typ
	}
	if c.Type == field.TypeString && c.Size >= math.MaxInt32 { // Ent's field.Text
		return "text"
	}
	for _, p := range entity.Pairs {
		if slices.Contains(p.Fields, c.Type) {
			return p.Columns[0]
		}
	}
	return "text" // the generator refuses others
}
