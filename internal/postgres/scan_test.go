package postgres_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"reflect"
	"regexp"
	"testing"
	"time"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/entgraph/entgraph/internal/postgres"
)

// expressions hold every type of value a schema can have, with its extremes.
var expressions = []string{
	"true", "false", "NULL::bool",
	"0::int2", "(-32768)::int2", "7::int4", "NULL::int4", "9223372036854775807::int8", "NULL::int8", "count(*)",
	"1.5::float4", "0.1::float8", "'NaN'::float8", "'-Infinity'::float8", "NULL::float8",
	"12345678901234567890.123456789::numeric", "3::numeric", "0.00::numeric", "NULL::numeric",
	"'text'::text", "''::text", "'ünï☃'::varchar(20)", "'c'::char(3)", "'n'::name", "NULL::text", "'17'::text", "'t'::text",
	`'\x00ff'::bytea`, `''::bytea`, "NULL::bytea",
	"'0198f0a2-6f3e-7abc-8def-0123456789ab'::uuid", "NULL::uuid",
	"'2026-01-02 03:04:05.678901+02'::timestamptz", "'2026-07-02 03:04:05-07'::timestamptz", "NULL::timestamptz",
	"'2026-01-02 03:04:05.000001'::timestamp", "'0001-01-01'::date", "'2026-02-28'::date", "NULL::date",
	"'12:34:56.789'::time", "'1 day 02:03:04'::interval",
	`'{"a": [1, null], "b": "x"}'::jsonb`, `'{"a" : 1}'::json`, "'null'::jsonb", "NULL::jsonb", "NULL::json",
	"'{1,2,NULL}'::int8[]", `'{a,"b c",NULL}'::text[]`, "'{}'::text[]", "ARRAY[true,false]", "NULL::text[]",
	"ARRAY['0198f0a2-6f3e-7abc-8def-0123456789ab'::uuid]", "'{1.5,2}'::numeric[]",
	"'10.0.0.0/8'::inet", "'[1,5)'::int4range", "'happy'::mood", "NULL::mood", "'17'::positive", "(1, 'a')",
}

var arrays = regexp.MustCompile(`\[\]$|^ARRAY`)

// destinations are those that Ent's generated code and its scan functions use.
var destinations = []func() any{
	func() any { return new(any) },
	func() any { return new(driver.Value) },
	func() any { return new(string) },
	func() any { return new([]byte) },
	func() any { return new(bool) },
	func() any { return new(int) },
	func() any { return new(int64) },
	func() any { return new(float64) },
	func() any { return new(time.Time) },
	func() any { return new(uuid.UUID) },
	func() any { return new(*string) },
	func() any { return new(*int) },
	func() any { return new(*bool) },
	func() any { return new(*float64) },
	func() any { return new(*time.Time) },
	func() any { return new(*uuid.UUID) },
	func() any { return new(sql.NullString) },
	func() any { return new(sql.NullInt64) },
	func() any { return new(sql.NullFloat64) },
	func() any { return new(sql.NullBool) },
	func() any { return new(sql.NullTime) },
	func() any { return new(uuid.NullUUID) },
	func() any { return &entsql.NullScanner{S: new(uuid.UUID)} },
	func() any { return &entsql.NullScanner{S: new(sql.NullString)} },
}

// Whatever database/sql can scan, the driver scans to the same value.
func TestScanIsLikeDatabaseSQL(t *testing.T) {
	t.Parallel()
	db := open(t, func(o *postgres.Options) { o.RowSecurity = true })
	exec(t, db.Write, "CREATE TYPE mood AS ENUM ('sad', 'happy')")
	exec(t, db.Write, "CREATE DOMAIN positive AS int CHECK (VALUE > 0)")
	stock := entsql.OpenDB("postgres", db.SQL())
	scansLike(t, stock, postgres.NewDriver(db.Write))
	scansLike(t, stock, postgres.NewDriver(db.Writer())) // values come in other forms, see queryAs
}

func scansLike(t *testing.T, stock, ours querier) {
	t.Helper()
	same := 0
	for _, expr := range expressions {
		for _, dest := range destinations {
			want, wantErr := scanOne(t.Context(), stock, "SELECT "+expr, dest())
			got, err := scanOne(t.Context(), ours, "SELECT "+expr, dest())
			if _, document := dest().(*[]byte); wantErr != nil || document && arrays.MatchString(expr) {
				continue // Ent takes a document for an array, see TestArraysAreDocuments
			}
			same++
			if err != nil {
				t.Errorf("%s into %T: %v; database/sql gives %v", expr, dest(), err, show(want))
			} else if show(want) != show(got) {
				t.Errorf("%s into %T: %s; database/sql gives %s", expr, dest(), show(got), show(want))
			}
		}
	}
	if same < 500 {
		t.Errorf("only %d of %d pairs were compared", same, len(expressions)*len(destinations))
	}
}

type querier interface {
	Query(ctx context.Context, query string, args, v any) error
}

func scanOne(ctx context.Context, q querier, query string, dest any) (any, error) {
	var rows entsql.Rows
	if err := q.Query(ctx, query, []any{}, &rows); err != nil {
		return nil, err
	}
	defer rows.Close()
	if err := entsql.ScanOne(rows, dest); err != nil {
		return nil, err
	}
	return reflect.ValueOf(dest).Elem().Interface(), rows.Close()
}

// show gives a value with its type; times with their zone, since UTC is promised.
func show(v any) string {
	if t, ok := v.(time.Time); ok {
		return fmt.Sprintf("time %s %s", t.Format(time.RFC3339Nano), t.Location())
	}
	if n, ok := v.(entsql.NullScanner); ok {
		return fmt.Sprintf("%v %s", n.Valid, show(n.S))
	}
	if p := reflect.ValueOf(v); p.IsValid() && p.Kind() == reflect.Pointer && !p.IsNil() {
		return "&" + show(p.Elem().Interface())
	}
	return fmt.Sprintf("%T %#v", v, v)
}
