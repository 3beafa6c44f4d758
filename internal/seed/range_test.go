package seed

import (
	"testing"

	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"

	"github.com/entgraph/entgraph/internal/entity"
)

// TestRanges fills ranges of every type, through the fields that check them.
func TestRanges(t *testing.T) {
	t.Parallel()
	fields, stays := []entity.Field{entity.IDField[any, [16]byte](nil, "id", entity.UUIDKey)}, made("stays")
	for typ, column := range map[entity.Type]string{
		entity.IntRange: "int4range", entity.BigIntRange: "int8range", entity.DecimalRange: "numrange",
		entity.LocalDateTimeRange: "tsrange", entity.TimeRange: "tstzrange", entity.DateRange: "daterange",
	} {
		fields = append(fields, entity.TextField(column, column, typ, 0, func(thingMutation, string) {}, nil))
		stays.AddColumn(&schema.Column{Name: column, Type: field.TypeOther, SchemaType: map[string]string{"postgres": column}})
	}
	o := Options{Tables: []*schema.Table{stays}, Entities: []entity.Entity{{Name: "Stay", Table: "stays", Fields: fields}}}
	db := open(t, o.Tables)
	write(t, db, o)
	want(t, db, map[string]int{`SELECT count(*) FROM stays WHERE NOT (isempty(int4range) OR isempty(int8range) OR isempty(numrange) OR isempty(tsrange) OR isempty(tstzrange) OR isempty(daterange))
		AND upper(daterange) <= lower(daterange) + 14 AND lower(tstzrange) <= now()`: 20})
}
