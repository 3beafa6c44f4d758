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

// firstOID is that of the first type which is not Postgres' own. Source: FirstNormalObjectId
// in PostgreSQL's transam.h.
const firstOID = 16384

// reads reports whether values of a type of Postgres are decoded as the column's. The values
// of every enum and of citext arrive as texts, and nobody knows the OIDs of a database.
func (c *column) reads(oid uint32) bool {
	if c.typ == entity.ListOf(entity.Enum) && c.field.Item.TypeSchema() != "" {
		return oid >= firstOID
	}
	if c.field != nil && c.field.Native != "" && (c.typ == entity.Enum || c.typ == entity.Citext) {
		return oid >= firstOID
	}
	if c.typ == entity.ID { // exactly the type that the schema says: ids are passed on as they are
		typ := c.entity.Key()
		return oid == keyCasts[typ].oid || typ == entity.TextKey && oid == pgtype.VarcharOID
	}
	return slices.Contains(c.typ.Kind().Read, oid)
}

// Reads reports whether the values of a field can be read from a column of a type of Postgres, that
// below a domain. What is read as its text says no more than whether it can be.
func Reads(e *entity.Entity, f *entity.Field, oid uint32) bool {
	switch f.Type {
	case entity.Custom:
		return true
	case entity.JSON:
		return oid == pgtype.JSONOID || oid == pgtype.JSONBOID
	}
	return (&column{entity: e, field: f, typ: f.Type}).reads(oid)
}
