package planner

import (
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/entgraph/entgraph/internal/entity"
)

// A ColumnError reports that a column of the database has another type than the schema
// declares: a migration was not run, or somebody altered the table.
type ColumnError struct {
	entity string
	expr   string
	oid    uint32
}

// Error is for the log; it names the column.
func (e *ColumnError) Error() string {
	return fmt.Sprintf("read %s: %s has the type with the OID %d, which does not fit its field", e.entity, e.expr, e.oid)
}

// Message is for the client.
func (e *ColumnError) Message() string {
	return e.entity + " cannot be read: a column of the database has another type than the schema declares"
}

// oidsByName are the numbers of Postgres' types by their full names.
var oidsByName = map[string]uint32{
	"text": pgtype.TextOID, "character varying": pgtype.VarcharOID,
	"smallint": pgtype.Int2OID, "integer": pgtype.Int4OID, "bigint": pgtype.Int8OID,
	"double precision": pgtype.Float8OID, "real": pgtype.Float4OID, "boolean": pgtype.BoolOID,
	"timestamp with time zone": pgtype.TimestamptzOID, "uuid": pgtype.UUIDOID,
}

// readable are the types of Postgres that a type of the API is decoded from.
var readable = func() map[entity.Type][]uint32 {
	out := map[entity.Type][]uint32{
		entity.JSON: {pgtype.TextOID}, // see fieldExpr
	}
	for typ := range casts {
		for _, name := range entity.Columns(typ) {
			out[typ] = append(out[typ], oidsByName[name])
		}
	}
	return out
}()

// reads reports whether the column is decoded from a type of Postgres. Ids are of exactly the type
// that the schema says, since they are passed on as they are.
func (c *column) reads(oid uint32) bool {
	if c.typ != entity.ID {
		return slices.Contains(readable[c.typ], oid)
	}
	typ := c.entity.Key()
	return oid == keyCasts[typ].oid || typ == entity.TextKey && oid == pgtype.VarcharOID
}

// checkColumns holds the columns of an answer to what they are decoded as: bytes of
// another type would be taken for a value.
func (l *level) checkColumns(rr *pgconn.ResultReader, columns []column) error {
	fields := rr.FieldDescriptions()
	if l.keyed() {
		fields = fields[min(1, len(fields)):]
	}
	for i := range columns {
		c := &columns[i]
		if i >= len(fields) {
			return fmt.Errorf("read %s: %d columns instead of %d", l.entity.Name, len(fields), len(columns))
		}
		if oid := fields[i].DataTypeOID; !c.reads(oid) {
			return &ColumnError{entity: l.entity.Name, expr: c.expr, oid: oid}
		}
	}
	return nil
}
