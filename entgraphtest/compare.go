package entgraphtest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"
	"github.com/jackc/pgx/v5"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/rule"
)

// comparisons are the operators of Postgres, which compares values of every type.
var comparisons = map[rule.Op]string{rule.OpIn: "=", rule.OpNotIn: "=", rule.OpLT: "<", rule.OpLTE: "<=", rule.OpGT: ">", rule.OpGTE: ">="}

// compares says whether a value of a column fulfils a comparison. NULL fulfils none.
func (m *matrix) compares(e *entity.Entity, c rule.Cond, value any) bool {
	if value == nil {
		return false
	}
	key := fmt.Sprint(e.Table, c, value)
	if known, ok := m.compared[key]; ok {
		return known
	}
	out := slices.ContainsFunc(c.Values, func(v any) bool { return m.ask(e, c, value, v) }) == (c.Op != rule.OpNotIn)
	m.compared[key] = out
	return out
}

// ask has Postgres compare two values, each a text or what pgx reads from a column.
func (m *matrix) ask(e *entity.Entity, c rule.Cond, value, constant any) (yes bool) {
	ctx, typ := context.Background(), m.types[e.Table+"."+c.Name]
	other, arg := "$2::"+typ, fmt.Sprint(constant)
	if c.Clock {
		other, arg = "now() + $2::interval", fmt.Sprintf("%d microseconds", c.Offset().Microseconds())
	}
	if v, ok := value.(bool); ok {
		value = fmt.Sprint(v)
	}
	err := m.api.DB.Write.QueryRow(ctx, "SELECT ($1::"+typ+" "+comparisons[c.Op]+" "+other+") IS TRUE", value, arg).Scan(&yes)
	if err != nil {
		panic(fmt.Sprintf("compare %s.%s, %v, with %v: %v", e.Name, c.Name, value, constant, err))
	}
	return yes
}

// loadTypes reads the types of all columns.
func (m *matrix) loadTypes(ctx context.Context) error {
	found, err := m.api.DB.Write.Query(ctx, `SELECT c.relname || '.' || a.attname, format_type(a.atttypid, NULL) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
		WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped`)
	if err != nil {
		return fmt.Errorf("read the types of columns: %w", err)
	}
	m.types, m.compared = map[string]string{}, map[string]bool{}
	var column, typ string
	_, err = pgx.ForEachRow(found, []any{&column, &typ}, func() error { m.types[column] = typ; return nil })
	return err
}

// around are values of a column at and beside what a rule compares it with, and NULL where it may
// be: as texts, which inputs take.
func (m *matrix) around(e *entity.Entity, c rule.Cond) (values []any) {
	if column := m.column(e, c.Name); column != nil && column.Nullable {
		values = append(values, nil)
	}
	if c.Clock {
		at := time.Now().UTC().Add(c.Offset())
		return append(values, text(at.AddDate(0, 0, -1)), text(at.AddDate(0, 0, 1)))
	}
	for _, v := range c.Values {
		values = append(values, v)
		f := e.FieldByColumn(c.Name)
		if f == nil {
			continue
		}
		switch n, number := v.(int); {
		case number:
			values = append(values, n-1, n+1)
		case f.Type == entity.Time:
			if at, err := time.Parse(time.RFC3339Nano, fmt.Sprint(v)); err == nil {
				values = append(values, text(at.AddDate(0, 0, -1)), text(at.AddDate(0, 0, 1)))
			}
		default:
			values = append(values, m.ends(e, c.Name)...)
		}
	}
	return values
}

// ends are the least and the greatest value that a column of another type has, as inputs take
// them. Of values without an order it is any.
func (m *matrix) ends(e *entity.Entity, column string) (values []any) {
	f := e.FieldByColumn(column)
	if f == nil || f.Type == entity.Bytes || f.Type == entity.JSON {
		return nil
	}
	for _, order := range []string{"", " ORDER BY 1", " ORDER BY 1 DESC"} {
		query := "SELECT to_json(" + name(column) + ") #>> '{}' FROM (SELECT " + name(column) + " FROM " + name(e.Table) + " WHERE " + name(column) + " IS NOT NULL" + order + " LIMIT 1) AS t"
		var end string
		err := pgx.BeginFunc(context.Background(), m.filling, func(tx pgx.Tx) error { return tx.QueryRow(context.Background(), query).Scan(&end) })
		if err != nil {
			continue // nothing, or nothing that has an order
		}
		var value any
		switch f.Type {
		case entity.Int, entity.BigInt, entity.Float, entity.Float32, entity.ListOf(f.Type.Item()):
			if json.Unmarshal([]byte(end), &value) == nil {
				values = append(values, value)
			}
		default:
			values = append(values, end)
		}
	}
	return values
}

// text is a point in time as the API writes it.
func text(at time.Time) string { return at.UTC().Truncate(time.Microsecond).Format(time.RFC3339Nano) }

// given is what a column has in a new row that is given no value, as far as the schema tells: its
// default, or the time, which a function gives.
func given(c *schema.Column, f *entity.Field) any {
	switch c.Default.(type) {
	case string, bool, int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64, float32, float64:
		return c.Default
	}
	if c.Type == field.TypeTime && !c.Nullable && f != nil && (f.Flags.Has(entity.Optional) || f.Flags.Has(entity.ReadOnly)) {
		return text(time.Now())
	}
	return nil
}
